//! Lists of orders: pairs of which one cancels the other.

use serde_json::{Value, json};

use super::stage::Stage;

const OCO: &str = "/api/v3/orderList/oco";
const LIST: &str = "/api/v3/orderList";
/// A sale of ETH, which is at 2500: profit at 3000, loss at 2000.
const SALE: &str = "symbol=ETHUSDT&side=SELL&quantity=2&aboveType=LIMIT_MAKER&abovePrice=3000\
    &belowType=STOP_LOSS_LIMIT&belowStopPrice=2000&belowPrice=1990&belowTimeInForce=GTC";

fn names(value: &Value) -> Vec<&str> {
    let members = value.as_object().unwrap();
    let mut names: Vec<&str> = members.keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

fn sorted(text: &str) -> Vec<&str> {
    let mut names: Vec<&str> = text.split_ascii_whitespace().collect();
    names.sort_unstable();
    names
}

/// The members of a list, without its reports.
const MEMBERS: &str = "orderListId contingencyType listStatusType listOrderStatus listClientOrderId transactionTime symbol orders";
/// Those of the report of a stop order in a new list.
const PLACED: &str = "symbol orderId orderListId clientOrderId transactTime price origQty executedQty origQuoteOrderQty \
    cummulativeQuoteQty status timeInForce type side stopPrice workingTime selfTradePreventionMode";
/// Those of an order that was taken back, but for a stop price.
const CANCELED: &str = "symbol origClientOrderId orderId orderListId clientOrderId transactTime price origQty executedQty \
    origQuoteOrderQty cummulativeQuoteQty status timeInForce type side selfTradePreventionMode";

/// The list of the names `pair`, `down` and `up`, but for its reports, at the time of this answer.
fn list(answer: &Value, kind: &str, status: &str) -> Value {
    json!({
        "orderListId": 1, "contingencyType": "OCO", "listStatusType": kind, "listOrderStatus": status,
        "listClientOrderId": "pair", "transactionTime": answer["transactionTime"], "symbol": "ETHUSDT",
        "orders": [
            {"symbol": "ETHUSDT", "orderId": 1, "clientOrderId": "down"},
            {"symbol": "ETHUSDT", "orderId": 2, "clientOrderId": "up"},
        ],
    })
}

fn without_reports(answer: &Value) -> Value {
    let mut list = answer.clone();
    list.as_object_mut().unwrap().remove("orderReports");
    list
}

const NAMED: &str = "listClientOrderId=pair&aboveClientOrderId=up&belowClientOrderId=down";

#[test]
fn a_new_list_is_told_as_binance_tells_it() {
    let mut stage = Stage::new("");
    let placed = stage.done("POST", OCO, &format!("{SALE}&{NAMED}"));
    assert_eq!(names(&placed), sorted(&format!("{MEMBERS} orderReports")));
    assert_eq!(
        without_reports(&placed),
        list(&placed, "EXEC_STARTED", "EXECUTING")
    );
    let stop = &placed["orderReports"][0];
    assert_eq!(names(stop), sorted(PLACED));
    let time = &placed["transactionTime"];
    assert_eq!(
        stop,
        &json!({
            "symbol": "ETHUSDT", "orderId": 1, "orderListId": 1, "clientOrderId": "down", "transactTime": time,
            "price": "1990.00000000", "origQty": "2.00000000", "executedQty": "0.00000000",
            "origQuoteOrderQty": "0.00000000", "cummulativeQuoteQty": "0.00000000", "status": "NEW",
            "timeInForce": "GTC", "type": "STOP_LOSS_LIMIT", "side": "SELL", "stopPrice": "2000.00000000",
            "workingTime": -1, "selfTradePreventionMode": "NONE",
        })
    );
    assert_eq!(placed["orderReports"][1]["type"], "LIMIT_MAKER");
    assert_eq!(
        stage.balance("ETH"),
        ("8.00000000".into(), "2.00000000".into())
    );
}

#[test]
fn a_list_is_found_by_each_of_its_ids_until_and_after_its_end() {
    let mut stage = Stage::new("");
    let placed = stage.done("POST", OCO, &format!("{SALE}&{NAMED}"));
    let open = without_reports(&placed);
    for query in [
        "orderListId=1",
        "origClientOrderId=pair",
        "orderListId=1&origClientOrderId=pair",
    ] {
        assert_eq!(stage.done("GET", LIST, query), open, "{query}");
    }
    assert_eq!(
        stage.done("GET", "/api/v3/openOrderList", ""),
        json!([open])
    );
    let orders = stage.done("GET", "/api/v3/openOrders", "symbol=ETHUSDT");
    let of_list = [&orders[0]["orderListId"], &orders[1]["orderListId"]];
    assert_eq!(of_list, [&json!(1), &json!(1)]);
    let query = "symbol=ETHUSDT&listClientOrderId=pair&newClientOrderId=away";
    let canceled = stage.done("DELETE", LIST, query);
    let reports = canceled["orderReports"].as_array().unwrap();
    for (report, name) in reports.iter().zip(["down", "up"]) {
        let stop = if name == "down" { "stopPrice" } else { "" };
        assert_eq!(names(report), sorted(&format!("{CANCELED} {stop}")));
        assert_eq!(report["orderListId"], 1);
        assert_eq!(report["origClientOrderId"], name);
        assert_eq!(report["clientOrderId"], "away");
        assert_eq!(report["status"], "CANCELED");
    }
    for query in ["orderListId=1", "origClientOrderId=pair"] {
        let ended = stage.done("GET", LIST, query);
        assert_eq!(ended, list(&canceled, "ALL_DONE", "ALL_DONE"), "{query}");
    }
    assert_eq!(stage.done("GET", "/api/v3/openOrderList", ""), json!([]));
    assert_eq!(stage.balance("ETH").1, "0.00000000");
}

#[test]
fn a_list_of_which_one_order_goes_on_is_open_until_that_one_ends() {
    let mut stage = Stage::new("[exchange]\nfill_sigma = 0\ntick_loop = 0\n");
    stage.done("POST", OCO, &format!("{SALE}&listClientOrderId=half"));
    // The profit is taken in part, which ends the stop.
    stage.set_price("ETH%2FUSDT", "3000", "0.5");
    let lists = stage.done("GET", "/api/v3/openOrderList", "");
    assert_eq!(lists.as_array().unwrap().len(), 1);
    assert_eq!(lists[0]["orders"].as_array().unwrap().len(), 2);
    assert_eq!(lists[0]["listOrderStatus"], "EXECUTING");
    assert_eq!(stage.done("GET", LIST, "origClientOrderId=half"), lists[0]);
    let statuses = |stage: &mut Stage| -> Vec<String> {
        let all = stage.done("GET", "/api/v3/allOrders", "symbol=ETHUSDT");
        let all = all.as_array().unwrap().iter();
        all.map(|order| order["status"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(statuses(&mut stage), ["EXPIRED", "PARTIALLY_FILLED"]);
    let canceled = stage.done("DELETE", LIST, "symbol=ETHUSDT&listClientOrderId=half");
    assert_eq!(canceled["listOrderStatus"], "ALL_DONE");
    assert_eq!(canceled["orders"].as_array().unwrap().len(), 2);
    let reports = canceled["orderReports"].as_array().unwrap();
    assert_eq!(
        (reports.len(), &reports[0]["type"]),
        (1, &json!("LIMIT_MAKER"))
    );
    assert_eq!(statuses(&mut stage), ["EXPIRED", "CANCELED"]);
    // Triggered, and then alone.
    stage.set_price("ETH%2FUSDT", "2500", "100");
    let placed = stage.done("POST", OCO, SALE);
    stage.set_price("ETH%2FUSDT", "1980", "100");
    let lists = stage.done("GET", "/api/v3/openOrderList", "");
    assert_eq!(lists[0]["orderListId"], placed["orderListId"]);
    stage.set_price("ETH%2FUSDT", "1995", "100");
    assert_eq!(stage.done("GET", "/api/v3/openOrderList", ""), json!([]));
    let id = &placed["orderListId"];
    assert_eq!(
        stage.done("GET", LIST, &format!("orderListId={id}"))["listStatusType"],
        "ALL_DONE"
    );
    assert_eq!(statuses(&mut stage)[2..], ["FILLED", "EXPIRED"]);
}

#[test]
fn what_takes_one_order_of_a_list_back_tells_of_the_list() {
    let mut stage = Stage::new("");
    let placed = stage.done("POST", OCO, SALE);
    let id = placed["orders"][1]["orderId"].clone();
    let canceled = stage.done(
        "DELETE",
        "/api/v3/order",
        &format!("symbol=ETHUSDT&orderId={id}"),
    );
    assert_eq!(names(&canceled), sorted(&format!("{MEMBERS} orderReports")));
    assert_eq!(canceled["listClientOrderId"], placed["listClientOrderId"]);
    stage.done("POST", OCO, SALE);
    stage.place("symbol=ETHUSDT&side=BUY&type=LIMIT_MAKER&quantity=1&price=2000");
    let all = stage.done("DELETE", "/api/v3/openOrders", "symbol=ETHUSDT");
    let kinds: Vec<bool> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["contingencyType"] == "OCO")
        .collect();
    assert_eq!(kinds, [true, false]);
    assert_eq!(all[0]["orderReports"].as_array().unwrap().len(), 2);
}

#[test]
fn the_older_form_places_the_same() {
    let mut stage = Stage::new("");
    let order = "symbol=BTCUSDT&side=BUY&quantity=0.1&price=40000&stopPrice=60000";
    let placed = stage.done("POST", "/api/v3/order/oco", order);
    let kinds = [
        &placed["orderReports"][0]["type"],
        &placed["orderReports"][1]["type"],
    ];
    assert_eq!(kinds, ["STOP_LOSS", "LIMIT_MAKER"]);
    // What the dearer of the two needs.
    assert_eq!(stage.balance("USDT").1, "6000.00000000");
    stage.done("DELETE", "/api/v3/openOrders", "symbol=BTCUSDT");
    let order =
        format!("{order}&stopLimitPrice=61000&stopLimitTimeInForce=GTC&newOrderRespType=ACK");
    let placed = stage.done("POST", "/api/v3/order/oco", &order);
    assert_eq!(
        names(&placed["orderReports"][0]),
        sorted("symbol orderId orderListId clientOrderId transactTime")
    );
    assert_eq!(stage.balance("USDT").1, "6100.00000000");
    let counted = stage.done("GET", "/api/v3/rateLimit/order", "");
    assert_eq!(counted[1]["count"], 4);
}

/// What is sent to which path, the code, and what the text holds; ETH is at 2500.
const REFUSED: &[(&str, &str, i64, &str)] = &[
    (
        OCO,
        "quantity=1&aboveType=LIMIT_MAKER&abovePrice=2400&belowType=STOP_LOSS&belowStopPrice=2000",
        -2010,
        "The relationship of the prices for the orders is not correct.",
    ),
    (
        OCO,
        "quantity=1&aboveType=LIMIT_MAKER&abovePrice=3000&belowType=STOP_LOSS&belowStopPrice=2600",
        -2010,
        "The relationship of the prices for the orders is not correct.",
    ),
    (
        OCO,
        "quantity=1&aboveType=LIMIT_MAKER&abovePrice=3000&belowType=LIMIT_MAKER&belowPrice=2000",
        -1168,
        "At least one OCO order must be contingent.",
    ),
    (
        OCO,
        "quantity=1&aboveType=STOP_LOSS&aboveStopPrice=3000&belowType=LIMIT_MAKER&belowPrice=2000",
        -1166,
        "A limit order in a sell OCO must be above.",
    ),
    (
        OCO,
        "quantity=1&aboveType=LIMIT&abovePrice=3000&belowType=STOP_LOSS&belowStopPrice=2000",
        -1158,
        "Order type not supported in OCO.",
    ),
    (
        OCO,
        "quantity=1&aboveType=STOP_LOSS&aboveStopPrice=3000&belowType=STOP_LOSS&belowStopPrice=2000",
        -1128,
        "Combination",
    ),
    (
        OCO,
        "quantity=1&belowType=STOP_LOSS&belowStopPrice=2000",
        -1102,
        "'aboveType'",
    ),
    (
        OCO,
        "quantity=1&aboveType=LIMIT_MAKER&belowType=STOP_LOSS&belowStopPrice=2000",
        -1102,
        "'abovePrice'",
    ),
    (
        OCO,
        "quantity=1&aboveType=LIMIT_MAKER&abovePrice=3000&belowType=STOP_LOSS",
        -1102,
        "'belowStopPrice' or 'belowTrailingDelta'",
    ),
    (
        OCO,
        "quantity=1&aboveType=LIMIT_MAKER&abovePrice=3000&belowType=STOP_LOSS_LIMIT&belowStopPrice=2000&belowPrice=1990",
        -1102,
        "'belowTimeInForce'",
    ),
    (
        OCO,
        "quantity=1&aboveType=LIMIT_MAKER&abovePrice=3000&aboveTimeInForce=GTC&belowType=STOP_LOSS&belowStopPrice=2000",
        -1106,
        "'aboveTimeInForce'",
    ),
    (
        OCO,
        "quantity=1&aboveType=LIMIT_MAKER&abovePrice=3000&aboveIcebergQty=0.1&belowType=STOP_LOSS&belowStopPrice=2000",
        -2010,
        "Iceberg",
    ),
    (
        OCO,
        "aboveType=LIMIT_MAKER&abovePrice=3000&belowType=STOP_LOSS&belowStopPrice=2000",
        -1102,
        "'quantity'",
    ),
    (
        OCO,
        "quantity=11&aboveType=LIMIT_MAKER&abovePrice=3000&belowType=STOP_LOSS&belowStopPrice=2000",
        -2010,
        "Account has insufficient balance for requested action.",
    ),
    (
        OCO,
        "quantity=1&aboveType=LIMIT_MAKER&abovePrice=3000&belowType=STOP_LOSS&belowStopPrice=2000&listClientOrderId=taken",
        -2010,
        "Duplicate order sent.",
    ),
    (
        "/api/v3/order/oco",
        "quantity=1&price=3000",
        -1102,
        "'stopPrice' or 'trailingDelta'",
    ),
    (
        "/api/v3/order/oco",
        "quantity=1&price=3000&stopPrice=2000&stopLimitPrice=1990",
        -1102,
        "'stopLimitTimeInForce'",
    ),
    (
        "/api/v3/order/oco",
        "quantity=1&stopPrice=2000",
        -1102,
        "'price'",
    ),
];

#[test]
fn lists_are_refused_with_nothing_placed() {
    let mut stage = Stage::new("");
    stage.done("POST", OCO, &format!("{SALE}&listClientOrderId=taken"));
    for &(path, query, code, text) in REFUSED {
        let query = format!("symbol=ETHUSDT&side=SELL&{query}");
        let (found, said) = stage.refused("POST", path, &query);
        assert_eq!(found, code, "{query}: {said}");
        assert!(said.contains(text), "{query}: {said}");
    }
    let buy = "symbol=ETHUSDT&side=BUY&quantity=1&aboveType=LIMIT_MAKER&abovePrice=3000&belowType=STOP_LOSS&belowStopPrice=2000";
    assert_eq!(stage.refused("POST", OCO, buy).0, -1165);
    let all = stage.done("GET", "/api/v3/allOrders", "symbol=ETHUSDT");
    assert_eq!(all.as_array().unwrap().len(), 2);
    for (method, query, code) in [
        ("GET", "orderListId=9", -2013),
        ("GET", "orderListId=2", -2013),
        ("GET", "origClientOrderId=none", -2013),
        ("GET", "orderListId=1&origClientOrderId=none", -2013),
        ("GET", "", -1102),
        ("DELETE", "symbol=ETHUSDT&orderListId=9", -2011),
        ("DELETE", "symbol=BTCUSDT&orderListId=1", -2011),
        ("DELETE", "symbol=ETHUSDT&listClientOrderId=none", -2011),
        ("DELETE", "symbol=ETHUSDT", -1102),
        ("DELETE", "orderListId=1", -1102),
    ] {
        assert_eq!(
            stage.refused(method, LIST, query).0,
            code,
            "{method} {query}"
        );
    }
    stage.done("DELETE", LIST, "symbol=ETHUSDT&orderListId=1");
    assert_eq!(
        stage
            .refused("DELETE", LIST, "symbol=ETHUSDT&orderListId=1")
            .0,
        -2011
    );
}
