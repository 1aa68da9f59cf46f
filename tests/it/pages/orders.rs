//! The list of orders, its file and the page of an order, figure by figure beside the REST API.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Client, Daemon, Launch};

/// The longest page.
const ROWS: usize = 1000;
const BYTES_MAX: usize = 300_000;
/// More than one piece of the file, and than one page.
const ROWS_OF_FILE: usize = 1100;

fn start(home: &TempDir) -> Daemon {
    Launch::new(&home.path().join("data"), "push")
        .config("[oracle]\nsymbols = [\"BTC/USDT\", \"ETH/USDT\"]\n[exchange]\nfill_sigma = 0\n")
        .start()
}

/// Orders of all kinds with many digits: filled, resting, canceled, rejected.
fn trade(client: &mut Client, orders: usize) {
    client.post("/admin/fund", r#"{"asset":"USDT","amount":90000000}"#);
    for (at, symbol) in ["BTC/USDT", "ETH/USDT"].into_iter().enumerate() {
        client.set_price(symbol, ["64780.123", "2683.4567891"][at]);
    }
    for number in 0..orders {
        let symbol = ["BTC/USDT", "ETH/USDT"][number % 2];
        let side = ["buy", "buy", "sell"][number % 3];
        let amount = format!("0.0{:06}", number * 977 % 999_983 + 1);
        let kind = match number % 5 {
            0 => r#","type":"limit","limit_price":1234.56789"#,
            1 => r#","type":"limit","limit_price":70000.5"#,
            _ => "",
        };
        let body = format!(r#"{{"symbol":"{symbol}","side":"{side}","amount":{amount}{kind}}}"#);
        let order = client
            .request("POST", "/orders", &body)
            .unwrap()
            .ok()
            .json();
        if number % 10 == 0 && order["status"] == "new" {
            let id = order["id"].as_str().unwrap();
            // It may have been filled in between.
            client
                .request("POST", &format!("/orders/{id}/cancel"), "")
                .unwrap();
        }
    }
}

/// The cells of the rows of a table: the text, and the exact value where a title tells it.
fn cells(page: &str) -> Vec<Vec<(String, Option<String>)>> {
    let table = page.split("<tbody>").nth(1).unwrap();
    let table = table.split("</tbody>").next().unwrap();
    let plain = |html: &str| {
        let mut text = String::new();
        let mut inside = false;
        for letter in html.chars() {
            match letter {
                '<' => inside = true,
                '>' => inside = false,
                other if !inside => text.push(other),
                _ => {}
            }
        }
        text.trim().to_owned()
    };
    let cell = |html: &str| {
        let (head, text) = html.split_once('>').unwrap();
        let title = head.trim().strip_prefix("title=").map(str::to_owned);
        (plain(text), title)
    };
    let rows = table.split("<tr").skip(1);
    rows.map(|row| row.split("<td").skip(1).map(cell).collect())
        .collect()
}

/// A number as the API has it, from a cell.
fn number(cell: &(String, Option<String>)) -> String {
    let text = cell.1.clone().unwrap_or_else(|| cell.0.replace(',', ""));
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// A whole answer that has no length.
pub(super) fn read_to_end(daemon: &Daemon, path: &str) -> String {
    let mut stream = TcpStream::connect(daemon.address).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\nhost: localhost\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text.split_once("\r\n\r\n").unwrap().1.to_owned()
}

/// Orders by the API, with the literal digits of their numbers.
fn by_the_api(client: &mut Client, path: &str) -> Vec<serde_json::Map<String, Value>> {
    let body = client.get(path).body;
    // Numbers become texts, so that no digit is lost on the way.
    let mut quoted = String::new();
    let mut letters = body.chars().peekable();
    let mut text = false;
    while let Some(letter) = letters.next() {
        if letter == '"' {
            text = !text;
        }
        if !text && letter.is_ascii_digit() {
            quoted.push('"');
            quoted.push(letter);
            while let Some(digit) = letters.next_if(|next| next.is_ascii_digit() || *next == '.') {
                quoted.push(digit);
            }
            quoted.push('"');
        } else {
            quoted.push(letter);
        }
    }
    serde_json::from_str(&quoted).unwrap()
}

fn text(order: &serde_json::Map<String, Value>, name: &str) -> String {
    order[name].as_str().unwrap_or("").to_owned()
}

#[test]
fn a_thousand_orders_are_those_of_the_api() {
    let home = TempDir::new().unwrap();
    let daemon = start(&home);
    let mut client = daemon.client();
    trade(&mut client, ROWS + 20);
    // Both answers are to tell of the same moment.
    let (page, orders) = crate::support::wait_for("a moment without a change", || {
        let before = client.digest();
        let page = client.get("/ui/orders?rows=1000").body;
        let orders = by_the_api(&mut client, "/orders?tail=1000");
        (client.digest() == before).then_some((page, orders))
    });
    assert!(page.len() < BYTES_MAX, "{} bytes", page.len());
    let rows = cells(&page);
    assert_eq!((rows.len(), orders.len()), (ROWS, ROWS));
    for (row, order) in rows.iter().zip(&orders) {
        let id = text(order, "id");
        assert_eq!(format!("{:0>12}", row[0].0), id);
        assert_eq!(row[2].0, text(order, "symbol"));
        assert_eq!(row[3].0.to_lowercase(), text(order, "side"));
        assert_eq!(row[4].0, text(order, "status").replace('_', " "));
        assert_eq!(number(&row[5]), text(order, "amount"), "{id}");
        let filled = match row[6].0.as_str() {
            "all" => number(&row[5]),
            "–" => "0".to_owned(),
            _ => number(&row[6]),
        };
        assert_eq!(filled, text(order, "actual_filled"), "{id}");
        let none_or = |cell: &(String, Option<String>), none: &str| {
            let is_none = ["–", "market"].contains(&cell.0.as_str());
            if is_none {
                none.to_owned()
            } else {
                number(cell)
            }
        };
        assert_eq!(none_or(&row[7], ""), text(order, "limit_price"), "{id}");
        assert_eq!(none_or(&row[8], ""), text(order, "price"), "{id}");
        assert_eq!(none_or(&row[9], "0"), text(order, "actual_notion"), "{id}");
        assert_eq!(none_or(&row[10], "0"), text(order, "actual_fee"), "{id}");
    }
    // The next page begins where this one ends.
    let last = text(orders.last().unwrap(), "id");
    assert!(page.contains(&format!("before={last}\"")));
    let older = client
        .get(&format!("/ui/orders?rows=1000&before={last}"))
        .body;
    assert_eq!(cells(&older).len(), 20);
}

#[test]
fn the_file_has_each_order_once_with_its_exact_figures() {
    let home = TempDir::new().unwrap();
    let daemon = start(&home);
    let mut client = daemon.client();
    trade(&mut client, ROWS_OF_FILE);
    let (file, filled) = crate::support::wait_for("a moment without a change", || {
        let before = client.digest();
        let file = read_to_end(&daemon, "/ui/orders.csv?status=filled");
        let filled = by_the_api(&mut client, "/orders?status=filled");
        (client.digest() == before).then_some((file, filled))
    });
    let lines: Vec<Vec<&str>> = file
        .lines()
        .skip(1)
        .map(|line| line.split(',').collect())
        .collect();
    assert_eq!(lines.len(), filled.len());
    for (line, order) in lines.iter().zip(&filled) {
        let names = [
            "id",
            "symbol",
            "side",
            "type",
            "status",
            "amount",
            "limit_price",
            "actual_filled",
        ];
        for (cell, name) in line.iter().zip(names) {
            assert_eq!(*cell, text(order, name), "{name} of {line:?}");
        }
        let money = [
            text(order, "price"),
            text(order, "actual_notion"),
            text(order, "actual_fee"),
        ];
        assert_eq!(line[8..11], money);
    }
}

#[test]
fn an_order_tells_why_it_waits() {
    let home = TempDir::new().unwrap();
    let daemon = start(&home);
    let mut client = daemon.client();
    client.post("/admin/fund", r#"{"asset":"USDT","amount":100000}"#);
    client.set_price("BTC/USDT", "64780");
    let body =
        r#"{"symbol":"BTC/USDT","side":"buy","amount":0.5,"type":"limit","limit_price":64000}"#;
    let order = client.post("/orders", body).json();
    let path = format!("/ui/orders/{}", order["id"].as_str().unwrap());
    let page = client.get(&path).body;
    assert!(page.contains("Limit 64,000.00 is 1.20 % below the ask of 64,780.00."));
    assert!(page.contains("<title>Buy 0.50 BTC/USDT at 64,000.00 or better: new</title>"));
    let missing = client
        .request("GET", "/ui/orders/000000009999", "")
        .unwrap();
    assert_eq!(missing.status, 404);
    for wrong in [
        "?status=open",
        "?symbol=btc/usdt",
        "?from=yesterday",
        "?before=1",
    ] {
        let answer = client
            .request("GET", &format!("/ui/orders{wrong}"), "")
            .unwrap();
        assert_eq!(answer.status, 422, "{wrong}");
        assert!(answer.body.contains("role=\"alert\""), "{wrong}");
    }
}
