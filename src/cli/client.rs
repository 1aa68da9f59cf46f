//! The client commands: find the daemon, send one request, show the answer.

use std::io::ErrorKind;
use std::time::Duration;

use ureq::http;

use super::answer::{self, Reply};
use super::arguments::ClientCommand;
use super::exit::Failure;
use super::locate::{self, Daemon};
use super::request::{self, Request};
use crate::config::{Environment, seconds};
use crate::units::Span;

/// How long to wait for an answer unless `API_TIMEOUT_SEC` says otherwise.
const DEFAULT_TIMEOUT: Span = Span::from_secs(10);
/// Largest answer that is taken: a million orders fit.
const ANSWER_BYTES_MAX: u64 = 1 << 30;

/// Does what a client command asks for.
pub(super) fn run(
    command: &ClientCommand,
    table: bool,
    environment: &Environment,
) -> Result<(), Failure> {
    let request = request::request(command)?;
    let (daemon, reply) = ask(&request, DEFAULT_TIMEOUT, environment)?;
    answer::show(&reply, &request, &daemon, table)
}

/// Finds the daemon and sends a request; waits for so long, unless the environment says otherwise.
pub(super) fn ask(
    request: &Request,
    patience: Span,
    environment: &Environment,
) -> Result<(Daemon, Reply), Failure> {
    let timeout = timeout(patience, environment)?;
    let daemon = locate::find(environment)?;
    let reply = send(&daemon, request, timeout)?;
    Ok((daemon, reply))
}

fn timeout(patience: Span, environment: &Environment) -> Result<Span, Failure> {
    let Some(text) = environment.text("API_TIMEOUT_SEC") else {
        return Ok(patience);
    };
    match seconds(text) {
        Some(span) if !span.is_zero() => Ok(span),
        Some(_) | None => Err(Failure::Usage(format!(
            "environment: API_TIMEOUT_SEC = {text:?}: must be a number of seconds above 0"
        ))),
    }
}

/// One request and its answer.
pub(super) fn send(daemon: &Daemon, request: &Request, timeout: Span) -> Result<Reply, Failure> {
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        // A proxy of the environment is for the net, not for a daemon in the same room.
        .proxy(None)
        .timeout_global(Some(Duration::from_millis(timeout.as_millis())))
        .user_agent(concat!("mockx/", env!("CARGO_PKG_VERSION")))
        .build();
    let agent = ureq::Agent::new_with_config(config);
    let mut head = http::Request::builder()
        .method(request.method)
        .uri(format!("{}{}", daemon.url, request.path))
        .header("accept", "application/json");
    if let Some(key) = &daemon.key {
        head = head.header("x-api-key", key.expose());
    }
    let sent = match &request.body {
        Some(body) => {
            let head = head.header("content-type", "application/json");
            head.body(body)
                .map_err(ureq::Error::Http)
                .and_then(|whole| agent.run(whole))
        }
        None => head
            .body(())
            .map_err(ureq::Error::Http)
            .and_then(|whole| agent.run(whole)),
    };
    let read = sent.and_then(|mut response| {
        let status = response.status().as_u16();
        let body = response
            .body_mut()
            .with_config()
            .limit(ANSWER_BYTES_MAX)
            .read_to_vec()?;
        Ok(Reply { status, body })
    });
    read.map_err(|error| failure(&error, daemon, request, timeout))
}

/// A request whose answer is read as it comes, for as long as it comes.
pub(super) fn open(
    request: &Request,
    environment: &Environment,
) -> Result<impl std::io::Read, Failure> {
    let daemon = locate::find(environment)?;
    let wait = Duration::from_millis(DEFAULT_TIMEOUT.as_millis());
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .timeout_connect(Some(wait))
        .timeout_recv_response(Some(wait))
        .build();
    let mut head = http::Request::get(format!("{}{}", daemon.url, request.path));
    if let Some(key) = &daemon.key {
        head = head.header("x-api-key", key.expose());
    }
    let sent = head
        .body(())
        .map_err(ureq::Error::Http)
        .and_then(|whole| ureq::Agent::new_with_config(config).run(whole));
    let mut response = sent.map_err(|error| failure(&error, &daemon, request, DEFAULT_TIMEOUT))?;
    if response.status().as_u16() != 200 {
        let status = response.status();
        let body = response
            .body_mut()
            .with_config()
            .limit(1 << 16)
            .read_to_string();
        let body = body.unwrap_or_default();
        return Err(Failure::Refused(format!("{status}: {body}")));
    }
    Ok(response.into_body().into_reader())
}

/// What to say when there is no answer.
fn failure(error: &ureq::Error, daemon: &Daemon, request: &Request, timeout: Span) -> Failure {
    let url = &daemon.url;
    if is_absent(error) {
        let start = "`mockx serve` starts a daemon, API_URL names another one";
        return Failure::Unreachable(format!("cannot reach {url}: {error}; {start}"));
    }
    let unknown = if request.needs_key() {
        "; whether it was done is not known"
    } else {
        ""
    };
    let said = if is_timeout(error) {
        format!("no answer from {url} within {timeout}")
    } else {
        format!("no usable answer from {url}: {error}")
    };
    Failure::Unreachable(format!("{said}{unknown}"))
}

/// Whether nobody can have seen the request.
fn is_absent(error: &ureq::Error) -> bool {
    use ureq::Error as E;
    use ureq::Timeout::{Connect, Resolve};
    if let E::Io(error) = error {
        let kind = error.kind();
        return kind == ErrorKind::ConnectionRefused
            || kind == ErrorKind::HostUnreachable
            || kind == ErrorKind::NetworkUnreachable;
    }
    matches!(
        error,
        E::HostNotFound | E::ConnectionFailed | E::Http(_) | E::BadUri(_)
    ) || matches!(error, E::Timeout(Connect | Resolve))
}

fn is_timeout(error: &ureq::Error) -> bool {
    let by_system = matches!(error, ureq::Error::Io(error) if error.kind() == ErrorKind::TimedOut);
    by_system || matches!(error, ureq::Error::Timeout(_))
}
