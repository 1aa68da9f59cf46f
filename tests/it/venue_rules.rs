//! What each venue's list tells of ticks, lots and bounds, in the stored lists; Binance's filters have tests of their own.
#![allow(clippy::unwrap_used, reason = "a test that goes wrong should stop")]

use mockx::exchange::MarketRules;
use mockx::units::Exact;

use crate::venues::{at_home, fixture};

/// Venue, and tick, step, least quantity and least value of its first market.
const TOLD: [(&str, &str); 9] = [
    ("kraken", "0.1 0.00000001 0.0001 -"),
    ("coinbase", "0.01 0.00000001 - 1"),
    ("okx", "0.1 0.00000001 0.00001 -"),
    ("bybit", "0.01 0.000001 - -"),
    ("kucoin", "0.1 0.00000001 0.00001 -"),
    ("gate", "0.1 0.000001 - 3"),
    ("bitstamp", "0.01 0.00000001 - 10"),
    ("cryptocom", "0.01 0.00001 - -"),
    ("bitfinex", "none"),
];

fn show(rules: Option<&MarketRules>) -> String {
    let text = |value: Option<Exact>| value.map_or_else(|| "-".to_owned(), |v| v.to_string());
    rules.map_or_else(
        || "none".to_owned(),
        |rules| {
            let figures = [
                rules.price.step,
                rules.lot.step,
                rules.lot.min,
                rules.notional.min,
            ];
            figures.map(text).join(" ")
        },
    )
}

#[test]
fn lists_tell_the_rules_of_their_markets() {
    for (name, told) in TOLD {
        let list = at_home(name).instruments(&[fixture(name, "list")]).unwrap();
        assert_eq!(show(list[0].rules.as_deref()), told, "{name}");
    }
}

#[test]
fn a_figure_that_is_odd_spoils_none_beside_it() {
    for (figure, tick) in [
        ("\"0.1\"", "0.1"),
        ("0.1", "0.1"),
        ("null", "-"),
        ("\"\"", "-"),
        ("0", "-"),
        ("\"many\"", "-"),
        ("{}", "-"),
    ] {
        let body = format!(
            r#"{{"code":"0","data":[{{"baseCcy":"A","quoteCcy":"B","instId":"A-B","state":"live","tickSz":{figure},"lotSz":"1"}}]}}"#
        );
        let list = at_home("okx").instruments(&[body.into_bytes()]).unwrap();
        let told = show(list[0].rules.as_deref());
        assert_eq!(told, format!("{tick} 1 - -"), "{figure}");
    }
}
