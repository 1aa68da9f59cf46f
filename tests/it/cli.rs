//! The real `mockx` binary against a server that records what it is asked and answers in the shapes
//! of the REST contract: for each command the request, what is printed, and the exit code.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread::{self, JoinHandle};

use tempfile::TempDir;
use tiny_http::{Header, Response, Server};

const ORDER: &str = r#"{"id":"00a","symbol":"BTC/USDT","side":"buy","type":"market","amount":0.1,"status":"new","comment":null}"#;
const REJECTED: &str = r#"{"id":"00b","status":"rejected","comment":"not enough USDT"}"#;
const BALANCE: &str = r#"{"BTC":{"asset":"BTC","free":0.100000000000000000001,"used":0,"total":0.100000000000000000001},"USDT":{"asset":"USDT","free":5.50,"used":0,"total":5.50}}"#;

/// Command | request | body.
const REQUESTS: &str = include_str!("../fixtures/cli_requests.txt");

/// What the server saw of one request.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    line: String,
    key: Option<String>,
    body: String,
}

/// Answers one request with `status` and `body`.
fn daemon(status: u16, body: &str) -> (String, JoinHandle<Seen>) {
    let server = Server::http("127.0.0.1:0").unwrap();
    let url = format!("http://{}", server.server_addr().to_ip().unwrap());
    let body = body.to_owned();
    let seen = thread::spawn(move || {
        let mut request = server.recv().unwrap();
        let header = |name: &'static str| {
            let mut headers = request.headers().iter();
            headers
                .find(|header| header.field.equiv(name))
                .map(|header| header.value.to_string())
        };
        let key = header("x-api-key");
        let content_type = header("content-type");
        let mut sent = String::new();
        request.as_reader().read_to_string(&mut sent).unwrap();
        if !sent.is_empty() {
            assert_eq!(content_type.as_deref(), Some("application/json"));
        }
        let line = format!("{} {}", request.method(), request.url());
        let json = Header::from_bytes("content-type", "application/json").unwrap();
        let response = Response::from_string(body)
            .with_status_code(status)
            .with_header(json);
        request.respond(response).unwrap();
        Seen {
            line,
            key,
            body: sent,
        }
    });
    (url, seen)
}

/// An address where nobody listens.
fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// The command with nothing of the environment but `variables`, at home in `home`.
fn mockx(home: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mockx"))
        .env_clear()
        .env("HOME", home)
        .env("MOCKX_DATA_DIR", home.join("none"))
        .env("MOCKX_CONFIG", "/dev/null")
        .envs(variables.iter().copied())
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> &str {
    str::from_utf8(&output.stdout).unwrap()
}

fn stderr(output: &Output) -> &str {
    str::from_utf8(&output.stderr).unwrap()
}

/// Runs a client command against a server that answers 200 and `answer`; what it printed must be
/// that answer.
fn asked(arguments: &str, answer: &str, code: i32) -> Seen {
    let home = TempDir::new().unwrap();
    let (url, seen) = daemon(200, answer);
    let arguments: Vec<&str> = arguments.split(' ').collect();
    let output = mockx(
        home.path(),
        &[("API_URL", &url), ("API_KEY", "k1")],
        &arguments,
    );
    assert_eq!(
        output.status.code(),
        Some(code),
        "{arguments:?}: {}",
        stderr(&output)
    );
    assert_eq!(stdout(&output), format!("{answer}\n"), "{arguments:?}");
    seen.join().unwrap()
}

#[test]
fn each_command_is_one_request() {
    for row in REQUESTS.lines() {
        let mut cells = row.split('|').map(|cell| cell.trim().to_owned());
        let mut cell = || cells.next().unwrap();
        let (arguments, line, body) = (cell(), cell(), cell());
        let seen = asked(&arguments, ORDER, 0);
        let key = Some("k1".to_owned());
        assert_eq!(seen, Seen { line, key, body }, "{arguments}");
    }
}

#[test]
fn digits_come_out_as_they_went_in() {
    asked("balance", BALANCE, 0);
}

#[test]
fn a_no_with_status_200_is_printed_and_ends_with_1() {
    asked("order BTC/USDT buy 9", REJECTED, 1);
    asked(
        "can-exec BTC/USDT buy 9",
        r#"{"ok":false,"reason":"not enough USDT"}"#,
        1,
    );
    asked("can-exec BTC/USDT buy 1", r#"{"ok":true,"reason":null}"#, 0);
    for (answer, code) in [
        (r#"{"order":null,"reason":"it would match"}"#, 1),
        (
            r#"{"order":{"status":"rejected","comment":"no USDT"},"reason":null}"#,
            1,
        ),
        (
            r#"{"order":{"status":"new","comment":null},"reason":null}"#,
            0,
        ),
    ] {
        asked("replace 00a BTC/USDT buy 1", answer, code);
    }
    asked(
        "ticker X/Y",
        r#"{"X/Y":{"error":"Ticker X/Y not available"}}"#,
        1,
    );
    asked("order-get 00b", REJECTED, 0);
}

#[test]
fn a_refusal_is_one_line_on_stderr() {
    let home = TempDir::new().unwrap();
    let problem = r#"{"type":"about:blank","title":"Bad Request","status":400,"code":"insufficient_funds","detail":"only 5 USDT\nare free"}"#;
    let (url, seen) = daemon(400, problem);
    let variables = [("API_URL", url.as_str()), ("API_KEY", "k")];
    let output = mockx(home.path(), &variables, &["withdrawal", "USDT", "9"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(stdout(&output), "");
    let expected = "mockx: only 5 USDT\\nare free (HTTP 400, insufficient_funds)\n";
    assert_eq!(stderr(&output), expected);
    seen.join().unwrap();
}

#[test]
fn a_missing_key_is_told_with_what_to_do() {
    let home = TempDir::new().unwrap();
    let (url, seen) = daemon(403, r#"{"detail":"Invalid API Key"}"#);
    let output = mockx(home.path(), &[("API_URL", &url)], &["deposit", "USDT", "9"]);
    assert_eq!(output.status.code(), Some(1));
    let expected = "mockx: Invalid API Key (HTTP 403): set API_KEY to the daemon's key\n";
    assert_eq!(stderr(&output), expected);
    assert_eq!(seen.join().unwrap().key, None);
}

#[test]
fn nobody_there_ends_with_3() {
    let home = TempDir::new().unwrap();
    let url = nowhere();
    let output = mockx(home.path(), &[("API_URL", &url)], &["health"]);
    assert_eq!(output.status.code(), Some(3));
    let text = stderr(&output);
    assert!(
        text.starts_with(&format!("mockx: cannot reach {url}: ")),
        "{text}"
    );
    assert_eq!(text.lines().count(), 1);
}

#[test]
fn no_answer_in_time_ends_with_3() {
    let home = TempDir::new().unwrap();
    // The system takes the connection, and nobody ever reads from it.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let variables = [("API_URL", url.as_str()), ("API_TIMEOUT_SEC", "0.2")];
    let output = mockx(home.path(), &variables, &["cancel", "00a"]);
    assert_eq!(output.status.code(), Some(3));
    let expected =
        format!("mockx: no answer from {url} within 0.2 s; whether it was done is not known\n");
    assert_eq!(stderr(&output), expected);
}

#[test]
fn another_server_ends_with_3() {
    let home = TempDir::new().unwrap();
    let (url, seen) = daemon(200, "<html>It works!</html>");
    let output = mockx(home.path(), &[("API_URL", &url)], &["health"]);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(
        stderr(&output),
        format!("mockx: what answers at {url} is no mockx daemon\n")
    );
    seen.join().unwrap();
}

#[test]
fn a_daemon_of_this_machine_is_found_with_its_key() {
    for directory in [
        "none",
        "none/demo",
        ".local/share/mockx",
        ".local/share/mockx/demo",
    ] {
        let home = TempDir::new().unwrap();
        let state = home.path().join(directory);
        fs::create_dir_all(&state).unwrap();
        let (url, seen) = daemon(200, ORDER);
        fs::write(state.join("endpoint"), format!("{url}\n")).unwrap();
        fs::write(state.join("api-key"), "kept\n").unwrap();
        let output = mockx(home.path(), &[], &["cancel", "00a"]);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert_eq!(seen.join().unwrap().key.as_deref(), Some("kept"));
    }
}

#[test]
fn a_key_of_this_machine_goes_to_no_other_daemon() {
    let home = TempDir::new().unwrap();
    let state = home.path().join("none");
    fs::create_dir_all(&state).unwrap();
    fs::write(state.join("endpoint"), nowhere()).unwrap();
    fs::write(state.join("api-key"), "kept").unwrap();
    let (url, seen) = daemon(200, ORDER);
    let output = mockx(home.path(), &[("API_URL", &url)], &["cancel", "00a"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(seen.join().unwrap().key, None);
}

#[test]
fn a_key_that_may_not_be_read_is_told_with_what_to_do() {
    let home = TempDir::new().unwrap();
    let state = home.path().join("none");
    fs::create_dir_all(&state).unwrap();
    let (url, seen) = daemon(403, r#"{"detail":"Invalid API Key"}"#);
    fs::write(state.join("endpoint"), &url).unwrap();
    let key = state.join("api-key");
    fs::write(&key, "kept").unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&key).is_ok() {
        // Root may read everything; a directory in the key's place cannot be read by anybody.
        fs::remove_file(&key).unwrap();
        fs::create_dir(&key).unwrap();
    }
    let output = mockx(home.path(), &[], &["cancel", "00a"]);
    assert_eq!(output.status.code(), Some(1));
    let text = stderr(&output);
    assert!(
        text.contains(&format!("cannot read {}", key.display())),
        "{text}"
    );
    assert!(
        text.contains(
            "with sudo or as the daemon's user (or as one of its group mockx), or set API_KEY"
        ),
        "{text}"
    );
    seen.join().unwrap();
}

#[test]
fn wrong_usage_ends_with_2_and_asks_nobody() {
    let table: [(&str, &str); 11] = [
        ("deposit USDT", "required arguments were not provided"),
        ("deposit USDT much", "must be a decimal number such as 0.5"),
        ("deposit USDT -5", "must not be negative"),
        ("deposit USDT 1_000", "must be a decimal number such as 0.5"),
        ("order BTC/USDT hold 1", "possible values: buy, sell"),
        (
            "order BTC/USDT buy 1 --type limit",
            "mockx: a limit order needs --price",
        ),
        (
            "order BTC/USDT buy 1 --type market --price 5",
            "mockx: a market order takes no --price",
        ),
        ("orders --tail=-1", "--tail"),
        ("set-balance USDT", "--free"),
        ("balances", "unrecognized subcommand 'balances'"),
        (
            "serve --listen 8000",
            "invalid value '8000' for '--listen <ADDR>'",
        ),
    ];
    let home = TempDir::new().unwrap();
    for (arguments, expected) in table {
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let output = mockx(
            home.path(),
            &[("API_URL", "http://127.0.0.1:9")],
            &arguments,
        );
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(
            stderr(&output).contains(expected),
            "{arguments:?}: {}",
            stderr(&output)
        );
        assert_eq!(stdout(&output), "");
    }
}

#[test]
fn bad_variables_are_named() {
    let table = [
        (
            ("API_URL", "https://pi"),
            "API_URL = \"https://pi\": must begin with http://",
        ),
        (
            ("API_URL", "pi"),
            "API_URL = \"pi\": must be an address such as",
        ),
        (
            ("API_TIMEOUT_SEC", "0"),
            "API_TIMEOUT_SEC = \"0\": must be a number of seconds above 0",
        ),
        (
            ("API_KEY", "two words"),
            "API_KEY = (not shown): must be 1 to 256 visible",
        ),
    ];
    let home = TempDir::new().unwrap();
    for (variable, expected) in table {
        let output = mockx(home.path(), &[variable], &["health"]);
        assert_eq!(output.status.code(), Some(2), "{variable:?}");
        let expected = format!("mockx: environment: {expected}");
        assert!(
            stderr(&output).starts_with(&expected),
            "{}",
            stderr(&output)
        );
    }
}

#[test]
fn tables_are_aligned() {
    let home = TempDir::new().unwrap();
    for arguments in [["--table", "balance"], ["balance", "--table"]] {
        let (url, seen) = daemon(200, BALANCE);
        let output = mockx(home.path(), &[("API_URL", &url)], &arguments);
        assert_eq!(output.status.code(), Some(0));
        let expected = "\
asset                     free  used                    total
BTC    0.100000000000000000001     0  0.100000000000000000001
USDT                      5.50     0                     5.50
";
        assert_eq!(stdout(&output), expected);
        seen.join().unwrap();
    }
}

#[test]
fn check_config_says_ok_or_what_is_wrong() {
    let home = TempDir::new().unwrap();
    let file = home.path().join("c.toml");
    fs::write(&file, "[server]\nlisten = \"127.0.0.1:9000\"\n").unwrap();
    let path = file.to_str().unwrap();
    let output = mockx(
        home.path(),
        &[("ENGINE_PORT", "9001")],
        &["check-config", path],
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let state = home.path().join("none");
    let expected = format!(
        "ok: {path}: listens on 127.0.0.1:9001, prices from sim, state in {}\n",
        state.display()
    );
    assert_eq!(stdout(&output), expected);

    fs::write(&file, "[exchange]\ncommission = 2\n").unwrap();
    let output = mockx(home.path(), &[], &["check-config", path]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(stdout(&output), "");
    let text = stderr(&output);
    assert!(
        text.starts_with(&format!("mockx: {path}:2: exchange.commission = 2: must")),
        "{text}"
    );
    assert_eq!(text.lines().count(), 1);

    let output = mockx(home.path(), &[], &["check-config", "/nonexistent.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).starts_with("mockx: cannot read /nonexistent.toml: No such file"));
}

/// Environment, arguments, and how the error begins.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str], &'a str);

#[test]
fn serve_refuses_a_bad_configuration() {
    let home = TempDir::new().unwrap();
    let table: [Case<'_>; 4] = [
        (
            &[],
            &["serve", "--source", "krakn"],
            "command line: --source = \"krakn\": must be one",
        ),
        (
            &[("EXCHANGE", "krakn")],
            &["serve"],
            "environment: EXCHANGE = \"krakn\": must be one",
        ),
        (
            &[("ENGINE_PORT", "x")],
            &["serve", "--demo"],
            "environment: ENGINE_PORT = \"x\": must",
        ),
        (
            &[("TEST_ENV", "true")],
            &["serve", "--listen", "0.0.0.0:0"],
            "server.listen = 0.0.0.0:0 can be reached from other machines",
        ),
    ];
    for (variables, arguments, expected) in table {
        let output = mockx(home.path(), variables, arguments);
        assert_eq!(output.status.code(), Some(2));
        let expected = format!("mockx: {expected}");
        assert!(
            stderr(&output).starts_with(&expected),
            "{}",
            stderr(&output)
        );
    }
}

#[test]
fn help_and_version_go_to_stdout() {
    let home = TempDir::new().unwrap();
    for arguments in [&[][..], &["--help"][..]] {
        let output = mockx(home.path(), &[], arguments);
        assert_eq!(output.status.code(), Some(0));
        let text = stdout(&output);
        assert!(
            text.contains("Usage: mockx") && text.contains("Exit codes:"),
            "{text}"
        );
        assert!(
            text.lines().all(|line| line.chars().count() <= 100),
            "{text}"
        );
    }
    let output = mockx(home.path(), &[], &["--version"]);
    let begin = concat!("mockx ", env!("CARGO_PKG_VERSION"), " (");
    let text = stdout(&output);
    assert!(
        text.starts_with(begin) && text.ends_with("-linux-gnu)\n"),
        "{text}"
    );
}
