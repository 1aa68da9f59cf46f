//! What may stand in a request that is not quite HTTP/1.1 as everybody writes it.

use mockx::http::Limits;

use super::harness::{BIG_BYTES, Server};

#[test]
fn what_is_not_http_is_answered_with_a_problem() {
    let server = Server::start(Limits::default());
    let heads: [&[u8]; 14] = [
        b"GET /echo HTTP/2.0\r\nhost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /echo\r\n\r\n",
        b"GET  /echo  HTTP/1.1\r\n\r\n",
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /\xff HTTP/1.1\r\n\r\n",
        b"GET /echo HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET /echo HTTP/1.1\r\nx: a\x00b\r\n\r\n",
        b"GET /echo HTTP/1.1\r\nsp ace: a\r\n\r\n",
        b"POST /echo HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"POST /echo HTTP/1.1\r\ncontent-length: +5\r\n\r\nhello",
        b"POST /echo HTTP/1.1\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!",
        b"POST /echo HTTP/1.1\r\ntransfer-encoding: gzip\r\n\r\nhello",
    ];
    for head in heads {
        let mut client = server.connect();
        client.send(head);
        let said = String::from_utf8_lossy(head).into_owned();
        let answer = client.answer();
        assert_eq!(answer.status, 400, "{said:?}: {answer:?}");
        answer.assert_problem(400, "bad_request");
        client.assert_closed();
    }
    server.assert_serves();
}

#[test]
fn a_bad_head_after_a_good_request_is_answered_too() {
    let server = Server::start(Limits::default());
    let mut client = server.connect();
    client.send("GET /echo HTTP/1.1\r\nhost: x\r\n\r\nGET /echo HTTP/9.9\r\n\r\n");
    assert_eq!(client.answer().status, 200);
    client.answer().assert_problem(400, "bad_request");
    client.assert_closed();

    // The same with an answer that leaves in many pieces.
    let mut client = server.connect();
    client.send("GET /big HTTP/1.1\r\nhost: x\r\n\r\nGET /echo HTTP/9.9\r\n\r\n");
    assert_eq!(client.answer().body.len(), BIG_BYTES);
    client.answer().assert_problem(400, "bad_request");
    client.assert_closed();
}

#[test]
fn a_head_cut_short_is_answered() {
    let server = Server::start(Limits::default());
    let mut client = server.connect();
    client.send("GET /echo HTT");
    client.finish_sending();
    client.answer().assert_problem(400, "bad_request");
}

#[test]
fn a_garbled_or_short_body_is_answered() {
    let server = Server::start(Limits::default());
    let mut client = server.connect();
    client.send("POST /echo HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n");
    client.answer().assert_problem(400, "bad_request");
    client.assert_closed();

    let mut client = server.connect();
    client.send("POST /echo HTTP/1.1\r\ncontent-length: 10\r\n\r\nhello");
    client.finish_sending();
    client.answer().assert_problem(400, "bad_request");
    client.assert_closed();
}

#[test]
fn what_is_odd_but_clear_is_served() {
    let server = Server::start(Limits::default());
    let cases: [(&[u8], &str); 9] = [
        (
            b"GET /echo HTTP/1.1\nx: bare\n\n",
            "GET /echo None  x=Some(\"bare\")",
        ),
        (
            b"\r\n\r\nGET /echo HTTP/1.1\r\n\r\n",
            "GET /echo None  x=None",
        ),
        (
            b"GET /echo?q=%00%2F&?? HTTP/1.1\r\n\r\n",
            "GET /echo Some(\"q=%00%2F&??\")  x=None",
        ),
        (
            b"GET http://host/echo?q HTTP/1.1\r\n\r\n",
            "GET /echo Some(\"q\")  x=None",
        ),
        (b"BREW /echo HTTP/1.1\r\n\r\n", "BREW /echo None  x=None"),
        (
            b"GET /echo HTTP/1.1\r\nX: \xc3\xbc\r\n\r\n",
            "GET /echo None  x=Some(\"\u{fc}\")",
        ),
        (
            b"GET /echo HTTP/1.1\r\nX: \xff\r\n\r\n",
            "GET /echo None  x=Some(\"\u{fffd}\")",
        ),
        (
            b"POST /echo HTTP/1.1\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\nhi",
            "POST /echo None hi x=None",
        ),
        (
            b"GET /echo HTTP/1.1\r\nupgrade: h2c\r\nx: y\r\n\r\n",
            "GET /echo None  x=Some(\"y\")",
        ),
    ];
    for (request, echo) in cases {
        let mut client = server.connect();
        // Twice: what is left of the first request must not spoil the second.
        for _ in 0..2 {
            client.send(request);
            let answer = client.answer();
            assert_eq!((answer.status, answer.body.as_str()), (200, echo));
        }
    }
}

#[test]
fn a_path_of_utf8_is_passed_on_as_it_is() {
    let server = Server::start(Limits::default());
    let mut client = server.connect();
    client.send("GET /\u{fc} HTTP/1.1\r\n\r\n");
    let answer = client.answer();
    assert_eq!((answer.status, answer.body.as_str()), (404, "/\u{fc}"));
}

#[test]
fn chunks_win_over_a_length_and_end_the_connection() {
    let server = Server::start(Limits::default());
    let chunks = "2\r\nhi\r\n0\r\n\r\nGET /echo HTTP/1.1\r\n\r\n";
    for head in [
        "content-length: 25\r\ntransfer-encoding: chunked",
        "transfer-encoding: chunked\r\ncontent-length: 25",
    ] {
        let mut client = server.connect();
        client.send(format!("POST /echo HTTP/1.1\r\n{head}\r\n\r\n{chunks}"));
        assert_eq!(client.answer().body, "POST /echo None hi x=None");
        client.assert_closed();
    }
}

#[test]
fn a_tunnel_is_refused() {
    let server = Server::start(Limits::default());
    let mut client = server.connect();
    client.send("CONNECT host:80 HTTP/1.1\r\n\r\n");
    client.answer().assert_problem(400, "bad_request");
    client.send("GET /echo HTTP/1.1\r\n\r\n");
    assert_eq!(client.answer().status, 200);
}

#[test]
fn a_header_that_would_split_the_answer_is_not_sent() {
    let server = Server::start(Limits::default());
    let mut client = server.connect();
    client.send("GET /split HTTP/1.1\r\n\r\n");
    client.answer().assert_problem(500, "internal");
    client.send("GET /echo HTTP/1.1\r\n\r\n");
    assert_eq!(client.answer().status, 200);
}

#[test]
fn an_answer_that_looks_like_a_refusal_of_the_library_is_sent_as_it_is() {
    let server = Server::start(Limits::default());
    let mut client = server.connect();
    for _ in 0..2 {
        client.send("GET /canned HTTP/1.1\r\n\r\n");
        let answer = client.answer();
        assert_eq!((answer.status, answer.body.len()), (400, 66));
    }
}
