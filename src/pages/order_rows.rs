//! Rows of a long table of orders, as short as HTML lets them be, and their sums.
//!
//! A page may have a thousand of them, so tags that HTML lets one leave out are left out, and the exact value of a number
//! stands in a `title` only where the text does not tell it already. They are written off the executor's thread.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use askama::filters::HtmlSafe;

use super::figure::{Figure, NOTHING, or_dash, side_word};
use super::order_search::status_text;
use super::order_terms::trigger_word;
use super::time::Zone;
use crate::exchange::{Order, OrderStatus};
use crate::units::{Amount, Asset, Quantity, Span, Timestamp};

/// Bytes of a row, about.
const ROW_BYTES: usize = 280;
/// Steps in which a fresh row fades.
const SHADES: u64 = 4;

/// The rows of a table.
#[derive(Debug, Default)]
pub(super) struct Rows(String);

impl fmt::Display for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Numbers, words and names of assets, which hold no letter that means anything in HTML.
impl HtmlSafe for Rows {}

/// What was traded and paid in one asset.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    count: u64,
    notional: Amount,
    fee: Amount,
}

/// The same for people; a dash where there is none.
#[derive(Debug)]
pub(super) struct Total {
    pub(super) count: Figure,
    pub(super) notional: Figure,
    pub(super) fee: Figure,
}

/// Sums by the asset that was paid with, fees by the asset that they were paid in.
#[derive(Debug, Default)]
pub(super) struct Sums(BTreeMap<Asset, Sum>);

impl Sums {
    /// Adds so many orders or fills.
    pub(super) fn add(&mut self, quote: Asset, count: u64, notional: Amount) {
        let sum = self.0.entry(quote).or_default();
        sum.count = sum.count.saturating_add(count);
        sum.notional = sum.notional.plus_rounded(notional);
    }

    /// Adds a fee.
    pub(super) fn add_fee(&mut self, asset: Asset, fee: Amount) {
        if !fee.is_zero() {
            let sum = self.0.entry(asset).or_default();
            sum.fee = sum.fee.plus_rounded(fee);
        }
    }

    /// The assets, the one of most orders or fills first.
    pub(super) fn assets(&self) -> Vec<Asset> {
        let mut sums: Vec<_> = self.0.iter().collect();
        sums.sort_by_key(|(_, sum)| std::cmp::Reverse(sum.count));
        sums.into_iter().map(|(asset, _)| *asset).collect()
    }

    /// The figures of an asset.
    pub(super) fn of(&self, asset: Asset, cash: Asset) -> Total {
        let sum = self.0.get(&asset).copied().unwrap_or_default();
        let amount = |amount: Amount| {
            let figure = Figure::of_asset(amount, asset, cash);
            or_dash(Some(figure).filter(|_| !amount.is_zero()).as_ref())
        };
        let count = Some(Figure::count(sum.count)).filter(|_| sum.count > 0);
        Total {
            count: or_dash(count.as_ref()),
            notional: amount(sum.notional),
            fee: amount(sum.fee),
        }
    }
}

/// What rows need besides their orders.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    pub(super) zone: Zone,
    pub(super) now: Timestamp,
    pub(super) fresh_window: Span,
    /// The cash asset, of which amounts are money.
    pub(super) cash: Asset,
}

/// The rows of some orders, and their sums.
pub(super) fn rows(orders: &[Order], setting: &Setting) -> (Rows, Sums) {
    let mut out = String::with_capacity(ROW_BYTES * orders.len());
    let mut sums = Sums::default();
    for order in orders {
        let filled = order.filled;
        sums.add(order.symbol.quote(), 1, filled.notional);
        sums.add_fee(order.fee_asset(), filled.fee);
        row(&mut out, order, setting);
    }
    (Rows(out), sums)
}

fn row(out: &mut String, order: &Order, setting: &Setting) {
    let Order { id, symbol, .. } = order;
    match shade(order.updated_at, setting) {
        0 => out.push_str("<tr>"),
        shade => put(out, format_args!("<tr class=f{shade}>")),
    }
    let number = id.sequence();
    put(
        out,
        format_args!("<td><a href=/ui/orders/{id}>{number}</a>"),
    );
    let at = setting.zone.short(order.updated_at);
    put(out, format_args!("<td>{at}<td>{symbol}"));
    put(out, format_args!("<td>{}", side_word(order.side)));
    if let Some(trigger) = order.terms.trigger {
        put(out, format_args!(", {}", trigger_word(trigger)));
    }
    let status = order.status();
    match class_of(status) {
        "" => out.push_str("<td>"),
        class => put(out, format_args!("<td class={class}>")),
    }
    out.push_str(&status_text(status));
    cell(out, &Figure::quantity(order.quantity));
    match order.filled.quantity {
        none if none.is_zero() => put(out, format_args!("<td>{NOTHING}")),
        all if all == order.quantity => out.push_str("<td>all"),
        part => cell(out, &Figure::quantity(part)),
    }
    match order.limit_price() {
        Some(price) => cell(out, &Figure::price(price)),
        None => out.push_str("<td>market"),
    }
    match order.average_price() {
        Some(price) => cell(out, &Figure::price(price)),
        None => put(out, format_args!("<td>{NOTHING}")),
    }
    if order.filled.quantity == Quantity::ZERO {
        put(out, format_args!("<td>{NOTHING}<td>{NOTHING}"));
    } else {
        let (quote, notional) = (symbol.quote(), order.filled.notional);
        cell(out, &Figure::of_asset(notional, quote, setting.cash));
        fee(out, order, setting.cash);
    }
    out.push('\n');
}

/// A cell with a number: its exact value in the title where the text does not tell it.
fn cell(out: &mut String, figure: &Figure) {
    let (text, exact) = (figure.text(), figure.exact());
    if tells(text, exact) {
        put(out, format_args!("<td>{text}"));
    } else {
        put(out, format_args!("<td title={exact}>{text}"));
    }
}

/// What was paid in fees, with its asset where that is not the one of the notional.
fn fee(out: &mut String, order: &Order, cash: Asset) {
    let (fee, asset) = (order.filled.fee, order.fee_asset());
    cell(out, &Figure::of_asset(fee, asset, cash));
    if asset != order.symbol.quote() {
        put(out, format_args!(" {asset}"));
    }
}

/// Whether a text without its separators, and without zeros at its end, is the exact one.
fn tells(text: &str, exact: &str) -> bool {
    let digits = text.chars().filter(|digit| *digit != ',');
    let mut rest = exact.chars();
    for digit in digits {
        match rest.next() {
            Some(other) if other == digit => {}
            None if digit == '0' || digit == '.' => {}
            _ => return false,
        }
    }
    rest.next().is_none()
}

fn class_of(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::New | OrderStatus::PartiallyFilled => "live",
        OrderStatus::Filled => "",
        OrderStatus::Rejected | OrderStatus::PartiallyRejected => "down",
        OrderStatus::Canceled
        | OrderStatus::PartiallyCanceled
        | OrderStatus::Expired
        | OrderStatus::PartiallyExpired => "muted",
    }
}

/// How much a row still stands out: 4 just changed, 0 not any more.
fn shade(at: Timestamp, setting: &Setting) -> u64 {
    let window = setting.fresh_window.as_millis();
    let age = setting.now.since(at).as_millis();
    if age >= window {
        return 0;
    }
    SHADES - age.saturating_mul(SHADES) / window.max(1)
}

fn put(out: &mut String, text: fmt::Arguments<'_>) {
    // A string takes all that is written to it.
    out.write_fmt(text).unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_stands_where_the_text_does_not_tell_the_value() {
        for (text, exact, told) in [
            ("64,780.12", "64780.12", true),
            ("1,000.00", "1000", true),
            ("0.50", "0.5", true),
            ("64,780.12", "64780.123", false),
            ("0.13", "0.131064", false),
            ("10", "100", false),
        ] {
            assert_eq!(tells(text, exact), told, "{text} {exact}");
        }
    }

    #[test]
    fn a_row_fades_in_steps() {
        let setting = Setting {
            zone: Zone::named("UTC"),
            now: Timestamp::from_millis(100_000),
            fresh_window: Span::from_secs(60),
            cash: Asset::parse("USDT").unwrap(),
        };
        let shades: Vec<u64> = [100_000, 86_000, 70_000, 50_000, 40_001, 40_000, 0]
            .map(|at| shade(Timestamp::from_millis(at), &setting))
            .into();
        assert_eq!(shades, [4, 4, 2, 1, 1, 0, 0]);
    }
}
