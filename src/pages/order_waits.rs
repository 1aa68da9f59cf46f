//! Why an open order has not been filled yet, in a sentence.

use super::figure::{Figure, percent};
use super::time::span_text;
use super::verdict::is_stale;
use crate::exchange::{Exchange, Market, Order, Side, Stage};
use crate::units::{Price, Span};

/// The sentence; none for a closed order.
pub(super) fn sentence(exchange: &Exchange, order: &Order) -> Option<String> {
    let elapsed = exchange.moment().elapsed;
    match order.stage()? {
        Stage::Delayed(due) => {
            let left = due.since(elapsed);
            return Some(format!(
                "The delay of a market order ends in {}.",
                span_text(left)
            ));
        }
        Stage::Resting => {}
        // Its price.
        Stage::Armed => {
            let text = exchange.waiting(order)?.to_string();
            let mut letters = text.chars();
            let first = letters.next()?.to_ascii_uppercase();
            return Some(format!("{first}{}.", letters.as_str()));
        }
    }
    let symbol = order.symbol;
    let Some(market) = exchange.market(symbol) else {
        return Some(format!(
            "Waiting for the market: {symbol} is not known any more."
        ));
    };
    if !market.trading {
        return Some(format!(
            "Waiting for the market: {symbol} is not traded now."
        ));
    }
    let Some(ticker) = market.ticker else {
        return Some(format!("Waiting for a price: {symbol} has had none yet."));
    };
    if is_stale(exchange, symbol) {
        return Some(stale(market, market.age(elapsed), &symbol.to_string()));
    }
    let price = ticker.price_for(order.side);
    let named = match (order.side, ticker.ask, ticker.bid) {
        (Side::Buy, Some(_), _) => "ask",
        (Side::Sell, _, Some(_)) => "bid",
        _ => "last price",
    };
    let apart = order
        .limit_price()
        .and_then(|limit| apart(order.side, limit, price, named));
    Some(apart.unwrap_or_else(|| {
        if order.filled.quantity.is_zero() {
            "The price is right: waiting for the next tick.".to_owned()
        } else {
            "Waiting for more to be on offer at the present price.".to_owned()
        }
    }))
}

fn stale(market: &Market, age: Option<Span>, symbol: &str) -> String {
    let source = market.source.unwrap_or("the source");
    match age {
        Some(age) => format!(
            "Waiting for a price: {source} has sent none of {symbol} for {}.",
            span_text(age)
        ),
        None => format!("Waiting for a price: none of {symbol} has arrived since the start."),
    }
}

/// How far the limit is from the price; nothing where the price has reached it.
fn apart(side: Side, limit: Price, price: Price, named: &str) -> Option<String> {
    let (word, gap) = match side {
        Side::Buy if limit < price => ("below", price.exact().minus(limit.exact())),
        Side::Sell if limit > price => ("above", limit.exact().minus(price.exact())),
        Side::Buy | Side::Sell => return None,
    };
    let share = percent(gap.ok()?, price.exact())?;
    let decimals = if share < crate::units::Exact::whole(10) {
        2
    } else {
        1
    };
    Some(format!(
        "Limit {} is {} % {word} the {named} of {}.",
        Figure::price(limit).text(),
        Figure::plain(share, decimals).text(),
        Figure::price(price).text()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gap_is_told_from_the_side_that_waits() {
        let price = |text: &str| Price::parse(text).unwrap();
        let said = |side, limit, at| apart(side, price(limit), price(at), "ask");
        assert_eq!(
            said(Side::Buy, "64000", "64780").unwrap(),
            "Limit 64,000.00 is 1.20 % below the ask of 64,780.00."
        );
        assert!(
            said(Side::Sell, "101", "100")
                .unwrap()
                .contains("1.00 % above")
        );
        assert_eq!(said(Side::Buy, "100", "100"), None);
        assert_eq!(said(Side::Sell, "99", "100"), None);
    }
}
