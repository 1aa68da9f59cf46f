//! The figures of the pages are those of the REST API to the last digit; pages are small and safe. (How quick they are is
//! for `cargo bench --bench daemon -- pages` to say.)

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use tempfile::TempDir;

use super::stage::Stage;
use crate::support::{Client, Launch};

/// Bytes that a page may have.
const PAGE_BYTES_MAX: usize = 300_000;

/// The exact values of the figures in a piece of a page, in their order.
pub(super) fn values(html: &str) -> Vec<&str> {
    let ends = html
        .match_indices(" value=\"")
        .map(|(at, mark)| &html[at + mark.len()..]);
    ends.map(|rest| rest.split('"').next().unwrap()).collect()
}

/// The row of a table that begins with this name.
pub(super) fn row<'a>(page: &'a str, name: &str) -> &'a str {
    let head = format!("<tr><th scope=\"row\">{name}</th>");
    let at = page
        .find(&head)
        .unwrap_or_else(|| panic!("no row {name} in {page}"));
    page[at..].split("</tr>").next().unwrap()
}

/// The first figure of a tile.
pub(super) fn tile<'a>(page: &'a str, label: &str) -> &'a str {
    let at = page
        .find(&format!("<dt>{label}"))
        .unwrap_or_else(|| panic!("no {label}"));
    values(&page[at..])[0]
}

/// The members of an object, each as its own text: no number goes through a float.
fn members(json: &str) -> BTreeMap<String, &str> {
    let raw: BTreeMap<String, &RawValue> = serde_json::from_str(json).unwrap();
    raw.into_iter()
        .map(|(name, value)| (name, value.get()))
        .collect()
}

fn compare_portfolio(client: &mut Client, page: &str) -> usize {
    let body = client.get("/overview/capital?aggregation=false").body;
    let rows = members(members(&body)["balance"]);
    // The tables behind the rings come before.
    let (_, page) = page.split_once("aria-label=\"Balances\"").unwrap();
    for (name, row_of_api) in &rows {
        let shown = values(row(page, name));
        let row_of_api = members(row_of_api);
        for (at, key) in ["free", "used", "total", "price", "value"]
            .into_iter()
            .enumerate()
        {
            assert_eq!(shown[at], row_of_api[key], "{key} of {name}");
        }
    }
    rows.len()
}

#[test]
fn pages_and_api_agree_to_the_last_digit() {
    let stage = Stage::new(26, "T");
    let mut client = stage.daemon.client();
    let body = client.get("/overview/capital").body;
    let capital = members(&body);
    let portfolio = client.get("/ui/portfolio").body;
    assert!(compare_portfolio(&mut client, &portfolio) > 2);
    let overview = client.get("/ui").body;
    let performance = client.get("/ui/performance?span=all").body;
    for (page, label, key) in [
        (&overview, "Equity", "equity"),
        (&overview, "Profit / loss", "profit_loss"),
        (&portfolio, "Equity", "equity"),
        (&performance, "Equity", "equity"),
        (&performance, "Net P/L", "profit_loss"),
        (&performance, "Paid in", "deposits"),
        (&performance, "Distributed", "withdrawals"),
    ] {
        assert_eq!(tile(page, label), capital[key], "{label}");
    }
    let body = client.get("/overview/assets").body;
    let worth = members(members(&body)["balance_source"]);
    for (label, key) in [
        ("Cash", "cash_total_value"),
        ("Assets", "assets_total_value"),
        ("Free", "total_free_value"),
        ("Frozen", "total_frozen_value"),
    ] {
        assert_eq!(tile(&portfolio, label), worth[key], "{label}");
    }
    // The curve knows a whole day and ends with what there is now.
    let (_, curve) = performance.split_once("Equity over time</h2>").unwrap();
    let first_row = curve.split("<tbody>").nth(1).unwrap();
    assert_eq!(values(first_row)[0], capital["equity"]);
    assert!(
        curve
            .split("</tbody>")
            .next()
            .unwrap()
            .matches("<tr>")
            .count()
            > 10
    );
    for page in [&overview, &portfolio, &performance] {
        assert!(page.len() < PAGE_BYTES_MAX, "{}", page.len());
    }
}

#[test]
fn an_account_of_two_hundred_assets_is_small_and_right() {
    let home = TempDir::new().unwrap();
    let names: Vec<String> = (0..200).map(|at| format!("A{at:03}")).collect();
    let symbols: Vec<String> = names
        .iter()
        .map(|name| format!("\"{name}/USDT\""))
        .collect();
    let config = format!("[oracle]\nsymbols = [{}]\n", symbols.join(", "));
    let launch = Launch::new(&home.path().join("data"), "push").config(&config);
    let daemon = launch.start();
    let mut client = daemon.client();
    for (at, name) in names.iter().enumerate() {
        client.set_price(
            &format!("{name}/USDT"),
            &format!("{}.{:03}", at * 7 + 1, at),
        );
        let amount = format!("{{\"amount\":{}.{:06}}}", at + 1, 999_999 - at);
        client.post(&format!("/balance/{name}/deposit"), &amount);
    }
    let page = client.get("/ui/portfolio").body;
    assert_eq!(compare_portfolio(&mut client, &page), names.len());
    for path in ["/ui/portfolio", "/ui?from=0", "/ui/performance"] {
        let page = client.get(path).body;
        assert!(page.len() < PAGE_BYTES_MAX, "{path}: {}", page.len());
    }
    // Sorted by a column, both ways.
    let order = |page: &str| page.find(">A007<").unwrap() < page.find(">A150<").unwrap();
    assert!(order(&client.get("/ui/portfolio?sort=asset&dir=up").body));
    assert!(!order(
        &client.get("/ui/portfolio?sort=asset&dir=down").body
    ));
    assert!(!order(&client.get("/ui/portfolio").body));
}

#[test]
fn samples_outlive_a_restart_and_not_a_reset() {
    let home = TempDir::new().unwrap();
    let data = home.path().join("data");
    let daemon = Launch::new(&data, "push")
        .env("SYMBOLS", "BTC/USDT")
        .start();
    let mut client = daemon.client();
    client.set_price("BTC/USDT", "100");
    client.post("/balance/USDT/deposit", "{\"amount\":1000}");
    client.post("/balance/BTC/deposit", "{\"amount\":2}");
    client.set_price("BTC/USDT", "150");
    let row_of = |client: &mut Client| {
        let page = client.get("/ui/performance").body;
        values(row(&page, "BTC"))
            .iter()
            .map(|value| (*value).to_owned())
            .collect::<Vec<_>>()
    };
    let before = row_of(&mut client);
    assert_eq!(before[..3], ["300", "200", "100"]);
    drop(client);
    daemon.stop();
    let daemon = Launch::new(&data, "push")
        .env("SYMBOLS", "BTC/USDT")
        .start();
    let mut client = daemon.client();
    assert_eq!(row_of(&mut client), before);
    client.request("DELETE", "/admin/data", "").unwrap().ok();
    let page = client.get("/ui/performance").body;
    assert!(page.contains("There is no curve yet"), "{page}");
    assert!(page.contains("Nothing was traded yet"), "{page}");
    daemon.stop();
}

#[test]
fn the_pages_can_be_closed_and_switched_off() {
    let home = TempDir::new().unwrap();
    let closed = Launch::new(&home.path().join("closed"), "push")
        .config("[pages]\nneed_key = true\n")
        .start();
    assert_eq!(
        closed.client().request("GET", "/ui", "").unwrap().status,
        200
    );
    let mut stranger = Client::connect(closed.address, "wrong").unwrap();
    for path in ["/ui", "/ui/performance", "/ui/portfolio"] {
        let answer = stranger.request("GET", path, "").unwrap();
        assert_eq!(answer.status, 403, "{path}");
        assert!(!answer.body.contains("Equity"), "{path}");
    }
    let off = Launch::new(&home.path().join("off"), "push")
        .config("[pages]\nenabled = false\n")
        .start();
    assert_eq!(off.client().request("GET", "/ui", "").unwrap().status, 404);
}

#[test]
fn what_comes_from_outside_is_shown_as_text() {
    let home = TempDir::new().unwrap();
    let daemon = Launch::new(&home.path().join("data"), "push")
        .env("APP_TITLE", "<script>alert(1)</script>")
        .env("SYMBOLS", "A-_.B/USDT")
        .start();
    let mut client = daemon.client();
    let paths = [
        ("/ui", 200),
        ("/ui/performance?span=%22%3E%3Cscript%3E", 200),
        ("/ui/portfolio?refresh=5&x='%3Cscript%3E'&y=&amp;", 200),
        ("/ui/%3Cscript%3E", 404),
        ("/ui/portfolio?sort=%ff", 422),
    ];
    for (path, status) in paths {
        let answer = client.request("GET", path, "").unwrap();
        let body = answer.body.to_ascii_lowercase();
        assert_eq!(answer.status, status, "{path}: {body}");
        // The one script of the page's own has an address.
        assert_eq!(body.matches("<script").count(), 1, "{path}: {body}");
        assert!(body.contains("<script src=\"/ui/script.js?v="), "{path}");
        assert!(
            !body.contains("<b>") && !body.contains("x=<"),
            "{path}: {body}"
        );
    }
    let answer = client.request("POST", "/ui", "").unwrap();
    assert_eq!(answer.status, 405);
}
