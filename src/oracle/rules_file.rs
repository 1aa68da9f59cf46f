//! A file with the rules of markets, in the form of Binance's `exchangeInfo`: one that was saved, or one that was written by hand.
//!
//! ```json
//! {"symbols": [{"baseAsset": "BTC", "quoteAsset": "USDT", "filters": [
//!   {"filterType": "LOT_SIZE", "minQty": "0.00001", "maxQty": "9000", "stepSize": "0.00001"}]}]}
//! ```
//!
//! A venue's list is taken as it comes; in a file that somebody wrote whatever is wrong is told.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use super::field::{self, Entry};
use super::filters::{self, Names};
use crate::exchange::MarketRules;
use crate::units::{Asset, Symbol};

/// The longest file; Binance's own has a third of it.
const BYTES_MAX: u64 = 64 << 20;

/// Why a file of rules is none.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// It cannot be read.
    #[error("the market rules in {} cannot be read: {source}", path.display())]
    Unreadable {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not what it should be.
    #[error("the market rules in {} are wrong: {what}", path.display())]
    Wrong {
        /// Where.
        path: PathBuf,
        /// What.
        what: String,
    },
}

/// Reads the rules of markets.
pub fn read_rules(path: &Path) -> Result<BTreeMap<Symbol, MarketRules>, RulesError> {
    let unreadable = |source| RulesError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(unreadable)?;
    let mut body = Vec::new();
    let read = file.take(BYTES_MAX + 1).read_to_end(&mut body);
    let read = read.map_err(unreadable)?;
    let rules = if u64::try_from(read).is_ok_and(|read| read <= BYTES_MAX) {
        parse(&body)
    } else {
        Err(format!("it is longer than {} MiB", BYTES_MAX >> 20))
    };
    rules.map_err(|what| RulesError::Wrong {
        path: path.to_owned(),
        what,
    })
}

fn parse(body: &[u8]) -> Result<BTreeMap<Symbol, MarketRules>, String> {
    let body: Entry<'_> = serde_json::from_slice(body).map_err(|why| why.to_string())?;
    let markets = body
        .values("symbols")
        .ok_or("there is no list `symbols` in it")?;
    let mut found = BTreeMap::new();
    for (number, raw) in markets.iter().enumerate() {
        let market = Entry::of(raw).ok_or(format!("symbols[{number}] is no object"))?;
        let asset = |name| {
            let missing = || format!("symbols[{number}] has no `{name}`");
            market.text(name).ok_or_else(missing)
        };
        let (base, quote) = (asset("baseAsset")?, asset("quoteAsset")?);
        check(&format!("{base}/{quote}"), &market)?;
        let assets = Asset::parse(&base).ok().zip(Asset::parse(&quote).ok());
        // Binance has names that are none here, which nobody can trade here.
        if let Some((base, quote)) = assets
            && let Ok(symbol) = Symbol::new(base, quote)
        {
            let rules = filters::beside(&market, &Names::NONE);
            if found.insert(symbol, *rules.unwrap_or_default()).is_some() {
                return Err(format!("{symbol} is there twice"));
            }
        }
    }
    Ok(found)
}

/// Whether the filters of a market are such.
fn check(symbol: &str, market: &Entry<'_>) -> Result<(), String> {
    let filters = market.values("filters");
    for raw in filters.ok_or(format!("{symbol} has no list `filters`"))? {
        let filter = Entry::of(raw).ok_or(format!("{symbol}: a filter is no object"))?;
        let kind = filter.text("filterType");
        let kind = kind.ok_or(format!("{symbol}: a filter has no `filterType`"))?;
        if !filters::is_known(&kind) {
            return Err(format!("{symbol}: there is no filter {kind}"));
        }
        for (name, raw) in filter.members() {
            let value = Some(raw);
            let fits = field::number(value).is_some() || field::flag(value).is_some();
            if name != "filterType" && !fits {
                let raw = raw.get();
                return Err(format!("{symbol}: {kind}: {name} is no number: {raw}"));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        let market = |filters: &str| {
            format!(r#"{{"symbols":[{{"baseAsset":"A","quoteAsset":"B","filters":{filters}}}]}}"#)
        };
        for (body, what) in [
            ("x".to_owned(), "expected value at line 1 column 1"),
            ("{}".to_owned(), "there is no list `symbols` in it"),
            (r#"{"symbols":[7]}"#.to_owned(), "symbols[0] is no object"),
            (
                r#"{"symbols":[{"baseAsset":"A"}]}"#.to_owned(),
                "symbols[0] has no `quoteAsset`",
            ),
            (market("null"), "A/B has no list `filters`"),
            (market("[7]"), "A/B: a filter is no object"),
            (market("[{}]"), "A/B: a filter has no `filterType`"),
            (
                market(r#"[{"filterType":"LOTS"}]"#),
                "A/B: there is no filter LOTS",
            ),
            (
                market(r#"[{"filterType":"LOT_SIZE","minQty":"one"}]"#),
                r#"A/B: LOT_SIZE: minQty is no number: "one""#,
            ),
        ] {
            assert_eq!(parse(body.as_bytes()), Err(what.to_owned()), "{body}");
        }
    }

    #[test]
    fn rules_are_read_and_names_that_are_none_here_are_passed_over() {
        let body = r#"{"symbols":[
            {"baseAsset":"\u5e01","quoteAsset":"USDT","filters":[]},
            {"baseAsset":"BTC","quoteAsset":"USDT","filters":[
                {"filterType":"ICEBERG_PARTS","limit":10},
                {"filterType":"LOT_SIZE","minQty":0.5,"maxQty":"0","stepSize":"0.5"}]}]}"#;
        let rules = parse(body.as_bytes()).unwrap();
        let symbol = Symbol::parse("BTC/USDT").unwrap();
        assert_eq!(rules.len(), 1);
        let lot = rules[&symbol].lot;
        assert_eq!(lot.min.map(|min| min.to_string()).as_deref(), Some("0.5"));
        assert_eq!(lot.max, None);
    }
}
