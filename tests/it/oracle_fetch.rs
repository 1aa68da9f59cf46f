//! Every way in which a call can fail, each told by its name.
#![allow(clippy::unwrap_used, reason = "a test that goes wrong should stop")]

use std::io::Write as _;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use mockx::oracle::{FetchError, FetchSettings, Fetcher};

use crate::venue_server::{Answers, answer, raw, settings};

fn get(url: &str) -> Result<Vec<u8>, FetchError> {
    Fetcher::new(settings())
        .get(url)
        .map(|fetched| fetched.body)
}

fn get_answer(status: u16, headers: &'static [&'static str], body: &'static str) -> FetchError {
    let server = Answers::by(move |_, _| answer(status, headers, body));
    get(&server.url).unwrap_err()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn bodies_arrive_plain_and_compressed() {
    let server = Answers::by(|number, _| match number {
        0 => answer(200, &["Content-Type: application/json"], "[1]"),
        _ => answer(200, &["Content-Encoding: gzip"], gzip(b"[2]")),
    });
    let fetcher = Fetcher::new(settings());
    assert_eq!(fetcher.get(&server.url).unwrap().body, b"[1]");
    assert_eq!(fetcher.get(&server.url).unwrap().body, b"[2]");
}

#[test]
fn limits_and_blocks_are_told_apart() {
    for status in [429, 418] {
        let error = get_answer(status, &["Retry-After: 7"], "{\"msg\":\n \"Too many\"}");
        assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
        assert_eq!(
            error.to_string(),
            format!("HTTP {status}: too many requests: {{\"msg\": \"Too many\"}}")
        );
    }
    let dated = get_answer(429, &["Retry-After: Sun, 06 Nov 2094 08:49:37 GMT"], "");
    // The test server dates its answers with the present; the far future is cut to three days.
    assert_eq!(dated.retry_after(), Some(Duration::from_secs(259_200)));
    for status in [403, 451] {
        let error = get_answer(status, &[], "<html>Forbidden</html>");
        assert!(matches!(error, FetchError::Blocked { .. }));
        assert!(
            error
                .to_string()
                .contains("choose another source: an HTML page")
        );
    }
}

#[test]
fn other_statuses_carry_the_words_of_the_venue() {
    let server_side = get_answer(503, &["Retry-After: 30"], "down");
    assert_eq!(
        server_side.to_string(),
        "HTTP 503: the venue has a problem: down"
    );
    assert_eq!(server_side.retry_after(), Some(Duration::from_secs(30)));
    assert!(matches!(
        get_answer(500, &[], ""),
        FetchError::Server { status: 500, .. }
    ));
    let request_side = get_answer(400, &[], "{\"code\":-1121,\"msg\":\"Invalid symbol.\"}");
    assert_eq!(
        request_side.to_string(),
        "HTTP 400: {\"code\":-1121,\"msg\":\"Invalid symbol.\"}"
    );
    let empty = get_answer(204, &[], "");
    assert_eq!(empty.to_string(), "HTTP 204");
}

#[test]
fn pages_for_people_are_no_data() {
    let declared = get_answer(200, &["Content-Type: text/html; charset=utf-8"], "hello");
    assert_eq!(declared, FetchError::Html);
    let undeclared = get_answer(
        200,
        &["Content-Type: application/json"],
        "\n<!doctype html>",
    );
    assert_eq!(undeclared, FetchError::Html);
}

#[test]
fn bodies_are_bounded_packed_or_not() {
    let server = Answers::by(|number, _| match number {
        0 => answer(200, &[], vec![b' '; 100_000]),
        1 => answer(200, &[], vec![b' '; 100_001]),
        _ => answer(
            200,
            &["Content-Encoding: gzip"],
            gzip(&vec![b' '; 20_000_000]),
        ),
    });
    assert_eq!(get(&server.url).unwrap().len(), 100_000);
    assert_eq!(get(&server.url), Err(FetchError::TooLarge(100_000)));
    assert_eq!(get(&server.url), Err(FetchError::TooLarge(100_000)));
}

#[test]
fn broken_answers_are_broken() {
    let truncated = raw(
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n[{\"a\":".to_vec(),
        true,
    );
    let error = get(&truncated).unwrap_err();
    assert!(matches!(error, FetchError::Broken(_)), "{error:?}");
    let chunked = raw(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n".to_vec(),
        true,
    );
    let error = get(&chunked).unwrap_err();
    assert!(matches!(error, FetchError::Broken(_)), "{error:?}");
    let garbled = Answers::by(|_, _| answer(200, &["Content-Encoding: gzip"], "no gzip at all"));
    let error = get(&garbled.url).unwrap_err();
    assert!(matches!(error, FetchError::Broken(_)), "{error:?}");
    let no_http = raw(b"220 mail.example ESMTP\r\n\r\n".to_vec(), true);
    let error = get(&no_http).unwrap_err();
    assert!(matches!(error, FetchError::Broken(_)), "{error:?}");
    let silent = raw(Vec::new(), true);
    let error = get(&silent).unwrap_err();
    assert!(matches!(error, FetchError::Broken(_)), "{error:?}");
}

#[test]
fn waiting_has_an_end() {
    let hasty = Fetcher::new(FetchSettings {
        timeout: Duration::from_millis(200),
        ..settings()
    });
    for head in [
        &b""[..],
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n[",
    ] {
        let begin = Instant::now();
        let error = hasty.get(&raw(head.to_vec(), false)).unwrap_err();
        assert!(matches!(error, FetchError::TimedOut(_)), "{error:?}");
        assert!(begin.elapsed() < Duration::from_secs(5));
    }
}

#[test]
fn nobody_there_is_said_so() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    assert_eq!(get(&format!("http://{address}/")), Err(FetchError::Refused));
    // Machines without a resolver may take their time to find that out.
    let error = get("http://nowhere.invalid/").unwrap_err();
    assert!(
        matches!(error, FetchError::Dns | FetchError::TimedOut(_)),
        "{error:?}"
    );
}

#[test]
fn a_server_without_tls_is_no_secure_connection() {
    let plain = raw(
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".to_vec(),
        true,
    );
    let error = get(&plain.replace("http", "https")).unwrap_err();
    assert!(matches!(error, FetchError::Tls(_)), "{error:?}");
}
