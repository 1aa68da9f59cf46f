//! A small HTTP client: one kept-alive connection, one request at a time, bodies with a length.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

use super::PATIENCE;

/// What the daemon answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The body as it came.
    pub(crate) body: String,
}

impl Answer {
    /// The body, which must be JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.body))
    }

    /// The same answer, which must be a 200.
    pub(crate) fn ok(self) -> Answer {
        assert_eq!(self.status, 200, "{}", self.body);
        self
    }
}

/// A connection to the daemon, with its key.
#[derive(Debug)]
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
    key: String,
}

impl Client {
    /// Connects.
    pub(crate) fn connect(address: SocketAddr, key: &str) -> io::Result<Client> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Client {
            stream: BufReader::new(stream),
            key: key.to_owned(),
        })
    }

    /// One request and its answer; an empty body is none.
    pub(crate) fn request(&mut self, method: &str, path: &str, body: &str) -> io::Result<Answer> {
        let request = self.head(method, path, "", body.len()) + body;
        self.send(&request)?;
        self.answer()
    }

    /// Sends the head of a request, and asks to be told when the daemon wants its body.
    pub(crate) fn begin(&mut self, method: &str, path: &str, length: usize) -> io::Result<()> {
        let head = self.head(method, path, "expect: 100-continue\r\n", length);
        self.send(&head)
    }

    /// Sends what was missing of a request.
    pub(crate) fn send(&mut self, rest: &str) -> io::Result<()> {
        self.stream.get_mut().write_all(rest.as_bytes())
    }

    fn head(&self, method: &str, path: &str, more: &str, length: usize) -> String {
        let key = &self.key;
        format!(
            "{method} {path} HTTP/1.1\r\nhost: mockx\r\nx-api-key: {key}\r\n{more}\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n"
        )
    }

    /// Reads one answer; a `100 Continue` counts as one.
    pub(crate) fn answer(&mut self) -> io::Result<Answer> {
        let status_line = self.line()?;
        let status = status_line
            .split(' ')
            .nth(1)
            .and_then(|word| word.parse().ok())
            .ok_or_else(|| invalid(&status_line))?;
        let mut length = 0;
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            let lower = line.to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().map_err(|_| invalid(&line))?;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        let body = String::from_utf8(body).map_err(|_| invalid("body is not UTF-8"))?;
        Ok(Answer { status, body })
    }

    /// `GET`, which must be answered with 200.
    pub(crate) fn get(&mut self, path: &str) -> Answer {
        self.request("GET", path, "").unwrap().ok()
    }

    /// `POST`, which must be answered with 200.
    pub(crate) fn post(&mut self, path: &str, body: &str) -> Answer {
        self.request("POST", path, body).unwrap().ok()
    }

    /// Sets a price, which must be answered with 200.
    pub(crate) fn set_price(&mut self, symbol: &str, price: &str) -> Answer {
        let path = format!("/admin/tickers/{symbol}/price");
        let body = format!("{{\"price\":{price}}}");
        self.request("PATCH", &path, &body).unwrap().ok()
    }

    /// The fingerprint of the daemon's state.
    pub(crate) fn digest(&mut self) -> String {
        let health = self.get("/admin/health").json();
        health["digest"].as_str().unwrap().to_owned()
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        line.truncate(line.trim_end().len());
        Ok(line)
    }
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}
