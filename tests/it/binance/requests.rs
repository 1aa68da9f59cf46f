//! What is asked, how it is signed, and how it is refused.

use serde_json::Value;

use super::stage::{Stage, now, told};

#[test]
fn the_signature_is_over_the_bytes_as_they_came() {
    let mut stage = Stage::new("");
    let key = stage.key.clone();
    let headers = format!(
        "X-MBX-APIKEY: {}\r\ncontent-type: application/x-www-form-urlencoded\r\n",
        key.public
    );
    let stamp = now();
    let order = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=40000";
    let sign = |message: &str| key.sign(message);
    // What stands in the query, what in the body, and what of both is signed.
    let all = format!("{order}&timestamp={stamp}");
    let (half, rest) = (
        order.to_owned(),
        format!("timestamp={stamp}&newClientOrderId=a%2Db"),
    );
    let upper = sign(&all).to_uppercase();
    for (query, body) in [
        (format!("{all}&signature={}", sign(&all)), String::new()),
        (String::new(), format!("{all}&signature={}", sign(&all))),
        (format!("signature={}&{all}", sign(&all)), String::new()),
        (format!("{all}&signature={upper}"), String::new()),
        (
            half.clone(),
            format!("{rest}&signature={}", sign(&format!("{half}{rest}"))),
        ),
        (
            format!("signature={}&{half}", sign(&format!("{half}{rest}"))),
            rest.clone(),
        ),
    ] {
        let target = format!("/api/v3/order/test?{query}");
        let answer = stage.send("POST", &target, &headers, &body);
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (200, "{}"),
            "{query} {body}"
        );
    }
    let other = sign("something else");
    for query in [
        format!("{all}&signature={other}"),
        format!("{all}&signature=zz"),
        format!("{all}&more=1&signature={}", sign(&all)),
        format!("{}&signature={}", all.replace("40000", "40001"), sign(&all)),
    ] {
        let target = format!("/api/v3/order/test?{query}");
        let answer = stage.send("POST", &target, &headers, "");
        let told = told(&answer);
        assert_eq!((answer.status, told.0), (400, -1022), "{query}");
        assert_eq!(told.1, "Signature for this request is not valid.");
    }
}

#[test]
fn every_refusal_is_json_with_a_code() {
    let mut stage = Stage::new("");
    let key = stage.key.public.clone();
    let stranger = "x".repeat(64);
    for (method, target, api_key, status, code) in [
        ("GET", "/api/v3/nothing", "", 404, -1100),
        ("GET", "/sapi/v1/nothing", "", 404, -1100),
        ("GET", "/api/", "", 404, -1100),
        ("PUT", "/api/v3/order", "", 405, -1020),
        ("GET", "/api/v3/account", "", 401, -2014),
        ("GET", "/api/v3/account", "short", 401, -2014),
        ("GET", "/api/v3/account", stranger.as_str(), 401, -2015),
        ("GET", "/api/v3/account", key.as_str(), 400, -1102),
        (
            "GET",
            "/api/v3/account?timestamp=1",
            key.as_str(),
            400,
            -1021,
        ),
        (
            "GET",
            "/api/v3/account?timestamp=9999999999999",
            key.as_str(),
            400,
            -1021,
        ),
        ("GET", "/api/v3/depth?symbol=NONE", "", 400, -1121),
        ("GET", "/api/v3/depth?symbol=btcusdt", "", 400, -1100),
        ("GET", "/api/v3/depth", "", 400, -1102),
        ("GET", "/api/v3/ticker/price?symbol=NEWUSDT", "", 400, -1121),
        (
            "GET",
            "/api/v3/ticker/price?symbols=BTCUSDT",
            "",
            400,
            -1100,
        ),
        (
            "GET",
            "/api/v3/ticker/price?symbol=A&symbol=B",
            "",
            400,
            -1101,
        ),
    ] {
        let headers = format!("X-MBX-APIKEY: {api_key}\r\n");
        let answer = stage.send(method, target, &headers, "");
        assert_eq!(
            (answer.status, told(&answer).0),
            (status, code),
            "{method} {target}: {}",
            answer.body
        );
    }
    let unsigned = format!("/api/v3/account?timestamp={}", now());
    let answer = stage.send("GET", &unsigned, &format!("X-MBX-APIKEY: {key}\r\n"), "");
    let missing = "Mandatory parameter 'signature' was not sent, was empty/null, or malformed.";
    assert_eq!(told(&answer), (-1102, missing.to_owned()));
}

#[test]
fn times_are_told_in_the_unit_that_is_asked_for() {
    let mut stage = Stage::new("");
    let time = |answer: Value| answer["serverTime"].as_u64().unwrap();
    let millis = time(stage.open("/api/v3/time").ok().json());
    let micros = stage.send(
        "GET",
        "/api/v3/time",
        "X-MBX-TIME-UNIT: MICROSECOND\r\n",
        "",
    );
    let micros = time(micros.ok().json());
    assert!(micros / 1000 >= millis && micros / 1000 - millis < 60_000);
    let wrong = stage.send("GET", "/api/v3/time", "X-MBX-TIME-UNIT: HOUR\r\n", "");
    assert_eq!(told(&wrong).0, -1130);
}

#[test]
fn the_markets_are_told_with_what_works() {
    let mut stage = Stage::new("");
    let info = stage.open("/api/v3/exchangeInfo").ok().json();
    let symbols = info["symbols"].as_array().unwrap();
    let names: Vec<&str> = symbols
        .iter()
        .map(|s| s["symbol"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["BTCUSDT", "ETHBTC", "ETHUSDT", "NEWUSDT"]);
    let status = |name: &str| {
        let found = symbols.iter().find(|s| s["symbol"] == name).unwrap();
        found["status"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        (status("BTCUSDT"), status("NEWUSDT")),
        ("TRADING".into(), "HALT".into())
    );
    let mut count = |query: &str| {
        let info = stage
            .open(&format!("/api/v3/exchangeInfo?{query}"))
            .ok()
            .json();
        info["symbols"].as_array().unwrap().len()
    };
    assert_eq!(count("symbol=ETHUSDT"), 1);
    assert_eq!(count("symbols=%5B%22ETHUSDT%22,%22BTCUSDT%22%5D"), 2);
    assert_eq!(count("symbolStatus=HALT"), 1);
    assert_eq!(count("permissions=SPOT"), 4);
    assert_eq!(count("permissions=MARGIN"), 0);
    let unknown = stage.open("/api/v3/exchangeInfo?symbol=NONE");
    assert_eq!(told(&unknown), (-1121, "Invalid symbol.".to_owned()));
}

#[test]
fn it_can_be_switched_off_and_limited() {
    let directory = tempfile::tempdir().unwrap();
    let off = crate::support::Launch::new(&directory.path().join("data"), "push")
        .config("[binance]\nenabled = false\n")
        .start();
    let answer = off.client().request("GET", "/api/v3/ping", "").unwrap();
    assert_eq!(answer.status, 404);
    assert_eq!(answer.json()["code"], "not_found");
    let mut stage = Stage::new("[binance]\nlimits = true\n");
    let statuses: Vec<u16> = (0..320)
        .map(|_| stage.open("/api/v3/exchangeInfo").status)
        .collect();
    let count = |wanted: u16| statuses.iter().filter(|status| **status == wanted).count();
    // A new minute may begin in the middle.
    assert!(count(200) >= 299 && count(200) + count(429) + count(418) == 320);
}
