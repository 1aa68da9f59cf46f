//! What is thrown at the exchange: few symbols that share assets, few prices and quantities, so that orders meet.

use mockx::exchange::{
    Command, NewBalance, NewOrder, NewPrice, OrderKind, Rules, Side, Strict, Terms, Ticker,
};
use mockx::units::{
    Amount, Asset, Exact, Moment, OrderId, Price, Quantity, Rate, Span, Symbol, Timestamp,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::special::{Couple, Special, Swap, couple, special, swap};

/// Symbols that have prices; the last one is unknown until a ticker names it.
pub const SYMBOLS: [&str; 4] = ["BTC/USDT", "ETH/BTC", "ETH/USDT", "XRP/USDT"];
/// Assets of those, and one that no symbol has.
const ASSETS: [&str; 5] = ["USDT", "BTC", "ETH", "XRP", "DOGE"];

/// A price is one of these times what its symbol is about worth.
const FACTORS: [&str; 9] = [
    "1",
    "1",
    "0.99",
    "1.01",
    "0.98",
    "1.02",
    "0.9876543",
    "1.05000001",
    "0.5",
];
const WORTH: [&str; 4] = ["100", "0.1", "10", "0.00001234"];
const QUANTITIES: [&str; 13] = [
    "1",
    "1",
    "2",
    "0.5",
    "0.1",
    "3.7",
    "10",
    "0.30000000000000004",
    "1.5436839893732674e-05",
    "0.00000001",
    "0.333333333",
    "1e-16",
    "54321.987654321",
];
/// Long numbers that leave little room beside them; seldom used, since one spoils an account for large amounts.
const AWKWARD: [&str; 4] = [
    "1e-22",
    "1000000.0000000000000000000001",
    "1000000000000000",
    "9999999999.9999999999",
];
const VOLUMES: [&str; 8] = [
    "1",
    "0.5",
    "2.5",
    "5",
    "0",
    "0.123456789",
    "0.000000001",
    "1000",
];
const AMOUNTS: [&str; 9] = [
    "100",
    "1",
    "0.1",
    "1000",
    "12345.678901",
    "0",
    "250.30000000000004",
    "0.0000000000000001",
    "1000000",
];

/// One thing that happens; shrinks towards less and towards the front of the lists.
#[derive(Debug, Clone)]
pub enum Step {
    /// Time goes by: on the clock that deadlines count in, and on the wall, which may jump by years either way.
    Pass {
        elapsed: i64,
        wall: i64,
    },
    Tickers(Option<&'static str>, Vec<Row>),
    SetTrading {
        symbol: usize,
        trading: bool,
    },
    SetPrice {
        symbol: usize,
        price: &'static str,
        volumes: [Option<&'static str>; 2],
    },
    Place {
        symbol: usize,
        buy: bool,
        limit: Option<&'static str>,
        quantity: &'static str,
        special: Option<Special>,
    },
    /// The order so many ids before the next one; ids that were never given are among them.
    Cancel {
        back: i64,
    },
    Pair(Box<Couple>),
    CancelPair {
        back: i64,
    },
    CancelAll {
        symbol: Option<usize>,
    },
    Replace(Box<Swap>),
    Deposit {
        asset: usize,
        amount: &'static str,
    },
    Withdraw {
        asset: usize,
        amount: &'static str,
    },
    SetBalance {
        asset: usize,
        free: Option<&'static str>,
        held: Option<&'static str>,
    },
    Reset,
    Wake,
}

/// A ticker; `spread` widens bid and ask by factors, and `None` leaves them to the last price.
#[derive(Debug, Clone)]
pub struct Row {
    symbol: usize,
    last: &'static str,
    bid: Option<&'static str>,
    ask: Option<&'static str>,
    volumes: [Option<&'static str>; 2],
}

pub(super) fn symbol() -> impl Strategy<Value = usize> + Clone {
    prop_oneof![6 => 0usize..3, 1 => Just(3usize)]
}

fn source() -> impl Strategy<Value = Option<&'static str>> {
    option::of(select(&["binance", "kraken"][..]))
}

fn asset() -> impl Strategy<Value = usize> {
    prop_oneof![12 => 0usize..3, 1 => 3usize..5]
}

pub(super) fn factor() -> impl Strategy<Value = &'static str> + Clone {
    select(&FACTORS[..])
}

fn volumes() -> impl Strategy<Value = [Option<&'static str>; 2]> {
    let volume = || option::weighted(0.8, select(&VOLUMES[..]));
    [volume(), volume()]
}

fn amount() -> impl Strategy<Value = &'static str> {
    prop_oneof![60 => select(&AMOUNTS[..]), 1 => select(&AWKWARD[..])]
}

fn row() -> impl Strategy<Value = Row> {
    let side = || option::weighted(0.7, factor());
    (symbol(), factor(), side(), side(), volumes()).prop_map(|(symbol, last, bid, ask, volumes)| {
        Row {
            symbol,
            last,
            bid,
            ask,
            volumes,
        }
    })
}

fn place() -> impl Strategy<Value = Step> {
    let quantity = prop_oneof![60 => select(&QUANTITIES[..]), 1 => select(&AWKWARD[..])];
    (
        symbol(),
        any::<bool>(),
        option::weighted(0.7, factor()),
        quantity,
        option::weighted(0.5, special()),
    )
        .prop_map(|(symbol, buy, limit, quantity, special)| Step::Place {
            symbol,
            buy,
            limit,
            quantity,
            special,
        })
}

fn pass() -> impl Strategy<Value = Step> {
    const YEAR: i64 = 365 * 86_400_000;
    let usual = prop_oneof![
        6 => 0i64..400, 4 => 400i64..3000, 2 => Just(1000i64), 1 => Just(10_000i64), 1 => 3000i64..90_000,
    ];
    prop_oneof![
        12 => usual.prop_map(|elapsed| Step::Pass { elapsed, wall: elapsed }),
        1 => (0i64..1500, -5 * YEAR..5 * YEAR).prop_map(|(elapsed, wall)| Step::Pass { elapsed, wall }),
        1 => (-2000i64..0).prop_map(|elapsed| Step::Pass { elapsed, wall: elapsed }),
    ]
}

/// One step, weighted as a busy day would be.
pub fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        30 => place(),
        8 => couple().prop_map(|couple| Step::Pair(Box::new(couple))),
        2 => (0i64..20).prop_map(|back| Step::CancelPair { back }),
        3 => swap().prop_map(|swap| Step::Replace(Box::new(swap))),
        1 => option::weighted(0.8, symbol()).prop_map(|symbol| Step::CancelAll { symbol }),
        22 => (source(), vec(row(), 1..4)).prop_map(|(source, rows)| Step::Tickers(source, rows)),
        // Halts are shorter than days, or little else would be seen.
        2 => (symbol(), prop_oneof![2 => Just(true), 1 => Just(false)])
            .prop_map(|(symbol, trading)| Step::SetTrading { symbol, trading }),
        18 => pass(),
        10 => (-1i64..40).prop_map(|back| Step::Cancel { back }),
        6 => (asset(), amount()).prop_map(|(asset, amount)| Step::Deposit { asset, amount }),
        3 => (asset(), amount()).prop_map(|(asset, amount)| Step::Withdraw { asset, amount }),
        3 => (symbol(), factor(), volumes()).prop_map(|(symbol, price, volumes)| Step::SetPrice {
            symbol, price, volumes,
        }),
        3 => (asset(), option::of(amount()), option::of(amount()))
            .prop_map(|(asset, free, held)| Step::SetBalance { asset, free, held }),
        2 => Just(Step::Wake),
        1 => prop_oneof![6 => Just(Step::Wake), 1 => Just(Step::Reset)],
    ]
}

/// Rules without chance: every delay and every quantity on offer is known beforehand.
pub fn certain_rules() -> impl Strategy<Value = Rules> {
    let span = |millis: &'static [u64]| select(millis).prop_map(Span::from_millis);
    let maybe = |millis: &'static [u64]| {
        option::weighted(0.8, select(millis)).prop_map(|set| set.map(Span::from_millis))
    };
    (
        select(&["0.001", "0.00075", "0", "0.3", "1"][..]),
        span(&[250, 0, 1000, 2000]),
        maybe(&[1000, 10_000]),
        maybe(&[60_000, 5000, 10_000]),
        maybe(&[30_000]),
        any::<bool>(),
        option::of(select(&["0.0002", "0", "0.4"][..])),
    )
        .prop_map(
            |(fee, delay, tick_loop, expire_after, prune_after, match_limit_at_once, maker)| {
                Rules {
                    fee_rate: Rate::parse(fee, 1).unwrap(),
                    maker_rate: maker.map(|rate| Rate::parse(rate, 1).unwrap()),
                    tick_loop,
                    market_delay_min: delay,
                    market_delay_max: delay,
                    fill_sigma_ppm: 0,
                    match_limit_at_once,
                    expire_after,
                    prune_after,
                    prune_every: Span::from_secs(20),
                    ..Rules::default()
                }
            },
        )
}

/// Rules with chance.
pub fn chancy_rules() -> impl Strategy<Value = Rules> {
    (certain_rules(), any::<u64>(), 1u32..900_000, 0u64..3000).prop_map(
        |(rules, seed, sigma, spread)| {
            let least = rules.market_delay_min.as_millis();
            Rules {
                seed,
                fill_sigma_ppm: sigma,
                market_delay_max: Span::from_millis(least + spread),
                ..rules
            }
        },
    )
}

/// Prices and money to begin with.
pub fn opening() -> Vec<Step> {
    let row = |symbol| Row {
        symbol,
        last: "1",
        bid: None,
        ask: None,
        volumes: [Some("5"), Some("5")],
    };
    let deposit = |asset, amount| Step::Deposit { asset, amount };
    let money = [
        deposit(0, "12345.678901"),
        deposit(1, "100"),
        deposit(2, "100"),
    ];
    std::iter::once(Step::Tickers(None, (0..3).map(row).collect()))
        .chain(money)
        .collect()
}

pub fn asset_named(index: usize) -> Asset {
    Asset::parse(ASSETS[index]).unwrap()
}

pub fn symbol_named(index: usize) -> Symbol {
    Symbol::parse(SYMBOLS[index]).unwrap()
}

pub(super) fn price(symbol: usize, factor: &str) -> Price {
    let worth = Price::parse(WORTH[symbol]).unwrap();
    worth.scaled(Rate::parse(factor, 2).unwrap(), 16).unwrap()
}

pub(super) fn quantity(text: &str) -> Quantity {
    Quantity::try_new(Exact::parse(text).unwrap()).unwrap()
}

pub(super) fn money(text: &str) -> Amount {
    Amount::try_new(Exact::parse(text).unwrap()).unwrap()
}

impl Row {
    fn ticker(&self) -> Ticker {
        let at = |factor| price(self.symbol, factor);
        Ticker {
            symbol: symbol_named(self.symbol),
            last: at(self.last),
            bid: self.bid.map(at),
            ask: self.ask.map(at),
            bid_quantity: self.volumes[0].map(quantity),
            ask_quantity: self.volumes[1].map(quantity),
            at: Timestamp::from_millis(0),
        }
    }
}

impl Step {
    /// The command that it stands for at a moment, where `next` is the sequence number of the next order.
    pub fn command(&self, next: u64, moment: Moment) -> Command {
        match self {
            Step::Pass { .. } | Step::Wake => Command::Wake,
            Step::Tickers(source, rows) => {
                let tickers = rows.iter().map(Row::ticker).collect();
                match source {
                    None => Command::ApplyTickers(tickers),
                    Some(source) => Command::Deliver(source, tickers),
                }
            }
            Step::SetTrading { symbol, trading } => {
                Command::SetTrading(vec![(symbol_named(*symbol), *trading)])
            }
            Step::SetPrice {
                symbol,
                price: factor,
                volumes,
            } => Command::SetPrice(NewPrice {
                symbol: symbol_named(*symbol),
                price: price(*symbol, factor),
                bid_quantity: volumes[0].map(quantity),
                ask_quantity: volumes[1].map(quantity),
            }),
            Step::Place {
                symbol,
                buy,
                limit,
                quantity: wanted,
                special,
            } => Command::Place(NewOrder {
                symbol: symbol_named(*symbol),
                side: if *buy { Side::Buy } else { Side::Sell },
                kind: limit.map_or(OrderKind::Market, |factor| OrderKind::Limit {
                    price: price(*symbol, factor),
                }),
                quantity: quantity(wanted),
                terms: special
                    .as_ref()
                    .map_or_else(Terms::default, |special| special.terms(*symbol, moment)),
                strict: Strict::default(),
            }),
            Step::Cancel { back } => {
                Command::Cancel(OrderId::new(next.saturating_add_signed(-back)))
            }
            Step::Pair(couple) => Command::PlacePair(Box::new(couple.pair(moment))),
            Step::CancelPair { back } => {
                Command::CancelPair(OrderId::new(next.saturating_add_signed(-back)))
            }
            Step::CancelAll { symbol } => Command::CancelAll(symbol.map(symbol_named)),
            Step::Replace(swap) => Command::Replace(Box::new(swap.replacement(next))),
            Step::Deposit { asset, amount } => Command::Deposit(asset_named(*asset), money(amount)),
            Step::Withdraw { asset, amount } => {
                Command::Withdraw(asset_named(*asset), money(amount))
            }
            Step::SetBalance { asset, free, held } => Command::SetBalance(NewBalance {
                asset: asset_named(*asset),
                free: free.map(money),
                held: held.map(money),
            }),
            Step::Reset => Command::Reset,
        }
    }
}
