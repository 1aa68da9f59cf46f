//! Numbers pass through to the last digit, in both directions.

use super::stage::Stage;

/// As it is sent and as it comes back.
const LITERALS: [(&str, &str); 11] = [
    ("0.1", "0.1"),
    ("0.30000000000000004", "0.30000000000000004"),
    ("1.5436839893732674e-05", "0.000015436839893732674"),
    ("117423.450000000000000001", "117423.450000000000000001"),
    ("\"0.1\"", "0.1"),
    ("\"1E+3\"", "1000"),
    ("1e3", "1000"),
    ("2.50", "2.5"),
    ("1e-18", "0.000000000000000001"),
    ("9007199254740993", "9007199254740993"),
    ("123456789012345.12345678", "123456789012345.12345678"),
];

#[test]
fn a_deposit_comes_back_digit_for_digit() {
    for (sent, shown) in LITERALS {
        let stage = Stage::new();
        let answer = stage.post("/balance/USDT/deposit", &format!("{{\"amount\": {sent}}}"));
        let row = format!(r#"{{"asset":"USDT","free":{shown},"used":0,"total":{shown}}}"#);
        // 10^15 is the largest amount.
        if sent == "9007199254740993" {
            assert_eq!(answer.status, 422, "{}", answer.text);
        } else {
            assert_eq!(answer.text, row, "{sent}");
        }
    }
}

#[test]
fn a_price_comes_back_digit_for_digit() {
    let stage = Stage::new();
    for (sent, shown) in LITERALS {
        if sent == "9007199254740993" {
            continue;
        }
        let body = format!("{{\"price\": {sent}, \"bid_volume\": {sent}}}");
        let ticker = stage.with_body("PATCH", "/admin/tickers/BTC%2FUSDT/price", &body);
        for name in ["price", "last", "bid", "ask", "bid_volume"] {
            let member = format!("\"{name}\":{shown},");
            assert!(ticker.text.contains(&member), "{member} in {}", ticker.text);
        }
    }
}

#[test]
fn an_order_keeps_its_figures() {
    let stage = Stage::new();
    stage.change(
        "POST",
        "/admin/fund",
        r#"{"asset": "USDT", "amount": 100000}"#,
    );
    let body = r#"{"symbol":"BTC/USDT","side":"buy","type":"limit",
        "amount":"1.5436839893732674e-05","limit_price":40000.10000000000000001}"#;
    let order = stage.post("/orders", body).text;
    for member in [
        r#""amount":0.000015436839893732674,"#,
        r#""limit_price":40000.10000000000000001,"#,
        // Set aside is rounded up, to 16 decimals.
        r#""initial_booked_notion":0.6174751394332964,"#,
        r#""initial_booked_fee":0.0006174751394333,"#,
    ] {
        assert!(order.contains(member), "{member} in {order}");
    }
}

#[test]
fn a_sum_has_no_tail() {
    let stage = Stage::new();
    stage.change("POST", "/admin/fund", r#"{"asset": "USDT", "amount": 0.1}"#);
    let row = stage.post("/admin/fund", r#"{"asset": "USDT", "amount": 0.2}"#);
    assert!(row.text.contains(r#""free":0.3,"#), "{}", row.text);
}
