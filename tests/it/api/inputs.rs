//! Whatever is wrong with an input is answered with the right status and the name of the field, and changes nothing.

use mockx::http::{Method, Request};

use super::stage::Stage;

/// Values that are no amount, whichever field they stand in.
const NO_AMOUNTS: [&str; 22] = [
    "null",
    "\"\"",
    "\" 1\"",
    "\"abc\"",
    "true",
    "[1]",
    "{\"a\":1}",
    "-1",
    "\"-0.5\"",
    "NaN",
    "-Infinity",
    "\"NaN\"",
    "\"Infinity\"",
    "1e400",
    "1e-40",
    "\"1e99999999999\"",
    "123456789012345678901234567890",
    "0.123456789012345678901234567891",
    "1_000",
    "\"1,5\"",
    "+1",
    "01",
];

/// A request with a body of fields.
struct Form {
    method: &'static str,
    path: &'static str,
    /// Names and good values.
    fields: &'static [(&'static str, &'static str)],
}

const ORDER: &[(&str, &str)] = &[
    ("symbol", "\"BTC/USDT\""),
    ("side", "\"buy\""),
    ("type", "\"limit\""),
    ("amount", "1"),
    ("limit_price", "40000"),
];

const FORMS: [Form; 7] = [
    Form {
        method: "POST",
        path: "/orders",
        fields: ORDER,
    },
    Form {
        method: "POST",
        path: "/orders/can_execute",
        fields: ORDER,
    },
    Form {
        method: "POST",
        path: "/balance/USDT/deposit",
        fields: &[("amount", "1")],
    },
    Form {
        method: "POST",
        path: "/balance/USDT/withdrawal",
        fields: &[("amount", "1")],
    },
    Form {
        method: "POST",
        path: "/admin/fund",
        fields: &[("asset", "\"USDT\""), ("amount", "1")],
    },
    Form {
        method: "PATCH",
        path: "/admin/tickers/BTC/USDT/price",
        fields: &[("price", "40000"), ("bid_volume", "1"), ("ask_volume", "1")],
    },
    Form {
        method: "PATCH",
        path: "/admin/balance/USDT",
        fields: &[("free", "5"), ("used", "5")],
    },
];

/// Fields that may be absent, and so null.
const OPTIONAL: [&str; 5] = ["type", "bid_volume", "ask_volume", "free", "used"];
/// Fields that are not numbers.
const WORDS: [&str; 4] = ["symbol", "side", "type", "asset"];

impl Form {
    /// The body with one value replaced, or left out.
    fn body(&self, name: &str, value: Option<&str>) -> String {
        let members = self.fields.iter().filter_map(|&(field, good)| {
            let value = if field == name { value? } else { good };
            Some(format!("\"{field}\": {value}"))
        });
        format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
    }

    /// Sends a body that must be refused with this status, naming the field.
    fn refuse(&self, stage: &Stage, body: &str, status: u16, named: &str) {
        let digest = stage.digest();
        let answer = stage.with_body(self.method, self.path, body);
        let what = format!("{} {} {body}: {}", self.method, self.path, answer.text);
        assert_eq!(answer.status, status, "{what}");
        assert!(answer.detail().to_lowercase().contains(named), "{what}");
        assert_eq!(stage.digest(), digest, "{what}");
    }
}

/// A stage with some money.
fn funded() -> Stage {
    let stage = Stage::new();
    stage.change(
        "POST",
        "/admin/fund",
        r#"{"asset": "USDT", "amount": 1000000}"#,
    );
    stage
}

#[test]
fn bad_amounts_are_named() {
    let stage = funded();
    for form in &FORMS {
        for &(name, _) in form.fields.iter().filter(|(name, _)| !WORDS.contains(name)) {
            let field = format!("`{name}`");
            for bad in NO_AMOUNTS {
                if bad != "null" || !OPTIONAL.contains(&name) {
                    form.refuse(&stage, &form.body(name, Some(bad)), 422, &field);
                }
            }
            if !OPTIONAL.contains(&name) {
                form.refuse(&stage, &form.body(name, None), 422, &field);
                form.refuse(&stage, &form.body(name, Some("0")), 422, &field);
            }
        }
    }
}

#[test]
fn bad_words_are_named() {
    let stage = funded();
    for form in &FORMS {
        for &(name, _) in form.fields.iter().filter(|(name, _)| WORDS.contains(name)) {
            let field = format!("`{name}`");
            if !OPTIONAL.contains(&name) {
                form.refuse(&stage, &form.body(name, None), 422, &field);
                form.refuse(&stage, &form.body(name, Some("null")), 422, &field);
            }
            for bad in [
                "\"\"",
                "1",
                "true",
                "[]",
                "{}",
                "\"\\u00fc\"",
                "\"ü\"",
                "NaN",
                "\"a b\"",
            ] {
                form.refuse(&stage, &form.body(name, Some(bad)), 422, &field);
            }
        }
    }
}

#[test]
fn bad_symbols_and_assets_are_named() {
    let stage = funded();
    let long = format!("\"{}/USDT\"", "X".repeat(40));
    for form in &FORMS[..2] {
        let malformed = [
            "\"BTCUSDT\"",
            "\"BTC/BTC\"",
            "\"BTC/\"",
            "\"A/B/C\"",
            &long,
            "\"btcusdt\"",
        ];
        for bad in malformed {
            form.refuse(&stage, &form.body("symbol", Some(bad)), 422, "`symbol`");
        }
        for unknown in [
            "\"DOGE/USDT\"",
            "\"btc/usdt\"",
            "\"doge/usdt\"",
            "\"NEW/USDT\"",
        ] {
            form.refuse(&stage, &form.body("symbol", Some(unknown)), 400, "symbol");
        }
    }
    let long = format!("\"{}\"", "X".repeat(40));
    FORMS[4].refuse(&stage, &FORMS[4].body("asset", Some(&long)), 422, "`asset`");
    FORMS[4].refuse(
        &stage,
        &FORMS[4].body("asset", Some("\"DOGE\"")),
        400,
        "asset",
    );
    let hint = stage
        .post("/orders", &FORMS[0].body("symbol", Some("\"btc/usdt\"")))
        .detail();
    assert_eq!(
        hint,
        "Symbol btc/usdt unknown or not tradeable; did you mean BTC/USDT?"
    );
}

/// Method, path, body; status, and what the text names.
type BadPath = (&'static str, &'static str, &'static str, u16, &'static str);

const BAD_PATHS: [BadPath; 16] = [
    ("GET", "/balance/%C3%9C", "", 422, "`asset`"),
    (
        "GET",
        concat!("/balance/", "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX"),
        "",
        422,
        "`asset`",
    ),
    (
        "POST",
        concat!(
            "/balance/",
            "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX",
            "/deposit"
        ),
        r#"{"amount":1}"#,
        422,
        "`asset`",
    ),
    (
        "POST",
        "/balance/A%2FB/deposit",
        r#"{"amount":1}"#,
        422,
        "`asset`",
    ),
    (
        "POST",
        "/balance/DOGE/withdrawal",
        r#"{"amount":1}"#,
        400,
        "Asset DOGE",
    ),
    (
        "PATCH",
        "/admin/balance/DOGE",
        r#"{"free":1}"#,
        400,
        "Asset DOGE",
    ),
    ("PATCH", "/admin/balance/USDT", "{}", 422, "`free`"),
    (
        "PATCH",
        "/admin/balance/USDT",
        r#"{"free":null}"#,
        422,
        "`used`",
    ),
    (
        "PATCH",
        "/admin/tickers/DOGE/USDT/price",
        r#"{"price":1}"#,
        404,
        "Symbol DOGE/USDT",
    ),
    (
        "PATCH",
        "/admin/tickers/btc%2Fusdt/price",
        r#"{"price":1}"#,
        404,
        "BTC/USDT?",
    ),
    (
        "PATCH",
        "/admin/tickers/BTCUSDT/price",
        r#"{"price":1}"#,
        422,
        "`symbol`",
    ),
    (
        "PATCH",
        "/admin/tickers/BTC/BTC/price",
        r#"{"price":1}"#,
        422,
        "`symbol`",
    ),
    ("GET", "/overview/trades?side=long", "", 422, "`side`"),
    ("GET", "/overview/trades?assets=%C3%9C", "", 422, "`assets`"),
    (
        "GET",
        "/overview/capital?aggregation=perhaps",
        "",
        422,
        "`aggregation`",
    ),
    (
        "GET",
        "/orders/000000000001?include_history=2",
        "",
        422,
        "`include_history`",
    ),
];

#[test]
fn bad_names_in_paths_are_named() {
    let stage = funded();
    for (method, path, body, status, named) in BAD_PATHS {
        let digest = stage.digest();
        let answer = stage.with_body(method, path, body);
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text);
        assert!(
            answer.detail().contains(named),
            "{method} {path}: {}",
            answer.text
        );
        assert_eq!(stage.digest(), digest, "{method} {path}");
    }
}

#[test]
fn a_body_must_be_json() {
    let stage = funded();
    let deep = "[".repeat(10_000) + &"]".repeat(10_000);
    for form in &FORMS {
        let good = form.body("", None);
        for bad in ["", " ", "{}"] {
            let first = form.fields[0].0;
            form.refuse(&stage, bad, 422, &format!("`{first}`"));
        }
        for bad in [
            "[]",
            "1",
            "null",
            "\"x\"",
            "{",
            "nonsense",
            &deep,
            &format!("[{good}]"),
        ] {
            form.refuse(&stage, bad, 422, "json");
        }
        form.refuse(&stage, &"{\"a\":".repeat(10_000), 422, "json");
        for kind in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/jsonx",
            "",
        ] {
            let request = Request::new(Method::from(form.method), form.path)
                .with_header("Content-Type", kind)
                .with_body(good.clone());
            let digest = stage.digest();
            let answer = stage.send(request);
            assert_eq!(answer.status, 415, "{kind}: {}", answer.text);
            assert_eq!(stage.digest(), digest);
        }
        let nested = format!("{{\"unknown\": {deep}, {}", &good[1..]);
        for kind in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/vnd.x+json",
        ] {
            let request = Request::new(Method::from(form.method), form.path)
                .with_header("Content-Type", kind)
                .with_body(nested.clone());
            let answer = stage.send(request);
            assert_eq!(answer.status, 200, "{kind}: {}", answer.text);
        }
        let untyped = Request::new(Method::from(form.method), form.path).with_body(good);
        assert_eq!(stage.send(untyped).status, 200, "{}", form.path);
        let latin = Request::new(Method::from(form.method), form.path).with_body(b"{\"\xe4\":1}");
        assert_eq!(stage.send(latin).status, 422);
    }
}

#[test]
fn digits_that_cannot_be_kept_are_refused() {
    let stage = funded();
    stage.change(
        "POST",
        "/admin/fund",
        r#"{"asset": "USDT", "amount": 999999999999999}"#,
    );
    let digest = stage.digest();
    let refused = stage.post("/balance/USDT/deposit", r#"{"amount": 1e-20}"#);
    assert_eq!(
        (refused.status, refused.json()["code"].as_str()),
        (422, Some("not_exact"))
    );
    assert!(refused.detail().contains("amount"));
    assert_eq!(stage.digest(), digest);
}

#[test]
fn what_is_not_used_is_not_looked_at() {
    let stage = funded();
    let order = stage.change(
        "POST",
        "/orders",
        r#"{"symbol":"BTC/USDT","side":"Sell","type":null,"amount":1,"limit_price":0,"x":{}}"#,
    );
    assert_eq!(order["type"], "market");
    assert_eq!(order["side"], "sell");
    let both = stage.change(
        "POST",
        "/orders",
        r#"{"symbol":"BTC/USDT","side":"buy","type":"limit","amount":1,"limit_price":7,"price":8}"#,
    );
    assert_eq!(both["limit_price"], 7);
}
