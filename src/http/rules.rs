//! What markets demand of orders: `/rules`.

use super::message::Response;
use super::names;
use super::problem::Problem;
use super::router::Call;
use crate::exchange::{Band, Deltas, Exchange, MarketRules, Range};
use crate::shapes::json::{Members, document};

/// `GET /rules`: of every market of which they are known, or of one.
pub(super) async fn rules(call: &Call<'_>) -> Result<Response, Problem> {
    let symbol = match call.query().get("symbol")? {
        Some(name) => Some(names::known_case(call.context, "symbol", &name).await?),
        None => None,
    };
    let enforced = call.context.enforce_rules;
    let look = move |exchange: &Exchange| {
        document(|members| {
            members.put("enforced", enforced);
            members.object("markets", |markets| {
                let all = exchange.markets().map(|(symbol, _)| symbol);
                for found in all.filter(|&found| symbol.is_none_or(|symbol| symbol == found)) {
                    if let Some(rules) = exchange.market_rules(found) {
                        markets.object(&found.to_string(), |members| put_rules(members, rules));
                    }
                }
            });
        })
    };
    let answer = call.context.mailbox.look(look).await?;
    Ok(Response::json(200, answer))
}

/// What a market does not demand is null.
fn put_rules(members: &mut Members<'_>, rules: &MarketRules) {
    for (name, range) in [
        ("price", rules.price),
        ("amount", rules.lot),
        ("market_amount", rules.market_lot),
    ] {
        members.object(name, |members| {
            let Range { min, max, step } = range;
            for (name, bound) in [("min", min), ("max", max), ("step", step)] {
                members.put(name, bound);
            }
        });
    }
    members.object("notional", |members| {
        let notional = rules.notional;
        members.put("min", notional.min);
        members.put("max", notional.max);
        members.put("min_for_market", notional.min_for_market);
        members.put("max_for_market", notional.max_for_market);
        members.put("average_minutes", u32::from(notional.minutes));
    });
    members.object("price_band", |members| {
        for (name, band) in [("buy", rules.bids), ("sell", rules.asks)] {
            let Band { down, up } = band;
            members.object(name, |members| {
                members.put("down", down);
                members.put("up", up);
            });
        }
        members.put("average_minutes", u32::from(rules.band_minutes));
    });
    members.object("trailing_delta", |members| {
        let sides = [
            ("above", rules.trailing_above),
            ("below", rules.trailing_below),
        ];
        for (name, deltas) in sides {
            let Deltas { min, max } = deltas;
            members.object(name, |members| {
                members.put("min", min.map(u32::from));
                members.put("max", max.map(u32::from));
            });
        }
    });
    members.put("max_open_orders", rules.max_orders);
    members.put("max_waiting_orders", rules.max_waiting);
    members.put("max_pairs", rules.max_pairs);
    members.put("max_position", rules.max_position);
}
