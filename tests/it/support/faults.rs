//! Every way in which a venue can be bad, each a server on loopback.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;

/// A way to be bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The name has no address.
    Dns,
    /// Nobody listens.
    Refused,
    /// No TLS where it is expected.
    Tls,
    /// It never answers.
    Silence,
    /// A byte now and then.
    Drip,
    /// Less than was announced.
    Truncated,
    /// Sixty-four kilobytes that unpack to sixty-four megabytes.
    Bomb,
    /// A page for people.
    Html,
    /// JSON of another shape.
    Shape,
    /// 429 with `Retry-After`.
    Limited,
    /// 418.
    Banned,
    /// 403.
    Blocked,
    /// 503.
    Down,
    /// Just below four megabytes of JSON that means nothing.
    Junk,
    /// A body without end.
    Endless,
}

#[allow(
    clippy::wildcard_enum_match_arm,
    reason = "each is bad in one respect and ordinary in all others"
)]
impl Fault {
    /// Every one, with what is said about it.
    pub(crate) const ALL: [(Fault, &'static [&'static str]); 15] = [
        (
            Fault::Dns,
            &["the host name cannot be resolved", "resolving the name"],
        ),
        (Fault::Refused, &["the connection is refused"]),
        (Fault::Tls, &["no secure connection"]),
        (Fault::Silence, &["not done in time"]),
        (Fault::Drip, &["not done in time"]),
        (Fault::Truncated, &["the answer is broken"]),
        (Fault::Bomb, &["the answer is larger than"]),
        (Fault::Html, &["an HTML page instead of data"]),
        (Fault::Shape, &["unexpected shape"]),
        (Fault::Limited, &["HTTP 429: too many requests"]),
        (Fault::Banned, &["HTTP 418: too many requests"]),
        (Fault::Blocked, &["choose another source"]),
        (Fault::Down, &["HTTP 503: the venue has a problem"]),
        (Fault::Junk, &["no price of any symbol"]),
        (
            Fault::Endless,
            &["the answer is larger than", "not done in time"],
        ),
    ];

    /// The address of a venue that is bad in this way; it stays as long as the program.
    pub(crate) fn start(self) -> String {
        if self == Fault::Dns {
            return "http://nowhere.invalid".to_owned();
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        if self != Fault::Refused {
            let body = self.body();
            thread::spawn(move || {
                for connection in listener.incoming().flatten() {
                    let body = body.clone();
                    thread::spawn(move || self.serve(connection, &body));
                }
            });
        }
        let scheme = if self == Fault::Tls { "https" } else { "http" };
        format!("{scheme}://{address}")
    }

    fn body(self) -> Vec<u8> {
        match self {
            Fault::Bomb => gzip(64 << 20),
            Fault::Html => b"<html><body>Under maintenance</body></html>".to_vec(),
            Fault::Shape => br#"{"surprise":[{"symbol":7},null]}"#.to_vec(),
            Fault::Junk => {
                let mut body = vec![b'['];
                while body.len() < (4 << 20) - 100 {
                    body.extend(br#"{"symbol":"NOTHING","lastPrice":"1.5"},"#);
                }
                body.extend(b"null]");
                body
            }
            _ => b"[1,2,3]".to_vec(),
        }
    }

    fn serve(self, mut connection: TcpStream, body: &[u8]) {
        let mut request = [0; 4096];
        // Closing before it is read would reset the connection.
        let Ok(length) = connection.read(&mut request) else {
            return;
        };
        let slow = matches!(self, Fault::Silence | Fault::Drip);
        if slow && String::from_utf8_lossy(&request[..length]).contains("exchangeInfo") {
            // The list is waited for much longer, which has nothing more to show.
            let none = "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
            connection.write_all(none.as_bytes()).ok();
            return;
        }
        let (status, header) = match self {
            Fault::Limited => ("429 Too Many Requests", "Retry-After: 1\r\n"),
            Fault::Banned => ("418 I'm a teapot", "Retry-After: 1\r\n"),
            Fault::Blocked => ("403 Forbidden", ""),
            Fault::Down => ("503 Service Unavailable", ""),
            Fault::Bomb => ("200 OK", "Content-Encoding: gzip\r\n"),
            _ => ("200 OK", ""),
        };
        let length = match self {
            Fault::Truncated => body.len() + 1000,
            Fault::Drip => 1_000_000,
            Fault::Endless => 1 << 40,
            _ => body.len(),
        };
        let head = format!(
            "HTTP/1.1 {status}\r\nConnection: close\r\n{header}Content-Length: {length}\r\n\r\n"
        );
        // Clients that go away, or never spoke HTTP, are part of it.
        match self {
            Fault::Silence => thread::sleep(Duration::from_secs(60)),
            Fault::Drip => drip(&mut connection, &head),
            Fault::Endless => {
                connection.write_all(head.as_bytes()).ok();
                while connection.write_all(&[b' '; 8192]).is_ok() {}
            }
            _ => {
                connection.write_all(head.as_bytes()).ok();
                connection.write_all(body).ok();
            }
        }
    }
}

fn drip(connection: &mut TcpStream, head: &str) {
    if connection.write_all(head.as_bytes()).is_err() {
        return;
    }
    while connection.write_all(b" ").is_ok() {
        thread::sleep(Duration::from_millis(50));
    }
}

fn gzip(zeros: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let block = vec![b' '; 1 << 20];
    for _ in 0..zeros >> 20 {
        encoder.write_all(&block).unwrap();
    }
    encoder.finish().unwrap()
}
