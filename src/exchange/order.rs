//! An order and its life.
//!
//! An open order owns its hold; a closed one has nowhere to keep one. The status words of the wire are computed from
//! the lifecycle and never stored.

use super::pair::Pair;
use super::rejection::RejectReason;
use super::terms::{FeeMode, Terms, TimeInForce};
use crate::units::{
    Amount, Asset, Elapsed, MONEY_DECIMALS, OrderId, Price, Quantity, Rate, Rounding, Symbol,
    Timestamp,
};

/// Buy or sell the base asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// Pays quote, gets base.
    Buy,
    /// Pays base, gets quote.
    Sell,
}

/// How the price is decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderKind {
    /// At the best price after a short delay.
    Market,
    /// At this price or better.
    Limit {
        /// The worst acceptable price.
        price: Price,
    },
}

/// What an open order has set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Hold {
    /// Base asset of a sale: what is left of its quantity; zero for a buy.
    pub base: Amount,
    /// Quote asset for the notional of a buy; zero for a sale.
    pub notional: Amount,
    /// Quote asset for the fee.
    pub fee: Amount,
}

/// What the order set aside when it was placed, and for a sale what its base asset was worth then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Booked {
    /// Notional at the booking price.
    pub notional: Amount,
    /// Fee on it.
    pub fee: Amount,
}

/// At which price an order was filled so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FillPrice {
    /// Not yet.
    #[default]
    None,
    /// Every fill had this price.
    One(Price),
    /// Fills had different prices: their average is notional by quantity.
    Mixed,
}

/// Sums over the fills of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Filled {
    /// Base asset traded.
    pub quantity: Quantity,
    /// Quote asset traded.
    pub notional: Amount,
    /// Fees paid, in the asset that [`Order::fee_asset`] names.
    pub fee: Amount,
    /// The price of it.
    pub price: FillPrice,
}

/// Why an order is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseReason {
    /// Nothing is left of it.
    Filled,
    /// Its owner took it back.
    Canceled,
    /// It waited too long, or waited for nothing and did not get it.
    Expired,
    /// The account did not cover it.
    Rejected(RejectReason),
}

/// What an open order does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// A market order waits until its delay ends.
    Delayed(Elapsed),
    /// It waits for its trigger, with its money held.
    Armed,
    /// It is in the book.
    Resting,
}

/// Open with its hold, or closed with the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifecycle {
    /// Waiting.
    Open {
        /// What it has set aside.
        hold: Hold,
        /// Where it waits.
        stage: Stage,
    },
    /// Done.
    Closed {
        /// When.
        at: Timestamp,
        /// Why.
        reason: CloseReason,
    },
}

/// The words of the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OrderStatus {
    /// Open, nothing filled.
    New,
    /// Open, something filled.
    PartiallyFilled,
    /// Closed, all filled.
    Filled,
    /// Closed by its owner, nothing filled.
    Canceled,
    /// Closed by its owner, something filled.
    PartiallyCanceled,
    /// Closed by time, nothing filled.
    Expired,
    /// Closed by time, something filled.
    PartiallyExpired,
    /// Closed for lack of money, nothing filled.
    Rejected,
    /// Closed for lack of money, something filled.
    PartiallyRejected,
}

/// One order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Given once.
    pub id: OrderId,
    /// The market.
    pub symbol: Symbol,
    /// Buy or sell.
    pub side: Side,
    /// Market or limit.
    pub kind: OrderKind,
    /// Base asset wanted.
    pub quantity: Quantity,
    /// What else was asked for.
    pub terms: Terms,
    /// Fee rate at the time of placing, where it takes what is on offer.
    pub fee_rate: Rate,
    /// The same for what is filled after it had rested.
    pub maker_rate: Rate,
    /// Set aside at the start.
    pub booked: Booked,
    /// Filled so far.
    pub filled: Filled,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// The same on the clock that deadlines count in.
    pub updated_elapsed: Elapsed,
    /// Entries of its history, the creation included.
    pub history_count: u32,
    /// The tick up to which its fills count as taking what is on offer; market orders always do.
    pub taker_through: u64,
    /// Until when it is good, on the clock that deadlines count in.
    pub deadline: Option<Elapsed>,
    /// The pair that it belongs to.
    pub pair: Option<Box<Pair>>,
    /// Open or closed.
    pub lifecycle: Lifecycle,
}

impl Order {
    /// What is not filled yet.
    pub fn remaining(&self) -> Quantity {
        // Fills never exceed the quantity, and a difference has no more digits than its parts.
        self.quantity
            .minus(self.filled.quantity)
            .unwrap_or(Quantity::ZERO)
    }

    /// Whether it may still trade.
    pub fn is_open(&self) -> bool {
        matches!(self.lifecycle, Lifecycle::Open { .. })
    }

    /// Whether it ends when it has waited as long as open orders may.
    pub(super) fn may_expire(&self) -> bool {
        self.terms.time_in_force != TimeInForce::Unlimited
    }

    /// Where it waits; nowhere when closed.
    pub fn stage(&self) -> Option<Stage> {
        match self.lifecycle {
            Lifecycle::Open { stage, .. } => Some(stage),
            Lifecycle::Closed { .. } => None,
        }
    }

    /// What its fees are paid in.
    pub fn fee_asset(&self) -> Asset {
        match (self.terms.fee_mode, self.side) {
            (FeeMode::Received, Side::Buy) => self.symbol.base(),
            (FeeMode::Received, Side::Sell) | (FeeMode::Quote, _) => self.symbol.quote(),
        }
    }

    /// Whether what is filled at a tick had rested before.
    pub(super) fn is_maker_at(&self, tick: u64) -> bool {
        self.kind != OrderKind::Market && tick > self.taker_through
    }

    /// Whether it trades at a price.
    pub fn trades_at(&self, price: Price) -> bool {
        self.kind.trades_at(self.side, price)
    }

    /// What it has set aside; nothing when closed.
    pub fn hold(&self) -> Hold {
        match self.lifecycle {
            Lifecycle::Open { hold, .. } => hold,
            Lifecycle::Closed { .. } => Hold::default(),
        }
    }

    /// What it needed when it was placed, whoever held it then.
    pub(super) fn hold_when_placed(&self) -> Hold {
        let Booked { notional, fee } = self.booked;
        let (base, notional) = match self.side {
            Side::Buy => (Amount::ZERO, notional),
            Side::Sell => (self.quantity.as_amount(), Amount::ZERO),
        };
        Hold {
            base,
            notional,
            fee,
        }
    }

    /// When it was closed.
    pub fn closed_at(&self) -> Option<Timestamp> {
        match self.lifecycle {
            Lifecycle::Open { .. } => None,
            Lifecycle::Closed { at, .. } => Some(at),
        }
    }

    /// Why it was closed.
    pub fn close_reason(&self) -> Option<CloseReason> {
        match self.lifecycle {
            Lifecycle::Open { .. } => None,
            Lifecycle::Closed { reason, .. } => Some(reason),
        }
    }

    /// The price of a limit order.
    pub fn limit_price(&self) -> Option<Price> {
        self.kind.limit()
    }

    /// Average price of the fills; exact when they all had the same.
    pub fn average_price(&self) -> Option<Price> {
        match self.filled.price {
            FillPrice::None => None,
            FillPrice::One(price) => Some(price),
            FillPrice::Mixed => self.filled.notional.average_price(self.filled.quantity),
        }
    }

    /// Its word on the wire.
    pub fn status(&self) -> OrderStatus {
        let partly = self.filled.quantity.is_positive();
        match (self.close_reason(), partly) {
            (None, false) => OrderStatus::New,
            (None, true) => OrderStatus::PartiallyFilled,
            (Some(CloseReason::Filled), _) => OrderStatus::Filled,
            (Some(CloseReason::Canceled), false) => OrderStatus::Canceled,
            (Some(CloseReason::Canceled), true) => OrderStatus::PartiallyCanceled,
            (Some(CloseReason::Expired), false) => OrderStatus::Expired,
            (Some(CloseReason::Expired), true) => OrderStatus::PartiallyExpired,
            (Some(CloseReason::Rejected(_)), false) => OrderStatus::Rejected,
            (Some(CloseReason::Rejected(_)), true) => OrderStatus::PartiallyRejected,
        }
    }

    /// The notional still set aside: what a buy holds, or what a sale's remaining base asset was worth when booked.
    pub fn notional_left(&self) -> Amount {
        match (self.lifecycle, self.side) {
            (Lifecycle::Closed { .. }, _) => Amount::ZERO,
            (Lifecycle::Open { hold, .. }, Side::Buy) => hold.notional,
            (Lifecycle::Open { .. }, Side::Sell) => self.booked_value_of_remaining(),
        }
    }

    fn booked_value_of_remaining(&self) -> Amount {
        if self.filled.quantity.is_zero() {
            return self.booked.notional;
        }
        let value = self
            .booked
            .notional
            .average_price(self.quantity)
            .and_then(|price| {
                let exact = price.exact();
                exact
                    .times(self.remaining().exact(), MONEY_DECIMALS, Rounding::HalfUp)
                    .ok()
            });
        Amount::from_stored(value.unwrap_or_default())
    }

    /// The first entry of its history, which needs no row of its own.
    pub fn creation(&self) -> HistoryEntry {
        let rejected_at_once = self.history_count == 1 && !self.is_open();
        let reason = self.close_reason().filter(|_| rejected_at_once);
        HistoryEntry {
            order: self.id,
            number: 0,
            at: self.placed_at,
            status: if rejected_at_once {
                OrderStatus::Rejected
            } else {
                OrderStatus::New
            },
            price: self.limit_price(),
            remaining: self.quantity,
            quantity: Quantity::ZERO,
            notional: Amount::ZERO,
            fee: Amount::ZERO,
            notional_left: self.booked.notional,
            fee_left: self.booked.fee,
            reject: reason.and_then(CloseReason::reject),
            trade: None,
        }
    }

    /// Its history after the latest change, as the entry that this change adds.
    pub(super) fn entry(&self, price: Option<Price>, traded: Traded) -> HistoryEntry {
        HistoryEntry {
            order: self.id,
            number: self.history_count.saturating_sub(1),
            at: self.updated_at,
            status: self.status(),
            price,
            remaining: self.remaining(),
            quantity: traded.quantity,
            notional: traded.notional,
            fee: traded.fee,
            notional_left: self.notional_left(),
            fee_left: self.hold().fee,
            reject: self.close_reason().and_then(CloseReason::reject),
            trade: traded.trade,
        }
    }
}

impl OrderKind {
    /// The price of a limit order.
    pub fn limit(self) -> Option<Price> {
        match self {
            OrderKind::Market => None,
            OrderKind::Limit { price } => Some(price),
        }
    }

    /// Whether an order of this kind and side trades at a price.
    pub fn trades_at(self, side: Side, price: Price) -> bool {
        match (side, self) {
            (_, OrderKind::Market) => true,
            (Side::Buy, OrderKind::Limit { price: limit }) => price <= limit,
            (Side::Sell, OrderKind::Limit { price: limit }) => price >= limit,
        }
    }
}

impl CloseReason {
    /// Why the account did not cover it, if that was the reason.
    pub fn reject(self) -> Option<RejectReason> {
        match self {
            CloseReason::Rejected(reason) => Some(reason),
            CloseReason::Filled | CloseReason::Canceled | CloseReason::Expired => None,
        }
    }
}

/// What one fill moved; all zero for a change that moved nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traded {
    /// Base asset.
    pub quantity: Quantity,
    /// Quote asset.
    pub notional: Amount,
    /// Fee, in the asset that the order pays fees in.
    pub fee: Amount,
    /// Whether the order had rested before.
    pub is_maker: bool,
    /// The id of the trade; none where nothing was moved.
    pub trade: Option<u64>,
}

/// One state change of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Whose.
    pub order: OrderId,
    /// 0 is the creation.
    pub number: u32,
    /// When.
    pub at: Timestamp,
    /// Status after it.
    pub status: OrderStatus,
    /// Price of the fill; at the creation the limit price.
    pub price: Option<Price>,
    /// Left to fill after it.
    pub remaining: Quantity,
    /// Filled by it.
    pub quantity: Quantity,
    /// Traded by it.
    pub notional: Amount,
    /// Paid by it.
    pub fee: Amount,
    /// Notional still set aside after it.
    pub notional_left: Amount,
    /// Fee still set aside after it.
    pub fee_left: Amount,
    /// Why it was rejected, where it was.
    pub reject: Option<RejectReason>,
    /// The trade that it tells of, where it is a fill.
    pub trade: Option<u64>,
}

impl Side {
    /// Both, in the order in which a tick serves them.
    pub const ALL: [Side; 2] = [Side::Buy, Side::Sell];

    /// `buy` or `sell`.
    pub fn as_str(self) -> &'static str {
        match self {
            Side::Buy => "buy",
            Side::Sell => "sell",
        }
    }
}

impl OrderStatus {
    /// All of them.
    pub const ALL: [OrderStatus; 9] = [
        OrderStatus::New,
        OrderStatus::PartiallyFilled,
        OrderStatus::Filled,
        OrderStatus::Canceled,
        OrderStatus::PartiallyCanceled,
        OrderStatus::Expired,
        OrderStatus::PartiallyExpired,
        OrderStatus::Rejected,
        OrderStatus::PartiallyRejected,
    ];

    /// The word on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            OrderStatus::New => "new",
            OrderStatus::PartiallyFilled => "partially_filled",
            OrderStatus::Filled => "filled",
            OrderStatus::Canceled => "canceled",
            OrderStatus::PartiallyCanceled => "partially_canceled",
            OrderStatus::Expired => "expired",
            OrderStatus::PartiallyExpired => "partially_expired",
            OrderStatus::Rejected => "rejected",
            OrderStatus::PartiallyRejected => "partially_rejected",
        }
    }

    /// Whether an order of this status may still trade.
    pub fn is_open(self) -> bool {
        matches!(self, OrderStatus::New | OrderStatus::PartiallyFilled)
    }
}
