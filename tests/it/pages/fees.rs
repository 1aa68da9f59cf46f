//! Fees in several assets are added up in each of them, and valued at their moment; never one with the other.

use super::figures::{row, tile, values};
use crate::binance::stage::Stage;
use crate::support::wait_for;

/// BTC at 50000, ETH at 2500 and at 0.05 BTC; whatever is bought through Binance's API pays its fee out of what comes.
fn traded() -> Stage {
    let mut stage = Stage::new("[exchange]\nfill_sigma = 0\nmarket_delay_max = 0\n");
    for order in [
        "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1",
        "symbol=ETHUSDT&side=SELL&type=MARKET&quantity=2",
        "symbol=ETHBTC&side=BUY&type=MARKET&quantity=1",
    ] {
        let placed = stage.place(order);
        assert_eq!(placed["status"], "FILLED", "{placed}");
    }
    // By mockx's own API, which takes fees in the quote asset.
    let order = r#"{"symbol":"BTC/USDT","side":"sell","amount":0.1}"#;
    let id = stage.own.post("/orders", order).json()["id"].clone();
    let path = format!("/orders/{}", id.as_str().unwrap());
    wait_for("the sale", || {
        (stage.own.get(&path).json()["status"] == "filled").then_some(())
    });
    stage
}

/// The cells of the totals of an asset: orders, notional, fees of this page, and fills, notional, fees of all.
fn totals<'a>(page: &'a str, asset: &str) -> Vec<&'a str> {
    let table = page.split("<tbody class=\"sums\">").nth(1).unwrap();
    values(row(table.split("</tbody>").next().unwrap(), asset))
}

#[test]
fn each_asset_has_its_own_sum_of_fees() {
    let mut stage = traded();
    let page = stage.own.get("/ui/orders").body;
    let usdt = ["3", "60000", "10"];
    let btc = ["1", "0.05", "0.001"];
    let eth = ["", "", "0.001"];
    for (asset, sums) in [("USDT", usdt), ("BTC", btc), ("ETH", eth)] {
        // All orders are on the page, and each was filled at once.
        assert_eq!(totals(&page, asset), [sums, sums].concat(), "{asset}");
    }
    let page = stage.own.get("/ui/orders?symbol=BTC/USDT&side=buy").body;
    let sums = ["1", "50000", ""];
    assert_eq!(totals(&page, "USDT"), [sums, sums].concat());
    let sums = ["", "", "0.001"];
    assert_eq!(totals(&page, "BTC"), [sums, sums].concat());
    // Where more than symbol and side are asked for, the page alone is summed.
    let page = stage.own.get("/ui/orders?status=filled").body;
    assert_eq!(totals(&page, "USDT"), usdt);
    assert_eq!(totals(&page, "BTC"), btc);
    assert_eq!(totals(&page, "ETH"), eth);
}

#[test]
fn fees_are_valued_in_the_cash_asset() {
    let mut stage = traded();
    let page = stage.own.get("/ui/performance?span=all").body;
    // 0.001 BTC, 5 USDT, 0.001 ETH and 5 USDT.
    assert_eq!(tile(&page, "Fees"), "62.5");
    // No price has moved since, so fees are all that was lost.
    assert_eq!(tile(&page, "Net P/L"), "-62.5");
    assert_eq!(tile(&page, "Equity"), "124937.5");
    let (_, by_asset) = page.split_once("By asset").unwrap();
    let fees = |asset| values(row(by_asset, asset))[4];
    assert_eq!(fees("BTC"), "55");
    assert_eq!(fees("ETH"), "7.5");
    assert_eq!(fees("Total"), "62.5");
}

#[test]
fn the_page_of_an_order_names_the_asset_of_its_fee() {
    let mut stage = traded();
    let page = stage.own.get("/ui/orders/000000000003").body;
    assert!(page.contains("money in BTC, fees in ETH"), "{page}");
    let (_, trades) = page.split_once("<h2>Trades").unwrap();
    let (trades, history) = trades.split_once("<h2>History").unwrap();
    assert_eq!(values(trades), ["0.05", "1", "0.05", "0.001"]);
    assert!(trades.contains("Fee <small>ETH</small>"), "{trades}");
    let last = values(history.rsplit("<tr>").next().unwrap());
    assert_eq!(last[..5], ["0.05", "1", "0", "0.05", "0.001"]);
    // Filled when it was placed: to the millisecond.
    let (_, after) = page.split_once("First fill after</dt><dd>").unwrap();
    let after = after.split(' ').take(2).collect::<Vec<_>>();
    assert_eq!(after[1], "ms", "{after:?}");
    assert!(after[0].parse::<u64>().unwrap() < 1000, "{after:?}");
}
