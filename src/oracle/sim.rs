//! `sim`: a seeded random walk, so that a first run needs no network.
//!
//! A step is a function of seed, symbol, step number and the price that the walk started from, in whole numbers only:
//! the same on every machine. Prices move in fixed-point fractions of the symbol's tick, are drawn a little towards an
//! anchor, and never leave the range from a quarter to four times the anchor, so that months later they are still
//! plausible. A walk that starts from a known price (after a restart) goes on from there, with the anchor it had.
//!
//! A symbol that is not one of [`DEFAULT_SYMBOLS`] and has no known price starts at 1.

use std::collections::BTreeMap;

use crate::exchange::{Digest, Ticker};
use crate::units::{Exact, Price, Quantity, Symbol, Timestamp, VALUE_MAX};

/// What is simulated when nothing else is asked for.
pub const DEFAULT_SYMBOLS: [&str; 12] = [
    "BTC/USDT",
    "ETH/USDT",
    "BNB/USDT",
    "SOL/USDT",
    "XRP/USDT",
    "ADA/USDT",
    "DOGE/USDT",
    "TRX/USDT",
    "LINK/USDT",
    "LTC/USDT",
    "DOT/USDT",
    "AVAX/USDT",
];

/// Price in ticks, decimals of a tick and millionths that a step moves the price by, as [`DEFAULT_SYMBOLS`] lists them.
const KNOWN: [(i128, u8, i128); 12] = [
    (9_000_000, 2, 250),
    (300_000, 2, 320),
    (85_000, 2, 300),
    (14_000, 2, 420),
    (21_000, 4, 400),
    (4_200, 4, 430),
    (14_000, 5, 450),
    (2_800, 4, 250),
    (13_000, 3, 430),
    (8_200, 2, 380),
    (2_100, 3, 420),
    (14_000, 3, 450),
];

/// Millionths that a step moves the price of any other symbol by.
const VOLATILITY: i128 = 400;
/// The price that a symbol starts at of which nothing is known.
const UNKNOWN_START: i128 = 1;
/// Fractions of a tick that the walk keeps.
const FRACTIONS: i128 = 1_000_000;
/// Millionths of the distance to the anchor that a step takes back: half of it is gone in 170,000 steps.
const PULL: i128 = 4;
const MILLION: i128 = 1_000_000;
/// The walk stays between the anchor divided and multiplied by this.
const RANGE: i128 = 4;
/// Significant digits of a price whose tick is not known.
const PRICE_DIGITS: i32 = 6;
/// Fewer ticks than this are too coarse to walk on.
const TICKS_MIN: i128 = 100;
/// The finest tick.
const DECIMALS_MAX: i32 = 26;
/// Decimals of the finest lot.
const LOT_DECIMALS_MAX: i32 = 8;
/// Quote units on offer at a side of the book: at least, and how many more at most.
const OFFER_MIN: u64 = 500;
const OFFER_SPREAD: u64 = 30_000;
/// A side of the book is at most one tick and one part in this many of the price away from the last price.
const SPREAD_PARTS: i128 = 20_000;

/// What a draw is for.
#[derive(Debug, Clone, Copy)]
enum Draw {
    Move = 1,
    BidDistance = 2,
    AskDistance = 3,
    BidOffer = 4,
    AskOffer = 5,
}

/// Walks of a set of symbols.
#[derive(Debug, Clone)]
pub struct Sim {
    walks: Vec<Walk>,
    steps: u64,
}

#[derive(Debug, Clone)]
struct Walk {
    symbol: Symbol,
    /// Decimals of a tick.
    decimals: u8,
    lot_decimals: u8,
    /// Millionths that a step moves the price by: one standard deviation.
    volatility: i128,
    /// Seed, symbol and start price, folded.
    stream: Digest,
    /// The present price and the one it is drawn to, in fractions of a tick.
    level: i128,
    anchor: i128,
}

/// Where a walk starts.
struct Start {
    decimals: u8,
    ticks: i128,
    anchor: i128,
    volatility: i128,
}

/// The symbols of [`DEFAULT_SYMBOLS`].
pub fn default_symbols() -> Vec<Symbol> {
    DEFAULT_SYMBOLS
        .iter()
        .filter_map(|text| Symbol::parse(text).ok())
        .collect()
}

impl Sim {
    /// Walks of these symbols; those that `start` has a price of go on from there.
    pub fn new(seed: u64, symbols: &[Symbol], start: &[Ticker]) -> Sim {
        let known: BTreeMap<Symbol, Price> = start
            .iter()
            .map(|ticker| (ticker.symbol, ticker.last))
            .collect();
        let walks = symbols
            .iter()
            .map(|&symbol| Walk::new(seed, symbol, known.get(&symbol).copied()))
            .collect();
        Sim { walks, steps: 0 }
    }

    /// The next prices of every symbol, in the order in which the symbols were given.
    pub fn step(&mut self, now: Timestamp) -> Vec<Ticker> {
        self.steps = self.steps.wrapping_add(1);
        let step = self.steps;
        self.walks
            .iter_mut()
            .filter_map(|walk| {
                walk.advance(step);
                walk.ticker(step, now)
            })
            .collect()
    }

    /// Steps taken.
    pub fn steps(&self) -> u64 {
        self.steps
    }
}

impl Walk {
    fn new(seed: u64, symbol: Symbol, known: Option<Price>) -> Walk {
        let start = Start::of(symbol, known);
        let mut stream = Digest::from_bits(seed);
        stream.symbol(symbol);
        stream.number(Exact::from_parts(start.ticks, start.decimals).unwrap_or_default());
        let whole_digits = digits(start.ticks) - i32::from(start.decimals);
        Walk {
            symbol,
            decimals: start.decimals,
            lot_decimals: decimals(whole_digits, LOT_DECIMALS_MAX),
            volatility: start.volatility,
            stream,
            level: start.ticks * FRACTIONS,
            anchor: start.anchor * FRACTIONS,
        }
    }

    fn advance(&mut self, step: u64) {
        // Four uniform numbers of 16 bits sum up to a bell of mean 131,070 and standard deviation 37,837.
        let word = self.draw(step, Draw::Move);
        let sum: i128 = (0..4)
            .map(|part| i128::from((word >> (16 * part)) & 0xffff))
            .sum();
        let moved = self.level * self.volatility * (sum - 131_070) / (37_837 * MILLION);
        let pulled = (self.anchor - self.level) * PULL / MILLION;
        let ceiling = (self.anchor * RANGE).min(value_max(self.decimals) * FRACTIONS);
        self.level = (self.level + moved + pulled).clamp(self.anchor / RANGE, ceiling);
    }

    fn ticker(&self, step: u64, now: Timestamp) -> Option<Ticker> {
        let ticks = (self.level + FRACTIONS / 2) / FRACTIONS;
        let distance = |draw| {
            let choices = ticks / SPREAD_PARTS + 1;
            1 + i128::from(self.draw(step, draw)) % choices
        };
        Some(Ticker {
            symbol: self.symbol,
            last: self.price(ticks)?,
            bid: Some(self.price(ticks - distance(Draw::BidDistance))?),
            ask: Some(self.price(ticks + distance(Draw::AskDistance))?),
            bid_quantity: Some(self.offer(ticks, step, Draw::BidOffer)?),
            ask_quantity: Some(self.offer(ticks, step, Draw::AskOffer)?),
            at: now,
        })
    }

    fn price(&self, ticks: i128) -> Option<Price> {
        Price::try_new(Exact::from_parts(ticks, self.decimals).ok()?).ok()
    }

    /// Base units worth a drawn number of quote units.
    fn offer(&self, ticks: i128, step: u64, draw: Draw) -> Option<Quantity> {
        let worth = OFFER_MIN + self.draw(step, draw) % OFFER_SPREAD;
        // Lots have decimals only where ticks have few: no product comes near 127 bits.
        let lots = i128::from(worth) * power(self.decimals) * power(self.lot_decimals) / ticks;
        let bounded = lots.clamp(1, value_max(self.lot_decimals));
        Quantity::try_new(Exact::from_parts(bounded, self.lot_decimals).ok()?).ok()
    }

    fn draw(&self, step: u64, draw: Draw) -> u64 {
        let mut word = self.stream;
        word.word(step);
        word.word(draw as u64);
        word.bits()
    }
}

impl Start {
    fn of(symbol: Symbol, known: Option<Price>) -> Start {
        let name = symbol.to_string();
        let listed = DEFAULT_SYMBOLS
            .iter()
            .zip(KNOWN)
            .find_map(|(&listed, known)| (listed == name).then_some(known));
        let Some((anchor, decimals, volatility)) = listed else {
            return known.and_then(Start::at).unwrap_or_else(Start::unknown);
        };
        let from = |ticks| Start {
            decimals,
            ticks,
            anchor,
            volatility,
        };
        match known {
            None => from(anchor),
            // A price that this walk cannot have reached is another market's: its range goes round that price.
            Some(price) => match in_ticks(price, decimals) {
                Some(ticks) if ticks >= anchor / RANGE && ticks <= anchor * RANGE => from(ticks),
                _ => Start::at(price).unwrap_or_else(|| from(anchor)),
            },
        }
    }

    /// A start at any price, with a tick that gives it [`PRICE_DIGITS`] digits.
    fn at(price: Price) -> Option<Start> {
        let (mantissa, scale) = price.exact().to_parts();
        let whole_digits = digits(mantissa) - i32::from(scale);
        let decimals = decimals(PRICE_DIGITS - whole_digits, DECIMALS_MAX);
        let ticks = in_ticks(price, decimals).filter(|&ticks| ticks >= TICKS_MIN)?;
        Some(Start {
            decimals,
            ticks,
            anchor: ticks,
            volatility: VOLATILITY,
        })
    }

    fn unknown() -> Start {
        let decimals = decimals(PRICE_DIGITS - 1, DECIMALS_MAX);
        let ticks = UNKNOWN_START * power(decimals);
        Start {
            decimals,
            ticks,
            anchor: ticks,
            volatility: VOLATILITY,
        }
    }
}

fn in_ticks(price: Price, decimals: u8) -> Option<i128> {
    let (mantissa, scale) = price.exact().to_parts();
    if scale <= decimals {
        mantissa.checked_mul(power(decimals - scale))
    } else {
        Some(mantissa / power(scale - decimals))
    }
}

fn digits(number: i128) -> i32 {
    // At most 39 digits.
    number
        .unsigned_abs()
        .checked_ilog10()
        .map_or(1, |log| log.cast_signed() + 1)
}

fn decimals(wanted: i32, max: i32) -> u8 {
    u8::try_from(wanted.clamp(0, max)).unwrap_or(0)
}

fn power(decimals: u8) -> i128 {
    10i128.pow(u32::from(decimals))
}

/// The largest price or quantity, in units of so many decimals; bounded so that products fit.
fn value_max(decimals: u8) -> i128 {
    // Above 10^27 no value can be kept anyway.
    i128::from(VALUE_MAX)
        .saturating_mul(power(decimals))
        .min(10i128.pow(27))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn symbols(names: &[&str]) -> Vec<Symbol> {
        names
            .iter()
            .map(|name| Symbol::parse(name).unwrap())
            .collect()
    }

    fn known(symbol: &str, last: &str) -> Ticker {
        Ticker::of_last(
            Symbol::parse(symbol).unwrap(),
            Price::parse(last).unwrap(),
            Timestamp::default(),
        )
    }

    fn sane(ticker: &Ticker) -> bool {
        let (bid, ask) = (ticker.bid.unwrap(), ticker.ask.unwrap());
        bid < ticker.last
            && ticker.last < ask
            && bid.is_positive()
            && ticker.bid_quantity.unwrap().is_positive()
            && ticker.ask_quantity.unwrap().is_positive()
    }

    #[test]
    fn the_walk_is_a_promise() {
        let mut sim = Sim::new(1, &default_symbols(), &[]);
        for _ in 0..99 {
            sim.step(Timestamp::default());
        }
        let mut digest = Digest::default();
        let tickers = sim.step(Timestamp::from_millis(100));
        assert_eq!(tickers.len(), 12);
        for ticker in &tickers {
            assert!(sane(ticker), "{ticker:?}");
            digest.symbol(ticker.symbol);
            for number in [ticker.last, ticker.bid.unwrap(), ticker.ask.unwrap()] {
                digest.number(number.exact());
            }
            digest.number(ticker.bid_quantity.unwrap().exact());
            digest.number(ticker.ask_quantity.unwrap().exact());
        }
        assert_eq!(digest.to_string(), "943038b56e35f003");
        assert_eq!(tickers[0].at, Timestamp::from_millis(100));
    }

    #[test]
    fn a_million_steps_stay_plausible() {
        let given = symbols(&["DOGE/USDT", "ODD/BTC"]);
        let mut sim = Sim::new(42, &given, &[known("ODD/BTC", "0.000000001234")]);
        let start: Vec<i128> = sim.walks.iter().map(|walk| walk.level).collect();
        for step in 0..1_000_000u64 {
            for walk in &mut sim.walks {
                walk.advance(step);
            }
            if step % 100 == 0 {
                for (walk, start) in sim.walks.iter().zip(&start) {
                    assert!(
                        walk.level < start * 20 && walk.level > start / 20,
                        "{walk:?}"
                    );
                    assert!(sane(&walk.ticker(step, Timestamp::default()).unwrap()));
                }
            }
        }
        assert!(
            sim.walks
                .iter()
                .zip(&start)
                .all(|(walk, start)| walk.level != *start)
        );
    }

    #[test]
    fn prices_move_as_much_as_a_market_does() {
        let mut walk = Walk::new(3, Symbol::parse("BTC/USDT").unwrap(), None);
        let (mut up, mut sum) = (0, 0);
        for step in 0..10_000 {
            let before = walk.level;
            walk.advance(step);
            up += u32::from(walk.level > before);
            sum += (walk.level - before).abs() * MILLION / before;
        }
        assert!((4_800..5_200).contains(&up), "{up}");
        // The mean size of a bell with a deviation of 250 is about 200.
        assert!((190..215).contains(&(sum / 10_000)), "{sum}");
    }

    #[test]
    fn a_restart_goes_on_from_the_known_price_with_the_same_anchor() {
        let given = symbols(&["BTC/USDT"]);
        let sim = Sim::new(1, &given, &[known("BTC/USDT", "45000.5")]);
        assert_eq!(sim.walks[0].level, 4_500_050 * FRACTIONS);
        assert_eq!(sim.walks[0].anchor, 9_000_000 * FRACTIONS);
        let elsewhere = Sim::new(1, &given, &[known("BTC/USDT", "0.75")]);
        assert_eq!(elsewhere.walks[0].anchor, 750_000 * FRACTIONS);
        assert_eq!(elsewhere.walks[0].decimals, 6);
    }

    #[test]
    fn an_unknown_symbol_starts_at_one() {
        let sim = Sim::new(1, &symbols(&["NEW/USDT"]), &[]);
        assert_eq!(
            sim.walks[0].price(sim.walks[0].level / FRACTIONS),
            Price::parse("1").ok()
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        #[test]
        fn any_start_gives_a_sane_walk(seed: u64, mantissa in 1i128..1_000_000_000_000, scale in 0u8..=28) {
            let price = Price::try_new(Exact::from_parts(mantissa, scale).unwrap()).unwrap();
            let mut start = known("ANY/THING", "1");
            start.last = price;
            let mut sim = Sim::new(seed, &[start.symbol], &[start]);
            let mut again = Sim::new(seed, &[start.symbol], &[start]);
            for _ in 0..50 {
                let tickers = sim.step(Timestamp::default());
                prop_assert_eq!(tickers.len(), 1);
                prop_assert!(sane(&tickers[0]), "{:?}", tickers);
                prop_assert_eq!(&tickers, &again.step(Timestamp::default()));
            }
        }

        #[test]
        fn known_symbols_stay_in_range_of_their_start(seed: u64, millis in 0u64..1_000_000) {
            let mut sim = Sim::new(seed, &default_symbols(), &[]);
            let before = sim.step(Timestamp::from_millis(millis));
            let after = (0..20).map(|_| sim.step(Timestamp::from_millis(millis))).last().unwrap();
            for (before, after) in before.iter().zip(&after) {
                prop_assert!(sane(after));
                prop_assert!(after.last.exact() < before.last.exact().plus(before.last.exact()).unwrap());
            }
        }
    }
}
