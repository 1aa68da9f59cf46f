//! Which markets of a venue's list are asked for.
//!
//! Pure. Wanted are the symbols that somebody wrote down, and all markets with given quote assets, of those the largest
//! where there is a limit. What was asked for before stays as long as it is traded, so that nobody is left with an asset
//! that has no price because others have grown.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use super::venue::{Instrument, Market};
use crate::exchange::MarketRules;
use crate::units::{Asset, Exact, Symbol};

/// So many existing names are suggested for a wrong one.
const NEAREST_MAX: usize = 3;
/// What is further off is not meant.
const DISTANCE_MAX: usize = 3;

/// What to look up in the venue's list of markets, beside the symbols that are written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// All markets with these quote assets.
    pub quotes: Vec<Asset>,
    /// At most so many for each of them; none: all.
    pub limit: Option<usize>,
    /// Symbols that had a price in earlier days: it is told if they are not traded any more, and discovery keeps them.
    pub known: Vec<Symbol>,
    /// How often to look.
    pub refresh: Duration,
}

/// A symbol that the venue does not list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownSymbol {
    /// As it was written down.
    pub symbol: Symbol,
    /// The names that come nearest, the nearest first.
    pub nearest: Vec<Symbol>,
}

impl fmt::Display for UnknownSymbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is not a market there", self.symbol)?;
        let names: Vec<String> = self.nearest.iter().map(Symbol::to_string).collect();
        if names.is_empty() {
            Ok(())
        } else {
            write!(f, "; the nearest names are {}", names.join(", "))
        }
    }
}

/// What to ask for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// The markets, each once: those that are written down, those of before, the others by their size.
    pub markets: Vec<Market>,
    /// Symbols that are written down and do not exist.
    pub unknown: Vec<UnknownSymbol>,
    /// Symbols that are written down, or were asked for before, and are not traded now.
    pub not_trading: Vec<Symbol>,
    /// What the markets demand of orders, where the list tells.
    pub rules: Vec<(Symbol, MarketRules)>,
}

/// Chooses from a venue's list; `before` are the symbols that were traded when it was read the last time.
pub fn select(
    listed: &[Instrument],
    symbols: &[Symbol],
    listing: &Listing,
    before: &[Symbol],
) -> Selection {
    let by_symbol = by_symbol(listed);
    let mut selection = Selection::default();
    let mut seen = BTreeSet::new();
    let earlier = || before.iter().chain(&listing.known);
    let traded_before: BTreeSet<Symbol> = earlier().copied().collect();
    let written: BTreeSet<Symbol> = symbols.iter().copied().collect();
    let discovers = !listing.quotes.is_empty();
    for &symbol in symbols.iter().chain(earlier()) {
        if !seen.insert(symbol) {
            continue;
        }
        match by_symbol.get(&symbol) {
            Some(instrument) if instrument.trading => {
                // Who has struck a symbol off the list does not want to ask for it any more.
                if discovers || written.contains(&symbol) {
                    selection.markets.push(market(instrument));
                }
            }
            Some(_) => selection.not_trading.push(symbol),
            None if traded_before.contains(&symbol) => selection.not_trading.push(symbol),
            None => selection.unknown.push(UnknownSymbol {
                symbol,
                nearest: nearest(symbol, by_symbol.values().copied()),
            }),
        }
    }
    for &quote in &listing.quotes {
        let found = largest(by_symbol.values().copied(), quote, listing.limit);
        let new = found.into_iter().filter(|one| seen.insert(one.symbol));
        selection.markets.extend(new.map(market));
    }
    let rules = |market: &Market| {
        let rules = by_symbol.get(&market.symbol)?.rules.as_deref()?;
        Some((market.symbol, rules.clone()))
    };
    selection.rules = selection.markets.iter().filter_map(rules).collect();
    selection
}

fn market(instrument: &Instrument) -> Market {
    Market {
        symbol: instrument.symbol,
        id: instrument.id.clone(),
    }
}

/// One instrument a symbol: the first that is traded, else the first.
fn by_symbol(listed: &[Instrument]) -> BTreeMap<Symbol, &Instrument> {
    let mut found: BTreeMap<Symbol, &Instrument> = BTreeMap::new();
    for instrument in listed {
        let known = found.entry(instrument.symbol).or_insert(instrument);
        if instrument.trading && !known.trading {
            *known = instrument;
        }
    }
    found
}

/// Markets that are traded in a quote asset: the largest first, those of unknown size behind them by name.
fn largest<'a>(
    listed: impl Iterator<Item = &'a Instrument>,
    quote: Asset,
    limit: Option<usize>,
) -> Vec<&'a Instrument> {
    let mut found: Vec<&Instrument> = listed
        .filter(|one| one.trading && one.symbol.quote() == quote)
        .collect();
    let size = |one: &Instrument| one.quote_volume.unwrap_or(Exact::ZERO);
    found.sort_by_key(|one| (std::cmp::Reverse(size(one)), one.symbol));
    found.truncate(limit.unwrap_or(usize::MAX));
    found
}

/// The names of markets that take the fewest changes to come from `wrong`.
fn nearest<'a>(wrong: Symbol, listed: impl Iterator<Item = &'a Instrument>) -> Vec<Symbol> {
    let wrong = wrong.to_string();
    let mut found: Vec<(usize, Symbol)> = listed
        .filter(|one| one.trading)
        .map(|one| {
            let name = one.symbol.to_string();
            (strsim::osa_distance(&wrong, &name), one.symbol)
        })
        .filter(|(distance, _)| *distance <= DISTANCE_MAX)
        .collect();
    found.sort_unstable();
    let nearest = found.into_iter().take(NEAREST_MAX);
    nearest.map(|(_, symbol)| symbol).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbols(names: &[&str]) -> Vec<Symbol> {
        let parsed = names.iter().map(|name| Symbol::parse(name).unwrap());
        parsed.collect()
    }

    /// `BTC/USDT`, with `!` before it if it is not traded, and its volume behind a blank.
    fn listed(lines: &[&str]) -> Vec<Instrument> {
        let one = |line: &&str| {
            let (name, volume) = line.split_once(' ').unwrap_or((line, ""));
            let plain = name.trim_start_matches('!');
            let symbol = Symbol::parse(plain).unwrap();
            Instrument {
                symbol,
                id: plain.replace('/', ""),
                trading: plain == name,
                quote_volume: Exact::parse(volume).ok(),
                rules: None,
            }
        };
        lines.iter().map(one).collect()
    }

    fn listing(quotes: &[&str], limit: Option<usize>) -> Listing {
        Listing {
            known: Vec::new(),
            quotes: quotes
                .iter()
                .map(|quote| Asset::parse(quote).unwrap())
                .collect(),
            limit,
            refresh: Duration::from_secs(86_400),
        }
    }

    fn ids(selection: &Selection) -> Vec<&str> {
        let ids = selection.markets.iter().map(|market| market.id.as_str());
        ids.collect()
    }

    #[test]
    fn a_list_is_looked_up_and_a_wrong_name_does_not_stop_the_others() {
        let listed = listed(&["BTC/USDT", "BTC/USDC", "ETH/USDT", "!OLD/USDT"]);
        let wanted = symbols(&["ETH/USDT", "BCT/USDT", "OLD/USDT", "BTC/USDT", "ETH/USDT"]);
        let selection = select(&listed, &wanted, &listing(&[], None), &[]);
        assert_eq!(ids(&selection), ["ETHUSDT", "BTCUSDT"]);
        assert_eq!(selection.not_trading, symbols(&["OLD/USDT"]));
        let told: Vec<String> = selection.unknown.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            ["BCT/USDT is not a market there; the nearest names are BTC/USDT, BTC/USDC, ETH/USDT"]
        );
        let far = select(&listed, &symbols(&["WXYZ/EUR"]), &listing(&[], None), &[]);
        assert_eq!(far.unknown[0].to_string(), "WXYZ/EUR is not a market there");
    }

    #[test]
    fn the_largest_markets_of_a_quote_asset_are_found() {
        let listed = listed(&[
            "A/USDT 5",
            "B/USDT 70",
            "C/USDT",
            "!D/USDT 900",
            "E/USDT 8",
            "A/EUR 1",
            "B/EUR",
            "F/BTC 9",
        ]);
        let found = |quotes: &[&str], limit| {
            let selection = select(&listed, &[], &listing(quotes, limit), &[]);
            ids(&selection).join(" ")
        };
        assert_eq!(found(&["USDT"], Some(2)), "BUSDT EUSDT");
        assert_eq!(
            found(&["USDT", "EUR"], None),
            "BUSDT EUSDT AUSDT CUSDT AEUR BEUR"
        );
        assert_eq!(found(&["GBP"], None), "");
    }

    #[test]
    fn what_was_asked_for_before_stays_while_it_is_traded() {
        let before = symbols(&["A/USDT", "B/USDT", "GONE/USDT"]);
        let listed = listed(&["A/USDT 1", "!B/USDT 5", "C/USDT 9"]);
        let selection = select(&listed, &[], &listing(&["USDT"], Some(1)), &before);
        assert_eq!(ids(&selection), ["AUSDT", "CUSDT"]);
        assert_eq!(selection.not_trading, symbols(&["B/USDT", "GONE/USDT"]));
        assert!(selection.unknown.is_empty());
    }

    #[test]
    fn symbols_of_earlier_days_are_flagged_and_only_discovery_asks_for_them() {
        let known = symbols(&["A/USDT", "B/USDT", "GONE/USDT", "W/USDT"]);
        let listed = listed(&["A/USDT 1", "!B/USDT 5", "W/USDT 9"]);
        for (quotes, limit, asked) in [
            (&[][..], None, vec!["WUSDT"]),
            (&["USDT"][..], Some(1), vec!["WUSDT", "AUSDT"]),
        ] {
            let listing = Listing {
                known: known.clone(),
                ..listing(quotes, limit)
            };
            let selection = select(&listed, &symbols(&["W/USDT"]), &listing, &[]);
            assert_eq!(ids(&selection), asked);
            assert_eq!(selection.not_trading, symbols(&["B/USDT", "GONE/USDT"]));
            assert!(selection.unknown.is_empty());
        }
    }

    #[test]
    fn of_two_markets_of_a_name_the_one_that_is_traded_counts() {
        let mut listed = listed(&["!A/USDT", "A/USDT"]);
        listed[1].id = "new".to_owned();
        let selection = select(&listed, &symbols(&["A/USDT"]), &listing(&[], None), &[]);
        assert_eq!(ids(&selection), ["new"]);
    }
}
