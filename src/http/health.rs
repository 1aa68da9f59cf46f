//! Whether the daemon is alive, ready, and well: `/healthz`, `/readyz`, `/admin/health`.

use std::rc::Rc;
use std::time::Duration;

use super::admin::put_replay;
use super::message::Response;
use super::problem::Problem;
use super::router::Call;
use crate::exchange::Exchange;
use crate::shapes::json::{Members, Seconds, document};
use crate::status::{MirrorStatus, SourceStatus, Status};
use crate::units::Timestamp;

/// The matcher has this long to answer before the daemon counts as not ready.
const READY_TIMEOUT: Duration = Duration::from_secs(2);

/// `GET /healthz`: the executor answers, whatever else is wrong.
pub(super) fn alive() -> Response {
    Response::json(200, br#"{"status":"ok"}"#.to_vec())
}

/// `GET /readyz`: prices are there and orders can be taken; otherwise 503 with what is missing.
pub(super) async fn ready(call: &Call<'_>) -> Result<Response, Problem> {
    let status_of = Rc::clone(&call.context.status);
    let look = call.context.mailbox.look(move |exchange| {
        let priced = exchange
            .markets()
            .any(|(_, market)| market.ticker.is_some());
        (status_of(exchange), priced)
    });
    let mut missing = Vec::new();
    match tokio::time::timeout(READY_TIMEOUT, look).await {
        Err(_) => missing.push("the matcher does not answer".to_owned()),
        Ok(Err(unavailable)) => missing.push(unavailable.to_string()),
        Ok(Ok((status, priced))) => {
            if let Some(failure) = status.store.failure {
                missing.push(format!("the store cannot take writes now: {failure}"));
            }
            if !priced {
                missing.push("no symbol has a price yet".to_owned());
            }
            if status.stopping {
                missing.push("the daemon is stopping".to_owned());
            }
        }
    }
    if missing.is_empty() {
        return Ok(Response::json(200, br#"{"status":"ready"}"#.to_vec()));
    }
    let detail = format!("Not ready: {}", missing.join("; "));
    Err(Problem::new(503, "not_ready", detail).with_header("retry-after", "1"))
}

/// `GET /admin/health`: the whole state.
pub(super) async fn health(call: &Call<'_>) -> Result<Response, Problem> {
    let status_of = Rc::clone(&call.context.status);
    let version = call.context.version;
    let render = move |exchange: &Exchange| {
        let status = status_of(exchange);
        document(|members| {
            // The daemon answers; how it is doing stands in the rest.
            members.put("status", "ok");
            members.put("version", version);
            put_exchange(members, exchange);
            put_status(members, &status);
        })
    };
    Ok(Response::json(
        200,
        call.context.mailbox.look(render).await?,
    ))
}

fn put_exchange(members: &mut Members<'_>, exchange: &Exchange) {
    members.put("digest", &exchange.digest().to_string());
    members.put("next_order", exchange.next_order());
    members.put("cash_asset", exchange.rules().cash_asset);
    members.put("fee_rate", exchange.rules().fee_rate);
    members.put("seed", exchange.rules().seed);
    members.put("symbols", exchange.markets().count());
}

fn put_status(members: &mut Members<'_>, status: &Status) {
    members.put("uptime_ms", status.uptime.as_millis());
    members.put("ts", status.now);
    members.put("stopping", status.stopping);
    members.put("audit_failure", status.audit_failure.as_ref());
    members.put("commands", status.commands);
    members.put("ticks", status.ticks);
    members.put("fills", status.fills);
    members.put("open_orders", status.open_orders);
    members.array("symbols_without_price", |items| {
        for symbol in &status.symbols_without_price {
            items.put(*symbol);
        }
    });
    members.array("sources", |items| {
        for source in &status.sources {
            crate::shapes::json::object(items.next(), |members| put_source(members, source));
        }
    });
    match status.replay {
        Some(position) => members.object("replay", |replay| put_replay(replay, position)),
        None => members.put("replay", None::<bool>),
    }
    members.object("store", |store| {
        store.put("failure", status.store.failure.as_ref());
        store.put("commits", status.store.commits);
        store.put("commit_time_ms", status.store.commit_time.as_millis());
        store.put("file_bytes", status.store.file_bytes);
    });
    match &status.mirror {
        Some(status) => members.object("mirror", |mirror| put_mirror(mirror, status)),
        None => members.put("mirror", None::<bool>),
    }
    members.object("clock", |clock| {
        clock.put("steps", status.clock.steps);
        clock.put("last_step_ms", status.clock.last_step_ms);
        clock.put("trust", status.clock.trust.as_str());
    });
}

fn put_mirror(members: &mut Members<'_>, status: &MirrorStatus) {
    let lag = Seconds(Timestamp::from_millis(status.lag.as_millis()));
    members.put("state", status.state.as_str());
    members.put("text", &status.words());
    members.put("url", &status.server);
    members.put("lag_s", lag);
    members.put("queued", status.queued);
    members.put("last_error", status.last_error.as_ref());
    members.put("resyncs", status.resyncs);
    members.put("written", status.written);
}

fn put_source(members: &mut Members<'_>, source: &SourceStatus) {
    members.put("name", &source.name);
    members.put("up", source.up);
    members.put("last_success", source.last_success);
    members.put("last_error", source.last_error.as_ref());
    members.put("polls", source.polls);
    members.put("failures", source.failures);
    members.put("skipped", source.skipped);
    members.put("standby", source.standby);
    members.put("fresh", source.fresh);
    members.put("stale", source.stale);
    members.array("unknown_symbols", |items| {
        for (symbol, nearest) in &source.unknown {
            crate::shapes::json::object(items.next(), |members| {
                members.put("symbol", *symbol);
                members.array("nearest", |names| {
                    for name in nearest {
                        names.put(*name);
                    }
                });
            });
        }
    });
    members.array("not_trading", |items| {
        for symbol in &source.not_trading {
            items.put(*symbol);
        }
    });
}
