//! What a running daemon says of itself.

use serde_json::Value;

use super::{Page, span};
use crate::cli::client;
use crate::cli::locate;
use crate::cli::request::Request;
use crate::config::Environment;
use crate::units::Span;

/// A daemon that takes longer is in trouble.
const TIMEOUT: Span = Span::from_secs(5);

/// Asks it, if there is one.
pub(super) fn daemon(page: &mut Page, environment: &Environment) {
    page.section("daemon");
    let daemon = match locate::find(environment) {
        Ok(daemon) => daemon,
        Err(error) => {
            page.line(&error.to_string());
            return page.problem(error.to_string());
        }
    };
    page.row("address", &daemon.url);
    if let Some(hint) = &daemon.hint {
        page.row("key", hint);
    }
    let reply = match client::send(&daemon, &Request::health(), TIMEOUT) {
        Ok(reply) => reply,
        Err(error) => {
            page.line(&error.to_string());
            return page.problem(format!("the daemon does not answer: {error}"));
        }
    };
    match serde_json::from_slice::<Value>(&reply.body) {
        Ok(health) if reply.status == 200 => healthy(page, &health),
        Ok(_) | Err(_) => {
            let words = format!("its answer is no report of a mockx (HTTP {})", reply.status);
            page.line(&words);
            page.problem(format!("the daemon: {words}"));
        }
    }
}

fn healthy(page: &mut Page, health: &Value) {
    let member = |name: &str| health.get(name).map(text).unwrap_or_default();
    let uptime = health.get("uptime_ms").and_then(Value::as_u64);
    let uptime = span(uptime.unwrap_or(0) / 1000);
    page.row("version", &format!("{}, up {uptime}", member("version")));
    let orders = format!(
        "{} open, {} symbols, next number {}, digest {}",
        member("open_orders"),
        member("symbols"),
        member("next_order"),
        member("digest")
    );
    page.row("orders", &orders);
    for source in health
        .get("sources")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let name = source.get("name").map(text).unwrap_or_default();
        page.row("source", &format!("{name}: {}", members(source)));
        if source.get("up") == Some(&Value::Bool(false)) {
            let error = source.get("last_error").map(text).unwrap_or_default();
            page.problem(format!("{name} gives no prices: {error}"));
        }
    }
    for part in ["replay", "store", "mirror", "clock"] {
        if let Some(value) = health.get(part).filter(|value| !value.is_null()) {
            page.row(part, &members(value));
        }
    }
    let failures = [
        ("the books do not balance", health.get("audit_failure")),
        (
            "the store takes no writes",
            health.pointer("/store/failure"),
        ),
    ];
    for (what, failure) in failures {
        if let Some(failure) = failure.and_then(Value::as_str) {
            page.problem(format!("{what}: {failure}"));
        }
    }
    if health.pointer("/clock/trust").and_then(Value::as_str) == Some("wrong") {
        page.problem("the daemon's clock is wrong");
    }
}

/// What an object holds that is not empty, as `key value, ...`; its name stands before that.
fn members(value: &Value) -> String {
    let Some(object) = value.as_object() else {
        return text(value);
    };
    let is_empty = |value: &&Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    let parts: Vec<String> = object
        .iter()
        .filter(|(name, value)| *name != "name" && !is_empty(value))
        .map(|(name, value)| format!("{name} {}", text(value)))
        .collect();
    parts.join(", ")
}

/// A text without its quotes, anything else as JSON; control characters would let it look like two lines.
fn text(value: &Value) -> String {
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    text.chars().filter(|one| !one.is_control()).collect()
}
