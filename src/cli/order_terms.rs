//! Arguments of an order: what every order has, and what most do without.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use serde::Serialize;

use super::operands::{Number, OrderType, Side};

/// What every order has, and a price if it is a limit order.
#[derive(Debug, Args)]
pub(super) struct OrderSketch {
    /// Symbol, such as BTC/USDT
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(super) symbol: String,
    /// Buy or sell
    #[arg(value_enum)]
    pub(super) side: Side,
    /// Amount, in the base asset
    #[arg(
        allow_negative_numbers = true,
        required_unless_present = "quote_amount",
        conflicts_with = "quote_amount"
    )]
    pub(super) amount: Option<Number>,
    /// Limit price, in the quote asset
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    pub(super) price: Option<Number>,
    #[command(flatten)]
    pub(super) terms: OrderTerms,
}

/// An order, and its kind where that is said.
#[derive(Debug, Args)]
pub(super) struct NewOrder {
    #[command(flatten)]
    pub(super) order: OrderSketch,
    /// Kind of order [default: limit if there is a --price, else market]
    #[arg(
        long = "type",
        value_enum,
        value_name = "market|limit",
        hide_possible_values = true
    )]
    pub(super) kind: Option<OrderType>,
}

/// An order in the place of another.
#[derive(Debug, Args)]
pub(super) struct ReplaceSketch {
    /// Id of the order to cancel
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(super) id: String,
    #[command(flatten)]
    pub(super) new: NewOrder,
    /// Cancel it only in this state
    #[arg(long, value_name = "open|new|partially_filled", value_parser = ["open", "new", "partially_filled"], hide_possible_values = true)]
    pub(super) only_if: Option<String>,
    /// Place the new order although the other cannot be canceled
    #[arg(long)]
    pub(super) in_any_case: bool,
}

/// Two orders of which one ends the other.
#[derive(Debug, Args)]
pub(super) struct PairSketch {
    /// Symbol, such as BTC/USDT
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(super) symbol: String,
    /// Buy or sell
    #[arg(value_enum)]
    pub(super) side: Side,
    /// Amount of either, in the base asset
    #[arg(allow_negative_numbers = true)]
    pub(super) amount: Number,
    /// Limit price of the order that rests in the book
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    pub(super) price: Number,
    /// The price that the other one waits for
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    pub(super) stop_price: Number,
    /// The limit price of that [default: none, a market order]
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    pub(super) stop_limit: Option<Number>,
    /// An id of your own for the pair, unique among open pairs
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    pub(super) client_id: Option<String>,
}

/// How long an order waits, for which price, and who it is. The names are those of the API.
#[derive(Debug, Default, Args, Serialize)]
pub(super) struct OrderTerms {
    /// Market orders: for so much of the quote asset, in the place of AMOUNT
    #[arg(long, value_name = "Q", allow_negative_numbers = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) quote_amount: Option<Number>,
    /// How long it waits: good till cancelled, not at all, not at all and only whole, till --good-till
    #[arg(long, value_name = "GTC|IOC|FOK|GTD", value_parser = ["GTC", "IOC", "FOK", "GTD"], ignore_case = true, hide_possible_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    time_in_force: Option<String>,
    /// When it expires, in milliseconds since the epoch
    #[arg(long, value_name = "MS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    good_till: Option<u64>,
    /// Refuse it if it would trade when it is placed
    #[arg(long)]
    #[serde(skip_serializing_if = "is_off")]
    post_only: bool,
    /// Let it wait for a price, which --trigger-price or --trailing-delta says
    #[arg(long, value_name = "stop_loss|take_profit", value_parser = ["stop_loss", "take_profit"], hide_possible_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    trigger: Option<String>,
    /// The price that it waits for
    #[arg(
        long,
        value_name = "P",
        requires = "trigger",
        allow_negative_numbers = true
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    trigger_price: Option<Number>,
    /// How far behind the market its price follows, in hundredths of a percent
    #[arg(long, value_name = "BIPS", requires = "trigger")]
    #[serde(skip_serializing_if = "Option::is_none")]
    trailing_delta: Option<u16>,
    /// An id of your own, unique among open orders
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    /// What its fees are paid in [default: as the daemon is set]
    #[arg(long, value_name = "quote|received", value_parser = ["quote", "received"], hide_possible_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    fee_asset: Option<String>,
    /// When it first meets the market: after its delay and by ticks, or when it is placed
    #[arg(long, value_name = "ticks|at_once", value_parser = ["ticks", "at_once"], hide_possible_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    execution: Option<String>,
}

impl OrderTerms {
    /// Those of an order that stops a loss at this price.
    pub(super) fn stop_loss(price: &Number) -> OrderTerms {
        OrderTerms {
            trigger: Some("stop_loss".to_owned()),
            trigger_price: Some(price.clone()),
            ..OrderTerms::default()
        }
    }

    /// Those of an order that rests in the book.
    pub(super) fn post_only() -> OrderTerms {
        OrderTerms {
            post_only: true,
            ..OrderTerms::default()
        }
    }
}

/// Whether a switch is off, which need not be said.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands it a reference"
)]
fn is_off(switch: &bool) -> bool {
    !switch
}
