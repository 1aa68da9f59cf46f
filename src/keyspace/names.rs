//! The names of keys: from a key to its name and back.

use crate::exchange::Side;
use crate::units::{Asset, Symbol};

/// What the names of tickers begin with, unless the user wants it otherwise.
const TICKER_PREFIX: &str = "tickers:";

/// What kind of value a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Fields with values.
    Hash,
    /// Members.
    Set,
}

impl Kind {
    /// The word of `TYPE`.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Hash => "hash",
            Kind::Set => "set",
        }
    }
}

/// A running total of trades.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Figure {
    /// Number of fills.
    Count,
    /// Base asset.
    Amount,
    /// Quote asset.
    Notional,
    /// Fees, in the quote asset.
    Fee,
}

impl Figure {
    /// All of them.
    pub const ALL: [Figure; 4] = [Figure::Count, Figure::Amount, Figure::Notional, Figure::Fee];

    fn as_str(self) -> &'static str {
        match self {
            Figure::Count => "count",
            Figure::Amount => "amount",
            Figure::Notional => "notional",
            Figure::Fee => "fee",
        }
    }

    fn parse(text: &str) -> Option<Figure> {
        Figure::ALL
            .into_iter()
            .find(|figure| figure.as_str() == text)
    }
}

/// Money that came in or went out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// Deposits.
    In,
    /// Withdrawals.
    Out,
}

impl Direction {
    /// Both.
    pub const ALL: [Direction; 2] = [Direction::In, Direction::Out];

    fn as_str(self) -> &'static str {
        match self {
            Direction::In => "deposits",
            Direction::Out => "withdrawals",
        }
    }
}

/// A key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// The present prices of a symbol.
    Ticker(Symbol),
    /// All balances.
    Balances,
    /// All orders, open and closed.
    Orders,
    /// Ids of all open orders.
    OpenSet,
    /// Ids of a symbol's open orders.
    Open(Symbol),
    /// Running totals of one side of a base asset, by quote asset.
    Trades(Side, Asset, Figure),
    /// Names of the hashes of a figure.
    TradesIndex(Figure),
    /// What came in or went out of an asset.
    Flow(Direction, Asset),
    /// Names of the hashes of a direction.
    FlowIndex(Direction),
}

impl Key {
    /// What it holds.
    pub fn kind(self) -> Kind {
        match self {
            Key::Ticker(_) | Key::Balances | Key::Orders | Key::Trades(..) | Key::Flow(..) => {
                Kind::Hash
            }
            Key::OpenSet | Key::Open(_) | Key::TradesIndex(_) | Key::FlowIndex(_) => Kind::Set,
        }
    }
}

/// Tickers cannot have this prefix: their names would be those of other keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must not be open:, deposits: or withdrawals:, where other keys are")]
pub struct BadTickerPrefix;

/// How names begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    prefix: String,
    ticker_prefix: String,
}

impl Default for Names {
    fn default() -> Names {
        Names {
            prefix: String::new(),
            ticker_prefix: TICKER_PREFIX.to_owned(),
        }
    }
}

impl Names {
    /// Names that all begin with `prefix`, those of tickers then go on with `ticker_prefix`.
    pub fn new(
        prefix: impl Into<String>,
        ticker_prefix: impl Into<String>,
    ) -> Result<Names, BadTickerPrefix> {
        let ticker_prefix = ticker_prefix.into();
        // A symbol has a slash, which the names of assets and totals have not; `open:` goes before symbols too.
        if ["open:", "deposits:", "withdrawals:"].contains(&ticker_prefix.as_str()) {
            return Err(BadTickerPrefix);
        }
        Ok(Names {
            prefix: prefix.into(),
            ticker_prefix,
        })
    }

    /// What all names begin with.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The name of a key.
    pub fn name(&self, key: Key) -> String {
        let prefix = &self.prefix;
        match key {
            Key::Ticker(symbol) => format!("{prefix}{}{symbol}", self.ticker_prefix),
            Key::Balances => format!("{prefix}balances"),
            Key::Orders => format!("{prefix}orders"),
            Key::OpenSet => format!("{prefix}open:set"),
            Key::Open(symbol) => format!("{prefix}open:{symbol}"),
            Key::Trades(side, base, figure) => {
                let (side, figure) = (side.as_str(), figure.as_str());
                format!("{prefix}trades:{side}:{base}:{figure}")
            }
            Key::TradesIndex(figure) => format!("{prefix}trades:index:{}", figure.as_str()),
            Key::Flow(direction, asset) => format!("{prefix}{}:{asset}", direction.as_str()),
            Key::FlowIndex(direction) => format!("{prefix}{}:index", direction.as_str()),
        }
    }

    /// The key of this name; none if no key can have it.
    pub fn key(&self, name: &str) -> Option<Key> {
        let name = name.strip_prefix(&self.prefix)?;
        let ticker = name
            .strip_prefix(&self.ticker_prefix)
            .and_then(|symbol| Symbol::parse(symbol).ok());
        if let Some(symbol) = ticker {
            return Some(Key::Ticker(symbol));
        }
        let Some((head, rest)) = name.split_once(':') else {
            return match name {
                "balances" => Some(Key::Balances),
                "orders" => Some(Key::Orders),
                _ => None,
            };
        };
        match (head, rest) {
            ("open", "set") => Some(Key::OpenSet),
            ("open", symbol) => Symbol::parse(symbol).ok().map(Key::Open),
            ("trades", rest) => trades(rest),
            (head, rest) => {
                let direction = Direction::ALL
                    .into_iter()
                    .find(|direction| direction.as_str() == head)?;
                if rest == "index" {
                    return Some(Key::FlowIndex(direction));
                }
                let asset = Asset::parse(rest).ok()?;
                Some(Key::Flow(direction, asset))
            }
        }
    }
}

fn trades(rest: &str) -> Option<Key> {
    if let Some(figure) = rest.strip_prefix("index:") {
        return Figure::parse(figure).map(Key::TradesIndex);
    }
    let (side, rest) = rest.split_once(':')?;
    let (base, figure) = rest.split_once(':')?;
    let side = Side::ALL.into_iter().find(|one| one.as_str() == side)?;
    Some(Key::Trades(
        side,
        Asset::parse(base).ok()?,
        Figure::parse(figure)?,
    ))
}
