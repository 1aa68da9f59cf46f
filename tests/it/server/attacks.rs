//! What one client without credentials may try, and what must come of it: that client is answered
//! or cut off, and everybody else is served.
//!
//! Most of these bring down, deafen or bloat `tiny_http` 0.12; `docs/adr/` says how.

use std::fs::File;
use std::process::Command;
use std::sync::mpsc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use mockx::http::Limits;

use super::harness::{BIG_BYTES, Client, Server};

const SHORT: Duration = Duration::from_millis(50);

#[test]
fn a_huge_content_length_is_refused_at_once() {
    let server = Server::start(Limits::default());
    for length in [
        "65537",
        "2000000000",
        "100000000000",
        "18446744073709551614",
    ] {
        let mut client = server.connect();
        client.send(format!(
            "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: {length}\r\n\r\n"
        ));
        client.answer().assert_problem(413, "body_too_large");
        client.assert_closed();
    }
    let mut client = server.connect();
    client.send("POST /echo HTTP/1.1\r\ncontent-length: 18446744073709551615\r\n\r\n{\"a\": 1}\n");
    client.answer().assert_problem(413, "body_too_large");
    let mut client = server.connect();
    client.send("POST /echo HTTP/1.1\r\ncontent-length: 99999999999999999999999\r\n\r\n");
    client.answer().assert_problem(400, "bad_request");
    server.assert_serves();
}

#[test]
fn a_chunked_body_is_counted() {
    let server = Server::start(Limits {
        body_bytes: 10_000,
        ..Limits::default()
    });
    let mut client = server.connect();
    client.send("POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
    let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
    client.send(chunk.repeat(3));
    client.answer().assert_problem(413, "body_too_large");
    server.assert_serves();

    let mut client = server.connect();
    client.send("POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
    client.send(format!("{}0\r\n\r\n", chunk.repeat(2)));
    assert_eq!(client.answer().status, 200);
}

#[test]
fn a_body_that_is_refused_may_be_sent_to_its_end() {
    let server = Server::start(Limits::default());
    let mut client = server.connect();
    client.send("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 4000000\r\n\r\n");
    client.send(vec![b'x'; 4_000_000]);
    client.answer().assert_problem(413, "body_too_large");
}

#[test]
fn a_slow_body_times_out_and_holds_up_nobody() {
    let server = Server::start(Limits {
        body_timeout: SHORT,
        ..Limits::default()
    });
    let mut slow = server.connect();
    slow.send("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 2000\r\n\r\n{");
    server.assert_serves();
    slow.answer().assert_problem(408, "request_timeout");
    slow.assert_closed();
}

#[test]
fn a_slow_head_times_out_and_holds_up_nobody() {
    let server = Server::start(Limits {
        head_timeout: SHORT,
        ..Limits::default()
    });
    let mut slow = server.connect();
    slow.send("GET /echo HTTP/1.1\r\nhos");
    server.assert_serves();
    slow.answer().assert_problem(408, "request_timeout");
    slow.assert_closed();
}

#[test]
fn an_endless_header_line_is_refused() {
    let server = Server::start(Limits::default());
    let mut client = server.connect();
    client.send("GET /echo HTTP/1.1\r\nx: ");
    let sent = client.send_until_refused(&vec![b'x'; 65_536], 200_000_000);
    assert!(sent < 50_000_000, "{sent} bytes were taken");
    client.answer().assert_problem(431, "headers_too_large");
    server.assert_serves();
}

#[test]
fn long_heads_are_refused() {
    let server = Server::start(Limits::default());
    let mut client = server.connect();
    client.send(format!(
        "GET /echo HTTP/1.1\r\nx: {}\r\n\r\n",
        "x".repeat(20_000)
    ));
    client.answer().assert_problem(431, "headers_too_large");

    let mut client = server.connect();
    client.send(format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(20_000)));
    client.answer().assert_problem(414, "uri_too_long");

    let mut client = server.connect();
    client.send(format!(
        "GET /echo HTTP/1.1\r\n{}\r\n",
        "x: y\r\n".repeat(65)
    ));
    client.answer().assert_problem(431, "headers_too_large");

    let mut client = server.connect();
    client.send(format!(
        "GET /echo HTTP/1.1\r\n{}\r\n",
        "x: y\r\n".repeat(64)
    ));
    assert_eq!(client.answer().status, 200);
}

#[test]
fn a_flood_of_pipelined_requests_is_held_back() {
    let server = Server::start(Limits {
        write_timeout: SHORT,
        ..Limits::default()
    });
    let mut client = server.connect();
    let requests = "GET /echo HTTP/1.1\r\nhost: x\r\n\r\n".repeat(1000);
    let sent = client.send_until_refused(requests.as_bytes(), 200_000_000);
    assert!(sent < 50_000_000, "{sent} bytes were taken");
    server.assert_serves();
}

#[test]
fn a_client_that_does_not_read_is_cut_off() {
    let server = Server::start(Limits {
        write_timeout: SHORT,
        ..Limits::default()
    });
    let mut client = server.connect();
    client.send("GET /big HTTP/1.1\r\nhost: x\r\n\r\n");
    assert_eq!(client.head().status, 200);
    server.assert_serves();
    // Writing to a connection that was reset fails; until then the server takes what it is sent.
    while client.send_until_refused(b"x", 1) == 1 {
        std::thread::yield_now();
    }
    assert!(client.rest() < BIG_BYTES);
    server.assert_serves();
}

#[test]
fn connections_above_the_bound_are_refused_politely() {
    let server = Server::start(Limits {
        connections: 3,
        ..Limits::default()
    });
    // We are at work for all of them.
    let mut held: Vec<_> = (0..3).map(|_| server.connect()).collect();
    let mut guests = Vec::new();
    for client in &mut held {
        client.send("GET /gate HTTP/1.1\r\nhost: x\r\n\r\n");
        guests.push(server.guest());
    }
    let mut extra = server.connect();
    extra.send("GET /echo HTTP/1.1\r\nhost: x\r\n\r\n");
    let answer = extra.answer();
    answer.assert_problem(503, "too_many_connections");
    assert_eq!(answer.header("retry-after"), Some("1"));
    extra.assert_closed();

    for (guest, client) in guests.into_iter().zip(&mut held) {
        guest.release.send(()).unwrap();
        assert_eq!(client.answer().status, 200);
    }
    server.assert_serves();
}

/// Who has been served goes last; of the others, and of those, who has been quiet longest goes first.
#[test]
fn who_keeps_us_waiting_makes_room() {
    let server = Server::start(Limits {
        connections: 4,
        ..Limits::default()
    });
    let echo = "GET /echo HTTP/1.1\r\nhost: x\r\n\r\n";
    let serve = |client: &mut Client| {
        client.send(echo);
        assert_eq!(client.answer().status, 200);
    };
    let mut bot = server.connect();
    serve(&mut bot);
    let mut quiet = server.connect();
    serve(&mut quiet);
    let mut slow_head = server.connect();
    slow_head.send("GET /echo HTTP/1.1\r\nho");
    serve(&mut bot);
    let mut slow_body = server.connect();
    slow_body.send("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n");
    serve(&mut bot);
    let mut others = Vec::new();
    for leaves in [&mut slow_head, &mut slow_body, &mut quiet] {
        let mut other = server.connect();
        serve(&mut other);
        others.push(other);
        leaves.assert_closed();
    }
    serve(&mut bot);
}

#[test]
fn an_idle_connection_is_closed() {
    let idle_timeout = Duration::from_millis(500);
    let server = Server::start(Limits {
        idle_timeout,
        ..Limits::default()
    });
    server.connect().assert_closed();
    let mut client = server.connect();
    client.send("GET /echo HTTP/1.1\r\nhost: x\r\n\r\n");
    assert_eq!(client.answer().status, 200);
    client.assert_closed();
}

/// Set for the process that a test starts for itself because it uses up all descriptors.
const FEW_DESCRIPTORS: &str = "MOCKX_TEST_FEW_DESCRIPTORS";

/// Runs itself again in a process of its own, whose descriptors are few.
#[test]
fn a_server_out_of_descriptors_recovers() {
    if std::env::var_os(FEW_DESCRIPTORS).is_some() {
        with_few_descriptors();
        return;
    }
    let output = Command::new("sh")
        .args([
            "-c",
            "ulimit -n 40 && exec \"$0\" --exact --nocapture \"$1\"",
        ])
        .arg(std::env::current_exe().unwrap())
        .arg("server::attacks::a_server_out_of_descriptors_recovers")
        .env(FEW_DESCRIPTORS, "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{output:?}"
    );
}

fn with_few_descriptors() {
    let (record, records) = mpsc::channel();
    log::set_boxed_logger(Box::new(Recorder(record))).unwrap();
    log::set_max_level(log::LevelFilter::Info);
    let server = Server::start(Limits::default());

    let mut hoard: Vec<_> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    drop(hoard.pop());
    let mut client = server.connect();
    client.send("GET /echo HTTP/1.1\r\nhost: x\r\n\r\n");
    assert!(
        records
            .recv()
            .unwrap()
            .starts_with("no connection can be accepted")
    );
    drop(hoard);
    assert_eq!(client.answer().status, 200);
    assert_eq!(records.recv().unwrap(), "connections are accepted again");
    server.assert_serves();
}

/// A logger that hands on what it is given.
struct Recorder(Sender<String>);

impl log::Log for Recorder {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        drop(self.0.send(record.args().to_string()));
    }

    fn flush(&self) {}
}
