//! What can be asked of the exchange, and what it answers.

use super::market::Ticker;
use super::market_rules::MarketRules;
use super::order::{Order, OrderKind, Side};
use super::pair::NewPair;
use super::replace::{Replaced, Replacement};
use super::terms::Terms;
use crate::units::{Amount, Asset, OrderId, Price, Quantity, Symbol};

/// An order to be placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewOrder {
    /// The market.
    pub symbol: Symbol,
    /// Buy or sell.
    pub side: Side,
    /// Market or limit.
    pub kind: OrderKind,
    /// Base asset wanted, above zero; not looked at where the terms say an amount of the quote asset.
    pub quantity: Quantity,
    /// What else it asks for.
    pub terms: Terms,
    /// How strictly it is looked at.
    pub strict: Strict,
}

/// How strictly an order is looked at before it is placed; by default as the exchange always did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Strict {
    /// Whether it is refused where it breaks a rule of its market.
    pub rules: bool,
    /// Whether it is refused where the money is lacking, and not kept as rejected.
    pub funds: bool,
}

/// A price set by hand: bid, ask and last become `price`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewPrice {
    /// The market, which must be listed.
    pub symbol: Symbol,
    /// The new price.
    pub price: Price,
    /// Base units at the bid; very many where not given.
    pub bid_quantity: Option<Quantity>,
    /// Base units at the ask; very many where not given.
    pub ask_quantity: Option<Quantity>,
}

/// A balance set as it stands; what is not given stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewBalance {
    /// Whose.
    pub asset: Asset,
    /// At the trader's disposal.
    pub free: Option<Amount>,
    /// Set aside.
    pub held: Option<Amount>,
}

/// One command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Makes symbols known; those that are stay as they are.
    List(Vec<Symbol>),
    /// New prices from a source, in the order of their events; unknown symbols become listed.
    ApplyTickers(Vec<Ticker>),
    /// The same, with the name of who delivered them.
    Deliver(&'static str, Vec<Ticker>),
    /// A price set by hand.
    SetPrice(NewPrice),
    /// Says of symbols whether they are traded now; unknown ones become listed. The return of trading is a tick.
    SetTrading(Vec<(Symbol, bool)>),
    /// Says what markets demand of orders; unknown ones become listed.
    SetRules(Vec<(Symbol, MarketRules)>),
    /// Places an order.
    Place(NewOrder),
    /// Places two orders of which at most one is carried out; all of it or nothing.
    PlacePair(Box<NewPair>),
    /// Takes an order back, and with it the other of its pair.
    Cancel(OrderId),
    /// Takes both orders of a pair back, by the id of the pair.
    CancelPair(OrderId),
    /// Takes back the open orders of a symbol, or of all, oldest first and not more than one turn may.
    CancelAll(Option<Symbol>),
    /// Takes an order back and places another in the same turn.
    Replace(Box<Replacement>),
    /// Brings money in.
    Deposit(Asset, Amount),
    /// Takes free money out.
    Withdraw(Asset, Amount),
    /// Sets a balance as it stands.
    SetBalance(NewBalance),
    /// Forgets balances, orders, counters and flows; prices stay.
    Reset,
    /// Does what is due.
    Wake,
}

/// What a cancellation gave back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Freed {
    /// Of the base asset.
    pub base: Amount,
    /// Of the quote asset.
    pub quote: Amount,
}

/// The answer to a command that was carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing to tell.
    Done,
    /// The order as it is now; also one that ended rejected.
    Placed(Box<Order>),
    /// Both orders as they are now.
    PairPlaced(Box<[Order; 2]>),
    /// The order as it is now, and what came back; that of the other of its pair included.
    Canceled(Box<Order>, Freed),
    /// Both orders as they are now, and what came back.
    PairCanceled(Box<[Order; 2]>, Freed),
    /// Every order that was taken back by id, and whether there are more.
    AllCanceled {
        /// As they are now.
        orders: Vec<Order>,
        /// Whether some are open still.
        more: bool,
    },
    /// What became of both steps.
    Replaced(Box<Replaced>),
    /// The asset whose balance changed.
    Balance(Asset),
    /// The symbol's new prices.
    Ticker(Box<Ticker>),
}
