//! Kraken: `GET /0/public/Ticker?pair=XBTUSD,ETHUSD`, `GET /0/public/AssetPairs`.
//!
//! <https://docs.kraken.com/api/docs/rest-api/get-ticker-information>
//! <https://docs.kraken.com/api/docs/rest-api/get-tradable-asset-pairs>
//! <https://docs.kraken.com/api/docs/guides/spot-rest-ratelimits>
//!
//! One call answers for some markets or for all, and gives last, bid, ask and both sizes, but no time: `c` is [last, size],
//! `a` and `b` are [price, whole lots, size]; long ago without the size. About one call a second. An error comes with
//! status 200 and a list `error`; a pair that does not exist fails the whole call, and then all pairs are asked for.
//!
//! Bitcoin is `XBT` and Dogecoin `XDG`; `LUNA` is the old Terra. Answers go under the key of the pair in `AssetPairs`, whatever was asked for: that
//! is `XXBTZUSD` for old markets, with an `X` before a coin and a `Z` before a currency, and `SOLUSD` for newer ones.

use serde_json::value::RawValue;

use super::alias;
use super::field::{self, Entry};
use super::filters::{self, Names};
use super::quote::Quote;
use super::venue::{
    Instrument, Limit, Market, Remedy, Venue, VenueError, VenueRequest, base_url, joined,
};
use crate::units::{Exact, Symbol};

/// Where it answers.
pub(super) const URL: &str = "https://api.kraken.com";
/// What its list tells of the rules of a market.
const RULES: Names = Names {
    tick: "tick_size",
    tick_decimals: "pair_decimals",
    step_decimals: "lot_decimals",
    min: "ordermin",
    min_worth: "costmin",
    ..Names::NONE
};
/// Beyond so many markets all are asked for, so that the URL stays short.
const NAMED_MAX: usize = 100;
/// Kraken's names of assets, and the usual ones.
const ALIASES: [(&str, &str); 7] = [
    ("XBT", "BTC"),
    ("XDG", "DOGE"),
    ("LUNA", "LUNC"),
    ("LUNA2", "LUNA"),
    ("REP", "REPV1"),
    ("REPV2", "REP"),
    ("UST", "USTC"),
];

/// Kraken's public interface.
#[derive(Debug, Clone)]
pub(super) struct Kraken {
    base: String,
}

impl Kraken {
    /// The venue at this address.
    pub(super) fn at(base: &str) -> Kraken {
        Kraken {
            base: base_url(base),
        }
    }

    fn tickers(&self, pairs: &str) -> String {
        format!("{}/0/public/Ticker{pairs}", self.base)
    }
}

impl Venue for Kraken {
    fn name(&self) -> &'static str {
        "kraken"
    }

    fn limit(&self) -> Limit {
        Limit::of(10, 10)
    }

    fn market_id(&self, symbol: Symbol) -> String {
        let [base, quote] = own_names(symbol);
        format!("{base}{quote}")
    }

    fn market_requests(&self, markets: &[Market]) -> Vec<VenueRequest> {
        let pairs = match markets.len() {
            0 => return Vec::new(),
            1..=NAMED_MAX => format!("?pair={}", joined(markets, ",")),
            _ => String::new(),
        };
        let mut request = VenueRequest::about(self.tickers(&pairs), 1, markets);
        for market in markets {
            for key in answer_keys(market.symbol) {
                request.names.entry(key).or_insert(market.symbol);
            }
        }
        vec![request]
    }

    fn parse(&self, request: &VenueRequest, body: &[u8]) -> Result<Vec<Quote>, VenueError> {
        let result = answer(body)?;
        let read = |(key, raw)| quote(*request.names.get(key)?, raw);
        Ok(result.members().filter_map(read).collect())
    }

    fn remedy(&self, request: &VenueRequest, words: &str) -> Remedy {
        let of_all = self.tickers("");
        if request.url == of_all || !words.contains("Unknown asset pair") {
            return Remedy::None;
        }
        // At a call a second there is no time to look for the wrong one.
        Remedy::Ask(vec![VenueRequest {
            url: of_all,
            ..request.clone()
        }])
    }

    fn list_requests(&self, volumes: bool) -> Vec<VenueRequest> {
        let paths = ["AssetPairs", "Ticker"];
        paths
            .iter()
            .take(if volumes { 2 } else { 1 })
            .map(|path| format!("{}/0/public/{path}", self.base))
            .map(|url| VenueRequest::general(url, 1))
            .collect()
    }

    fn instruments(&self, bodies: &[Vec<u8>]) -> Result<Vec<Instrument>, VenueError> {
        let pairs = answer(field::body(bodies, 0))?;
        let tickers = bodies.get(1).and_then(|body| answer(body).ok());
        let volume = |key: &str| {
            let ticker = Entry::of(tickers.as_ref()?.get(key)?)?;
            // Both are [today, last 24 hours].
            field::product(item(&ticker, "v", 1), item(&ticker, "p", 1))
        };
        let read = |(key, raw): (&str, _)| {
            let instrument = instrument(key, &Entry::of(raw)?)?;
            Some(Instrument {
                quote_volume: volume(key),
                ..instrument
            })
        };
        Ok(pairs.members().filter_map(read).collect())
    }
}

fn answer(body: &[u8]) -> Result<Entry<'_>, VenueError> {
    let body = Entry::of_body(body)?;
    let errors = body.values("error").unwrap_or_default();
    let words: Vec<_> = errors
        .iter()
        .filter_map(|error| field::text(Some(error)))
        .chain(body.text("error").filter(|words| !words.is_empty()))
        // Warnings begin with a W, and come with a result.
        .filter(|words| !words.starts_with('W'))
        .collect();
    if !words.is_empty() {
        return Err(VenueError::Refused(words.join(", ")));
    }
    body.object("result").ok_or_else(|| field::lacks("result"))
}

fn quote(symbol: Symbol, raw: &RawValue) -> Option<Quote> {
    let entry = Entry::of(raw)?;
    Some(Quote {
        last: item(&entry, "c", 0),
        bid: item(&entry, "b", 0),
        ask: item(&entry, "a", 0),
        bid_quantity: item(&entry, "b", 2),
        ask_quantity: item(&entry, "a", 2),
        ..Quote::of(symbol)
    })
}

/// An item of a member that is a list of numbers.
fn item(entry: &Entry<'_>, name: &str, index: usize) -> Option<Exact> {
    field::number(entry.values(name)?.get(index).copied())
}

fn instrument(key: &str, entry: &Entry<'_>) -> Option<Instrument> {
    let name = entry.text("wsname");
    let (base, quote) = match name.as_ref().and_then(|name| name.split_once('/')) {
        Some((base, quote)) => (base.to_owned(), quote.to_owned()),
        // Dark pools have no such name, and end so.
        None if key.strip_suffix(".d").is_some() => return None,
        None => (
            plain(&entry.text("base")?).to_owned(),
            plain(&entry.text("quote")?).to_owned(),
        ),
    };
    let trading = entry.may_be("status", &["online"]);
    let (base, quote) = (
        alias::usual(&ALIASES, &base),
        alias::usual(&ALIASES, &quote),
    );
    Some(Instrument {
        rules: filters::named(&[entry], &RULES),
        ..Instrument::of(base, quote, key, trading)?
    })
}

/// `XXBT` is `XBT` and `ZUSD` is `USD`, but `XTZ` and `ZRX` have only three letters and are what they are.
fn plain(asset: &str) -> &str {
    match asset.strip_prefix(['X', 'Z']) {
        Some(rest) if rest.len() == 3 => rest,
        Some(_) | None => asset,
    }
}

fn own_names(symbol: Symbol) -> [String; 2] {
    [symbol.base(), symbol.quote()].map(|asset| alias::own(&ALIASES, asset))
}

/// The keys that the answer about a symbol may stand under when the list of pairs is not at hand: no two markets share one.
fn answer_keys(symbol: Symbol) -> Vec<String> {
    let [base, quote] = own_names(symbol);
    let mut keys = vec![symbol.to_string(), format!("{base}/{quote}")];
    for base in [base.clone(), format!("X{base}"), format!("Z{base}")] {
        for quote in [quote.clone(), format!("X{quote}"), format!("Z{quote}")] {
            keys.push(format!("{base}{quote}"));
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_assets_lose_their_letter_and_new_ones_keep_it() {
        for (kraken, asset) in [
            ("XXBT", "XBT"),
            ("XXDG", "XDG"),
            ("ZUSD", "USD"),
            ("XTZ", "XTZ"),
            ("ZRX", "ZRX"),
            ("USDT", "USDT"),
            ("ZEUR", "EUR"),
            ("XETH", "ETH"),
        ] {
            assert_eq!(plain(kraken), asset);
        }
    }

    #[test]
    fn an_error_is_told_in_the_words_of_the_venue_and_a_warning_is_not() {
        let venue = Kraken::at(URL);
        let request = &venue.requests(&[Symbol::parse("BTC/USD").unwrap()])[0];
        let parse = |body: &str| venue.parse(request, body.as_bytes());
        assert_eq!(
            parse(r#"{"error":["EQuery:Unknown asset pair"]}"#),
            Err(VenueError::Refused("EQuery:Unknown asset pair".to_owned()))
        );
        let warned = r#"{"error":["WGeneral:Careful"],"result":{"XXBTZUSD":{"c":["1","2"]}}}"#;
        assert_eq!(parse(warned).unwrap().len(), 1);
    }
}
