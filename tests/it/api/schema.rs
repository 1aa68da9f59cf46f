//! The `OpenAPI` document says what is true: its calls are the router's, its shapes those of real answers.

use std::collections::BTreeSet;

use mockx::http::{Guard, ROUTES};
use serde_json::{Value, json};

use super::document::Document;
use super::stage::Stage;

#[test]
fn the_document_has_the_calls_of_the_router_and_no_others() {
    let stage = Stage::new();
    let document = Document::of(&stage);
    assert_eq!(document.0["info"]["version"], "1.2.3");
    let mut described = BTreeSet::new();
    let mut ids = BTreeSet::new();
    for (path, operations) in document.0["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            described.insert((method.to_uppercase(), path.clone()));
            assert!(
                ids.insert(operation["operationId"].as_str().unwrap()),
                "{operation}"
            );
            let tag = json!({"name": operation["tags"][0]})["name"].clone();
            let tags = document.0["tags"].as_array().unwrap();
            assert!(tags.iter().any(|known| known["name"] == tag), "{tag}");
        }
    }
    let served: BTreeSet<_> = ROUTES
        .iter()
        .map(|route| (route.method.to_owned(), route.path.to_owned()))
        .collect();
    assert_eq!(described, served);
    for route in ROUTES {
        let operation = document.operation(route.method, route.path);
        let needs_key = operation["security"] == json!([{"key": []}]);
        assert_eq!(needs_key, route.guard == Guard::Write, "{}", route.path);
        let forbidden = operation["responses"]["403"].is_object();
        assert_eq!(forbidden, route.guard != Guard::Open, "{}", route.path);
        let parameters = operation["parameters"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let in_path = parameters
            .iter()
            .map(|parameter| document.resolve(parameter))
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| format!("{{{}}}", parameter["name"].as_str().unwrap()));
        let in_path: Vec<String> = in_path.collect();
        assert!(
            in_path
                .iter()
                .all(|name| route.path.contains(name.as_str())),
            "{}",
            route.path
        );
        assert_eq!(
            route.path.matches('{').count(),
            in_path.len(),
            "{}",
            route.path
        );
    }
}

/// Holds every example below a part against its schema, and counts them.
fn check_examples(document: &Document, part: &Value) -> usize {
    let mut found = 0;
    if let (Some(schema), Some(example)) = (part.get("schema"), part.get("example")) {
        assert_eq!(document.check(schema, example), Ok(()), "{part}");
        found += 1;
    }
    let members = part
        .as_object()
        .into_iter()
        .flat_map(|members| members.values());
    let items = part.as_array().into_iter().flatten();
    for inner in members.chain(items) {
        found += check_examples(document, inner);
    }
    found
}

#[test]
fn every_example_fits_its_schema() {
    let stage = Stage::new();
    let document = Document::of(&stage);
    assert!(check_examples(&document, &document.0) > 40);
}

/// Template of the path, method, target, body.
type Step = (&'static str, &'static str, &'static str, &'static str);

const DAY: [Step; 77] = [
    ("/", "GET", "/", ""),
    ("/healthz", "GET", "/healthz", ""),
    ("/readyz", "GET", "/readyz", ""),
    ("/metrics", "GET", "/metrics", ""),
    ("/openapi.json", "GET", "/openapi.json", ""),
    ("/docs", "GET", "/docs", ""),
    ("/admin/keys", "POST", "/admin/keys", r#"{"name":"bot"}"#),
    ("/admin/keys", "POST", "/admin/keys", r#"{"name":"bot"}"#),
    ("/admin/keys", "POST", "/admin/keys", r#"{"name":""}"#),
    ("/admin/keys", "GET", "/admin/keys", ""),
    ("/admin/keys/{id}", "DELETE", "/admin/keys/bot", ""),
    ("/admin/keys/{id}", "DELETE", "/admin/keys/bot", ""),
    ("/tickers", "GET", "/tickers", ""),
    (
        "/tickers/{symbols}",
        "GET",
        "/tickers/BTC/USDT,ETH/BTC,NO/NE",
        "",
    ),
    (
        "/candles/{symbol}",
        "GET",
        "/candles/BTC/USDT?interval=1h&since=5&limit=9",
        "",
    ),
    (
        "/candles/{symbol}",
        "GET",
        "/candles/BTC/USDT?interval=7m",
        "",
    ),
    ("/stats", "GET", "/stats", ""),
    ("/stats/{symbol}", "GET", "/stats/ETH%2FBTC", ""),
    ("/depth/{symbol}", "GET", "/depth/BTC/USDT?limit=3", ""),
    ("/depth/{symbol}", "GET", "/depth/NO/NE", ""),
    ("/balance", "GET", "/balance", ""),
    ("/balance/{asset}", "GET", "/balance/USDT", ""),
    (
        "/admin/fund",
        "POST",
        "/admin/fund",
        r#"{"asset":"USDT","amount":500000}"#,
    ),
    (
        "/admin/fund",
        "POST",
        "/admin/fund",
        r#"{"asset":"DOGE","amount":1}"#,
    ),
    (
        "/balance/{asset}/deposit",
        "POST",
        "/balance/BTC/deposit",
        r#"{"amount":"3.5"}"#,
    ),
    (
        "/balance/{asset}/deposit",
        "POST",
        "/balance/NEW/deposit",
        r#"{"amount":1e-8}"#,
    ),
    (
        "/balance/{asset}/deposit",
        "POST",
        "/balance/BTC/deposit",
        r#"{"amount":0}"#,
    ),
    (
        "/balance/{asset}/withdrawal",
        "POST",
        "/balance/BTC/withdrawal",
        r#"{"amount":0.5}"#,
    ),
    (
        "/balance/{asset}/withdrawal",
        "POST",
        "/balance/BTC/withdrawal",
        r#"{"amount":99}"#,
    ),
    ("/balance", "GET", "/balance", ""),
    ("/balance/list", "GET", "/balance/list", ""),
    ("/balance/{asset}", "GET", "/balance/btc", ""),
    ("/balance/{asset}", "GET", "/balance/%C3%BC", ""),
    (
        "/orders",
        "POST",
        "/orders",
        r#"{"symbol":"BTC/USDT","side":"buy","amount":3}"#,
    ),
    (
        "/orders",
        "POST",
        "/orders",
        r#"{"symbol":"BTC/USDT","side":"sell","type":"limit","amount":1,"limit_price":51000}"#,
    ),
    (
        "/orders",
        "POST",
        "/orders",
        r#"{"symbol":"ETH/USDT","side":"buy","type":"limit","amount":"1","price":"9.5"}"#,
    ),
    (
        "/orders",
        "POST",
        "/orders",
        r#"{"symbol":"ETH/USDT","side":"buy","amount":100000}"#,
    ),
    (
        "/orders",
        "POST",
        "/orders",
        r#"{"symbol":"ETH/USDT","side":"buy","amount":-1}"#,
    ),
    (
        "/orders",
        "POST",
        "/orders",
        r#"{"symbol":"ETH/USDC","side":"buy","amount":1}"#,
    ),
    (
        "/orders/can_execute",
        "POST",
        "/orders/can_execute",
        r#"{"symbol":"ETH/USDT","side":"sell","amount":1}"#,
    ),
    (
        "/orders/can_execute",
        "POST",
        "/orders/can_execute",
        r#"{"symbol":"ETH/USDT","side":"buy","amount":1}"#,
    ),
    (
        "/orders/pair",
        "POST",
        "/orders/pair",
        r#"{"orders":[{"symbol":"BTC/USDT","side":"sell","amount":0.5,"trigger":"stop_loss","trigger_price":40000},
            {"symbol":"BTC/USDT","side":"sell","type":"limit","amount":0.5,"limit_price":60000,"post_only":true}],"client_id":"p"}"#,
    ),
    (
        "/orders/pair",
        "POST",
        "/orders/pair",
        r#"{"orders":[{"symbol":"BTC/USDT","side":"sell","amount":0.5}]}"#,
    ),
    (
        "/orders/{id}/replace",
        "POST",
        "/orders/000000000002/replace",
        r#"{"order":{"symbol":"BTC/USDT","side":"sell","type":"limit","amount":1,"limit_price":52000},"only_if":"new"}"#,
    ),
    (
        "/orders/{id}/replace",
        "POST",
        "/orders/000000000099/replace",
        r#"{"order":{"symbol":"BTC/USDT","side":"sell","amount":1}}"#,
    ),
    (
        "/orders/{id}/replace",
        "POST",
        "/orders/000000000099/replace",
        r#"{"order":{"symbol":"NO/NE","side":"sell","amount":1},"in_any_case":true}"#,
    ),
    (
        "/orders/cancel",
        "POST",
        "/orders/cancel",
        r#"{"symbol":"BTC/USDT"}"#,
    ),
    ("/rules", "GET", "/rules", ""),
    ("/rules", "GET", "/rules?symbol=BTC/USDT", ""),
    (
        "/admin/tickers/{symbol}/price",
        "PATCH",
        "/admin/tickers/BTC/USDT/price",
        r#"{"price":50500,"ask_volume":0.5}"#,
    ),
    (
        "/admin/tickers/{symbol}/price",
        "PATCH",
        "/admin/tickers/NO/NE/price",
        r#"{"price":1}"#,
    ),
    ("/overview/capital", "GET", "/overview/capital", ""),
    (
        "/overview/capital",
        "GET",
        "/overview/capital?aggregation=false",
        "",
    ),
    ("/overview/assets", "GET", "/overview/assets", ""),
    ("/overview/trades", "GET", "/overview/trades", ""),
    (
        "/overview/trades",
        "GET",
        "/overview/trades?side=SELL&assets=btc",
        "",
    ),
    ("/overview/trades", "GET", "/overview/trades?side=up", ""),
    ("/orders", "GET", "/orders?include_history=true", ""),
    (
        "/orders",
        "GET",
        "/orders?status=new,rejected&symbol=ETH/USDT&side=buy&type=market&tail=5&since=1",
        "",
    ),
    ("/orders", "GET", "/orders?tail=-1", ""),
    ("/orders", "GET", "/orders?before=000000000999", ""),
    (
        "/orders/list",
        "GET",
        "/orders/list?before=000000000001",
        "",
    ),
    (
        "/orders/{id}",
        "GET",
        "/orders/000000000001?include_history=true",
        "",
    ),
    ("/orders/{id}", "GET", "/orders/1", ""),
    (
        "/orders/{id}/cancel",
        "POST",
        "/orders/000000000003/cancel",
        "",
    ),
    (
        "/orders/{id}/cancel",
        "POST",
        "/orders/000000000003/cancel",
        "",
    ),
    (
        "/orders/{id}/cancel",
        "POST",
        "/orders/000000000099/cancel",
        "",
    ),
    (
        "/admin/balance/{asset}",
        "PATCH",
        "/admin/balance/USDT",
        r#"{"free":5,"used":null}"#,
    ),
    (
        "/admin/balance/{asset}",
        "PATCH",
        "/admin/balance/USDT",
        "{}",
    ),
    (
        "/admin/replay/step",
        "POST",
        "/admin/replay/step",
        r#"{"rows":5}"#,
    ),
    ("/admin/mirror/verify", "POST", "/admin/mirror/verify", ""),
    ("/admin/backup", "GET", "/admin/backup", ""),
    ("/admin/health", "GET", "/admin/health", ""),
    ("/admin/data", "DELETE", "/admin/data", ""),
    ("/trades", "GET", "/trades?limit=2", ""),
    (
        "/trades",
        "GET",
        "/trades?symbol=BTC/USDT&order=000000000001&since=1&before=99",
        "",
    ),
    ("/trades", "GET", "/trades?order=x", ""),
];

#[test]
fn the_answers_of_a_day_fit_the_document() {
    let stage = Stage::new();
    let document = Document::of(&stage);
    let mut succeeded = BTreeSet::new();
    for (template, method, target, body) in DAY {
        let operation = document.operation(method, template);
        let answer = stage.with_body(method, target, body);
        document.check_answer(operation, &answer);
        if answer.status == 200 {
            succeeded.insert((method, template));
            if !body.is_empty() {
                let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
                let sent: Value = serde_json::from_str(body).unwrap();
                assert_eq!(document.check(schema, &sent), Ok(()), "{body}");
            }
        }
        let names = target
            .split_once('?')
            .map_or("", |(_, query)| query)
            .split('&');
        for name in names
            .filter_map(|pair| pair.split('=').next())
            .filter(|name| !name.is_empty())
        {
            let declared = operation["parameters"].as_array().unwrap();
            let known = declared
                .iter()
                .any(|parameter| document.resolve(parameter)["name"] == name);
            assert!(known, "{target}: {name} is not in the document");
        }
    }
    assert_eq!(succeeded.len(), ROUTES.len());
    stage.broken.set(true);
    for route in ROUTES.iter().filter(|route| route.guard == Guard::Write) {
        let target = super::access::filled(route.path);
        let body = json!({
            "symbol": "BTC/USDT", "side": "buy", "amount": 1, "asset": "USDT", "price": 1, "free": 1, "rows": 1,
            "order": {"symbol": "BTC/USDT", "side": "buy", "amount": 1},
            "orders": [
                {"symbol": "BTC/USDT", "side": "buy", "amount": 1, "trigger": "stop_loss", "trigger_price": 90000},
                {"symbol": "BTC/USDT", "side": "buy", "type": "limit", "amount": 1, "limit_price": 1, "post_only": true},
            ],
        });
        let answer = stage.with_body(route.method, &target, &body.to_string());
        document.check_answer(document.operation(route.method, route.path), &answer);
        let reads_only = [
            "/orders/can_execute",
            "/admin/replay/step",
            "/admin/mirror/verify",
            "/admin/keys",
            "/admin/keys/{id}",
            "/admin/backup",
        ]
        .contains(&route.path);
        assert_eq!(
            answer.status == 503,
            !reads_only,
            "{}: {}",
            route.path,
            answer.text
        );
    }
    let ready = stage.get("/readyz");
    document.check_answer(document.operation("GET", "/readyz"), &ready);
}

#[test]
fn the_documentation_page_allows_nothing_from_elsewhere() {
    let stage = Stage::new();
    let (page, again) = (stage.get("/docs"), stage.get("/docs"));
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'nonce-"),
        "{policy}"
    );
    let nonce = policy
        .split('\'')
        .find_map(|part| part.strip_prefix("nonce-"))
        .unwrap();
    assert!(page.text.contains(&format!("<style nonce=\"{nonce}\">")));
    assert!(!again.text.contains(nonce));
}
