//! Carries out what sessions let through: looks at the exchange, asks the archive, pushes prices.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use tokio::sync::Semaphore;
use tokio::task::yield_now;

use super::commands::{Kind, find};
use super::keys::{Draft, Facts, Ground, needs_count, says_count};
use super::orders::{All, Found, PAGE_ORDERS, Shape, look_up, write_page};
use super::parse::Request;
use super::reply::{Protocol, Reply};
use super::settings::Settings;
use crate::archive::{Archive, Unreadable};
use crate::exchange::{Command, Exchange, Order, SET_PRICE_SOURCE, Ticker};
use crate::keyspace::{Key, Keyspace, ReadTicker};
use crate::mailbox::{Mailbox, Unavailable};
use crate::pool::Pool;
use crate::units::{OrderId, Timestamp};

/// Bytes of answers after which those that wait are sent before others are made.
const OUTPUT_BYTES_MAX: usize = 1 << 20;
/// Bytes of the answers of a transaction, which are made together.
const TRANSACTION_BYTES_MAX: usize = 16 << 20;
/// How long the exchange is looked at for requests that came together, but for one request at least; then others have
/// their turn.
const LOOK_MAX: Duration = Duration::from_millis(5);
/// The same for a transaction, which is answered by one look or not at all.
const TRANSACTION_LOOK_MAX: Duration = Duration::from_millis(15);
/// Answers that hold the whole hash of orders and are sent at the same time; others wait.
const WHOLE_ANSWERS_MAX: usize = 2;
/// How often closed orders are counted anew because some were closed meanwhile.
const COUNTS_MAX: usize = 3;

/// How far one look goes.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    bytes: usize,
    time: Duration,
}

/// Why a connection is closed.
#[derive(Debug)]
pub(super) enum Cut {
    /// The client does not read, or has gone.
    Client,
    /// An answer that has begun cannot be ended.
    Answer,
    /// The daemon is stopping.
    Stopping,
}

impl From<Unavailable> for Cut {
    fn from(_: Unavailable) -> Cut {
        Cut::Stopping
    }
}

/// Where answers go.
pub(super) trait Sink {
    /// Sends bytes; waits for the client, within a bound.
    async fn send(&self, bytes: &[u8]) -> Result<(), Cut>;
}

/// What all connections share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) settings: Rc<Settings>,
    pub(super) connections: Cell<usize>,
    mailbox: Mailbox,
    pool: Pool,
    version: &'static str,
    started: Instant,
    whole_answers: Semaphore,
}

impl Shared {
    pub(super) fn new(
        settings: Settings,
        mailbox: Mailbox,
        pool: Pool,
        version: &'static str,
    ) -> Shared {
        Shared {
            settings: Rc::new(settings),
            connections: Cell::new(0),
            mailbox,
            pool,
            version,
            started: Instant::now(),
            whole_answers: Semaphore::new(WHOLE_ANSWERS_MAX),
        }
    }

    /// Answers requests in their order, those that follow one another and only read by one look.
    pub(super) async fn run(
        &self,
        requests: Vec<Request>,
        protocol: Protocol,
        sink: &impl Sink,
    ) -> Result<(), Cut> {
        let mut rest = requests.into_iter().peekable();
        while let Some(first) = rest.next() {
            let pushes = is_push(&first);
            let mut group = vec![first];
            while let Some(next) = rest.next_if(|next| is_push(next) == pushes) {
                group.push(next);
            }
            if pushes {
                sink.send(&self.push(&group, protocol).await?).await?;
            } else {
                self.read(group, protocol, sink).await?;
            }
        }
        Ok(())
    }

    /// Answers a transaction by one array; if it only reads, by one look.
    pub(super) async fn run_all(
        &self,
        requests: Vec<Request>,
        protocol: Protocol,
        sink: &impl Sink,
    ) -> Result<(), Cut> {
        let mut head = Reply::new(protocol);
        if requests.iter().any(is_push) {
            head.array(requests.len());
            sink.send(&head.out).await?;
            return self.run(requests, protocol, sink).await;
        }
        let count = requests.len();
        let requests = Rc::new(requests);
        let bounds = Bounds {
            bytes: TRANSACTION_BYTES_MAX,
            time: TRANSACTION_LOOK_MAX,
        };
        let drafts = self.drafts(&requests, 0, protocol, bounds).await?;
        if drafts.len() < count {
            head.error("ERR the answer to the transaction is too large, or takes too long");
            return sink.send(&head.out).await;
        }
        head.array(count);
        sink.send(&head.out).await?;
        self.send_all(drafts, protocol, sink).await
    }

    async fn read(
        &self,
        requests: Vec<Request>,
        protocol: Protocol,
        sink: &impl Sink,
    ) -> Result<(), Cut> {
        let requests = Rc::new(requests);
        let mut done = 0;
        while done < requests.len() {
            let bounds = Bounds {
                bytes: OUTPUT_BYTES_MAX,
                time: LOOK_MAX,
            };
            let drafts = self.drafts(&requests, done, protocol, bounds).await?;
            done += drafts.len();
            self.send_all(drafts, protocol, sink).await?;
            // Otherwise we and the matcher would pass the work between us while nobody looks who else has come.
            yield_now().await;
        }
        Ok(())
    }

    /// Looks at the exchange for requests from one on: for at least one, and no further than the bounds.
    async fn drafts(
        &self,
        requests: &Rc<Vec<Request>>,
        from: usize,
        protocol: Protocol,
        bounds: Bounds,
    ) -> Result<Vec<Draft>, Cut> {
        let mut facts = Facts {
            closed: Ok(0),
            connections: self.connections.get(),
            uptime_secs: self.started.elapsed().as_secs(),
            version: self.version,
        };
        let names = &self.settings.names;
        let counts = requests.iter().any(|request| needs_count(request, names));
        let exact = counts && requests.iter().any(says_count);
        let mut tries = 0;
        loop {
            tries += 1;
            if counts {
                facts.closed = self.count().await;
            }
            let (settings, requests) = (Rc::clone(&self.settings), Rc::clone(requests));
            let facts_then = facts.clone();
            let look = move |exchange: &Exchange| {
                let ground = Ground {
                    names: &settings.names,
                    exchange,
                    facts: &facts_then,
                    protocol,
                };
                let (mut drafts, mut bytes) = (Vec::new(), 0);
                let until = thread_time() + bounds.time;
                for request in requests.iter().skip(from) {
                    let draft = ground.answer(request);
                    bytes += draft.length();
                    drafts.push(draft);
                    if bytes > bounds.bytes || thread_time() > until {
                        break;
                    }
                }
                drafts
            };
            let drafts = self.mailbox.look(look).await?;
            // An order that was closed between the count and the look is in neither.
            if !exact || tries >= COUNTS_MAX || self.count().await == facts.closed {
                return Ok(drafts);
            }
        }
    }

    async fn count(&self) -> Result<u64, Unreadable> {
        self.pool.read(|archive| archive.count()).await
    }

    async fn send_all(
        &self,
        drafts: Vec<Draft>,
        protocol: Protocol,
        sink: &impl Sink,
    ) -> Result<(), Cut> {
        let mut ready = Vec::new();
        for draft in drafts {
            let late = match draft {
                Draft::Ready(bytes) => {
                    ready.extend(bytes);
                    continue;
                }
                Draft::Late(late) => late,
            };
            match self.pool.read(move |archive| look_up(late, archive)).await {
                Ok(Found::Bytes(bytes)) => ready.extend(bytes),
                Ok(Found::All(all)) => {
                    sink.send(&std::mem::take(&mut ready)).await?;
                    self.send_whole(all, sink).await?;
                }
                Err(why) => {
                    let mut reply = Reply::new(protocol);
                    reply.error(&format!("ERR {why}"));
                    ready.extend(reply.out);
                }
            }
            if ready.len() > OUTPUT_BYTES_MAX {
                sink.send(&std::mem::take(&mut ready)).await?;
            }
        }
        sink.send(&ready).await
    }

    /// Sends the whole hash of orders, page by page as the client takes it.
    async fn send_whole(&self, mut all: All, sink: &impl Sink) -> Result<(), Cut> {
        let permit = self.whole_answers.acquire().await;
        sink.send(&all.head()).await?;
        let ids = std::mem::take(&mut all.ids);
        for page in ids.chunks(PAGE_ORDERS) {
            if all.shape == Shape::Ids {
                sink.send(&all.ids_of(page)).await?;
                yield_now().await;
                continue;
            }
            let orders = self.open_of(&mut all, page).await?;
            let how = (all.shape, all.protocol);
            let write = move |archive: &dyn Archive| write_page(how, &orders, archive);
            match self.pool.read(write).await {
                Ok(Some(bytes)) => sink.send(&bytes).await?,
                Ok(None) | Err(_) => return Err(Cut::Answer),
            }
        }
        drop(permit);
        Ok(())
    }

    /// Which of these are open: as they were when the question came, where that is kept.
    async fn open_of(
        &self,
        all: &mut All,
        page: &[OrderId],
    ) -> Result<Vec<(OrderId, Option<Order>)>, Cut> {
        let missing: Vec<OrderId> = page
            .iter()
            .copied()
            .filter(|id| !all.images.contains_key(id))
            .collect();
        let look = move |exchange: &Exchange| -> Vec<Order> {
            let open = missing.iter().filter_map(|&id| exchange.order(id));
            open.cloned().collect()
        };
        let open = self.mailbox.look(look).await?;
        all.images
            .extend(open.into_iter().map(|order| (order.id, order)));
        Ok(page
            .iter()
            .map(|&id| (id, all.images.remove(&id)))
            .collect())
    }

    /// Pushes prices: each `HSET` is a ticker of its own.
    async fn push(&self, requests: &[Request], protocol: Protocol) -> Result<Vec<u8>, Cut> {
        let Some(read) = self.settings.read_ticker else {
            return Ok(Vec::new());
        };
        let settings = Rc::clone(&self.settings);
        let wanted: Rc<Vec<Request>> = Rc::new(requests.to_vec());
        let prepared = self
            .mailbox
            .look(move |exchange| {
                let prepare = |request| ticker_of(request, &settings, read, exchange);
                wanted.iter().map(prepare).collect::<Vec<_>>()
            })
            .await?;
        let tickers = prepared
            .iter()
            .flatten()
            .map(|(ticker, _)| *ticker)
            .collect();
        let command = Command::Deliver(SET_PRICE_SOURCE, tickers);
        let failure = match self.mailbox.submit(command, |_, _| ()).await {
            Ok(Ok(())) => None,
            Ok(Err(refused)) => Some(refused.to_string()),
            Err(why) => Some(why.to_string()),
        };
        let mut reply = Reply::new(protocol);
        for one in prepared {
            match (one, &failure) {
                (Ok((_, new)), None) => reply.whole(new),
                (Ok(_), Some(why)) => reply.error(&format!("ERR {why}")),
                (Err(why), _) => reply.error(&why),
            }
        }
        Ok(reply.out)
    }
}

/// Time that this thread has been at work: who is held up by others is not cut short for it.
fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

fn is_push(request: &Request) -> bool {
    let spec = request.first().and_then(|word| find(word));
    spec.is_some_and(|spec| spec.kind == Kind::Push)
}

/// The ticker that `HSET key field value ...` says, and how many of its fields are new.
fn ticker_of(
    request: &Request,
    settings: &Settings,
    read: ReadTicker,
    exchange: &Exchange,
) -> Result<(Ticker, u64), String> {
    let [_, name, words @ ..] = request.as_slice() else {
        return Err("ERR syntax error".to_owned());
    };
    let name = str::from_utf8(name).ok();
    let Some(key @ Key::Ticker(symbol)) = name.and_then(|name| settings.names.key(name)) else {
        return Err(
            "READONLY only tickers can be set here; change other things by the HTTP API".to_owned(),
        );
    };
    let (pairs, []) = words.as_chunks::<2>() else {
        return Err("ERR wrong number of arguments for 'hset' command".to_owned());
    };
    let fields: Vec<(Vec<u8>, Vec<u8>)> = pairs
        .iter()
        .map(|[field, value]| (field.clone(), value.clone()))
        .collect();
    let arrived: Timestamp = exchange.moment().now;
    let ticker = read(symbol, &fields, arrived).map_err(|why| format!("ERR {why}"))?;
    let space = Keyspace::new(&settings.names, exchange);
    let is_new = |field: &&Vec<u8>| {
        let field = str::from_utf8(field).ok();
        field.is_some_and(|field| space.field(key, field).is_none())
    };
    let fields: BTreeSet<&Vec<u8>> = fields.iter().map(|(field, _)| field).collect();
    let new = fields.into_iter().filter(is_new).count();
    Ok((ticker, u64::try_from(new).unwrap_or(0)))
}
