//! What forms may do, and who may send them; the streams that keep pages live.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use tempfile::TempDir;

use super::browser::{can_browse, run};
use super::orders::read_to_end;
use crate::support::{Daemon, Launch, PATIENCE};

fn start(home: &TempDir, more: &str) -> Daemon {
    Launch::new(&home.path().join("data"), "sim")
        .config(&format!("[pages]\nrefresh = \"1s\"\n{more}"))
        .start()
}

/// Sends a form, and tells the head and the body of the answer.
fn post(daemon: &Daemon, path: &str, lines: &[(&str, &str)], body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(daemon.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut head = format!("POST {path} HTTP/1.1\r\nconnection: close\r\n");
    for (name, value) in lines {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    if !lines.iter().any(|(name, _)| *name == "host") {
        write!(head, "host: {}\r\n", daemon.address).unwrap();
    }
    let length = body.len();
    write!(
        head,
        "content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer)
}

/// The token of the forms of a page.
fn token(daemon: &Daemon, page: &str, cookie: &str) -> String {
    let mut stream = TcpStream::connect(daemon.address).unwrap();
    let address = daemon.address;
    write!(
        stream,
        "GET {page} HTTP/1.0\r\nhost: {address}\r\ncookie: {cookie}\r\n\r\n"
    )
    .unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    let rest = page.split("name=\"token\" value=\"").nth(1).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// The cookie of an answer, as a browser sends it back.
fn cookie(answer: &str) -> String {
    let line = answer
        .lines()
        .find(|line| line.starts_with("set-cookie: "))
        .unwrap();
    assert!(
        line.contains("; HttpOnly; SameSite=Strict; Path=/ui"),
        "{line}"
    );
    line["set-cookie: ".len()..]
        .split(';')
        .next()
        .unwrap()
        .to_owned()
}

/// What is wrong with a form, the lines of its head, its body.
type Sent<'a> = (&'static str, Vec<(&'static str, &'a str)>, String);

/// Forms that are not ours.
fn foreign<'a>(session: &'a str, inside: &str, outside: &str) -> Vec<Sent<'a>> {
    let money = format!("token={inside}&asset=USDT&amount=1");
    let mut forms = vec![
        ("no cookie", Vec::new(), money.clone()),
        ("a wrong cookie", vec![("cookie", "mockx=1")], money.clone()),
    ];
    for (what, name, value) in [
        ("another site", "origin", "https://evil.example"),
        ("no site", "origin", "null"),
        ("another page", "sec-fetch-site", "cross-site"),
        ("a neighbour", "sec-fetch-site", "same-site"),
        ("another name", "host", "evil.example"),
    ] {
        let lines = vec![("cookie", session), (name, value)];
        forms.push((what, lines, money.clone()));
    }
    for (what, body) in [
        ("no token", "asset=USDT&amount=1".to_owned()),
        ("no token in it", "token=&asset=USDT&amount=1".to_owned()),
        (
            "the token of strangers",
            format!("token={outside}&asset=USDT&amount=1"),
        ),
    ] {
        forms.push((what, vec![("cookie", session)], body));
    }
    forms
}

#[test]
fn only_our_own_forms_do_anything() {
    let home = TempDir::new().unwrap();
    let daemon = start(&home, "hosts = [\"pi.lan\"]\n");
    let key = daemon.key.clone();
    let outside = token(&daemon, "/ui/login", "");
    let (status, answer) = post(
        &daemon,
        "/ui/login",
        &[],
        &format!("token={outside}&key={key}"),
    );
    assert_eq!(status, 303, "{answer}");
    let session = cookie(&answer);
    assert!(!session.contains(&key));
    let inside = token(&daemon, "/ui/trade", &session);
    assert_ne!(inside, outside);
    let here = format!("http://{}", daemon.address);
    let money = format!("token={inside}&asset=USDT&amount=1");
    let worth = |daemon: &Daemon| daemon.client().get("/balance/USDT").body;

    let before = worth(&daemon);
    for (what, lines, body) in foreign(&session, &inside, &outside) {
        let (status, answer) = post(&daemon, "/ui/deposit", &lines, &body);
        assert_eq!(status, 403, "{what}: {answer}");
    }
    assert_eq!(worth(&daemon), before);
    let same = [
        ("cookie", session.as_str()),
        ("origin", &here),
        ("sec-fetch-site", "same-origin"),
    ];
    assert_eq!(post(&daemon, "/ui/deposit", &same, &money).0, 303);
    assert_ne!(worth(&daemon), before);

    let (status, _) = post(&daemon, "/ui/logout", &same, &money);
    assert_eq!(status, 303);
    assert_eq!(post(&daemon, "/ui/deposit", &same, &money).0, 403);
    let (status, answer) = post(
        &daemon,
        "/ui/login",
        &[],
        &format!("token={outside}&key=wrong"),
    );
    assert_eq!(status, 403);
    assert!(answer.contains("This is not the key."));
    let log = daemon.log();
    assert!(
        log.contains("a wrong API key") && !log.contains(&key),
        "{log}"
    );
}

#[test]
fn without_authentication_forms_are_still_our_own() {
    let home = TempDir::new().unwrap();
    // The stage reads a key, which a daemon without authentication does not make.
    std::fs::create_dir(home.path().join("data")).unwrap();
    std::fs::write(home.path().join("data/api-key"), "unused").unwrap();
    let daemon = start(&home, "[server]\nauth = false\n");
    let token = token(&daemon, "/ui/trade", "");
    let good = format!("token={token}&asset=USDT&amount=5");
    assert_eq!(post(&daemon, "/ui/deposit", &[], &good).0, 303);
    assert_eq!(
        post(&daemon, "/ui/deposit", &[], "asset=USDT&amount=5").0,
        403
    );
    let named = [("host", "evil.example")];
    assert_eq!(post(&daemon, "/ui/deposit", &named, &good).0, 403);
}

/// The forms of orders of every kind, and what their pages say.
const KINDS: [(&str, [&str; 2]); 6] = [
    (
        "type=limit&amount=1&limit_price=200&time_in_force=gtd&date=2999-01-31T18:00",
        ["BTC/USDT at 200.00 or better", "Good until"],
    ),
    (
        "type=stop_loss&amount=1&trigger_price=90",
        [
            "at the market once it falls to 90.00",
            "Waits for 90 to be reached; last is 100.",
        ],
    ),
    (
        "type=take_profit_limit&amount=1&trigger_price=110&limit_price=109",
        [
            "at 109.00 or better once it rises to 110.00",
            "<dd>take profit, limit</dd>",
        ],
    ),
    (
        "type=stop_loss&amount=1&trail=1.5",
        [
            "once it falls 1.50 % from its high",
            "<dd>trailing stop, market</dd>",
        ],
    ),
    (
        "quote_amount=250.5&fees=received&client_id=bot+1",
        ["Sell BTC for 250.50 USDT at the market", "<dd>bot 1</dd>"],
    ),
    (
        "type=limit&amount=2&limit_price=90&at_once=on&time_in_force=ioc&side=sell",
        ["<h2>Trades <small>money in USDT<", "taker"],
    ),
];

#[test]
fn every_kind_of_order_is_placed_and_told_of() {
    let home = TempDir::new().unwrap();
    std::fs::create_dir(home.path().join("data")).unwrap();
    std::fs::write(home.path().join("data/api-key"), "unused").unwrap();
    let daemon = Launch::new(&home.path().join("data"), "push")
        .config("[server]\nauth = false\n[oracle]\nsymbols = [\"BTC/USDT\"]\n")
        .start();
    let mut client = daemon.client();
    for asset in ["USDT", "BTC"] {
        let body = format!(r#"{{"asset":"{asset}","amount":100000}}"#);
        client.post("/admin/fund", &body);
    }
    client.set_price("BTC/USDT", "100");
    let token = token(&daemon, "/ui/trade", "");
    let place = |form: &str| {
        let form = format!("token={token}&symbol=BTC%2FUSDT&side=sell&{form}");
        let (status, answer) = post(&daemon, "/ui/orders", &[], &form);
        assert_eq!(status, 303, "{form}: {answer}");
        let line = answer.lines().find(|line| line.starts_with("location: "));
        let path = line.unwrap()["location: ".len()..].split('?').next();
        daemon.client().get(path.unwrap()).body
    };
    for (form, told) in KINDS {
        let page = place(form);
        for text in told {
            assert!(page.contains(text), "{form}: {text} is not in {page}");
        }
    }
    for (wanted, count) in [
        ("none", 3),
        ("stop_loss", 2),
        ("take_profit", 1),
        ("trailing", 1),
    ] {
        let list = client.get(&format!("/ui/orders?trigger={wanted}")).body;
        assert_eq!(
            list.matches("<a href=/ui/orders/").count(),
            count,
            "{wanted}"
        );
        let file = read_to_end(&daemon, &format!("/ui/orders.csv?trigger={wanted}"));
        assert_eq!(file.lines().count(), count + 1, "{wanted}");
    }
    let wrong = client
        .request("GET", "/ui/orders?trigger=stop", "")
        .unwrap();
    assert_eq!(wrong.status, 422);
}

#[test]
fn streams_tell_of_changes_and_end_with_the_daemon() {
    let home = TempDir::new().unwrap();
    let mut daemon = start(&home, "");
    let threads = || {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", daemon.pid()));
        tasks.unwrap().count()
    };
    let before = threads();
    let open = |_| {
        let mut stream = TcpStream::connect(daemon.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "GET /ui/events HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
        BufReader::new(stream)
    };
    let mut streams: Vec<BufReader<TcpStream>> = (0..50).map(open).collect();
    for stream in &mut streams {
        let mut lines = stream.by_ref().lines().map(Result::unwrap);
        assert!(lines.any(|line| line == "event: changed"));
    }
    // Threads of reads come and go; streams have none.
    assert!(threads() <= before, "{} and not {before}", threads());
    daemon.signal("TERM");
    for stream in &mut streams {
        let mut rest = String::new();
        stream.read_to_string(&mut rest).unwrap();
        assert!(rest.ends_with("0\r\n\r\n"), "{rest}");
    }
    assert!(daemon.wait().success());
    assert!(!daemon.log().contains("cut off"), "{}", daemon.log());
}

/// The fingerprint of the next event of a stream.
fn next_event(stream: &mut BufReader<TcpStream>) -> String {
    let mut lines = stream.by_ref().lines().map(Result::unwrap);
    let data = lines.find_map(|line| line.strip_prefix("data: ").map(str::to_owned));
    data.unwrap()
}

#[test]
fn streams_tell_of_orders_that_were_rejected() {
    let home = TempDir::new().unwrap();
    let daemon = Launch::new(&home.path().join("data"), "push")
        .config("[pages]\nrefresh = \"1s\"\n[oracle]\nsymbols = [\"BTC/USDT\"]\n")
        .start();
    let mut client = daemon.client();
    client.set_price("BTC/USDT", "100");
    let mut stream = TcpStream::connect(daemon.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET /ui/events HTTP/1.1\r\nhost: localhost\r\n\r\n").unwrap();
    let mut stream = BufReader::new(stream);
    let before = next_event(&mut stream);
    // No money is here, and nothing else happens: only the list of orders gets longer.
    let body = r#"{"symbol":"BTC/USDT","side":"buy","amount":1}"#;
    let order = client.post("/orders", body).json();
    assert_eq!(order["status"], "rejected");
    assert_ne!(next_event(&mut stream), before);
    let page = client.get("/ui/orders").body;
    assert!(page.contains("rejected"), "{page}");
}

#[test]
fn people_click_through_everything() {
    if !can_browse() {
        return;
    }
    let home = TempDir::new().unwrap();
    let daemon = start(&home, "");
    let url = format!("http://{}", daemon.address);
    run("flows.mjs", &[&url, &daemon.key]);
}
