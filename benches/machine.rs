//! What the pure machine costs, in CPU time of this process.
//!
//! `cargo bench --bench machine` prints the figures and their targets; with `-- --check` it ends with code 1 when a
//! target is missed, with `-- --quick` it measures shorter. Every figure is the median of several rounds, and every turn
//! takes its events as the daemon does. The kernel counts CPU time in ticks of 10 ms, so a round lasts many of them.
#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![allow(
    clippy::unwrap_used,
    reason = "a benchmark that goes wrong should stop"
)]
#![allow(clippy::exit, reason = "the exit code is the answer of --check")]
#![allow(
    clippy::cast_precision_loss,
    reason = "figures of a benchmark are printed to three digits"
)]

use mockx::exchange::{
    Command, Exchange, NewOrder, OrderKind, Outcome, Rules, Side, Strict, Terms, Ticker,
};
use mockx::units::{Amount, Asset, Moment, OrderId, Price, Quantity, Span, Symbol, Timestamp};

const ROUNDS: usize = 7;
const BATCH: usize = 100;

const TICKERS_TARGET: f64 = 5_000_000.0;
const PAIRS_TARGET: f64 = 1_000_000.0;
const RATIO_TARGET: f64 = 1.2;

fn main() {
    let has = |flag: &str| std::env::args().any(|argument| argument == flag);
    let round = if has("--quick") { 0.1 } else { 0.5 };
    let broad = tickers(BATCH, 10, BATCH, round);
    let few = tickers(1, 10, BATCH, round);
    let many = tickers(1, 100_000, BATCH, round);
    let single = tickers(1, 10, 1, round);
    let pairs = place_and_cancel(round);
    let fills = fills(round);
    let ratio = few / many;
    println!("machine, per second of CPU time (median of {ROUNDS} rounds):");
    println!(
        "{broad:>12.0} tickers: {BATCH} symbols with 10 resting orders each, batches of {BATCH} (target {TICKERS_TARGET:.0})"
    );
    println!(
        "{few:>12.0} tickers: one symbol, 10 resting orders, batches of {BATCH} (target {TICKERS_TARGET:.0})"
    );
    println!("{single:>12.0} tickers: one symbol, 10 resting orders, batches of 1");
    println!("{many:>12.0} tickers: one symbol, 100000 resting orders, batches of {BATCH}");
    println!(
        "{ratio:>12.2} times the cost of a ticker with 100000 resting orders instead of 10 (target {RATIO_TARGET})"
    );
    println!("{pairs:>12.0} pairs of place and cancel (target {PAIRS_TARGET:.0})");
    println!("{fills:>12.0} fills of resting limit orders");
    let met = broad.min(few) >= TICKERS_TARGET && pairs >= PAIRS_TARGET && ratio <= RATIO_TARGET;
    if has("--check") && !met {
        println!("a target is missed");
        std::process::exit(1);
    }
}

/// User and system time that this process has used, in seconds.
fn cpu_seconds() -> f64 {
    // The second field is the command in parentheses; utime and stime are the 12th and 13th behind it.
    let text = std::fs::read_to_string("/proc/self/stat").unwrap();
    let behind = text.rsplit_once(')').unwrap().1;
    let ticks: u64 = behind
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|field| field.parse::<u64>().unwrap())
        .sum();
    ticks as f64 / 100.0
}

/// Runs `turns` (which tells how many operations it did) until a round is over; the median rate of all rounds.
fn rate(round: f64, mut turns: impl FnMut() -> u64) -> f64 {
    turns();
    let mut rates: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let start = cpu_seconds();
            let (mut count, mut spent) = (0, 0.0);
            while spent < round {
                count += turns();
                spent = cpu_seconds() - start;
            }
            count as f64 / spent
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    rates[ROUNDS / 2]
}

/// Tickers in batches of one row a symbol (a single symbol fills its batch alone), below which `resting` orders wait.
fn tickers(symbols: usize, resting: usize, batch: usize, round: f64) -> f64 {
    let symbols = names(symbols);
    let mut exchange = exchange(&symbols);
    for &symbol in &symbols {
        for level in 0..resting {
            place(&mut exchange, symbol, Side::Buy, &format!("50.{level:05}"));
        }
    }
    drop(exchange.take_events());
    let rows = |price: &str| -> Vec<Ticker> {
        let symbols = symbols.iter().cycle().take(batch);
        symbols.map(|&symbol| ticker(symbol, price)).collect()
    };
    let rows = [rows("100.01"), rows("100.02")];
    let mut moment = exchange.moment();
    rate(round, || {
        for turn in 0..20_000 / batch {
            moment = moment.plus(Span::from_millis(1));
            let command = Command::ApplyTickers(rows[turn % 2].clone());
            assert_eq!(exchange.handle(moment, command), Ok(Outcome::Done));
            drop(exchange.take_events());
        }
        20_000
    })
}

/// Limit orders placed and taken back, among ten others.
fn place_and_cancel(round: f64) -> f64 {
    let symbols = names(1);
    let mut exchange = exchange(&symbols);
    for level in 10..20 {
        place(&mut exchange, symbols[0], Side::Buy, &format!("50.{level}"));
    }
    let order = new_order(symbols[0], Side::Buy, "50.15");
    let mut moment = exchange.moment();
    let mut events = 0;
    let rate = rate(round, || {
        for _ in 0..10_000 {
            moment = moment.plus(Span::from_millis(1));
            let id = OrderId::new(exchange.next_order());
            assert!(exchange.handle(moment, Command::Place(order)).is_ok());
            events += exchange.take_events().len();
            assert!(exchange.handle(moment, Command::Cancel(id)).is_ok());
            events += exchange.take_events().len();
        }
        10_000
    });
    assert!(events > 0 && exchange.audit().is_ok());
    rate
}

/// A thousand limit orders placed, then filled by one ticker; only the ticker's turn counts.
fn fills(round: f64) -> f64 {
    let symbols = names(1);
    let mut exchange = exchange(&symbols);
    let mut moment = exchange.moment();
    let mut rates: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let (mut count, mut spent) = (0, 0.0);
            while spent < round {
                for (side, limit, cross) in [(Side::Buy, "50", "49.5"), (Side::Sell, "150", "151")]
                {
                    for _ in 0..50_000 {
                        place(&mut exchange, symbols[0], side, limit);
                    }
                    drop(exchange.take_events());
                    moment = moment.plus(Span::from_millis(1));
                    let start = cpu_seconds();
                    let command = Command::ApplyTickers(vec![ticker(symbols[0], cross)]);
                    exchange.handle(moment, command).unwrap();
                    drop(exchange.take_events());
                    spent += cpu_seconds() - start;
                    assert_eq!(exchange.open_count(), 0);
                    count += 50_000;
                    let command = Command::ApplyTickers(vec![ticker(symbols[0], "100")]);
                    exchange.handle(moment, command).unwrap();
                }
            }
            f64::from(count) / spent
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    rates[ROUNDS / 2]
}

fn names(count: usize) -> Vec<Symbol> {
    (0..count)
        .map(|number| Symbol::parse(&format!("COIN{number:03}/USDT")).unwrap())
        .collect()
}

/// A funded exchange with these symbols at 100, as the daemon would have it.
fn exchange(symbols: &[Symbol]) -> Exchange {
    // A turn is a millisecond here, so the rounds together last hours: nothing is to expire in them.
    let mut exchange = Exchange::new(Rules {
        expire_after: Some(Span::from_secs(365 * 86_400)),
        ..Rules::default()
    });
    let moment = Moment::default().plus(Span::from_secs(1_700_000_000));
    let rows = symbols
        .iter()
        .map(|&symbol| ticker(symbol, "100"))
        .collect();
    exchange
        .handle(moment, Command::ApplyTickers(rows))
        .unwrap();
    let assets = symbols.iter().map(Symbol::base);
    for asset in assets.chain([Asset::parse("USDT").unwrap()]) {
        let amount = Amount::parse_positive("1000000000").unwrap();
        exchange
            .handle(moment, Command::Deposit(asset, amount))
            .unwrap();
    }
    exchange
}

fn ticker(symbol: Symbol, price: &str) -> Ticker {
    let price = Price::parse(price).unwrap();
    Ticker {
        symbol,
        last: price,
        bid: Some(price),
        ask: Some(price),
        bid_quantity: Some(Quantity::parse_positive("1000000").unwrap()),
        ask_quantity: Some(Quantity::parse_positive("1000000").unwrap()),
        at: Timestamp::from_millis(0),
    }
}

fn new_order(symbol: Symbol, side: Side, limit: &str) -> NewOrder {
    let price = Price::parse(limit).unwrap();
    NewOrder {
        symbol,
        side,
        kind: OrderKind::Limit { price },
        quantity: Quantity::parse_positive("0.01234567").unwrap(),
        terms: Terms::default(),
        strict: Strict::default(),
    }
}

fn place(exchange: &mut Exchange, symbol: Symbol, side: Side, limit: &str) {
    let (moment, order) = (exchange.moment(), new_order(symbol, side, limit));
    exchange.handle(moment, Command::Place(order)).unwrap();
}
