//! Arguments of an order: what every order has, and what most do without.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use serde::Serialize;

use super::arguments::{Number, Side};

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

/// Whether a switch is off, which need not be said.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands it a reference"
)]
fn is_off(switch: &bool) -> bool {
    !switch
}
