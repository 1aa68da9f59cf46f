//! What a commit costs: bytes written and time, over a real file in the temporary directory (set `TMPDIR` to choose a
//! disk).
//!
//! `cargo bench --bench store`. Bytes are those that the process wrote (`wchar` of `/proc/self/io`) and those that went
//! on towards the disk (`write_bytes`; nothing on tmpfs), and depend on the machine as little as the page size does.
//! Times are those of the disk. The unit of both is one commit.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark prints its figures, and ends when something is wrong"
)]

use std::fs;
use std::time::{Duration, Instant};

use mockx::archive::Archive;
use mockx::exchange::{Command, Exchange, NewOrder, OrderKind, Rules, Side, Strict, Terms, Ticker};
use mockx::store::{Batch, FILE_NAME, Store};
use mockx::units::{Amount, Asset, Exact, Moment, OrderId, Price, Quantity, Span, Symbol};

const SYMBOLS: usize = 500;
const OPEN_ORDERS: usize = 5000;
const CACHE_BYTES: usize = 4 << 20;
const ROUNDS: u32 = 200;

fn main() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(FILE_NAME);
    let (store, _) = Store::open(&path, CACHE_BYTES).unwrap();
    let mut desk = Desk::new();
    desk.place(OPEN_ORDERS, "1");
    desk.commit(&store, true);

    println!("one commit with                            wchar   write_bytes     median       p99");
    measure(&store, &mut desk, "nothing but the time", |_| {}, false);
    for count in [1, 32, 128] {
        let name = format!("{count} orders placed");
        measure(
            &store,
            &mut desk,
            &name,
            |desk| desk.place(count, "1"),
            false,
        );
    }
    for count in [1, 32] {
        let name = format!("{count} orders placed and canceled");
        let act = |desk: &mut Desk| {
            for _ in 0..count {
                let id = OrderId::new(desk.exchange.next_order());
                desk.place(1, "1");
                desk.handle(Command::Cancel(id));
            }
        };
        measure(&store, &mut desk, &name, act, false);
    }
    for count in [1, 32] {
        let name = format!("{count} orders placed and filled");
        measure(
            &store,
            &mut desk,
            &name,
            |desk| desk.place(count, "1000"),
            false,
        );
    }
    let name = format!("the prices of {SYMBOLS} symbols");
    measure(&store, &mut desk, &name, Desk::tick, true);

    drop(store);
    let length = fs::metadata(&path).unwrap().len();
    let begin = Instant::now();
    let (store, snapshot) = Store::open(&path, CACHE_BYTES).unwrap();
    println!(
        "a start with {} open orders and {} KiB of file takes {:.1} ms",
        snapshot.orders.len(),
        length / 1024,
        begin.elapsed().as_secs_f64() * 1e3
    );
    let closed = store.reader().count().unwrap();
    desk.handle(Command::Reset);
    let time = desk.commit(&store, false);
    println!(
        "a reset of {closed} closed orders takes {:.1} ms",
        time.as_secs_f64() * 1e3
    );
}

fn measure(
    store: &Store,
    desk: &mut Desk,
    name: &str,
    mut act: impl FnMut(&mut Desk),
    with_prices: bool,
) {
    let mut times = Vec::new();
    let before = written();
    for _ in 0..ROUNDS {
        desk.moment = desk.moment.plus(Span::from_millis(50));
        act(desk);
        times.push(desk.commit(store, with_prices));
    }
    let after = written();
    times.sort_unstable();
    let per_commit = |index: usize| (after[index] - before[index]) / u64::from(ROUNDS);
    let millis = |part: usize| times[times.len() * part / 100].as_secs_f64() * 1e3;
    println!(
        "{name:36} {:>10} B {:>10} B {:>8.2} ms {:>6.2} ms",
        per_commit(0),
        per_commit(1),
        millis(50),
        millis(99)
    );
}

/// Bytes that this process wrote, and bytes that went on towards the disk.
fn written() -> [u64; 2] {
    let text = fs::read_to_string("/proc/self/io").unwrap_or_default();
    ["wchar: ", "write_bytes: "].map(|name| {
        let figure = text.lines().find_map(|line| line.strip_prefix(name));
        figure.and_then(|figure| figure.parse().ok()).unwrap_or(0)
    })
}

/// An exchange with many symbols and much money.
struct Desk {
    exchange: Exchange,
    moment: Moment,
    symbols: Vec<Symbol>,
    orders: usize,
}

impl Desk {
    fn new() -> Desk {
        let quote = Asset::parse("USDT").unwrap();
        let symbols = (0..SYMBOLS).map(|number| {
            let base = Asset::parse(&format!("COIN{number}")).unwrap();
            Symbol::new(base, quote).unwrap()
        });
        let mut desk = Desk {
            exchange: Exchange::new(Rules {
                match_limit_at_once: true,
                expire_after: None,
                prune_after: None,
                ..Rules::default()
            }),
            moment: Moment::default().plus(Span::from_millis(1_700_000_000_000)),
            symbols: symbols.collect(),
            orders: 0,
        };
        desk.tick();
        let million = Amount::parse_positive("100000000000").unwrap();
        desk.handle(Command::Deposit(quote, million));
        desk
    }

    fn handle(&mut self, command: Command) {
        self.exchange.handle(self.moment, command).unwrap();
    }

    /// New prices everywhere.
    fn tick(&mut self) {
        let last = 10_000 + i128::from(self.moment.now.as_millis() % 97);
        let price = |more| Price::try_new(Exact::from_parts(last + more, 2).unwrap()).unwrap();
        let tickers = self.symbols.iter().map(|&symbol| Ticker {
            symbol,
            last: price(1),
            bid: Some(price(0)),
            ask: Some(price(2)),
            bid_quantity: Some(Quantity::parse_positive("12.345").unwrap()),
            ask_quantity: None,
            at: self.moment.now,
        });
        let tickers = tickers.collect();
        self.handle(Command::ApplyTickers(tickers));
    }

    /// Limit buys, one symbol after the other.
    fn place(&mut self, count: usize, price: &str) {
        for _ in 0..count {
            let symbol = self.symbols[self.orders % SYMBOLS];
            self.orders += 1;
            self.handle(Command::Place(NewOrder {
                symbol,
                side: Side::Buy,
                kind: OrderKind::Limit {
                    price: Price::parse(price).unwrap(),
                },
                quantity: Quantity::parse_positive("0.125").unwrap(),
                terms: Terms::default(),
                strict: Strict::default(),
            }));
        }
    }

    /// Commits what changed, and tells how long that took.
    fn commit(&mut self, store: &Store, with_prices: bool) -> Duration {
        let events = self.exchange.take_events();
        let mut batch = Batch::collect(&self.exchange, events);
        if with_prices {
            batch = batch.with_prices(&self.exchange);
        }
        let begin = Instant::now();
        store.commit(batch).blocking_recv().unwrap().unwrap();
        begin.elapsed()
    }
}
