//! What a client sees in the course of a day.

use mockx::http::{Method, Request};
use serde_json::json;

use super::stage::{START_MS, Stage};

#[test]
fn tickers_are_listed_and_shown() {
    let stage = Stage::new();
    assert_eq!(
        stage.read("/tickers"),
        json!(["BTC/USDT", "ETH/BTC", "ETH/USDT"])
    );
    let shown = stage.get("/tickers/BTC/USDT");
    assert_eq!(
        shown.text,
        r#"{"BTC/USDT":{"symbol":"BTC/USDT","price":50000,"last":50000,"timestamp":1723075200.000,"#
            .to_owned()
            + r#""bid":49990,"ask":50010,"bid_volume":2,"ask_volume":2,"age_s":0.000,"source":null,"trading":true,"info":{}}}"#
    );
    assert_eq!(shown.header("content-type"), Some("application/json"));
    for target in [
        "/tickers/BTC%2FUSDT",
        "/tickers/BTC%2fUSDT/",
        "/tickers/BTC/USDT,BTC/USDT",
        "/tickers/,BTC%2FUSDT%2C",
    ] {
        assert_eq!(stage.get(target).text, shown.text, "{target}");
    }
    let several = stage.read("/tickers/ETH%2FBTC,BTC/USDT,NEW/USDT,no%22thing,btc/usdt");
    assert_eq!(several["ETH/BTC"]["bid"], json!(0.05));
    assert_eq!(several["ETH/BTC"]["ask_volume"], json!(null));
    assert_eq!(several["BTC/USDT"]["ask"], json!(50010));
    for unknown in ["NEW/USDT", "no\"thing", "btc/usdt"] {
        let text = format!("Ticker {unknown} not available");
        assert_eq!(several[unknown], json!({ "error": text }));
    }
}

#[test]
fn money_comes_and_goes() {
    let stage = Stage::new();
    assert_eq!(stage.read("/balance"), json!({}));
    assert_eq!(stage.read("/balance/USDT"), json!({}));
    let row = json!({"asset": "USDT", "free": 1000.5, "used": 0, "total": 1000.5});
    assert_eq!(
        stage.change("POST", "/balance/usdt/deposit", r#"{"amount": "1000.5"}"#),
        row
    );
    assert_eq!(stage.read("/balance/Usdt"), row);
    stage.change("POST", "/admin/fund", r#"{"asset": "btc", "amount": 2e0}"#);
    let listed = stage.get("/balance").text;
    assert!(listed.starts_with(r#"{"BTC":{"asset":"BTC","free":2,"used":0,"total":2},"USDT":"#));
    assert_eq!(
        stage.read("/balance/list"),
        json!({"length": 2, "count": 2, "assets": ["BTC", "USDT"]})
    );
    let refused = stage.post("/balance/BTC/withdrawal", r#"{"amount": 2.1}"#);
    assert_eq!(refused.status, 400);
    assert_eq!(refused.json()["code"], "insufficient_funds");
    assert_eq!(
        refused.detail(),
        "Insufficient funds: 2.1 BTC wanted, 2 BTC free"
    );
    let row = stage.change("POST", "/balance/BTC/withdrawal", r#"{"amount": 2}"#);
    assert_eq!(
        row,
        json!({"asset": "BTC", "free": 0, "used": 0, "total": 0})
    );
    assert_eq!(stage.read("/balance/list")["assets"], json!(["USDT"]));
    let unknown = stage.post("/balance/DOGE/deposit", r#"{"amount": 2}"#);
    assert_eq!(
        (unknown.status, unknown.detail().as_str()),
        (400, "Asset DOGE unknown or not tradeable")
    );
    let row = stage.change("PATCH", "/admin/balance/USDT", r#"{"used": 7}"#);
    assert_eq!(
        row,
        json!({"asset": "USDT", "free": 1000.5, "used": 7, "total": 1007.5})
    );
    assert_eq!(
        stage.change("DELETE", "/admin/data", ""),
        json!({"status": "ok"})
    );
    assert_eq!(stage.read("/balance"), json!({}));
}

#[test]
fn a_market_order_is_filled_by_the_next_tick() {
    let stage = Stage::new();
    stage.change(
        "POST",
        "/admin/fund",
        r#"{"asset": "USDT", "amount": 200000}"#,
    );
    let placed = stage.post(
        "/orders",
        r#"{"symbol":"BTC/USDT","side":"BUY","amount":3}"#,
    );
    let expected = concat!(
        r#"{"id":"000000000001","symbol":"BTC/USDT","side":"buy","type":"market","amount":3,"#,
        r#""notion_currency":"USDT","fee_currency":"USDT","fee_rate":0.001,"actual_filled":0,"#,
        r#""price":null,"limit_price":null,"status":"new","initial_booked_notion":150000,"#,
        r#""reserved_notion_left":150000,"actual_notion":0,"initial_booked_fee":150,"#,
        r#""reserved_fee_left":150,"actual_fee":0,"ts_create":1723075200000,"#,
        r#""ts_update":1723075200000,"ts_finish":null,"comment":null,"history_count":1,"#,
        r#""filled":0,"remaining":3,"cost":0,"average":null,"created_at":1723075200000,"#,
        r#""updated_at":1723075200000}"#
    );
    assert_eq!((placed.status, placed.text.as_str()), (200, expected));
    stage.wait(5);
    let ticker = stage.change(
        "PATCH",
        "/admin/tickers/BTC/USDT/price",
        r#"{"price": "49000.5", "ask_volume": 1}"#,
    );
    assert_eq!(ticker["ask_volume"], json!(1));
    assert_eq!(ticker["bid"], json!(49000.5));
    // The delay ended at the tick before, which had 2 on offer; this one adds 1.
    let filled = stage.read("/orders/000000000001?include_history=true");
    assert_eq!(filled["status"], "filled");
    assert_eq!(filled["history_count"], json!(3));
    assert_eq!(filled["ts_finish"], json!(START_MS + 5));
    assert_eq!(filled["actual_notion"], json!(149_020.5));
    let history = &filled["history"];
    assert_eq!(history["0"]["status"], "new");
    assert_eq!(history["1"]["status"], "partially_filled");
    assert_eq!(history["1"]["actual_filled"], json!(2));
    assert_eq!(history["1"]["price"], json!(50010));
    assert_eq!(history["2"]["price"], json!(49000.5));
    assert_eq!(history["2"]["actual_filled"], json!(1));
    assert_eq!(history["3"], json!(null));
    let trades = stage.read("/overview/trades?side=buy");
    assert_eq!(trades["BUY"]["count"], json!({"BTC": {"USDT": "2"}}));
    assert_eq!(
        trades["BUY"]["notional"],
        json!({"BTC": {"USDT": "149020.5"}})
    );
    assert_eq!(trades["SELL"], json!(null));
    let none = json!({"count": {}, "amount": {}, "notional": {}, "fee": {}});
    assert_eq!(stage.read("/overview/trades?assets=eth")["BUY"], none);
    assert_eq!(stage.read("/balance/USDT")["used"], json!(0));
}

#[test]
fn a_limit_order_is_canceled_once() {
    let stage = Stage::new();
    stage.change("POST", "/admin/fund", r#"{"asset": "BTC", "amount": 1}"#);
    stage.change("POST", "/admin/fund", r#"{"asset": "USDT", "amount": 100}"#);
    let body =
        r#"{"symbol":"BTC/USDT","side":"sell","type":"LIMIT","amount":"0.5","price":"60000"}"#;
    let check = stage.change("POST", "/orders/can_execute", body);
    assert_eq!(check, json!({"ok": true, "reason": null}));
    let id = stage.place(body);
    let open = stage.read(&format!("/orders/{id}"));
    assert_eq!(open["limit_price"], json!(60000));
    assert_eq!(open["initial_booked_notion"], json!(30000));
    assert_eq!(stage.read("/balance/USDT")["used"], json!(30));
    let path = format!("/orders/{id}/cancel");
    let canceled = stage.change("POST", &path, "");
    assert_eq!(canceled["freed"], json!({"BTC": 0.5, "USDT": 30}));
    assert_eq!(canceled["canceled_order"]["status"], "canceled");
    let again = stage.post(&path, "");
    assert_eq!(
        (again.status, again.json()["code"].as_str()),
        (400, Some("order_not_open"))
    );
    assert!(
        again
            .detail()
            .starts_with("Only *open* orders can be canceled")
    );
    stage
        .archive
        .forget(mockx::units::OrderId::parse(&id).unwrap());
    assert_eq!(stage.post(&path, "").status, 404);
    assert_eq!(stage.get(&format!("/orders/{id}")).status, 404);
    for unknown in ["000000000099", "99", "a%2Fb", "%C3%BC"] {
        assert_eq!(
            stage.post(&format!("/orders/{unknown}/cancel"), "").status,
            404
        );
        assert_eq!(stage.get(&format!("/orders/{unknown}")).status, 404);
    }
}

#[test]
fn without_money_an_order_is_rejected_and_kept() {
    let stage = Stage::new();
    let body = r#"{"symbol":"ETH/USDT","side":"buy","amount":2,"unknown":[{}]}"#;
    let check = stage.change("POST", "/orders/can_execute", body);
    assert_eq!(check["ok"], json!(false));
    assert_eq!(
        check["reason"],
        "Insufficient USDT: 5006.001 needed, 0 free"
    );
    let order = stage.change("POST", "/orders", body);
    assert_eq!(order["status"], "rejected");
    assert_eq!(order["comment"], check["reason"]);
    assert_eq!(stage.read("/balance"), json!({}));
    let id = order["id"].as_str().unwrap();
    let kept = stage.read(&format!("/orders/{id}?include_history=1"));
    assert_eq!(kept["history"]["0"]["comment"], check["reason"]);
    assert_eq!(kept["history"]["0"]["status"], "rejected");
}

/// Some money of three assets, one without a price, and a sale that waits.
fn invested() -> Stage {
    let stage = Stage::new();
    stage.change(
        "POST",
        "/admin/fund",
        r#"{"asset": "USDT", "amount": 1000}"#,
    );
    stage.change("POST", "/admin/fund", r#"{"asset": "ETH", "amount": 2}"#);
    stage.change("POST", "/admin/fund", r#"{"asset": "NEW", "amount": 9}"#);
    stage.change("POST", "/balance/ETH/withdrawal", r#"{"amount": 1}"#);
    stage.place(
        r#"{"symbol":"ETH/USDT","side":"sell","type":"limit","amount":1,"limit_price":3000}"#,
    );
    stage
}

#[test]
fn capital_is_what_came_in_and_what_it_is_worth() {
    let stage = invested();
    assert_eq!(
        stage.read("/overview/capital"),
        json!({"equity": 3500.5, "deposits": 6001, "withdrawals": 2500.5, "profit_loss": 0})
    );
    stage.tick("ETH/USDT", "2600.25", None);
    assert_eq!(
        stage.read("/overview/capital?aggregation=true")["profit_loss"],
        json!(99.75)
    );
    let raw = stage.read("/overview/capital?aggregation=false");
    assert_eq!(
        raw["balance"]["ETH"],
        json!({"asset": "ETH", "free": 0, "used": 1, "total": 1, "price": 2600.25, "value": 2600.25})
    );
    assert_eq!(raw["balance"]["NEW"]["value"], json!(0));
    assert_eq!(
        raw["investment_assets"],
        json!({
            "ETH": {
                "deposits": {"ref_symbol": "ETH/USDT", "asset_quantity": 2, "ref_value": 5001},
                "withdrawals": {"ref_symbol": "ETH/USDT", "asset_quantity": 1, "ref_value": 2500.5}
            },
            "NEW": {
                "deposits": {"ref_symbol": "NEW/USDT", "asset_quantity": 9, "ref_value": 0},
                "withdrawals": {}
            },
            "USDT": {
                "deposits": {"ref_symbol": "USDT", "asset_quantity": 1000, "ref_value": 1000},
                "withdrawals": {}
            }
        })
    );
}

#[test]
fn balances_and_orders_agree_on_what_is_held() {
    let stage = invested();
    stage.tick("ETH/USDT", "2600.25", None);
    let frozen = json!({
        "assets_frozen_value": 2600.25, "cash_frozen_value": 3, "total_frozen_value": 2603.25
    });
    let assets = stage.read("/overview/assets");
    assert_eq!(assets["orders_source"], frozen);
    assert_eq!(assets["balance_source"]["cash_free_value"], json!(997));
    assert_eq!(
        assets["balance_source"]["assets_total_value"],
        json!(2600.25)
    );
    assert_eq!(assets["balance_source"]["total_equity"], json!(3600.25));
    assert_eq!(assets["misc"]["unpriced"], json!(["NEW"]));
    let agree = |flag: bool| {
        json!({
            "assets_frozen_value": false, "cash_frozen_value": flag, "total_frozen_value": flag
        })
    };
    assert_eq!(assets["misc"]["mismatch"], agree(false));
    // A thousandth is no difference yet.
    stage.change("PATCH", "/admin/balance/USDT", r#"{"used": 3.001}"#);
    assert_eq!(
        stage.read("/overview/assets")["misc"]["mismatch"],
        agree(false)
    );
    stage.change("PATCH", "/admin/balance/USDT", r#"{"used": 3.0011}"#);
    assert_eq!(
        stage.read("/overview/assets")["misc"]["mismatch"],
        agree(true)
    );
}

#[test]
fn the_daemon_tells_how_it_is() {
    let stage = Stage::new();
    let health = stage.read("/admin/health");
    assert_eq!(health["status"], "ok");
    assert_eq!(health["digest"], json!(stage.digest()));
    assert_eq!(health["next_order"], json!(1));
    assert_eq!(health["symbols_without_price"], json!(["NEW/USDT"]));
    assert_eq!(stage.read("/healthz"), json!({"status": "ok"}));
    assert_eq!(stage.read("/readyz"), json!({"status": "ready"}));
    assert_eq!(
        stage.read("/"),
        json!({"service": "mockexchange-api", "version": "1.2.3"})
    );
    let browser = Request::new(Method::Get, "/").with_header("Accept", "text/html,*/*;q=0.8");
    assert!(stage.send(browser).text.contains("/docs"));
    let metrics = stage.get("/metrics");
    let kind = metrics.header("content-type");
    assert_eq!(kind, Some("text/plain; version=0.0.4; charset=utf-8"));
    for line in [
        "mockx_build_info{version=\"1.2.3\"} 1",
        "mockx_uptime_seconds 12.345",
        "mockx_quote_last{market=\"ETH/USDT\"} 2500.5",
        "mockx_quote_age_seconds{market=\"ETH/USDT\"} 0.000",
        "mockx_source_requests_total{source=\"push\",result=\"ok\"} 1",
        "mockx_http_requests_total{method=\"GET\",route=\"/healthz\",code=\"200\"} 1",
    ] {
        assert!(
            metrics.text.lines().any(|found| found == line),
            "{line}\n{}",
            metrics.text
        );
    }
    stage.broken.set(true);
    assert_eq!(stage.read("/healthz"), json!({"status": "ok"}));
    assert_eq!(stage.get("/balance").status, 200);
    let ready = stage.get("/readyz");
    assert_eq!(
        (ready.status, ready.header("retry-after")),
        (503, Some("1"))
    );
    assert!(
        ready.detail().contains("the disk is full"),
        "{}",
        ready.text
    );
    let refused = stage.post("/admin/fund", r#"{"asset": "USDT", "amount": 1}"#);
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (503, Some("1"))
    );
    assert_eq!(refused.json()["code"], "store_unavailable");
    let empty = Stage::new();
    *empty.exchange.borrow_mut() =
        mockx::exchange::Exchange::new(mockx::exchange::Rules::default());
    assert!(
        empty
            .get("/readyz")
            .detail()
            .contains("no symbol has a price")
    );
}

#[test]
fn a_replay_is_stepped() {
    let stage = Stage::new();
    let position = stage.change("POST", "/admin/replay/step", r#"{"rows": 10}"#);
    assert_eq!(
        position,
        json!({"rows": 10, "finished": false, "ts": START_MS + 10})
    );
    let position = stage.change("POST", "/admin/replay/step", r#"{"rows": 1e6}"#);
    assert_eq!(position["finished"], json!(true));
    for rows in ["0", "-1", "1.5", "1000001", "\"x\"", "null"] {
        let refused = stage.post("/admin/replay/step", &format!("{{\"rows\": {rows}}}"));
        assert_eq!(refused.status, 422, "{rows}");
        assert!(refused.detail().starts_with("`rows`"), "{rows}");
    }
}
