//! What trading costs: by symbol, for who takes and who rests, and in which asset.

use serde_json::json;

use super::stage::Stage;

const RATES: &str = "[exchange]\nfill_sigma = 0\ntick_loop = 0\ncommission = 0.002\nmaker_commission = 0.001\n\
    symbol_commissions = [\"ETH/USDT 0.0004 0.0002\"]\n";

#[test]
fn the_rates_of_a_symbol_are_told_and_taken() {
    let mut stage = Stage::new(RATES);
    let account = stage.done("GET", "/api/v3/account", "omitZeroBalances=true");
    assert_eq!(
        (&account["makerCommission"], &account["takerCommission"]),
        (&json!(10), &json!(20))
    );
    assert_eq!(
        account["commissionRates"],
        json!({"maker": "0.00100000", "taker": "0.00200000", "buyer": "0.00000000", "seller": "0.00000000"})
    );
    for (symbol, maker, taker) in [
        ("BTCUSDT", "0.00100000", "0.00200000"),
        ("ETHUSDT", "0.00020000", "0.00040000"),
    ] {
        let query = format!("symbol={symbol}");
        let told = stage.done("GET", "/api/v3/account/commission", &query);
        let standard = &told["standardCommission"];
        assert_eq!(
            (&standard["maker"], &standard["taker"]),
            (&json!(maker), &json!(taker))
        );
        let told = stage.done("GET", "/sapi/v1/asset/tradeFee", &query);
        let fee = json!([{"symbol": symbol, "makerCommission": maker, "takerCommission": taker}]);
        assert_eq!(told, fee);
    }
    // One that takes what is there, and one that rests until a price comes.
    let taken = stage.place("symbol=ETHUSDT&side=BUY&type=MARKET&quantity=1");
    assert_eq!(taken["fills"][0]["commission"], "0.00040000");
    assert_eq!(taken["fills"][0]["commissionAsset"], "ETH");
    stage.place("symbol=ETHUSDT&side=SELL&type=LIMIT_MAKER&quantity=1&price=3000");
    stage.set_price("ETH%2FUSDT", "3000", "100");
    let trades = stage.done("GET", "/api/v3/myTrades", "symbol=ETHUSDT");
    let told: Vec<[&serde_json::Value; 4]> = trades
        .as_array()
        .unwrap()
        .iter()
        .map(|t| {
            [
                &t["commission"],
                &t["commissionAsset"],
                &t["isMaker"],
                &t["orderListId"],
            ]
        })
        .collect();
    assert_eq!(
        serde_json::to_value(told).unwrap(),
        json!([
            ["0.00040000", "ETH", false, -1],
            ["0.60000000", "USDT", true, -1]
        ])
    );
    // The own API pays in the quote asset, and each of its trades says so.
    stage.own.post(
        "/orders",
        r#"{"symbol":"ETH/USDT","side":"buy","amount":1,"execution":"at_once"}"#,
    );
    let trades = stage
        .own
        .request("GET", "/trades?limit=1", "")
        .unwrap()
        .ok()
        .json();
    assert_eq!(
        (&trades[0]["fee"], &trades[0]["fee_currency"]),
        (&json!(1.2), &json!("USDT"))
    );
}

#[test]
fn fees_are_paid_in_the_quote_asset_where_that_is_set() {
    let mut stage = Stage::new("[binance]\nfee_asset = \"quote\"\n");
    let bought = stage.place("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.1");
    let fill = &bought["fills"][0];
    assert_eq!(
        (&fill["commission"], &fill["commissionAsset"]),
        (&json!("5.00000000"), &json!("USDT"))
    );
    assert_eq!(stage.balance("BTC").0, "0.10000000");
}

#[test]
fn a_trade_names_the_list_of_its_order() {
    let mut stage = Stage::new("[exchange]\nfill_sigma = 0\ntick_loop = 0\n");
    let pair = "symbol=ETHUSDT&side=SELL&quantity=2&aboveType=LIMIT_MAKER&abovePrice=3000&belowType=STOP_LOSS&belowStopPrice=2000";
    let list = stage.done("POST", "/api/v3/orderList/oco", pair);
    let lists = |stage: &mut Stage| {
        let trades = stage.done("GET", "/api/v3/myTrades", "symbol=ETHUSDT");
        let trades = trades.as_array().unwrap().iter();
        trades
            .map(|trade| trade["orderListId"].clone())
            .collect::<Vec<_>>()
    };
    // Filled in part, so open, then closed; and one of no list.
    stage.set_price("ETH%2FUSDT", "3000", "0.5");
    assert_eq!(lists(&mut stage), [list["orderListId"].clone()]);
    stage.set_price("ETH%2FUSDT", "3000", "100");
    stage.place("symbol=ETHUSDT&side=SELL&type=MARKET&quantity=1");
    let of_list = list["orderListId"].clone();
    assert_eq!(lists(&mut stage), [of_list.clone(), of_list, json!(-1)]);
}
