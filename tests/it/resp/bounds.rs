//! What a client can do to the port: not much.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use super::stage::Stage;
use crate::mirror::stage::{fund, run};
use crate::support::{PATIENCE, wait_for};

fn dial(stage: &Stage) -> TcpStream {
    let stream = TcpStream::connect(stage.address()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Sends bytes, and gives what comes until the other side closes.
fn until_closed(stage: &Stage, bytes: &[u8]) -> String {
    let mut stream = dial(stage);
    stream.write_all(bytes).unwrap();
    let mut answer = Vec::new();
    // It may be reset with bytes of ours unread.
    stream.read_to_end(&mut answer).ok();
    String::from_utf8(answer).unwrap()
}

#[test]
fn a_password_opens_it_in_either_way() {
    let stage = Stage::new("password = \"a secret\"");
    for (sent, expected) in [
        (
            "PING\r\nQUIT\r\n",
            "-NOAUTH Authentication required.\r\n+OK\r\n",
        ),
        (
            "AUTH wrong\r\nGET a\r\nQUIT\r\n",
            "-WRONGPASS invalid username-password pair or user is disabled.\r\n-NOAUTH Authentication required.\r\n+OK\r\n",
        ),
        (
            "AUTH \"a secret\"\r\nPING\r\nQUIT\r\n",
            "+OK\r\n+PONG\r\n+OK\r\n",
        ),
        (
            "AUTH default \"a secret\"\r\nGET a\r\nQUIT\r\n",
            "+OK\r\n$-1\r\n+OK\r\n",
        ),
    ] {
        assert_eq!(until_closed(&stage, sent.as_bytes()), expected);
    }
    let hello = until_closed(
        &stage,
        b"HELLO 3 AUTH default \"a secret\"\r\nGET a\r\nQUIT\r\n",
    );
    assert!(
        hello.starts_with("%7\r\n") && hello.ends_with("_\r\n+OK\r\n"),
        "{hello}"
    );
    let url = format!("redis://:a%20secret@{}/5", stage.address());
    let mut connection = redis::Client::open(url).unwrap().get_connection().unwrap();
    fund(&mut stage.daemon.client());
    assert_eq!(run::<i64>(&mut connection, &["EXISTS", "balances"]), 1);
    assert!(!stage.daemon.log().contains("a secret"));
    stage.daemon.stop();
}

#[test]
fn what_cannot_be_understood_ends_the_conversation() {
    let stage = Stage::new("push = true");
    for (sent, expected) in [
        (
            &b"PING\r\n*1\r\n:3\r\n"[..],
            "+PONG\r\n-ERR Protocol error: expected '$', got something else\r\n",
        ),
        (
            b"*99999\r\n",
            "-ERR Protocol error: invalid multibulk length\r\n",
        ),
        (
            b"*1\r\n$999999999\r\n",
            "-ERR Protocol error: invalid bulk length\r\n",
        ),
        (
            b"get \"a\r\n",
            "-ERR Protocol error: unbalanced quotes in request\r\n",
        ),
        // What a page in a browser can be lured into sending sets no price.
        (
            b"POST / HTTP/1.1\r\nHost: a\r\n\r\nHSET tickers:BTC/USDT price 1\r\n",
            "",
        ),
    ] {
        assert_eq!(until_closed(&stage, sent), expected);
    }
    let long = until_closed(&stage, &vec![b'a'; 80_000]);
    assert!(
        long.is_empty() || long.contains("too big inline request"),
        "{long}"
    );
    assert_eq!(
        run::<i64>(&mut stage.connect(), &["EXISTS", "tickers:BTC/USDT"]),
        0
    );
    stage.daemon.stop();
}

#[test]
fn connections_are_bounded_and_come_back() {
    let stage = Stage::new("");
    let ping = |stream: &mut TcpStream| -> std::io::Result<String> {
        stream.write_all(b"PING\r\n")?;
        let mut answer = [0; 7];
        stream.read_exact(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    };
    let mut open: Vec<TcpStream> = (0..64).map(|_| dial(&stage)).collect();
    for stream in &mut open {
        assert_eq!(ping(stream).unwrap(), "+PONG\r\n");
    }
    let refused = until_closed(&stage, b"");
    assert_eq!(refused, "-ERR max number of clients reached\r\n");
    open.pop();
    let again = wait_for("room", || {
        ping(&mut dial(&stage))
            .ok()
            .filter(|answer| answer == "+PONG\r\n")
    });
    assert_eq!(again, "+PONG\r\n");
    stage.daemon.stop();
}

/// Somebody asks and asks and never reads: it is answered no further than the socket takes, and nobody else notices.
#[test]
fn who_does_not_read_holds_up_nobody() {
    let stage = Stage::new("");
    let mut client = stage.daemon.client();
    fund(&mut client);
    let memory = |client: &mut crate::support::Client| -> f64 {
        let metrics = client.get("/metrics").body;
        let line = metrics
            .lines()
            .find(|line| line.starts_with("process_resident_memory_bytes "));
        line.unwrap().split(' ').nth(1).unwrap().parse().unwrap()
    };
    let before = memory(&mut client);
    let mut deaf: Vec<TcpStream> = (0..8).map(|_| dial(&stage)).collect();
    let question = "HGETALL balances\r\n".repeat(4000);
    for stream in &mut deaf {
        stream
            .set_write_timeout(Some(Duration::from_millis(200)))
            .unwrap();
        for _ in 0..40 {
            if stream.write_all(question.as_bytes()).is_err() {
                break;
            }
        }
    }
    assert_eq!(run::<i64>(&mut stage.connect(), &["EXISTS", "balances"]), 1);
    let grown = memory(&mut client) - before;
    assert!(grown < 24e6, "{grown}");
    stage.daemon.stop();
}
