//! Market data: `/tickers`.

use std::cmp::Ordering;

use super::message::Response;
use super::problem::Problem;
use super::router::Call;
use crate::exchange::Exchange;
use crate::shapes::json::{Members, array, document};
use crate::shapes::ticker::write_ticker;
use crate::units::Symbol;

/// `GET /tickers`: the symbols that have a price, sorted as text.
pub(super) async fn list(call: &Call<'_>) -> Result<Response, Problem> {
    let render = |exchange: &Exchange| {
        let priced = exchange
            .markets()
            .filter(|(_, market)| market.ticker.is_some());
        let mut symbols: Vec<Symbol> = priced.map(|(symbol, _)| symbol).collect();
        symbols.sort_by(as_text);
        let mut out = Vec::with_capacity(16 * symbols.len() + 2);
        array(&mut out, |items| {
            for symbol in symbols {
                items.put(symbol);
            }
        });
        out
    };
    Ok(Response::json(
        200,
        call.context.mailbox.look(render).await?,
    ))
}

/// Symbols sort by base and then quote; as text the slash counts too, and `-` and `.` come before it.
fn as_text(left: &Symbol, right: &Symbol) -> Ordering {
    let (a, b) = (left.base(), right.base());
    if a == b {
        return left.quote().cmp(&right.quote());
    }
    let slashed = |byte: &u8| if *byte == 0 { b'/' } else { *byte };
    let (a, b) = (
        a.as_bytes().iter().map(slashed),
        b.as_bytes().iter().map(slashed),
    );
    a.cmp(b)
}

/// `GET /tickers/{symbols}`: one symbol or a comma list. What has no price is told under its own name.
pub(super) async fn some(call: &Call<'_>) -> Result<Response, Problem> {
    let mut wanted: Vec<(String, Option<Symbol>)> = Vec::new();
    for name in call.parameter.split(',').filter(|name| !name.is_empty()) {
        if wanted.iter().all(|(known, _)| known != name) {
            wanted.push((name.to_owned(), Symbol::parse(name).ok()));
        }
    }
    let render = move |exchange: &Exchange| {
        document(|members| {
            for (name, symbol) in &wanted {
                put_ticker(members, exchange, name, *symbol);
            }
        })
    };
    Ok(Response::json(
        200,
        call.context.mailbox.look(render).await?,
    ))
}

fn put_ticker(members: &mut Members<'_>, exchange: &Exchange, name: &str, symbol: Option<Symbol>) {
    let market = symbol.and_then(|symbol| exchange.market(symbol));
    let now = exchange.moment().elapsed;
    let ticker = market.and_then(|market| Some((market, market.ticker?)));
    let out = members.any_name(name);
    match ticker {
        Some((market, ticker)) => write_ticker(out, &ticker, market, now),
        None => crate::shapes::json::object(out, |error| {
            error.put("error", &format!("Ticker {name} not available"));
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_sort_as_text() {
        let mut texts = [
            "ETH/USDT",
            "ETH.S/EUR",
            "ETH/EUR",
            "ETH-X/A",
            "ETH/EURC",
            "ETHA/A",
            "A/B",
        ];
        let mut symbols: Vec<Symbol> = texts
            .iter()
            .map(|text| Symbol::parse(text).unwrap())
            .collect();
        texts.sort_unstable();
        symbols.sort_by(as_text);
        let sorted: Vec<String> = symbols.iter().map(ToString::to_string).collect();
        assert_eq!(sorted, texts);
    }
}
