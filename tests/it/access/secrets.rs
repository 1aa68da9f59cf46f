//! No secret gets out: into the log at any level, the state of the daemon, an answer, or the list of processes.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use tempfile::TempDir;

use super::{exchange, request};
use crate::binance::stage::{Key, now};
use crate::support::{Daemon, Launch};

const OWN_KEY: &str = "own-key-5f0e1d";
const RESP_PASSWORD: &str = "resp-password-77aa";
const MIRROR_PASSWORD: &str = "mirror-password-c3d4";

/// A daemon that tells all it ever tells, and has every secret that it can have.
fn start(home: &TempDir) -> Daemon {
    let data = home.path().join("data");
    // The stage reads a key, which a daemon that is given one does not make.
    fs::create_dir(&data).unwrap();
    fs::write(data.join("api-key"), OWN_KEY).unwrap();
    Launch::new(&data, "push")
        .config(
            "[oracle]\nsymbols = [\"BTC/USDT\"]\n[resp]\nlisten = \"127.0.0.1:0\"\n\
             [mirror]\nurl = \"redis://127.0.0.1:1\"\n",
        )
        .env("LOG_LEVEL", "trace")
        .env("API_KEY", OWN_KEY)
        .env("MOCKX_RESP_PASSWORD", RESP_PASSWORD)
        .env("VALKEY_PASSWORD", MIRROR_PASSWORD)
        .start()
}

/// Everything that can be said of it to those who have no key.
fn told(daemon: &Daemon) -> String {
    let mut text = String::new();
    for path in [
        "/admin/health",
        "/metrics",
        "/docs",
        "/openapi.json",
        "/ui",
        "/ui/orders",
        "/nothing",
    ] {
        text += &exchange(
            daemon.address,
            &request("GET", path, &[("host", "localhost")], ""),
        );
    }
    text
}

/// Sends requests one after the other; gives all answers.
fn send(daemon: &Daemon, requests: &[String]) -> String {
    let answers = requests.iter().map(|text| exchange(daemon.address, text));
    answers.collect()
}

/// A signed order, one with a wrong signature, and one with a secret where it does not belong.
fn trade_as_binance(daemon: &Daemon, key: &Key) -> (String, String) {
    let order = "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1";
    let message = format!("{order}&timestamp={}", now());
    let signature = key.sign(&message);
    let lines = [("X-MBX-APIKEY", key.public.as_str())];
    let requests = [signature.as_str(), "0", key.secret.as_str()].map(|end| {
        let target = format!("/api/v3/order?{message}&signature={end}");
        request("POST", &target, &lines, "")
    });
    (send(daemon, &requests), signature)
}

/// The right key in wrong places, and wrong ones in the right place.
fn misplace_keys(daemon: &Daemon) -> String {
    let broken = format!("{{\"side\":\"{OWN_KEY}");
    let requests = [
        request("GET", &format!("/orders?x={OWN_KEY}"), &[], ""),
        request("POST", "/orders", &[("x-api-key", OWN_KEY)], &broken),
        request("GET", "/orders", &[("x-api-key", "x\tx")], ""),
        format!("GET / HTTP/9.9\r\nx-api-key: {OWN_KEY}\r\n\r\n"),
    ];
    send(daemon, &requests)
}

/// Enters the key on the pages; gives all answers, and what the cookie holds.
fn enter(daemon: &Daemon) -> (String, String) {
    let host = daemon.address.to_string();
    let form = ("content-type", "application/x-www-form-urlencoded");
    let page = send(
        daemon,
        &[request("GET", "/ui/login", &[("host", &host)], "")],
    );
    let (_, token) = page.split_once("name=\"token\" value=\"").unwrap();
    let token = token.split('"').next().unwrap();
    let lines = [("host", host.as_str()), form];
    let body = format!("token={token}&key={OWN_KEY}");
    let entered = send(daemon, &[request("POST", "/ui/login", &lines, &body)]);
    let (_, cookie) = entered.split_once("set-cookie: ").unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let session = cookie.split_once('=').unwrap().1.to_owned();
    assert!(session.len() >= 64, "{cookie}");
    let inside = [("host", host.as_str()), ("cookie", &cookie)];
    let requests = [
        request("GET", "/ui/trade", &inside, ""),
        request("POST", "/ui/login", &lines, "token=x&key=y"),
    ];
    let rest = send(daemon, &requests);
    assert!(rest.contains("Place an order"), "{rest}");
    (page + &entered + &rest, session)
}

/// Speaks to the port, as a browser that was led astray might.
fn speak_to_the_port(daemon: &Daemon) -> String {
    let port = crate::resp::stage::address(daemon);
    let known = format!("AUTH {OWN_KEY}\r\nAUTH {RESP_PASSWORD}\r\nPING\r\n");
    let known = exchange(port, &format!("{known}POST / HTTP/1.1\r\n\r\n"));
    assert!(known.contains("+PONG"), "{known}");
    known + &exchange(port, "POST / HTTP/1.1\r\n\r\n")
}

#[test]
fn no_secret_is_logged_or_told() {
    let home = TempDir::new().unwrap();
    let daemon = start(&home);
    let mut client = daemon.client();
    client.set_price("BTC%2FUSDT", "100");
    client.post("/admin/fund", r#"{"asset":"USDT","amount":1000}"#);
    let order = r#"{"symbol":"BTC/USDT","side":"buy","amount":1}"#;
    client.post("/orders", order);
    let key = Key::new(&mut client, r#"{"name":"bot"}"#);
    let (traded, signature) = trade_as_binance(&daemon, &key);
    let (entered, session) = enter(&daemon);
    let answers = traded + &misplace_keys(&daemon) + &speak_to_the_port(&daemon) + &entered;
    let told = told(&daemon);
    let revoke = format!("/admin/keys/{}", key.id);
    client.request("DELETE", &revoke, "").unwrap().ok();
    let log = daemon.log();
    // It tells more than it does by default.
    assert!(
        log.contains("a connection that speaks HTTP is closed"),
        "{log}"
    );
    for (name, secret) in [
        ("the key", OWN_KEY),
        ("the secret of a key", key.secret.as_str()),
        ("a signature", &signature),
        ("the session", &session),
        ("the password of the port", RESP_PASSWORD),
        ("the password of the mirror", MIRROR_PASSWORD),
    ] {
        assert!(!log.contains(secret), "{name} is in the log: {log}");
        assert!(!told.contains(secret), "{name} is told to everybody");
        // The cookie is told once, to whom it is for.
        let times = usize::from(secret == session);
        assert_eq!(answers.matches(secret).count(), times, "{name} is told");
    }
}

#[test]
fn the_list_of_processes_tells_no_secret() {
    let home = TempDir::new().unwrap();
    let daemon = start(&home);
    let folder = format!("/proc/{}", daemon.pid());
    let arguments = fs::read(format!("{folder}/cmdline")).unwrap();
    let arguments = String::from_utf8(arguments).unwrap();
    assert!(arguments.contains("serve"), "{arguments:?}");
    for secret in [OWN_KEY, RESP_PASSWORD, MIRROR_PASSWORD] {
        assert!(!arguments.contains(secret), "{arguments:?}");
    }
    // What was given by the environment is there, for its owner alone.
    let mode = fs::metadata(format!("{folder}/environ"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o077, 0);
    let name = fs::read_to_string(format!("{folder}/comm")).unwrap();
    assert_eq!(name, "mockx\n");
}
