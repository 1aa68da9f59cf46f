//! What a market demands of orders, as Binance tells it: `filters`.
//!
//! A bound that a market does not have is 0 where Binance says so of its own; prices and quantities have eight decimals in any case.

use super::text::Text;
use crate::exchange::{Band, Deltas, MarketRules, Notional, Range};
use crate::shapes::json::{Items, Members, object};
use crate::units::Exact;

/// The smallest price and quantity, and the largest: what can be asked for where the market says nothing.
const SMALLEST: &str = "0.00000001";
const LARGEST: &str = "1000000000000000.00000000";

/// All filters of a market.
pub(super) fn put_filters(items: &mut Items<'_>, rules: Option<&MarketRules>) {
    let none = MarketRules::default();
    let rules = rules.unwrap_or(&none);
    let mut filter = |kind: &str, fill: &dyn Fn(&mut Members<'_>)| {
        object(items.next(), |members| {
            members.put("filterType", kind);
            fill(members);
        });
    };
    filter("PRICE_FILTER", &|members| {
        put_range(members, rules.price, ["minPrice", "maxPrice", "tickSize"]);
    });
    let quantities = ["minQty", "maxQty", "stepSize"];
    filter("LOT_SIZE", &|members| {
        put_range(members, rules.lot, quantities);
    });
    if rules.market_lot != Range::default() {
        filter("MARKET_LOT_SIZE", &|members| {
            let Range { min, max, step } = rules.market_lot;
            for (name, bound) in quantities.into_iter().zip([min, max, step]) {
                members.put(name, Text(bound.unwrap_or_default()));
            }
        });
    }
    if (rules.trailing_above, rules.trailing_below) != (Deltas::default(), Deltas::default()) {
        filter("TRAILING_DELTA", &|members| put_deltas(members, rules));
    }
    if (rules.bids, rules.asks) != (Band::default(), Band::default()) {
        let kind = if rules.one_band {
            "PERCENT_PRICE"
        } else {
            "PERCENT_PRICE_BY_SIDE"
        };
        filter(kind, &|members| put_bands(members, rules));
    }
    if rules.notional != Notional::default() {
        filter("NOTIONAL", &|members| put_notional(members, rules.notional));
    }
    for (kind, name, most) in [
        ("MAX_NUM_ORDERS", "maxNumOrders", rules.max_orders),
        ("MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders", rules.max_waiting),
        ("MAX_NUM_ORDER_LISTS", "maxNumOrderLists", rules.max_pairs),
    ] {
        if let Some(most) = most {
            filter(kind, &|members| members.put(name, most));
        }
    }
    if let Some(most) = rules.max_position {
        filter("MAX_POSITION", &|members| {
            members.put("maxPosition", Text(most));
        });
    }
}

fn put_range(members: &mut Members<'_>, range: Range, [min, max, step]: [&str; 3]) {
    let mut put = |name: &str, bound: Option<Exact>, without: &str| match bound {
        Some(bound) => members.put(name, Text(bound)),
        None => members.put(name, without),
    };
    put(min, range.min, SMALLEST);
    put(max, range.max, LARGEST);
    put(step, range.step, SMALLEST);
}

fn put_deltas(members: &mut Members<'_>, rules: &MarketRules) {
    let (above, below) = (rules.trailing_above, rules.trailing_below);
    for (name, bound) in [
        ("minTrailingAboveDelta", above.min),
        ("maxTrailingAboveDelta", above.max),
        ("minTrailingBelowDelta", below.min),
        ("maxTrailingBelowDelta", below.max),
    ] {
        members.put(name, bound.map_or(0, u32::from));
    }
}

fn put_bands(members: &mut Members<'_>, rules: &MarketRules) {
    let (bids, asks) = (rules.bids, rules.asks);
    let one = [("multiplierUp", bids.up), ("multiplierDown", bids.down)];
    let two = [
        ("bidMultiplierUp", bids.up),
        ("bidMultiplierDown", bids.down),
        ("askMultiplierUp", asks.up),
        ("askMultiplierDown", asks.down),
    ];
    let shares = if rules.one_band { &one[..] } else { &two[..] };
    for &(name, share) in shares {
        members.put(name, share.unwrap_or_default().to_string().as_str());
    }
    members.put("avgPriceMins", u32::from(rules.band_minutes));
}

fn put_notional(members: &mut Members<'_>, notional: Notional) {
    members.put("minNotional", Text(notional.min.unwrap_or_default()));
    members.put("applyMinToMarket", notional.min_for_market);
    match notional.max {
        Some(max) => members.put("maxNotional", Text(max)),
        None => members.put("maxNotional", LARGEST),
    }
    members.put("applyMaxToMarket", notional.max_for_market);
    members.put("avgPriceMins", u32::from(notional.minutes));
}
