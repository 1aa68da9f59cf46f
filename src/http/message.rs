//! Requests and responses as plain data.
//!
//! Nothing here is decoded or interpreted: the path is as it came over the wire, the body is bytes.
//! No type of the HTTP library appears, so a handler can be called without a server.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::sync::mpsc;

/// One request, complete: the body has been read and is within bounds.
#[derive(Clone, Debug)]
pub struct Request {
    /// The verb.
    pub method: Method,
    /// The path, still percent-encoded: `/orders/BTC%2FUSDT`. It starts with a slash, but for the
    /// `*` of `OPTIONS *`.
    pub path: String,
    /// What follows the first `?`, still percent-encoded and without it.
    pub query: Option<String>,
    /// The header lines.
    pub headers: Headers,
    /// The body; empty if there is none.
    pub body: Vec<u8>,
    /// The other end of the connection.
    pub peer: SocketAddr,
}

impl Request {
    /// A request without headers and body, as if from loopback. `target` is a path with or without a
    /// query.
    pub fn new(method: Method, target: &str) -> Self {
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query.to_owned())),
            None => (target, None),
        };
        Self {
            method,
            path: path.to_owned(),
            query,
            headers: Headers::default(),
            body: Vec::new(),
            peer: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        }
    }

    /// The same request with one more header line.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push(name, value);
        self
    }

    /// The same request with this body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }
}

/// The verb of a request. Verbs are case-sensitive: `get` is an [`Method::Other`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`
    Get,
    /// `HEAD`; the server drops the body of the answer and keeps its length.
    Head,
    /// `POST`
    Post,
    /// `PATCH`
    Patch,
    /// `PUT`
    Put,
    /// `DELETE`
    Delete,
    /// `OPTIONS`
    Options,
    /// Any other token, except `CONNECT`, which the server refuses.
    Other(String),
}

impl Method {
    /// The verb as it stands in a request line.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
            Self::Other(token) => token,
        }
    }
}

impl From<&str> for Method {
    fn from(token: &str) -> Self {
        match token {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" => Self::Post,
            "PATCH" => Self::Patch,
            "PUT" => Self::Put,
            "DELETE" => Self::Delete,
            "OPTIONS" => Self::Options,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// Header lines in the order they came; names are looked up without regard to case.
///
/// All text lies in one string, so a request costs two allocations for its headers and not two a line.
#[derive(Clone, Debug, Default)]
pub struct Headers {
    text: String,
    lines: Vec<Line>,
}

/// Where a line lies in the text: the name up to `colon`, the value from there up to `end`.
#[derive(Clone, Debug)]
struct Line {
    start: usize,
    colon: usize,
    end: usize,
}

impl Headers {
    /// Adds a line.
    pub fn push(&mut self, name: &str, value: &str) {
        let start = self.text.len();
        self.text.push_str(name);
        let colon = self.text.len();
        self.text.push_str(value);
        self.lines.push(Line {
            start,
            colon,
            end: self.text.len(),
        });
    }

    /// The value of the first line of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    /// All lines, as name and value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.lines.iter().map(|line| {
            (
                &self.text[line.start..line.colon],
                &self.text[line.colon..line.end],
            )
        })
    }
}

/// One answer.
#[derive(Debug)]
pub struct Response {
    /// From 200 to 599.
    pub status: u16,
    /// Header lines; length, date and connection lines are the server's.
    pub headers: Vec<(&'static str, String)>,
    /// What follows the headers.
    pub body: Body,
}

/// What an answer carries.
#[derive(Debug)]
pub enum Body {
    /// All of it, with its length known.
    Bytes(Vec<u8>),
    /// Pieces as they come, until the sending half is dropped. The channel's bound is what holds back
    /// the sender when the client reads slowly; when the client is gone the channel closes. That is
    /// noticed by writing, so a stream that may be silent for long should send a comment at times.
    Stream(mpsc::Receiver<Vec<u8>>),
}

impl Response {
    /// An answer with a body of that content type.
    pub fn bytes(status: u16, content_type: &str, body: Vec<u8>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Body::Bytes(body),
        }
        .with_header("content-type", content_type)
    }

    /// An answer of rendered JSON.
    pub fn json(status: u16, body: Vec<u8>) -> Self {
        Self::bytes(status, "application/json", body)
    }

    /// An answer of plain text.
    pub fn text(status: u16, body: impl Into<String>) -> Self {
        Self::bytes(
            status,
            "text/plain; charset=utf-8",
            body.into().into_bytes(),
        )
    }

    /// An answer of server-sent events, or any other text that never quite ends.
    pub fn stream(content_type: &str, pieces: mpsc::Receiver<Vec<u8>>) -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body: Body::Stream(pieces),
        }
        .with_header("content-type", content_type)
        .with_header("cache-control", "no-store")
    }

    /// The same answer with one more header line.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_found_whatever_their_case_and_the_first_wins() {
        let request = Request::new(Method::Get, "/")
            .with_header("X-Api-Key", "one")
            .with_header("x-api-key", "two")
            .with_header("empty", "");
        assert_eq!(request.headers.get("x-API-key"), Some("one"));
        assert_eq!(request.headers.get("empty"), Some(""));
        assert_eq!(request.headers.get("x-api"), None);
        assert_eq!(request.headers.iter().count(), 3);
    }

    #[test]
    fn a_target_splits_at_its_first_question_mark() {
        let request = Request::new(Method::from("GET"), "/a%2Fb?x=1?y");
        assert_eq!(request.path, "/a%2Fb");
        assert_eq!(request.query.as_deref(), Some("x=1?y"));
        assert_eq!(Request::new(Method::Get, "/a").query, None);
        assert_eq!(Request::new(Method::Get, "/a?").query.as_deref(), Some(""));
    }

    #[test]
    fn verbs_come_back_as_they_were() {
        for token in [
            "GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS", "get", "BREW",
        ] {
            assert_eq!(Method::from(token).as_str(), token);
        }
    }
}
