//! The connections: bounded in number, in what they send, and in every wait for their client.

use std::io::{self, ErrorKind};
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::parse::{Parser, Request};
use super::reply::{Protocol, Reply};
use super::session::{Session, Then};
use super::work::{Cut, Shared, Sink};

/// Connections that are served at the same time; further ones are told so and closed.
pub(super) const CONNECTIONS_MAX: usize = 64;
/// Requests that are answered together.
const BATCH_MAX: usize = 64;
/// Bytes that are read at once.
const READ_BYTES: usize = 8 * 1024;
/// From the connection to the password, where there is one.
const LOGIN_TIMEOUT: Duration = Duration::from_secs(10);
/// From the first byte of a request to its last.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Without a request. Clients keep connections for later, and not all of them notice when one was closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(3600);
/// Without a byte taken by a client that has an answer to read.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);
/// Pause after an accept that failed for want of descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves every connection that `listener` accepts until `shutdown` is ready.
pub(super) async fn serve(
    listener: TcpListener,
    shared: Rc<Shared>,
    shutdown: impl Future<Output = ()>,
) {
    let mut serving = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    let (mut id, mut deaf) = (0u64, false);
    loop {
        shared.connections.set(serving.len());
        tokio::select! {
            biased;
            () = &mut shutdown => return,
            Some(_) = serving.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if serving.len() >= CONNECTIONS_MAX => refuse(&stream),
                Ok((stream, _)) => {
                    deaf = false;
                    id += 1;
                    let session = Session::new(Rc::clone(&shared.settings), id);
                    serving.spawn_local(converse(stream, session, Rc::clone(&shared)));
                }
                // The client went away between its handshake and our accept.
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    if !std::mem::replace(&mut deaf, true) {
                        log::warn!("resp: no connection can be accepted for the moment: {error}");
                    }
                    sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
}

fn refuse(stream: &TcpStream) {
    // A new connection has room for it; one that has not learns it by its end.
    drop(stream.try_write(b"-ERR max number of clients reached\r\n"));
}

/// A connection.
struct Wire(TcpStream);

impl Sink for Wire {
    async fn send(&self, bytes: &[u8]) -> Result<(), Cut> {
        let mut rest = bytes;
        while !rest.is_empty() {
            match self.0.try_write(rest) {
                Ok(0) => return Err(Cut::Client),
                Ok(sent) => rest = rest.get(sent..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    let writable = timeout(WRITE_TIMEOUT, self.0.writable()).await;
                    if !matches!(writable, Ok(Ok(()))) {
                        // Without this the kernel would hold the unread answer for minutes.
                        drop(self.0.set_zero_linger());
                        return Err(Cut::Client);
                    }
                }
                Err(_) => return Err(Cut::Client),
            }
        }
        Ok(())
    }
}

impl Wire {
    /// Some bytes; none at the end.
    async fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            self.0.readable().await?;
            match self.0.try_read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                done => return done,
            }
        }
    }
}

async fn converse(stream: TcpStream, session: Session, shared: Rc<Shared>) {
    if let Err(error) = stream.set_nodelay(true) {
        log::debug!("resp: answers may be delayed: {error}");
    }
    let cut = talk(&Wire(stream), session, &shared).await.err();
    if let Some(Cut::Answer) = cut {
        log::warn!(
            "resp: the orders changed, or could not be read, while they were sent; the connection is closed"
        );
    }
}

/// Answers one request after the other until the client has had enough.
async fn talk(wire: &Wire, mut session: Session, shared: &Shared) -> Result<(), Cut> {
    let mut parser = Parser::new();
    let login_until = Instant::now() + LOGIN_TIMEOUT;
    let mut begun: Option<Instant> = None;
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let (batch, malformed) = requests(&mut parser);
        let any = !batch.is_empty();
        if !answer(batch, wire, &mut session, shared).await? {
            return Ok(());
        }
        if let Some(why) = malformed {
            let mut reply = Reply::new(session.protocol());
            reply.error(&format!("ERR Protocol error: {why}"));
            return wire.send(&reply.out).await;
        }
        if any {
            begun = None;
            continue;
        }
        let now = Instant::now();
        let mut until = now + IDLE_TIMEOUT;
        if parser.is_amid() {
            until = *begun.get_or_insert(now) + REQUEST_TIMEOUT;
        }
        if !session.is_authenticated() {
            until = until.min(login_until);
        }
        match timeout_at(until, wire.read(&mut buffer)).await {
            Ok(Ok(count)) if count > 0 => parser.feed(buffer.get(..count).unwrap_or_default()),
            Ok(Ok(_) | Err(_)) | Err(_) => return Ok(()),
        }
    }
}

/// Requests that are whole, and what ended them.
fn requests(parser: &mut Parser) -> (Vec<Request>, Option<super::parse::Malformed>) {
    let mut batch = Vec::new();
    while batch.len() < BATCH_MAX {
        match parser.next_request() {
            Ok(Some(request)) => batch.push(request),
            Ok(None) => break,
            Err(why) => return (batch, Some(why)),
        }
    }
    (batch, None)
}

/// Answers a batch in its order; tells whether the conversation goes on.
async fn answer(
    batch: Vec<Request>,
    wire: &Wire,
    session: &mut Session,
    shared: &Shared,
) -> Result<bool, Cut> {
    let (mut ready, mut waiting) = (Vec::new(), Vec::new());
    let mut protocol = session.protocol();
    for request in batch {
        let then = session.take(request);
        // What was asked before is answered before, in the protocol of then.
        if !matches!(then, Then::Run(_)) && !waiting.is_empty() {
            flush(&mut ready, &mut waiting, protocol, wire, shared).await?;
        }
        protocol = session.protocol();
        match then {
            Then::Send(bytes) => ready.extend(bytes),
            Then::Run(request) => waiting.push(request),
            Then::RunAll(requests) => {
                wire.send(&std::mem::take(&mut ready)).await?;
                shared.run_all(requests, protocol, wire).await?;
            }
            Then::Close(bytes) => {
                ready.extend(bytes);
                wire.send(&ready).await?;
                return Ok(false);
            }
        }
    }
    flush(&mut ready, &mut waiting, protocol, wire, shared).await?;
    Ok(true)
}

async fn flush(
    ready: &mut Vec<u8>,
    waiting: &mut Vec<Request>,
    protocol: Protocol,
    wire: &Wire,
    shared: &Shared,
) -> Result<(), Cut> {
    wire.send(&std::mem::take(ready)).await?;
    shared.run(std::mem::take(waiting), protocol, wire).await
}
