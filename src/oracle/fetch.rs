//! GET over HTTP, with a bound on everything and a name for every way to fail.
//!
//! Calls block: they belong on a thread of the blocking pool. A call takes at most [`FetchSettings::timeout`] in all,
//! name resolution, TLS and a dripping body included; a body has at most [`FetchSettings::body_max`] bytes, counted
//! after decompression. An error status, an HTML page and an answer that ends too early are errors.

use std::io::{self, Read};
use std::time::Duration;

use ureq::http::{HeaderMap, Response};
use ureq::tls::TlsConfig;
use ureq::{Agent, Body, Error, Timeout};

use super::retry_after;
use super::roots::Roots;

/// How much of the body of an error is read and told.
const WORDS_BYTES: u64 = 4096;
const WORDS_CHARS: usize = 200;
/// Idle connections are kept beyond the longest usual interval, so that a poll does not pay for TLS anew.
const IDLE_AGE: Duration = Duration::from_secs(90);
const REDIRECTS_MAX: u32 = 3;
const HEADER_BYTES_MAX: usize = 32 * 1024;
/// Buffers of a connection; the defaults are eight and thirty times as large.
const INPUT_BUFFER_BYTES: usize = 16 * 1024;
const OUTPUT_BUFFER_BYTES: usize = 4 * 1024;
/// A list of all markets, with the rules of each, is asked for once a day and takes more of everything.
const LIST_TIMEOUT: Duration = Duration::from_secs(20);
const LIST_BYTES_MAX: u64 = 24 * 1024 * 1024;

/// Says how much weight of the present minute is used up, by this program and others behind the same address.
const USED_WEIGHT: &str = "x-mbx-used-weight-1m";

/// Bounds of a call.
#[derive(Debug, Clone)]
pub struct FetchSettings {
    /// The whole call.
    pub timeout: Duration,
    /// Of which to connect, TLS included.
    pub connect_timeout: Duration,
    /// The longest body, decompressed.
    pub body_max: u64,
    /// Whether `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` are obeyed.
    pub proxy_from_environment: bool,
    /// Whom secure connections trust.
    pub roots: Roots,
}

impl Default for FetchSettings {
    fn default() -> FetchSettings {
        FetchSettings {
            timeout: Duration::from_secs(4),
            connect_timeout: Duration::from_secs(2),
            body_max: 4 * 1024 * 1024,
            proxy_from_environment: true,
            roots: Roots::default(),
        }
    }
}

/// Why a call gave no body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The host has no address, or nobody could be asked for it.
    #[error("the host name cannot be resolved")]
    Dns,
    /// Nothing listens there.
    #[error("the connection is refused")]
    Refused,
    /// Not done in time.
    #[error("not done in time ({0})")]
    TimedOut(&'static str),
    /// No secure connection.
    #[error("no secure connection: {0}")]
    Tls(String),
    /// No certificate is valid yet: a machine without a clock battery starts years back.
    #[error("no secure connection: {0}; is the clock of this machine right?")]
    Clock(String),
    /// HTTP 429 or 418: too many requests.
    #[error("HTTP {status}: too many requests{}", told(.words))]
    RateLimited {
        /// The status.
        status: u16,
        /// How long the venue wants to be left alone.
        retry_after: Option<Duration>,
        /// What the body says.
        words: String,
    },
    /// HTTP 403 or 451: not from here.
    #[error(
        "HTTP {status}: the venue does not serve this address, often because of its country; \
         choose another source{}", told(.words)
    )]
    Blocked {
        /// The status.
        status: u16,
        /// How long the venue wants to be left alone.
        retry_after: Option<Duration>,
        /// What the body says.
        words: String,
    },
    /// HTTP 5xx.
    #[error("HTTP {status}: the venue has a problem{}", told(.words))]
    Server {
        /// The status.
        status: u16,
        /// How long the venue wants to be left alone.
        retry_after: Option<Duration>,
        /// What the body says.
        words: String,
    },
    /// Any other status than 200.
    #[error("HTTP {status}{}", told(.words))]
    Status {
        /// The status.
        status: u16,
        /// What the body says.
        words: String,
    },
    /// A page for people.
    #[error("an HTML page instead of data")]
    Html,
    /// A body above the bound.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(u64),
    /// The connection or the answer is broken.
    #[error("the answer is broken: {0}")]
    Broken(String),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

fn told(words: &str) -> String {
    if words.is_empty() {
        String::new()
    } else {
        format!(": {words}")
    }
}

impl FetchError {
    /// How long the venue wants to be left alone, if it says so.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            FetchError::RateLimited { retry_after, .. }
            | FetchError::Blocked { retry_after, .. }
            | FetchError::Server { retry_after, .. } => *retry_after,
            FetchError::Dns
            | FetchError::Refused
            | FetchError::TimedOut(_)
            | FetchError::Tls(_)
            | FetchError::Clock(_)
            | FetchError::Status { .. }
            | FetchError::Html
            | FetchError::TooLarge(_)
            | FetchError::Broken(_)
            | FetchError::Other(_) => None,
        }
    }

    /// Whether the venue does not want to hear from this address for a while.
    pub fn is_unwelcome(&self) -> bool {
        matches!(
            self,
            FetchError::RateLimited { .. } | FetchError::Blocked { .. }
        )
    }

    /// Whether it is the clock of this machine that is to blame, which may be set at any moment.
    pub fn is_of_clock(&self) -> bool {
        matches!(self, FetchError::Clock(_))
    }

    /// Whether another request to the same host can be expected to do better.
    pub fn is_of_request(&self) -> bool {
        matches!(self, FetchError::Status { .. } | FetchError::TooLarge(_))
    }
}

/// A body, and what stood above it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// What was asked for.
    pub body: Vec<u8>,
    /// The weight that the venue counts as used in the present minute, if it says so.
    pub used_weight: Option<u32>,
}

/// Makes calls; clones share their connections.
#[derive(Debug, Clone)]
pub struct Fetcher {
    agent: Agent,
    body_max: u64,
}

impl Fetcher {
    /// A fetcher with these bounds.
    pub fn new(settings: FetchSettings) -> Fetcher {
        let tls = TlsConfig::builder()
            .root_certs(settings.roots.certificates())
            .build();
        let builder = Agent::config_builder()
            .tls_config(tls)
            .timeout_global(Some(settings.timeout))
            .timeout_connect(Some(settings.connect_timeout))
            .http_status_as_error(false)
            .max_redirects(REDIRECTS_MAX)
            .max_response_header_size(HEADER_BYTES_MAX)
            .input_buffer_size(INPUT_BUFFER_BYTES)
            .output_buffer_size(OUTPUT_BUFFER_BYTES)
            .max_idle_age(IDLE_AGE)
            .max_idle_connections_per_host(1)
            .accept("application/json")
            .user_agent(concat!("mockx/", env!("CARGO_PKG_VERSION")));
        let builder = if settings.proxy_from_environment {
            builder
        } else {
            builder.proxy(None)
        };
        Fetcher {
            agent: builder.build().new_agent(),
            body_max: settings.body_max,
        }
    }

    /// What is at `url`. Blocks.
    pub fn get(&self, url: &str) -> Result<Fetched, FetchError> {
        let response = self.agent.get(url).call().map_err(|why| failed(&why))?;
        let used = response.headers().get(USED_WEIGHT);
        let used_weight = used.and_then(|value| value.to_str().ok()?.trim().parse().ok());
        let body = accept(response, self.body_max)?;
        Ok(Fetched { body, used_weight })
    }

    /// The body of a list of all markets, which may take longer and be larger.
    pub fn get_list(&self, url: &str) -> Result<Vec<u8>, FetchError> {
        let timeout = Some(LIST_TIMEOUT);
        let request = self.agent.get(url).config().timeout_global(timeout);
        let response = request.build().call().map_err(|why| failed(&why))?;
        accept(response, LIST_BYTES_MAX)
    }

    /// Ends the calls that are under way, for good: what is called afterwards fails.
    pub fn interrupt(&self) {
        self.agent.clone().shutdown();
    }
}

/// The body, if it is the data that was asked for.
fn accept(response: Response<Body>, body_max: u64) -> Result<Vec<u8>, FetchError> {
    let status = response.status().as_u16();
    if status != 200 {
        return Err(refused(status, response));
    }
    let is_page = content_type(response.headers()).starts_with("text/html");
    let body = read(response, body_max)?;
    if is_page || is_html(&body) {
        return Err(FetchError::Html);
    }
    Ok(body)
}

#[allow(
    clippy::wildcard_enum_match_arm,
    reason = "whatever else ends a body early, the answer is broken"
)]
fn read(response: Response<Body>, body_max: u64) -> Result<Vec<u8>, FetchError> {
    // The limit of the library counts what comes over the wire, of which a few kilobytes can unpack to gigabytes. It
    // fails at its bound even if nothing follows, so it is set one higher.
    let bound = body_max.saturating_add(1);
    let wire = response.into_body().into_with_config().limit(bound);
    let mut body = Vec::new();
    if let Err(why) = wire.reader().take(bound).read_to_end(&mut body) {
        let known = failed(&Error::from(why));
        return Err(match known {
            FetchError::TooLarge(_) => FetchError::TooLarge(body_max),
            FetchError::TimedOut(_) | FetchError::Broken(_) => known,
            _ => FetchError::Broken(known.to_string()),
        });
    }
    if u64::try_from(body.len()).unwrap_or(u64::MAX) > body_max {
        return Err(FetchError::TooLarge(body_max));
    }
    Ok(body)
}

#[allow(clippy::wildcard_enum_match_arm, reason = "the library's list is open")]
fn failed(error: &Error) -> FetchError {
    match error {
        Error::HostNotFound => FetchError::Dns,
        Error::Timeout(phase) => FetchError::TimedOut(phase_name(*phase)),
        Error::BodyExceedsLimit(bytes) => FetchError::TooLarge(*bytes),
        Error::Protocol(_) | Error::Decompress(..) | Error::LargeResponseHeader(..) => {
            FetchError::Broken(error.to_string())
        }
        Error::Tls(_) | Error::Rustls(_) | Error::Pem(_) => tls(error.to_string()),
        Error::Io(why) => io_failed(why),
        // What has no name here keeps its own words.
        _ => FetchError::Other(error.to_string()),
    }
}

#[allow(clippy::wildcard_enum_match_arm, reason = "the system's list is open")]
fn io_failed(why: &io::Error) -> FetchError {
    match why.kind() {
        io::ErrorKind::ConnectionRefused => FetchError::Refused,
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => FetchError::TimedOut("waiting"),
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::ConnectionAborted => FetchError::Broken(why.to_string()),
        // TLS wraps its errors so; nothing else does before there is a body.
        io::ErrorKind::InvalidData => tls(why.to_string()),
        // The system's resolver has no kind of its own, only these words.
        _ if why.to_string().contains("failed to lookup address") => FetchError::Dns,
        _ => FetchError::Other(why.to_string()),
    }
}

fn tls(why: String) -> FetchError {
    if why.contains("NotValidYet") || why.contains("not valid yet") {
        FetchError::Clock(why)
    } else {
        FetchError::Tls(why)
    }
}

#[allow(clippy::wildcard_enum_match_arm, reason = "the library's list is open")]
fn phase_name(phase: Timeout) -> &'static str {
    match phase {
        Timeout::Resolve => "resolving the name",
        Timeout::Connect => "connecting",
        Timeout::SendRequest | Timeout::SendBody => "sending the request",
        Timeout::RecvResponse => "waiting for the answer",
        Timeout::RecvBody => "receiving the answer",
        _ => "the whole call",
    }
}

fn refused(status: u16, response: Response<Body>) -> FetchError {
    let retry_after = retry_after::from_headers(response.headers());
    let words = words(response);
    match status {
        429 | 418 => FetchError::RateLimited {
            status,
            retry_after,
            words,
        },
        403 | 451 => FetchError::Blocked {
            status,
            retry_after,
            words,
        },
        500..=599 => FetchError::Server {
            status,
            retry_after,
            words,
        },
        _ => FetchError::Status { status, words },
    }
}

/// What the body of an error says, on one line.
fn words(response: Response<Body>) -> String {
    let mut body = Vec::new();
    let reader = response.into_body().into_reader();
    // Half a message is better than none.
    reader.take(WORDS_BYTES).read_to_end(&mut body).ok();
    if is_html(&body) {
        return "an HTML page".to_owned();
    }
    String::from_utf8_lossy(&body)
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .take(WORDS_CHARS)
        .collect()
}

fn content_type(headers: &HeaderMap) -> String {
    headers
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .map_or_else(String::new, str::to_ascii_lowercase)
}

fn is_html(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"<")
}
