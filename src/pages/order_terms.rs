//! What was asked with an order, in words.

use super::figure::{Figure, side_word};
use super::time::{When, Zone};
use crate::exchange::{
    Direction, Execution, FeeMode, Level, Order, TimeInForce, Trigger, TriggerKind,
};
use crate::units::Rate;

/// What was asked, in a line.
pub(super) fn headline(order: &Order) -> String {
    let (side, symbol) = (side_word(order.side), order.symbol);
    let what = match order.terms.quote_amount {
        Some(total) => format!(
            "{side} {} for {} {}",
            symbol.base(),
            Figure::amount(total).text(),
            symbol.quote()
        ),
        None => format!(
            "{side} {} {symbol}",
            Figure::quantity(order.quantity).text()
        ),
    };
    let what = match order.limit_price() {
        Some(price) => format!("{what} at {} or better", Figure::price(price).text()),
        None => format!("{what} at the market"),
    };
    match order.terms.trigger {
        Some(trigger) => format!("{what} once it {}", condition(order, trigger)),
        None => what,
    }
}

/// Completes a sentence that begins with the price.
fn condition(order: &Order, trigger: Trigger) -> String {
    let (moves, extreme) = match trigger.direction(order.side) {
        Direction::Falling => ("falls", "high"),
        Direction::Rising => ("rises", "low"),
    };
    match trigger.level {
        Level::At(price) => format!("{moves} to {}", Figure::price(price).text()),
        Level::Trail { bips, from: None } => {
            format!("{moves} {} from its {extreme}", percent(bips))
        }
        Level::Trail {
            bips,
            from: Some(from),
        } => format!(
            "{moves} {} from its {extreme} since {}",
            percent(bips),
            Figure::price(from).text()
        ),
    }
}

/// Hundredths of a percent as percent.
fn percent(bips: u16) -> String {
    let rate = Rate::from_millionths(u32::from(bips).saturating_mul(100));
    rate_text(rate)
}

/// A rate in percent.
pub(super) fn rate_text(rate: Rate) -> String {
    let percent = super::figure::percent(rate.exact(), crate::units::Exact::whole(1));
    let text = percent.map(|percent| Figure::plain(percent, 4).text().to_owned());
    format!("{} %", text.unwrap_or_default())
}

/// The kind of an order.
pub(super) fn kind_text(order: &Order) -> String {
    let kind = match order.limit_price() {
        Some(_) => "limit",
        None => "market",
    };
    match order.terms.trigger {
        Some(trigger) => format!("{}, {kind}", trigger_word(trigger)),
        None => kind.to_owned(),
    }
}

/// What an order waits for, in a word or two.
pub(super) fn trigger_word(trigger: Trigger) -> &'static str {
    match (trigger.level, trigger.kind) {
        (Level::Trail { .. }, TriggerKind::StopLoss) => "trailing stop",
        (Level::Trail { .. }, TriggerKind::TakeProfit) => "trailing profit",
        (Level::At(_), TriggerKind::StopLoss) => "stop loss",
        (Level::At(_), TriggerKind::TakeProfit) => "take profit",
    }
}

/// Something asked for: its name, its text, and its time where it is one.
#[derive(Debug)]
pub(super) struct Term {
    pub(super) name: &'static str,
    pub(super) text: String,
    pub(super) at: Option<When>,
}

/// Everything that was asked for beyond prices and quantities.
pub(super) fn terms(order: &Order, zone: &Zone) -> Vec<Term> {
    let term = |name, text: &str| Term {
        name,
        text: text.to_owned(),
        at: None,
    };
    let mut all = vec![term("Type", &kind_text(order))];
    if let Some(trigger) = order.terms.trigger {
        all.push(term(
            "Waits until",
            &format!("the price {}", condition(order, trigger)),
        ));
    }
    all.push(match order.terms.time_in_force {
        TimeInForce::GoodTillCancelled | TimeInForce::Unlimited => term("Good", "until cancelled"),
        TimeInForce::ImmediateOrCancel => term("Good", "at once or never"),
        TimeInForce::FillOrKill => term("Good", "all at once or never"),
        TimeInForce::GoodTill(date) => Term {
            at: Some(zone.full(date)),
            ..term("Good until", "")
        },
    });
    if order.terms.post_only {
        all.push(term("Post only", "must rest first"));
    }
    all.push(term(
        "Meets the market",
        match order.terms.execution {
            Execution::AtOnce => "when it is placed",
            Execution::Ticks => "by ticks",
        },
    ));
    all.push(term(
        "Fees in",
        match order.terms.fee_mode {
            FeeMode::Quote => "the quote asset",
            FeeMode::Received => "what is received",
        },
    ));
    all.push(term(
        "Fee rate",
        &format!(
            "{}, {} once it has rested",
            rate_text(order.fee_rate),
            rate_text(order.maker_rate)
        ),
    ));
    if let Some(client) = order.terms.client_id {
        all.push(term("Client order id", client.as_str()));
    }
    all
}
