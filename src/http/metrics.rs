//! `/metrics`: figures for Prometheus, text format 0.0.4.
//!
//! Names begin with `mockx_`, units are seconds and bytes, figures are printed from their digits. Labels come from
//! fixed sets: sources, markets, routes and status codes; never an id.

use std::rc::Rc;
use std::time::Duration;

use super::context::Traffic;
use super::message::Response;
use super::problem::Problem;
use super::router::{Call, ROUTES};
use crate::exchange::Exchange;
use crate::shapes::number::{push_exact, push_thousandths, push_whole};
use crate::status::{MirrorState, Status};
use crate::units::Exact;

/// The content type that Prometheus asks for, to the letter.
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
/// The most markets that have series of their own; bounds the answer.
const MARKETS_MAX: usize = 1000;

/// `GET /metrics`.
pub(super) async fn metrics(call: &Call<'_>) -> Result<Response, Problem> {
    let status_of = Rc::clone(&call.context.status);
    let version = call.context.version;
    let render = move |exchange: &Exchange| {
        let status = status_of(exchange);
        let mut page = Page(Vec::with_capacity(8 * 1024));
        daemon_figures(&mut page, version, exchange, &status);
        executor_figures(&mut page, &status);
        store_figures(&mut page, &status);
        mirror_figures(&mut page, &status);
        source_figures(&mut page, &status);
        market_figures(&mut page, exchange, &status);
        page.0
    };
    let mut page = Page(call.context.mailbox.look(render).await?);
    traffic_figures(&mut page, &call.context.traffic);
    process_figures(&mut page);
    Ok(Response::bytes(200, CONTENT_TYPE, page.0))
}

/// The page that is being written.
struct Page(Vec<u8>);

/// A figure.
enum Figure {
    Whole(u64),
    /// Thousandths, such as milliseconds shown in seconds.
    Thousandths(u64),
    Decimal(Exact),
    /// Shown in seconds, to the microsecond.
    Time(Duration),
}

impl Page {
    /// Begins a family of series.
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        self.0
            .extend_from_slice(format!("# HELP {name} {help}\n# TYPE {name} {kind}\n").as_bytes());
    }

    /// One series.
    fn series(&mut self, name: &str, labels: &[(&str, &str)], figure: &Figure) {
        self.0.extend_from_slice(name.as_bytes());
        for (at, (label, value)) in labels.iter().enumerate() {
            self.0.push(if at == 0 { b'{' } else { b',' });
            self.0.extend_from_slice(label.as_bytes());
            self.0.extend_from_slice(b"=\"");
            let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
            self.0
                .extend_from_slice(escaped.replace('\n', "\\n").as_bytes());
            self.0.push(b'"');
        }
        if !labels.is_empty() {
            self.0.push(b'}');
        }
        self.0.push(b' ');
        match figure {
            Figure::Whole(value) => push_whole(&mut self.0, *value),
            Figure::Thousandths(value) => push_thousandths(&mut self.0, *value),
            Figure::Decimal(value) => push_exact(&mut self.0, *value),
            Figure::Time(time) => {
                let text = format!("{}.{:06}", time.as_secs(), time.subsec_micros());
                self.0.extend_from_slice(text.as_bytes());
            }
        }
        self.0.push(b'\n');
    }

    /// A family of one series without labels.
    fn single(&mut self, name: &str, kind: &str, help: &str, figure: &Figure) {
        self.family(name, kind, help);
        self.series(name, &[], figure);
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.single(name, "counter", help, &Figure::Whole(value));
    }

    fn gauge(&mut self, name: &str, help: &str, value: u64) {
        self.single(name, "gauge", help, &Figure::Whole(value));
    }
}

fn daemon_figures(page: &mut Page, version: &str, exchange: &Exchange, status: &Status) {
    page.family(
        "mockx_build_info",
        "gauge",
        "Always 1; says which version runs.",
    );
    page.series(
        "mockx_build_info",
        &[("version", version)],
        &Figure::Whole(1),
    );
    page.single(
        "mockx_uptime_seconds",
        "gauge",
        "Time since the start.",
        &Figure::Thousandths(status.uptime.as_millis()),
    );
    let start = status.now.minus(status.uptime).as_millis();
    page.single(
        "process_start_time_seconds",
        "gauge",
        "Start of the process since the epoch.",
        &Figure::Thousandths(start),
    );
    page.counter(
        "mockx_commands_total",
        "Commands carried out or refused.",
        status.commands,
    );
    page.counter("mockx_ticks_total", "Ticks since the start.", status.ticks);
    page.counter("mockx_fills_total", "Fills since the start.", status.fills);
    let placed = exchange.next_order().saturating_sub(1);
    page.counter(
        "mockx_orders_total",
        "Orders ever placed, over all starts.",
        placed,
    );
    page.gauge("mockx_open_orders", "Open orders.", status.open_orders);
    let sound = u64::from(status.audit_failure.is_none());
    page.gauge("mockx_audit_ok", "1 while the books balance.", sound);
    page.gauge(
        "mockx_stopping",
        "1 once the daemon is about to end.",
        status.stopping.into(),
    );
    page.counter(
        "mockx_clock_steps_total",
        "Jumps of the wall clock.",
        status.clock.steps,
    );
    if let Some(replay) = status.replay {
        page.counter(
            "mockx_replay_rows_total",
            "Rows of the replay matched.",
            replay.rows,
        );
        let finished = u64::from(replay.finished);
        page.gauge(
            "mockx_replay_finished",
            "1 at the end of the file.",
            finished,
        );
    }
}

fn executor_figures(page: &mut Page, status: &Status) {
    let executor = &status.executor;
    page.counter(
        "mockx_executor_stretches_total",
        "Times that the executor's thread worked between two sleeps.",
        executor.stretches,
    );
    page.counter(
        "mockx_executor_long_stretches_total",
        "Times that it worked for 20 ms or longer, while everybody waited.",
        executor.long_stretches,
    );
    page.single(
        "mockx_executor_stretch_seconds_max",
        "gauge",
        "The longest of these since the start.",
        &Figure::Time(executor.longest_stretch),
    );
}

fn store_figures(page: &mut Page, status: &Status) {
    let store = &status.store;
    let up = u64::from(store.failure.is_none());
    page.gauge("mockx_store_up", "1 while the store takes writes.", up);
    page.counter(
        "mockx_commits_total",
        "Commits since the start.",
        store.commits,
    );
    page.family("mockx_commit_seconds", "summary", "Time spent in commits.");
    let spent = Figure::Thousandths(store.commit_time.as_millis());
    page.series("mockx_commit_seconds_sum", &[], &spent);
    page.series(
        "mockx_commit_seconds_count",
        &[],
        &Figure::Whole(store.commits),
    );
    page.gauge(
        "mockx_db_file_bytes",
        "Size of the store's file.",
        store.file_bytes,
    );
}

fn mirror_figures(page: &mut Page, status: &Status) {
    let Some(mirror) = &status.mirror else {
        return;
    };
    let up = mirror.state == MirrorState::Following;
    page.gauge(
        "mockx_mirror_up",
        "1 while the mirror's server is told what happens.",
        up.into(),
    );
    page.single(
        "mockx_mirror_lag_seconds",
        "gauge",
        "How long the oldest change has waited that is not mirrored.",
        &Figure::Thousandths(mirror.lag.as_millis()),
    );
    page.gauge(
        "mockx_mirror_queued",
        "Rows that wait for the mirror.",
        mirror.queued,
    );
    page.counter(
        "mockx_mirror_resyncs_total",
        "How often the mirror compared everything.",
        mirror.resyncs,
    );
    page.counter(
        "mockx_mirror_written_total",
        "Rows written by the mirror.",
        mirror.written,
    );
}

fn source_figures(page: &mut Page, status: &Status) {
    if status.sources.is_empty() {
        return;
    }
    page.family("mockx_source_up", "gauge", "1 while the source delivers.");
    for source in &status.sources {
        let labels = [("source", source.name.as_str())];
        page.series("mockx_source_up", &labels, &Figure::Whole(source.up.into()));
    }
    let name = "mockx_source_requests_total";
    page.family(
        name,
        "counter",
        "Deliveries that were tried, by how they ended.",
    );
    for source in &status.sources {
        let delivered = source.polls.saturating_sub(source.failures);
        for (result, count) in [("ok", delivered), ("error", source.failures)] {
            let labels = [("source", source.name.as_str()), ("result", result)];
            page.series(name, &labels, &Figure::Whole(count));
        }
    }
    let name = "mockx_source_skipped_total";
    page.family(name, "counter", "Quotes that could not be used.");
    for source in &status.sources {
        let labels = [("source", source.name.as_str())];
        page.series(name, &labels, &Figure::Whole(source.skipped));
    }
    page.family(
        "mockx_source_standby",
        "gauge",
        "1 while the source is not asked because those before it deliver.",
    );
    for source in &status.sources {
        let labels = [("source", source.name.as_str())];
        let standby = Figure::Whole(source.standby.into());
        page.series("mockx_source_standby", &labels, &standby);
    }
    let name = "mockx_source_symbols";
    page.family(
        name,
        "gauge",
        "Symbols that are wanted from the source, by the age of its prices.",
    );
    for source in &status.sources {
        for (state, count) in [("fresh", source.fresh), ("stale", source.stale)] {
            let labels = [("source", source.name.as_str()), ("state", state)];
            page.series(name, &labels, &Figure::Whole(count));
        }
    }
    let name = "mockx_source_last_success_timestamp_seconds";
    page.family(name, "gauge", "When the source last delivered.");
    for source in &status.sources {
        if let Some(at) = source.last_success {
            let labels = [("source", source.name.as_str())];
            page.series(name, &labels, &Figure::Thousandths(at.as_millis()));
        }
    }
}

fn market_figures(page: &mut Page, exchange: &Exchange, status: &Status) {
    page.gauge(
        "mockx_markets",
        "Symbols that are known.",
        count(exchange.markets().count()),
    );
    let halted = exchange.markets().filter(|(_, market)| !market.trading);
    page.gauge(
        "mockx_markets_not_trading",
        "Symbols that their venue has delisted or halted.",
        count(halted.count()),
    );
    let unpriced = count(status.symbols_without_price.len());
    page.gauge(
        "mockx_markets_without_price",
        "Symbols that never had a price.",
        unpriced,
    );
    let priced = || {
        exchange
            .markets()
            .filter_map(|(_, market)| market.ticker)
            .take(MARKETS_MAX)
    };
    page.family("mockx_quote_last", "gauge", "Last price.");
    for ticker in priced() {
        let labels = [("market", &*ticker.symbol.to_string())];
        page.series(
            "mockx_quote_last",
            &labels,
            &Figure::Decimal(ticker.last.exact()),
        );
    }
    page.family("mockx_quote_age_seconds", "gauge", "Age of the last price.");
    for ticker in priced() {
        let labels = [("market", &*ticker.symbol.to_string())];
        let age = Figure::Thousandths(status.now.since(ticker.at).as_millis());
        page.series("mockx_quote_age_seconds", &labels, &age);
    }
    let name = "mockx_market_fills_total";
    page.family(
        name,
        "counter",
        "Fills since balances and orders were last reset.",
    );
    for (side, symbol, totals) in exchange.trades().take(2 * MARKETS_MAX) {
        let labels = [("market", &*symbol.to_string()), ("side", side.as_str())];
        page.series(name, &labels, &Figure::Whole(totals.count));
    }
}

fn count(items: usize) -> u64 {
    u64::try_from(items).unwrap_or(u64::MAX)
}

fn traffic_figures(page: &mut Page, traffic: &Traffic) {
    let name = "mockx_http_requests_total";
    page.family(name, "counter", "Answers by route and status.");
    for ((index, status), count) in traffic.figures() {
        let route = index.and_then(|index| ROUTES.get(index));
        let (method, path) = route.map_or(("other", "other"), |route| (route.method, route.path));
        let code = status.to_string();
        let labels = [("method", method), ("route", path), ("code", code.as_str())];
        page.series(name, &labels, &Figure::Whole(count));
    }
}

/// What the kernel says of this process; nothing where there is no `/proc`.
fn process_figures(page: &mut Page) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    if let Some(kibibytes) = resident {
        let help = "Resident memory.";
        page.gauge(
            "process_resident_memory_bytes",
            help,
            kibibytes.saturating_mul(1024),
        );
    }
    if let Ok(descriptors) = std::fs::read_dir("/proc/self/fd") {
        // The listing itself holds one open.
        let open = count(descriptors.count()).saturating_sub(1);
        page.gauge("process_open_fds", "Open file descriptors.", open);
    }
}
