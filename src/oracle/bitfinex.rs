//! Bitfinex: `GET /v2/tickers?symbols=tBTCUSD,tDOGE:USD`, `GET /v2/conf/pub:list:pair:exchange`.
//!
//! <https://docs.bitfinex.com/reference/rest-public-tickers>
//! <https://docs.bitfinex.com/reference/rest-public-conf>
//!
//! One call answers for some markets or for all. An entry is an array by position: name, bid, sum of the 25 best bids, ask,
//! sum of the 25 best asks, two changes, last, volume, high, low. Those sums are not what is on offer at the best price, so
//! the sizes are unknown. 90 calls a minute, then no answer for one. An error is `["error", code, "words"]`.
//!
//! Names begin with a `t`, and have a colon where an asset has more than three letters. Tether is `UST` here.

use serde_json::value::RawValue;

use super::alias;
use super::field::{self, Entry};
use super::quote::Quote;
use super::venue::{Instrument, Limit, Market, Venue, VenueError, VenueRequest, base_url, joined};
use crate::units::{Exact, Symbol};

/// Where it answers.
pub(super) const URL: &str = "https://api-pub.bitfinex.com";
/// Beyond so many markets all are asked for, so that the URL stays short.
const NAMED_MAX: usize = 100;
/// Length of the array about one market, in which the name is missing.
const NAMELESS: usize = 10;
/// Bitfinex' names of assets, and the usual ones (`GET /v2/conf/pub:map:currency:sym`).
const ALIASES: [(&str, &str); 33] = [
    ("UST", "USDT"),
    ("UDC", "USDC"),
    ("TSD", "TUSD"),
    ("EUT", "EURT"),
    ("EUS", "EURS"),
    ("ALG", "ALGO"),
    ("AMP", "AMPL"),
    ("ATO", "ATOM"),
    ("BCHABC", "XEC"),
    ("BCHN", "BCH"),
    ("DAT", "DATA"),
    ("DOG", "MDOGE"),
    ("DSH", "DASH"),
    ("EDO", "PNT"),
    ("HTX", "HT"),
    ("IDX", "ID"),
    ("IOT", "IOTA"),
    ("IQX", "IQ"),
    ("LUNA", "LUNC"),
    ("LUNA2", "LUNA"),
    ("MNA", "MANA"),
    ("PAS", "PASS"),
    ("QSH", "QASH"),
    ("QTM", "QTUM"),
    ("RBT", "RBTC"),
    ("SNG", "SNGLS"),
    ("STJ", "STORJ"),
    ("TERRAUST", "USTC"),
    ("VSY", "VSYS"),
    ("WAX", "WAXP"),
    ("XCH", "XCHF"),
    ("YYW", "YOYOW"),
    ("ZBT", "ZB"),
];

/// Bitfinex' public interface.
#[derive(Debug, Clone)]
pub(super) struct Bitfinex {
    base: String,
}

impl Bitfinex {
    /// The venue at this address.
    pub(super) fn at(base: &str) -> Bitfinex {
        Bitfinex {
            base: base_url(base),
        }
    }

    fn tickers(&self, symbols: &str) -> String {
        format!("{}/v2/tickers?symbols={symbols}", self.base)
    }
}

impl Venue for Bitfinex {
    fn name(&self) -> &'static str {
        "bitfinex"
    }

    fn limit(&self) -> Limit {
        Limit::of(90, 60)
    }

    fn market_id(&self, symbol: Symbol) -> String {
        let [base, quote] =
            [symbol.base(), symbol.quote()].map(|asset| alias::own(&ALIASES, asset));
        let colon = if base.len() > 3 || quote.len() > 3 {
            ":"
        } else {
            ""
        };
        format!("t{base}{colon}{quote}")
    }

    fn market_requests(&self, markets: &[Market]) -> Vec<VenueRequest> {
        let url = match markets.len() {
            0 => return Vec::new(),
            1..=NAMED_MAX => self.tickers(&joined(markets, ",")),
            _ => self.tickers("ALL"),
        };
        vec![VenueRequest::about(url, 1, markets)]
    }

    fn parse(&self, request: &VenueRequest, body: &[u8]) -> Result<Vec<Quote>, VenueError> {
        let rows = rows(body)?;
        let quotes = rows.iter().filter_map(|row| {
            let (name, rest) = row.split_first()?;
            let symbol = match field::text(Some(name)).filter(|name| name.starts_with('t')) {
                Some(name) => *request.names.get(name.as_ref())?,
                None => return None,
            };
            Some(quote(symbol, rest))
        });
        let quotes: Vec<Quote> = quotes.collect();
        if !quotes.is_empty() {
            return Ok(quotes);
        }
        // The array of `/v2/ticker/NAME`.
        match (request.only(), field::entries(body)) {
            (Some(symbol), Ok(row)) if row.len() >= NAMELESS => Ok(vec![quote(symbol, &row)]),
            _ => Ok(quotes),
        }
    }

    fn list_requests(&self, volumes: bool) -> Vec<VenueRequest> {
        let list = format!("{}/v2/conf/pub:list:pair:exchange", self.base);
        let mut requests = vec![VenueRequest::general(list, 1)];
        if volumes {
            requests.push(VenueRequest::general(self.tickers("ALL"), 1));
        }
        requests
    }

    fn instruments(&self, bodies: &[Vec<u8>]) -> Result<Vec<Instrument>, VenueError> {
        let lists = rows(field::body(bodies, 0))?;
        let names = lists.iter().flatten();
        let mut found: Vec<Instrument> = names
            .filter(|name| name.get().starts_with('"'))
            .filter_map(|name| instrument(&field::text(Some(name))?))
            .collect();
        let tickers = bodies.get(1).and_then(|body| rows(body).ok());
        for row in tickers.unwrap_or_default() {
            let at = |index: usize| row.get(index).copied();
            let Some(name) = field::text(at(0)) else {
                continue;
            };
            if let Some(instrument) = found.iter_mut().find(|known| known.id == name) {
                let (last, volume) = (field::number(at(7)), field::number(at(8)));
                instrument.quote_volume = field::product(last, volume);
            }
        }
        Ok(found)
    }
}

/// The lists in a list.
fn rows(body: &[u8]) -> Result<Vec<Vec<&RawValue>>, VenueError> {
    let values = field::entries(body).map_err(|why| {
        let words = Entry::of_body(body).ok();
        let words = words.and_then(|entry| entry.text("message").or_else(|| entry.text("error")));
        words.map_or(why, |words| VenueError::Refused(words.into_owned()))
    })?;
    if values
        .first()
        .and_then(|first| field::text(Some(first)))
        .as_deref()
        == Some("error")
    {
        let words: Vec<_> = values.iter().skip(1).rev().collect();
        let words: Vec<_> = words
            .iter()
            .filter_map(|raw| field::text(Some(raw)))
            .collect();
        return Err(VenueError::Refused(match words.as_slice() {
            [words, code, ..] => format!("{words} ({code})"),
            [words] => words.to_string(),
            [] => "error".to_owned(),
        }));
    }
    let lists = values.iter().filter(|raw| raw.get().starts_with('['));
    Ok(lists.filter_map(|raw| field::one_or_many(raw)).collect())
}

/// What stands behind the name.
fn quote(symbol: Symbol, row: &[&RawValue]) -> Quote {
    let number = |index: usize| -> Option<Exact> { field::number(row.get(index).copied()) };
    Quote {
        bid: number(0),
        ask: number(2),
        last: number(6),
        ..Quote::of(symbol)
    }
}

/// `BTCUSD` and `DOGE:USD`, without the `t`.
fn instrument(pair: &str) -> Option<Instrument> {
    // The kind of a market is a small letter before its name: that is no list of pairs.
    if pair.starts_with(|first: char| first.is_ascii_lowercase()) {
        return None;
    }
    let (base, quote) = match pair.split_once(':') {
        Some(parts) => parts,
        None if pair.len() == 6 => pair.split_at_checked(3)?,
        None => return None,
    };
    // Those are for trying things out, without money, and these are no spot markets.
    if base.starts_with("TEST") || base.ends_with("F0") || quote.ends_with("F0") {
        return None;
    }
    let (base, quote) = (alias::usual(&ALIASES, base), alias::usual(&ALIASES, quote));
    Instrument::of(base, quote, &format!("t{pair}"), true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symbol() -> Symbol {
        Symbol::parse("BTC/USDT").unwrap()
    }

    fn parse(body: &str) -> Result<Vec<Quote>, VenueError> {
        let venue = Bitfinex::at(URL);
        let request = &venue.requests(&[symbol()])[0];
        venue.parse(request, body.as_bytes())
    }

    #[test]
    fn errors_are_told_in_the_words_of_the_venue() {
        assert_eq!(
            parse(r#"["error",11010,"ratelimit: error"]"#),
            Err(VenueError::Refused("ratelimit: error (11010)".to_owned()))
        );
        assert_eq!(
            parse(r#"{"error":"ERR_RATE_LIMIT"}"#),
            Err(VenueError::Refused("ERR_RATE_LIMIT".to_owned()))
        );
    }

    #[test]
    fn the_answer_about_one_market_has_no_name() {
        let quotes = parse("[90100,12.3,90101,9.8,150,0.0017,90100.5,800,91000,89000]").unwrap();
        assert_eq!(quotes[0].last.unwrap().to_string(), "90100.5");
        assert_eq!(quotes[0].bid_quantity, None);
        assert_eq!(parse("[]"), Ok(Vec::new()));
        assert_eq!(
            parse("[7, null, [], [null], [\"fUSD\", 1]]"),
            Ok(Vec::new())
        );
    }
}
