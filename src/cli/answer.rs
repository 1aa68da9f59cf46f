//! The daemon's answer: shown as it came, and judged for the exit code.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write as _, stdout};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::exit::Failure;
use super::locate::Daemon;
use super::request::{Request, Verdict};
use super::table;

/// What came back.
#[derive(Debug)]
pub(super) struct Reply {
    /// HTTP status.
    pub(super) status: u16,
    /// The body, byte by byte.
    pub(super) body: Vec<u8>,
}

/// An error answer (RFC 9457), as far as it is shown. Other servers put other things than a
/// sentence into `detail`.
#[derive(Deserialize)]
struct Problem {
    code: Option<String>,
    detail: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Order {
    status: String,
    comment: Option<String>,
}

#[derive(Deserialize)]
struct Replaced {
    order: Option<Order>,
    reason: Option<String>,
}

#[derive(Deserialize)]
struct Possible {
    ok: bool,
    reason: Option<String>,
}

/// What of a daemon's health keeps it from its work.
#[derive(Deserialize)]
struct Health {
    #[serde(default)]
    stopping: bool,
    audit_failure: Option<String>,
    store: Option<StoreHealth>,
}

#[derive(Deserialize)]
struct StoreHealth {
    failure: Option<String>,
}

#[derive(Deserialize)]
struct Ticker {
    error: Option<String>,
}

/// Prints the answer, and fails if it is a "no".
pub(super) fn show(
    reply: &Reply,
    request: &Request,
    daemon: &Daemon,
    as_table: bool,
) -> Result<(), Failure> {
    let answer: &RawValue = read(reply, daemon)?;
    let mut out = BufWriter::new(stdout().lock());
    if as_table {
        out.write_all(table::render(answer).as_bytes())?;
    } else {
        out.write_all(reply.body.trim_ascii_end())?;
        out.write_all(b"\n")?;
    }
    out.flush()?;
    judge(answer, request.verdict)
}

/// The answer, where it is none that says no.
pub(super) fn read<'a, T: Deserialize<'a>>(
    reply: &'a Reply,
    daemon: &Daemon,
) -> Result<T, Failure> {
    if (400..=599).contains(&reply.status) {
        return Err(refusal(reply, daemon));
    }
    let answer: Result<T, _> = serde_json::from_slice(&reply.body);
    let (200..=299, Ok(answer)) = (reply.status, answer) else {
        let url = &daemon.url;
        return Err(Failure::Unreachable(format!(
            "what answers at {url} is no mockx daemon"
        )));
    };
    Ok(answer)
}

/// What an answer with status 200 still says no to.
fn judge(answer: &RawValue, verdict: Verdict) -> Result<(), Failure> {
    let text = answer.get();
    let no = match verdict {
        Verdict::Status => None,
        Verdict::Order => serde_json::from_str::<Order>(text)
            .ok()
            .filter(|order| order.status == "rejected")
            .map(|order| because("order rejected", order.comment)),
        Verdict::Replaced => serde_json::from_str::<Replaced>(text)
            .ok()
            .and_then(not_placed),
        Verdict::Possible => serde_json::from_str::<Possible>(text)
            .ok()
            .filter(|possible| !possible.ok)
            .map(|possible| because("not possible", possible.reason)),
        Verdict::Health => serde_json::from_str::<Health>(text).ok().and_then(ailment),
        Verdict::Tickers => serde_json::from_str::<BTreeMap<String, Ticker>>(text)
            .ok()
            .and_then(|tickers| tickers.into_values().find_map(|ticker| ticker.error)),
    };
    no.map_or(Ok(()), |no| Err(Failure::Refused(table::one_line(&no))))
}

fn not_placed(replaced: Replaced) -> Option<String> {
    let rejected = replaced.order.filter(|order| order.status == "rejected");
    let refused = |why| because("no order placed", Some(why));
    replaced
        .reason
        .map(refused)
        .or_else(|| rejected.map(|order| because("order rejected", order.comment)))
}

fn ailment(health: Health) -> Option<String> {
    let failure = health.store.and_then(|store| store.failure);
    failure
        .map(|why| format!("the store takes no writes: {why}"))
        .or_else(|| {
            let why = health.audit_failure?;
            Some(format!("the books do not balance: {why}"))
        })
        .or_else(|| health.stopping.then(|| "the daemon is stopping".to_owned()))
}

fn because(what: &str, reason: Option<String>) -> String {
    match reason {
        Some(reason) => format!("{what}: {reason}"),
        None => what.to_owned(),
    }
}

/// An error answer in one line.
fn refusal(reply: &Reply, daemon: &Daemon) -> Failure {
    let problem = serde_json::from_slice(&reply.body).unwrap_or(Problem {
        code: None,
        detail: None,
    });
    let detail = problem.detail.map(|detail| {
        serde_json::from_str::<String>(detail.get()).unwrap_or_else(|_| detail.get().to_owned())
    });
    let detail = detail.unwrap_or_else(|| "refused without a reason".to_owned());
    let code = problem
        .code
        .map(|code| format!(", {code}"))
        .unwrap_or_default();
    let hint = match &daemon.hint {
        _ if reply.status != 403 || daemon.key.is_some() => String::new(),
        Some(hint) => format!(": {hint}"),
        None => ": set API_KEY to the daemon's key".to_owned(),
    };
    let said = format!("{detail} (HTTP {}{code}){hint}", reply.status);
    Failure::Refused(table::one_line(&said))
}
