//! The shape of every answer outside 2xx: an RFC 9457 problem.
//!
//! The sentence stands three times, because clients of three kinds look for it under three names:
//! `detail` (the RFC's), `error` and `message`.

use serde::Serialize;

use super::message::Response;

/// The content type of a rendered problem.
pub const PROBLEM_CONTENT_TYPE: &str = "application/problem+json";

/// Why a request was not served.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{detail}")]
pub struct Problem {
    /// The HTTP status, 400 to 599.
    pub status: u16,
    /// A stable name for programs, in `snake_case`.
    pub code: &'static str,
    /// A sentence for people.
    pub detail: String,
    /// Header lines of the answer, such as `allow` or `retry-after`.
    pub headers: Vec<(&'static str, String)>,
}

impl Problem {
    /// A problem without extra headers.
    pub fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
            headers: Vec::new(),
        }
    }

    /// The same problem with one more header line in its answer.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// A few words for the code, the same for every problem that has it: `Insufficient funds`.
    pub fn title(&self) -> String {
        let words = self.code.replace('_', " ");
        let mut letters = words.chars();
        letters.next().map_or_else(String::new, |first| {
            first.to_uppercase().chain(letters).collect()
        })
    }

    /// The document, as JSON.
    pub fn to_json(&self) -> Vec<u8> {
        let document = Document {
            kind: format!("https://mockx.dev/e/{}", self.code.replace('_', "-")),
            title: self.title(),
            status: self.status,
            code: self.code,
            detail: &self.detail,
            error: &self.detail,
            message: &self.detail,
        };
        // A struct of strings and one number has no way to fail.
        serde_json::to_vec(&document).unwrap_or_default()
    }
}

impl From<Problem> for Response {
    fn from(problem: Problem) -> Self {
        let mut response = Self::bytes(problem.status, PROBLEM_CONTENT_TYPE, problem.to_json());
        response.headers.extend(problem.headers);
        response
    }
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: String,
    status: u16,
    code: &'a str,
    detail: &'a str,
    error: &'a str,
    message: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Body;

    #[test]
    fn a_problem_has_every_name_that_clients_read() {
        let problem = Problem::new(400, "insufficient_funds", "12 \"USDT\" needed, 3 free.");
        assert_eq!(
            String::from_utf8(problem.to_json()).unwrap(),
            r#"{"type":"https://mockx.dev/e/insufficient-funds","title":"Insufficient funds","status":400,"#
                .to_owned()
                + r#""code":"insufficient_funds","detail":"12 \"USDT\" needed, 3 free.","#
                + r#""error":"12 \"USDT\" needed, 3 free.","message":"12 \"USDT\" needed, 3 free."}"#
        );
    }

    #[test]
    fn its_answer_carries_the_extra_headers() {
        let problem =
            Problem::new(405, "method_not_allowed", "Only GET.").with_header("allow", "GET");
        let response = Response::from(problem);
        assert_eq!(response.status, 405);
        assert_eq!(
            response.headers,
            [
                ("content-type", "application/problem+json".to_owned()),
                ("allow", "GET".to_owned())
            ]
        );
        assert!(matches!(response.body, Body::Bytes(body) if body.starts_with(b"{\"type\"")));
    }
}
