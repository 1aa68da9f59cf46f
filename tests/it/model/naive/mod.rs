//! An exchange as simple as it can be told: lists, linear scans, and one rule after the other.
//!
//! It is written from the contract of orders and from the documented roundings. It knows no chance: every market order has
//! the same delay and every tick offers the whole quantity that its ticker names, cut to 8 decimals.

mod clock;
mod money;
mod orders;
mod pairs;
mod ticks;
mod triggers;

use std::collections::BTreeMap;

use mockx::exchange::{
    Command, Execution, FeeMode, NewPrice, OrderStatus, Rules, SET_PRICE_QUANTITY, Side, Terms,
    Ticker, TimeInForce,
};
use mockx::units::{Asset, ClientId, Exact, Moment, Price, Quantity, Symbol};

use super::number::Number;
pub use money::Wallet;

/// Decimals of products; see the table in `units`.
const MONEY: u32 = 16;

/// Why a command is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    UnknownSymbol,
    NotTrading,
    NoPrice,
    UnknownAsset,
    UnknownOrder,
    OrderNotOpen,
    Terms,
    Date,
    Duplicate,
    WouldMatch,
    WouldTrigger,
    UnknownPair,
    PairPrices,
    Restricted,
    Funds,
    Digits,
}

/// An order, open or closed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "as simple as it can be told")]
pub struct Placed {
    pub id: u64,
    pub symbol: Symbol,
    pub side: Side,
    pub limit: Option<Number>,
    pub quantity: Number,
    pub filled: Number,
    pub notional: Number,
    pub fee: Number,
    pub booked: [Number; 2],
    /// Quote set aside for notional and fee.
    pub hold: [Number; 2],
    pub created_at: u64,
    pub updated_at: u64,
    pub closed_at: Option<u64>,
    pub history: u32,
    /// The status it ended with.
    pub ended: Option<OrderStatus>,
    /// The last change on the clock of deadlines.
    pub touched: u64,
    /// When the delay of a market order ends.
    pub due: Option<u64>,
    pub terms: Terms,
    /// Whether it crossed when it came and has not met the market since.
    pub fresh: bool,
    /// Whether it waits for a price.
    pub armed: bool,
    /// The best price since a trailing order began to follow.
    pub extreme: Option<Number>,
    /// Whether the price was below the one from which it follows.
    pub below: bool,
    /// The other order of its pair, and the name of the pair.
    pub pair: Option<(u64, Option<ClientId>)>,
    /// Whether the other one holds the money for both.
    pub leans: bool,
    /// Until when it is good, on the clock of deadlines.
    pub good_till: Option<u64>,
    /// Whether it waits however long others may.
    pub unlimited: bool,
}

/// A symbol.
#[derive(Debug, Clone)]
pub struct Pair {
    pub symbol: Symbol,
    pub ticker: Option<Ticker>,
    pub trading: bool,
    pub source: Option<&'static str>,
    /// Left at this tick for buys and for sells; `None` for no limit.
    pub left: [Option<Number>; 2],
}

/// The exchange.
#[derive(Debug)]
pub struct Naive {
    rules: Rules,
    /// Of takers and of makers.
    fee_rates: [Number; 2],
    pub now: u64,
    pub elapsed: u64,
    pub next: u64,
    pub pairs: Vec<Pair>,
    pub wallets: BTreeMap<Asset, Wallet>,
    pub orders: Vec<Placed>,
    /// Count, base, quote, fees in quote, fees in base.
    pub totals: BTreeMap<(Side, Symbol), (u64, [Number; 4])>,
    /// Quantity and fee of each fill, a million more for a maker's, since it was last asked for.
    pub traded: Vec<Number>,
    /// What pruning was told to forget, since it was last asked for.
    pub pruned: Vec<u64>,
    /// The last multiples of their spans at which the tick loop and pruning ran.
    looped: u64,
    swept: u64,
}

impl Placed {
    pub fn is_open(&self) -> bool {
        self.ended.is_none()
    }

    pub fn remaining(&self) -> Number {
        self.quantity - self.filled
    }

    pub fn status(&self) -> OrderStatus {
        let partly = !self.filled.is_zero();
        self.ended.unwrap_or(if partly {
            OrderStatus::PartiallyFilled
        } else {
            OrderStatus::New
        })
    }

    /// Whether it waits for nothing.
    pub fn is_immediate(&self) -> bool {
        let tif = self.terms.time_in_force;
        matches!(
            tif,
            TimeInForce::ImmediateOrCancel | TimeInForce::FillOrKill
        ) || (self.limit.is_none()
            && (self.terms.execution == Execution::AtOnce || self.terms.quote_amount.is_some()))
    }

    /// Whether it trades at a price.
    pub fn trades_at(&self, price: Number) -> bool {
        self.limit.is_none_or(|limit| match self.side {
            Side::Buy => price <= limit,
            Side::Sell => price >= limit,
        })
    }

    /// Whether its fees come out of what it receives.
    pub fn pays_in_received(&self) -> bool {
        self.terms.fee_mode == FeeMode::Received
    }

    /// What it has set aside of an asset.
    fn holds(&self, asset: Asset) -> Number {
        let quote = if asset == self.symbol.quote() {
            self.hold[0] + self.hold[1]
        } else {
            Number::ZERO
        };
        let sells = self.side == Side::Sell && asset == self.symbol.base() && !self.leans;
        quote
            + if sells {
                self.remaining()
            } else {
                Number::ZERO
            }
    }
}

impl Naive {
    pub fn new(rules: Rules) -> Naive {
        Naive {
            fee_rates: [rules.fee_rate, rules.maker_rate.unwrap_or(rules.fee_rate)]
                .map(|rate| Number::of(rate.exact())),
            rules,
            now: 0,
            elapsed: 0,
            next: 1,
            pairs: Vec::new(),
            wallets: BTreeMap::new(),
            orders: Vec::new(),
            totals: BTreeMap::new(),
            traded: Vec::new(),
            pruned: Vec::new(),
            looped: 0,
            swept: 0,
        }
    }

    pub fn handle(&mut self, turn: Moment, command: &Command) -> Result<(), Refusal> {
        self.advance(turn);
        match command {
            Command::List(symbols) => symbols.iter().for_each(|symbol| self.list(*symbol)),
            Command::ApplyTickers(tickers) => self.deliver(None, tickers),
            Command::Deliver(source, tickers) => self.deliver(Some(source), tickers),
            Command::SetTrading(markets) => {
                for (symbol, trading) in markets {
                    self.list(*symbol);
                    let was = std::mem::replace(&mut self.pair(*symbol).trading, *trading);
                    if *trading && !was {
                        self.tick(*symbol);
                    }
                }
            }
            Command::SetPrice(new) => return self.set_price(*new),
            // The model asks for no rules of markets.
            Command::SetRules(_) => {}
            Command::Place(new) => return self.place(*new),
            Command::PlacePair(new) => return self.place_pair(new),
            Command::Cancel(id) => return self.cancel(id.sequence()),
            Command::CancelPair(id) => return self.cancel_pair(id.sequence()),
            Command::CancelAll(symbol) => {
                let wanted = |order: &&Placed| symbol.is_none_or(|symbol| order.symbol == symbol);
                let ids: Vec<u64> = self.orders.iter().filter(wanted).map(|o| o.id).collect();
                for id in ids {
                    // It may have gone with the other of its pair.
                    let _ = self.cancel(id);
                }
            }
            Command::Replace(replacement) => self.replace(replacement),
            Command::Deposit(asset, amount) => {
                return self.flow(*asset, Number::of(amount.exact()), true);
            }
            Command::Withdraw(asset, amount) => {
                return self.flow(*asset, Number::of(amount.exact()), false);
            }
            Command::SetBalance(new) => return self.set_balance(*new),
            Command::Reset => {
                self.orders.clear();
                self.wallets.clear();
                self.totals.clear();
            }
            Command::Wake => {}
        }
        Ok(())
    }

    fn list(&mut self, symbol: Symbol) {
        if self.pairs.iter().all(|pair| pair.symbol != symbol) {
            self.pairs.push(Pair {
                symbol,
                ticker: None,
                trading: true,
                source: None,
                left: [None; 2],
            });
            self.pairs.sort_by_key(|pair| pair.symbol);
        }
    }

    fn ticker(&self, symbol: Symbol) -> Option<Ticker> {
        self.pairs.iter().find(|pair| pair.symbol == symbol)?.ticker
    }

    fn pair(&mut self, symbol: Symbol) -> &mut Pair {
        let mut pairs = self.pairs.iter_mut();
        pairs.find(|pair| pair.symbol == symbol).unwrap()
    }

    fn deliver(&mut self, source: Option<&'static str>, tickers: &[Ticker]) {
        for ticker in tickers {
            self.list(ticker.symbol);
        }
        for ticker in tickers {
            self.apply(source, *ticker);
        }
    }

    fn apply(&mut self, source: Option<&'static str>, ticker: Ticker) {
        let pair = self.pair(ticker.symbol);
        pair.ticker = Some(ticker);
        pair.source = source;
        let triggered = self.trigger(ticker.symbol, number(ticker.last));
        self.tick(ticker.symbol);
        for id in triggered {
            self.expire_rest(id);
        }
    }

    fn set_price(&mut self, new: NewPrice) -> Result<(), Refusal> {
        if self.pairs.iter().all(|pair| pair.symbol != new.symbol) {
            return Err(Refusal::UnknownSymbol);
        }
        let plenty = Quantity::from_stored(Exact::whole(SET_PRICE_QUANTITY));
        let ticker = Ticker {
            symbol: new.symbol,
            last: new.price,
            bid: Some(new.price),
            ask: Some(new.price),
            bid_quantity: Some(new.bid_quantity.unwrap_or(plenty)),
            ask_quantity: Some(new.ask_quantity.unwrap_or(plenty)),
            at: mockx::units::Timestamp::from_millis(self.now),
        };
        self.apply(Some("push"), ticker);
        Ok(())
    }
}

/// A price without its unit.
fn number(price: Price) -> Number {
    Number::of(price.exact())
}
