//! What clients that behave may count on.

use std::time::{Duration, Instant};

use mockx::http::Limits;

use super::harness::{Client, Server};

#[test]
fn six_keep_alive_connections_at_once_are_all_served() {
    let server = Server::start(Limits::default());
    let mut clients: Vec<_> = (0..6).map(|_| server.connect()).collect();
    for round in 0..3 {
        for client in &mut clients {
            client.send(format!("GET /echo?{round} HTTP/1.1\r\nhost: x\r\n\r\n"));
        }
        for client in &mut clients {
            assert_eq!(
                client.answer().body,
                format!("GET /echo Some(\"{round}\")  x=None")
            );
        }
    }
}

#[test]
fn pipelined_requests_are_answered_in_order() {
    let server = Server::start(Limits::default());
    let mut client = server.connect();
    let request = |n| {
        let head = format!("POST /echo?{n} HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\n");
        format!("{head}body{}", n % 10)
    };
    client.send((0..100).map(request).collect::<Vec<_>>().concat());
    for n in 0..100 {
        let echo = format!("POST /echo Some(\"{n}\") body{} x=None", n % 10);
        assert_eq!(client.answer().body, echo);
    }
}

#[test]
fn a_waiting_request_holds_up_nobody() {
    let server = Server::start(Limits::default());
    let mut waiting = server.connect();
    waiting.send("GET /gate HTTP/1.1\r\nhost: x\r\n\r\n");
    let guest = server.guest();
    server.assert_serves();
    guest.release.send(()).unwrap();
    assert_eq!(waiting.answer().body, "released");
}

#[test]
fn a_head_request_has_the_length_and_no_body() {
    let server = Server::start(Limits::default());
    let mut client = server.connect();
    client.send("HEAD /echo HTTP/1.1\r\nhost: x\r\n\r\n");
    let head = client.head();
    assert_eq!(head.header("content-length"), Some("23"));
    client.send("GET /echo HTTP/1.1\r\nhost: x\r\n\r\n");
    assert_eq!(client.answer().body, "GET /echo None  x=None");
}

#[test]
fn a_client_that_asks_before_it_sends_a_body_is_told() {
    let server = Server::start(Limits::default());
    let mut client = server.connect();
    client.send("POST /echo HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n");
    assert_eq!(client.head().status, 100);
    client.send("hello");
    assert_eq!(client.answer().body, "POST /echo None hello x=None");
    client.send("POST /echo HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 70000\r\n\r\n");
    client.answer().assert_problem(413, "body_too_large");
}

#[test]
fn an_old_client_is_answered_and_the_connection_closed() {
    let server = Server::start(Limits::default());
    let mut client = server.connect();
    client.send("GET /echo HTTP/1.0\r\n\r\n");
    assert_eq!(client.answer().body, "GET /echo None  x=None");
    client.assert_closed();
}

#[test]
fn a_client_that_has_finished_sending_gets_its_answer() {
    let server = Server::start(Limits::default());
    let mut client = server.connect();
    client.send("GET /gate HTTP/1.1\r\nhost: x\r\n\r\n");
    client.finish_sending();
    server.guest().release.send(()).unwrap();
    assert_eq!(client.answer().body, "released");
    client.assert_closed();
}

#[test]
fn a_stream_arrives_piece_by_piece_and_ends_with_its_sender() {
    let server = Server::start(Limits::default());
    let mut client = server.connect();
    client.send("GET /stream HTTP/1.1\r\nhost: x\r\n\r\n");
    let pieces = server.guest().pieces;
    let head = client.head();
    assert_eq!(head.header("transfer-encoding"), Some("chunked"));
    for piece in ["one", "two"] {
        pieces.blocking_send(piece.into()).unwrap();
        assert_eq!(
            (client.line().as_str(), client.line().as_str()),
            ("3\r\n", &*format!("{piece}\r\n"))
        );
    }
    drop(pieces);
    assert_eq!(
        (client.line().as_str(), client.line().as_str()),
        ("0\r\n", "\r\n")
    );
    client.send("GET /echo HTTP/1.1\r\nhost: x\r\n\r\n");
    assert_eq!(client.answer().status, 200);
}

#[test]
fn a_stream_whose_client_has_gone_is_closed() {
    let server = Server::start(Limits::default());
    let mut client = server.connect();
    client.send("GET /stream HTTP/1.1\r\nhost: x\r\n\r\n");
    let pieces = server.guest().pieces;
    assert_eq!(client.head().status, 200);
    drop(client);
    while pieces.blocking_send(b": still there\n\n".to_vec()).is_ok() {
        std::thread::yield_now();
    }
}

#[test]
fn a_stop_lets_requests_finish_and_closes_idle_connections() {
    let mut server = Server::start(Limits::default());
    let mut idle = server.connect();
    idle.send("GET /echo HTTP/1.1\r\nhost: x\r\n\r\n");
    assert_eq!(idle.answer().status, 200);
    let mut busy = server.connect();
    busy.send("GET /gate HTTP/1.1\r\nhost: x\r\n\r\n");
    let guest = server.guest();

    server.stop();
    idle.assert_closed();
    drop(idle);
    assert!(std::net::TcpStream::connect(server.address).is_err());
    guest.release.send(()).unwrap();
    let answer = busy.answer();
    assert_eq!(answer.body, "released");
    assert_eq!(answer.header("connection"), Some("close"));
    busy.assert_closed();
    drop(busy);
    server.join();
}

#[test]
fn a_stop_does_not_wait_for_ever() {
    let grace = Duration::from_millis(50);
    let mut server = Server::start(Limits {
        shutdown_grace: grace,
        ..Limits::default()
    });
    let mut stuck = server.connect();
    stuck.send("GET /gate HTTP/1.1\r\nhost: x\r\n\r\n");
    let _guest = server.guest();
    let told = Instant::now();
    server.stop();
    server.join();
    assert!(told.elapsed() >= grace);
    stuck.assert_closed();
}

/// Two connections that the server has accepted: one has sent nothing, the other has had its answer.
fn newcomer_and_guest(server: &Server) -> [Client; 2] {
    let newcomer = server.connect();
    let mut guest = server.connect();
    guest.send("GET /echo HTTP/1.1\r\nhost: x\r\n\r\n");
    assert_eq!(guest.answer().status, 200);
    [newcomer, guest]
}

#[test]
fn a_stop_does_not_close_the_door_on_a_first_request() {
    let mut server = Server::start(Limits {
        shutdown_grace: Duration::from_mins(1),
        newcomer_grace: Duration::from_mins(1),
        ..Limits::default()
    });
    let [mut newcomer, mut guest] = newcomer_and_guest(&server);
    server.stop();
    guest.assert_closed();
    drop(guest);
    newcomer.send("GET /echo HTTP/1.1\r\nhost: x\r\n\r\n");
    let answer = newcomer.answer();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("connection"), Some("close"));
    newcomer.assert_closed();
    drop(newcomer);
    server.join();
}

#[test]
fn a_stop_does_not_wait_for_a_first_request_for_ever() {
    let grace = Duration::from_millis(50);
    let mut server = Server::start(Limits {
        shutdown_grace: Duration::from_mins(1),
        newcomer_grace: grace,
        ..Limits::default()
    });
    let [mut newcomer, mut guest] = newcomer_and_guest(&server);
    let told = Instant::now();
    server.stop();
    guest.assert_closed();
    drop(guest);
    newcomer.assert_closed();
    assert!(told.elapsed() >= grace);
    drop(newcomer);
    server.join();
}
