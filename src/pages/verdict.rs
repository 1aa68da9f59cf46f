//! Whether everything is all right, in words. Green only when it is.

use super::time::span_text;
use crate::exchange::Exchange;
use crate::status::{ClockTrust, MirrorState, MirrorStatus, SourceStatus, Status, StoreStatus};
use crate::units::{Span, Symbol};

/// Names that a sentence lists before it says how many more there are.
const NAMES_MAX: usize = 5;
/// A disk with less than this many bytes left is nearly full.
const DISK_FREE_MIN: u64 = 256 << 20;

/// A mirror that is behind by more lags.
const MIRROR_LAG: Span = Span::from_secs(5);

/// How grave something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Grade {
    /// As it should be.
    Good,
    /// Works, but somebody should look.
    Poor,
    /// Does not work.
    Bad,
}

impl Grade {
    /// The name of its style.
    pub(super) fn class(self) -> &'static str {
        match self {
            Grade::Good => "good",
            Grade::Poor => "poor",
            Grade::Bad => "bad",
        }
    }

    /// What stands before a sentence, so that the colour is not alone.
    pub(super) fn sign(self) -> &'static str {
        match self {
            Grade::Good => "✓",
            Grade::Poor => "!",
            Grade::Bad => "✕",
        }
    }
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) grade: Grade,
    /// A sentence.
    pub(super) text: String,
}

/// All findings, the gravest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Verdict {
    pub(super) findings: Vec<Finding>,
}

impl Verdict {
    /// Looks at everything.
    pub(super) fn of(status: &Status, exchange: &Exchange) -> Verdict {
        let mut verdict = Verdict::default();
        if status.stopping {
            verdict.add(Grade::Poor, "The daemon is stopping.".to_owned());
        }
        if let Some(broken) = &status.audit_failure {
            verdict.add(Grade::Bad, format!("The books do not add up: {broken}."));
        }
        verdict.look_at_store(&status.store);
        // Where one delivers, another that does not is no reason to worry.
        let served = status.sources.iter().any(|source| source.up);
        for source in &status.sources {
            verdict.look_at_source(source, if served { Grade::Poor } else { Grade::Bad });
        }
        if let Some(mirror) = status.mirror.as_ref().filter(|mirror| lags(mirror)) {
            // It may lag: nothing waits for it.
            verdict.add(Grade::Poor, format!("The {}.", mirror.words()));
        }
        verdict.look_at_prices(status, exchange);
        verdict.look_at_clock(status);
        verdict
            .findings
            .sort_by_key(|finding| std::cmp::Reverse(finding.grade));
        verdict
    }

    /// The gravest of all.
    pub(super) fn grade(&self) -> Grade {
        self.findings
            .first()
            .map_or(Grade::Good, |finding| finding.grade)
    }

    /// All in one sentence.
    pub(super) fn headline(&self) -> &'static str {
        match self.grade() {
            Grade::Good => "Everything is all right",
            Grade::Poor => "It works, but something needs a look",
            Grade::Bad => "Something does not work",
        }
    }

    fn add(&mut self, grade: Grade, text: String) {
        self.findings.push(Finding { grade, text });
    }

    fn look_at_store(&mut self, store: &StoreStatus) {
        if let Some(failure) = &store.failure {
            let text = format!("The store takes no writes, so orders are refused: {failure}.");
            self.add(Grade::Bad, text);
        }
        if let Some(free) = store.disk_free.filter(|free| *free < DISK_FREE_MIN) {
            let text = format!(
                "The disk of the store is nearly full: {} left.",
                bytes_text(free)
            );
            self.add(Grade::Poor, text);
        }
    }

    fn look_at_source(&mut self, source: &SourceStatus, silent: Grade) {
        let name = &source.name;
        if !source.up && !source.standby && !name.is_empty() {
            let why = source.last_error.as_deref().unwrap_or("no answer yet");
            self.add(silent, format!("No prices come from {name}: {why}."));
        }
        if !source.unknown.is_empty() {
            let names = source.unknown.iter().map(|(symbol, nearest)| {
                let nearest: Vec<String> = nearest.iter().map(Symbol::to_string).collect();
                if nearest.is_empty() {
                    symbol.to_string()
                } else {
                    format!("{symbol} (rather {}?)", nearest.join(", "))
                }
            });
            let text = format!("Symbols that {name} does not have: {}.", listed(names));
            self.add(Grade::Poor, text);
        }
        if !source.not_trading.is_empty() {
            let names = source.not_trading.iter().map(Symbol::to_string);
            let text = format!(
                "Symbols that are not traded at {name} now: {}.",
                listed(names)
            );
            self.add(Grade::Poor, text);
        }
    }

    fn look_at_prices(&mut self, status: &Status, exchange: &Exchange) {
        let (mut stale, mut oldest): (Vec<Symbol>, Option<Span>) = (Vec::new(), None);
        for (symbol, market) in exchange.markets() {
            if market.ticker.is_some() && is_stale(exchange, symbol) {
                stale.push(symbol);
                oldest = oldest.max(market.age(exchange.moment().elapsed));
            }
        }
        if !stale.is_empty() {
            let age = oldest.map_or("since before the start".to_owned(), |age| {
                format!("for up to {}", span_text(age))
            });
            let names = listed(stale.iter().map(Symbol::to_string));
            let text = format!("Prices are stale {age} and fill nothing: {names}.");
            self.add(Grade::Poor, text);
        }
        if !status.symbols_without_price.is_empty() {
            let names = status.symbols_without_price.iter().map(Symbol::to_string);
            let text = format!("Symbols that have no price yet: {}.", listed(names));
            self.add(Grade::Poor, text);
        }
    }

    fn look_at_clock(&mut self, status: &Status) {
        let text = match status.clock.trust {
            ClockTrust::Synchronised | ClockTrust::Unverified => return,
            ClockTrust::Unsynchronised => {
                "The clock of this machine is not synchronised: time stamps may be wrong."
            }
            ClockTrust::Wrong => "The clock of this machine is wrong, and so are time stamps.",
        };
        self.add(Grade::Poor, text.to_owned());
    }
}

/// Whether a mirror is further behind than a reader would expect.
pub(super) fn lags(mirror: &MirrorStatus) -> bool {
    mirror.last_error.is_some() || mirror.state == MirrorState::Failing || mirror.lag > MIRROR_LAG
}

/// Whether the prices of a symbol are too old to fill anything.
pub(super) fn is_stale(exchange: &Exchange, symbol: Symbol) -> bool {
    let age = exchange
        .market(symbol)
        .and_then(|market| market.age(exchange.moment().elapsed));
    exchange
        .rules()
        .max_age
        .is_some_and(|max| age.is_none_or(|age| age > max))
}

/// A number of bytes in the unit that suits it.
pub(super) fn bytes_text(bytes: u64) -> String {
    let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
    for (unit, shift) in units {
        if bytes >= 1 << shift {
            let tenths = (u128::from(bytes) * 10) >> shift;
            return format!("{}.{} {unit}", tenths / 10, tenths % 10);
        }
    }
    format!("{bytes} bytes")
}

/// Names with commas, not too many.
pub(super) fn listed(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(NAMES_MAX);
    let mut text = names.take(NAMES_MAX).collect::<Vec<_>>().join(", ");
    if more > 0 {
        text.extend([format!(" and {more} more")]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::{Command, Rules, Ticker};
    use crate::units::{Moment, Price, Timestamp};

    fn exchange() -> Exchange {
        let rules = Rules {
            max_age: Some(Span::from_secs(60)),
            ..Rules::default()
        };
        let mut exchange = Exchange::new(rules);
        let ticker = Ticker::of_last(
            Symbol::parse("BTC/USDT").unwrap(),
            Price::parse("100").unwrap(),
            Timestamp::default(),
        );
        let apply = Command::ApplyTickers(vec![ticker]);
        exchange.handle(Moment::default(), apply).unwrap();
        exchange
    }

    fn said(status: &Status, exchange: &Exchange) -> (Grade, Vec<String>) {
        let verdict = Verdict::of(status, exchange);
        let texts = verdict.findings.iter().map(|finding| finding.text.clone());
        (verdict.grade(), texts.collect())
    }

    fn source() -> SourceStatus {
        SourceStatus {
            name: "kraken".to_owned(),
            up: true,
            ..SourceStatus::default()
        }
    }

    #[test]
    fn green_only_when_it_is() {
        let mut exchange = exchange();
        let mut status = Status {
            sources: vec![source()],
            ..Status::default()
        };
        assert_eq!(said(&status, &exchange), (Grade::Good, vec![]));
        let later = exchange.moment().plus(Span::from_secs(93));
        exchange.handle(later, Command::Wake).unwrap();
        let (grade, texts) = said(&status, &exchange);
        assert_eq!(grade, Grade::Poor);
        assert_eq!(
            texts,
            ["Prices are stale for up to 1 min 33 s and fill nothing: BTC/USDT."]
        );
        status.store.failure = Some("No space left".to_owned());
        status.store.disk_free = Some(1 << 20);
        status.clock.trust = ClockTrust::Wrong;
        let (grade, texts) = said(&status, &exchange);
        assert_eq!((grade, texts.len()), (Grade::Bad, 4));
        assert!(
            texts[0].starts_with("The store takes no writes"),
            "{texts:?}"
        );
    }

    #[test]
    fn a_mirror_may_be_behind_for_a_moment() {
        let mut mirror = MirrorStatus {
            state: MirrorState::Following,
            lag: Span::from_secs(2),
            ..MirrorStatus::default()
        };
        assert!(!lags(&mirror));
        mirror.lag = Span::from_secs(12);
        let status = Status {
            mirror: Some(mirror),
            ..Status::default()
        };
        let told = (Grade::Poor, vec!["The mirror: lagging 12 s.".to_owned()]);
        assert_eq!(said(&status, &exchange()), told);
    }

    #[test]
    fn a_source_says_what_is_wrong_with_it() {
        let mut status = Status::default();
        let symbol = |text: &str| Symbol::parse(text).unwrap();
        status.sources = vec![SourceStatus {
            up: false,
            last_error: Some("connection refused".to_owned()),
            unknown: vec![(symbol("BTCC/USDT"), vec![symbol("BTC/USDT")])],
            not_trading: (0..7).map(|at| symbol(&format!("A{at}/USDT"))).collect(),
            ..source()
        }];
        let (grade, texts) = said(&status, &exchange());
        assert_eq!(grade, Grade::Bad);
        assert_eq!(texts[0], "No prices come from kraken: connection refused.");
        assert_eq!(
            texts[1],
            "Symbols that kraken does not have: BTCC/USDT (rather BTC/USDT?)."
        );
        assert!(texts[2].ends_with("A4/USDT and 2 more."), "{texts:?}");
    }
}
