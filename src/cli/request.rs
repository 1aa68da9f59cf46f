//! From a client command to the one HTTP request it stands for, and how its answer is judged.
//!
//! Pure: nothing is sent here. Whatever the user typed is percent-encoded into the path and the
//! query, so that a symbol's slash stays inside its segment.

use std::fmt::Write as _;

use serde::Serialize;

use super::arguments::{ClientCommand, KeyCommand};
use super::candles::CandleFilter;
use super::exit::Failure;
use super::operands::{AssetAmount, Number, OrderFilter, OrderType, Side, SymbolPrice};
use super::order_terms::{NewOrder, OrderSketch, OrderTerms, PairSketch, ReplaceSketch};

/// One request, without the address of the daemon.
#[derive(Debug)]
pub(super) struct Request {
    /// HTTP method.
    pub(super) method: &'static str,
    /// Path and query, encoded.
    pub(super) path: String,
    /// JSON body; `Some("")` where the method has a body but the call has none.
    pub(super) body: Option<String>,
    /// What in a 200 answer still means "no".
    pub(super) verdict: Verdict,
}

/// What in an answer with status 200 still counts as a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing: 200 is a yes.
    Status,
    /// An order whose status is `rejected`.
    Order,
    /// The same of the order in the place of another, or there is none.
    Replaced,
    /// `ok` is false.
    Possible,
    /// A symbol whose ticker is an `error`.
    Tickers,
    /// A daemon that answers, but cannot do its work.
    Health,
}

impl Request {
    fn get(path: impl Into<String>) -> Self {
        Self {
            method: "GET",
            path: path.into(),
            body: None,
            verdict: Verdict::Status,
        }
    }

    /// How the daemon is.
    pub(super) fn health() -> Self {
        Self::get("/admin/health").judged(Verdict::Health)
    }

    fn with_body(
        method: &'static str,
        path: impl Into<String>,
        body: &impl Serialize,
    ) -> Result<Self, Failure> {
        let body =
            serde_json::to_string(body).map_err(|error| Failure::Usage(error.to_string()))?;
        Ok(Self {
            method,
            path: path.into(),
            body: Some(body),
            verdict: Verdict::Status,
        })
    }

    fn judged(self, verdict: Verdict) -> Self {
        Self { verdict, ..self }
    }

    /// Whether the daemon wants its key for this (it may want it for the others too).
    pub(super) fn needs_key(&self) -> bool {
        self.method != "GET"
    }
}

#[derive(Serialize)]
struct AmountBody<'a> {
    amount: &'a Number,
}

#[derive(Serialize)]
struct FundBody<'a> {
    asset: &'a str,
    amount: &'a Number,
}

#[derive(Serialize)]
struct OrderBody<'a> {
    symbol: &'a str,
    side: Side,
    #[serde(rename = "type")]
    kind: OrderType,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<&'a Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit_price: Option<&'a Number>,
    #[serde(flatten)]
    terms: &'a OrderTerms,
}

#[derive(Serialize)]
struct PairBody<'a> {
    orders: [OrderBody<'a>; 2],
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
}

#[derive(Serialize)]
struct ReplaceBody<'a> {
    order: OrderBody<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    only_if: Option<&'a str>,
    in_any_case: bool,
}

#[derive(Serialize)]
struct SymbolBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    symbol: Option<&'a str>,
}

#[derive(Serialize)]
struct BalanceBody<'a> {
    free: &'a Number,
    used: &'a Number,
}

#[derive(Serialize)]
struct PriceBody<'a> {
    price: &'a Number,
    #[serde(skip_serializing_if = "Option::is_none")]
    bid_volume: Option<&'a Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ask_volume: Option<&'a Number>,
}

/// The request that `command` stands for.
pub(super) fn request(command: &ClientCommand) -> Result<Request, Failure> {
    use ClientCommand as C;
    Ok(match command {
        C::Tickers => Request::get("/tickers"),
        C::Ticker { symbols } => {
            Request::get(format!("/tickers/{}", encode_list(symbols))).judged(Verdict::Tickers)
        }
        C::Candles(filter) => Request::get(candles(filter)),
        C::Stats { symbol } => Request::get(stats(symbol.as_deref())),
        C::Balance => Request::get("/balance"),
        C::BalanceAsset { asset } => Request::get(format!("/balance/{}", encode(asset))),
        C::BalanceList => Request::get("/balance/list"),
        C::Deposit(of) => amount_request(of, "deposit")?,
        C::Withdrawal(of) => amount_request(of, "withdrawal")?,
        C::Fund(of) => {
            let body = FundBody {
                asset: &of.asset,
                amount: &of.amount,
            };
            Request::with_body("POST", "/admin/fund", &body)?
        }
        C::Order(NewOrder { order, kind }) => {
            order_request("/orders", order, *kind, Verdict::Order)?
        }
        C::CanExec(order) => order_request("/orders/can_execute", order, None, Verdict::Possible)?,
        C::Pair(pair) => pair_request(pair)?,
        C::Replace(replace) => replace_request(replace)?,
        C::CancelAll { symbol } => all_request(symbol.as_deref())?,
        C::Rules { symbol } => Request::get(query("/rules", &[("symbol", symbol.clone())])),
        C::Orders(filter) => Request::get(filtered("/orders", filter)),
        C::OrdersSimple(filter) => Request::get(filtered("/orders/list", filter)),
        C::OrderGet { id, history } => {
            let query = if *history {
                "?include_history=true"
            } else {
                ""
            };
            Request::get(format!("/orders/{}{query}", encode(id)))
        }
        C::Cancel { id } => {
            let path = format!("/orders/{}/cancel", encode(id));
            Request {
                method: "POST",
                body: Some(String::new()),
                ..Request::get(path)
            }
        }
        C::OverviewCapital { raw } => {
            Request::get(format!("/overview/capital?aggregation={}", !raw))
        }
        C::OverviewAssets => Request::get("/overview/assets"),
        C::OverviewTrades { side, assets } => Request::get(query(
            "/overview/trades",
            &[
                ("side", side.map(|side| side.to_string())),
                ("assets", assets.clone()),
            ],
        )),
        C::SetBalance { asset, free, used } => {
            let path = format!("/admin/balance/{}", encode(asset));
            Request::with_body("PATCH", path, &BalanceBody { free, used })?
        }
        C::SetPrice(price) => price_request(price)?,
        C::Key { command } => key_request(command)?,
        C::ResetData => Request {
            method: "DELETE",
            ..Request::get("/admin/data")
        },
        C::Health => Request::health(),
    })
}

#[derive(Serialize)]
struct KeyBody<'a> {
    name: Option<&'a str>,
    read_only: bool,
}

fn key_request(command: &KeyCommand) -> Result<Request, Failure> {
    Ok(match command {
        KeyCommand::New { name, read_only } => {
            let body = KeyBody {
                name: name.as_deref(),
                read_only: *read_only,
            };
            Request::with_body("POST", "/admin/keys", &body)?
        }
        KeyCommand::List => Request::get("/admin/keys"),
        KeyCommand::Revoke { id } => Request {
            method: "DELETE",
            ..Request::get(format!("/admin/keys/{}", encode(id)))
        },
    })
}

/// An amount that goes into the account or out of it.
fn amount_request(of: &AssetAmount, direction: &str) -> Result<Request, Failure> {
    let path = format!("/balance/{}/{direction}", encode(&of.asset));
    Request::with_body("POST", path, &AmountBody { amount: &of.amount })
}

fn price_request(of: &SymbolPrice) -> Result<Request, Failure> {
    let body = PriceBody {
        price: &of.price,
        bid_volume: of.bid_volume.as_ref(),
        ask_volume: of.ask_volume.as_ref(),
    };
    Request::with_body(
        "PATCH",
        format!("/admin/tickers/{}/price", encode(&of.symbol)),
        &body,
    )
}

/// An order as the daemon wants it. A price means a limit order, unless the kind was said.
fn order_body(order: &OrderSketch, kind: Option<OrderType>) -> Result<OrderBody<'_>, Failure> {
    let implied = if order.price.is_some() {
        OrderType::Limit
    } else {
        OrderType::Market
    };
    let kind = kind.unwrap_or(implied);
    match (kind, &order.price) {
        (OrderType::Limit, None) => {
            return Err(Failure::Usage("a limit order needs --price".to_owned()));
        }
        (OrderType::Market, Some(_)) => {
            return Err(Failure::Usage("a market order takes no --price".to_owned()));
        }
        (OrderType::Limit, Some(_)) | (OrderType::Market, None) => {}
    }
    Ok(OrderBody {
        symbol: &order.symbol,
        side: order.side,
        kind,
        amount: order.amount.as_ref(),
        limit_price: order.price.as_ref(),
        terms: &order.terms,
    })
}

fn order_request(
    path: &str,
    order: &OrderSketch,
    kind: Option<OrderType>,
    verdict: Verdict,
) -> Result<Request, Failure> {
    let body = order_body(order, kind)?;
    Ok(Request::with_body("POST", path, &body)?.judged(verdict))
}

fn all_request(symbol: Option<&str>) -> Result<Request, Failure> {
    Request::with_body("POST", "/orders/cancel", &SymbolBody { symbol })
}

/// The one that stops a loss, and the one that rests in the book.
fn pair_request(pair: &PairSketch) -> Result<Request, Failure> {
    let stops = OrderTerms::stop_loss(&pair.stop_price);
    let rests = OrderTerms::post_only();
    let order = |limit_price, terms| OrderBody {
        symbol: &pair.symbol,
        side: pair.side,
        kind: match limit_price {
            Some(_) => OrderType::Limit,
            None => OrderType::Market,
        },
        amount: Some(&pair.amount),
        limit_price,
        terms,
    };
    let body = PairBody {
        orders: [
            order(pair.stop_limit.as_ref(), &stops),
            order(Some(&pair.price), &rests),
        ],
        client_id: pair.client_id.as_deref(),
    };
    Request::with_body("POST", "/orders/pair", &body)
}

fn replace_request(replace: &ReplaceSketch) -> Result<Request, Failure> {
    let body = ReplaceBody {
        order: order_body(&replace.new.order, replace.new.kind)?,
        only_if: replace.only_if.as_deref(),
        in_any_case: replace.in_any_case,
    };
    let path = format!("/orders/{}/replace", encode(&replace.id));
    Ok(Request::with_body("POST", path, &body)?.judged(Verdict::Replaced))
}

fn filtered(path: &str, filter: &OrderFilter) -> String {
    let pairs = [
        ("status", filter.status.clone()),
        ("symbol", filter.symbol.clone()),
        ("side", filter.side.map(|side| side.to_string())),
        ("tail", filter.tail.map(|tail| tail.to_string())),
    ];
    query(path, &pairs)
}

fn stats(symbol: Option<&str>) -> String {
    match symbol {
        Some(symbol) => format!("/stats/{}", encode(symbol)),
        None => "/stats".to_owned(),
    }
}

fn candles(filter: &CandleFilter) -> String {
    let number = |number: Option<u64>| number.map(|number| number.to_string());
    query(
        &format!("/candles/{}", encode(&filter.symbol)),
        &[
            ("interval", filter.interval.clone()),
            ("since", number(filter.since)),
            ("until", number(filter.until)),
            ("limit", number(filter.limit)),
        ],
    )
}

/// `path` with those of the pairs that have a value behind it.
fn query(path: &str, pairs: &[(&str, Option<String>)]) -> String {
    let mut whole = path.to_owned();
    for (name, value) in pairs {
        if let Some(value) = value {
            whole.push(if whole.contains('?') { '&' } else { '?' });
            whole.push_str(name);
            whole.push('=');
            whole.push_str(&encode_list(value));
        }
    }
    whole
}

/// A comma list with its items encoded and its commas kept.
fn encode_list(list: &str) -> String {
    let items: Vec<String> = list.split(',').map(|item| encode(item.trim())).collect();
    items.join(",")
}

/// Percent-encodes all but the characters that RFC 3986 calls unreserved.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            write!(encoded, "%{byte:02X}").ok();
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::arguments::{Arguments, Command};
    use clap::Parser as _;

    #[test]
    fn slashes_and_unicode_are_encoded_and_commas_are_not() {
        assert_eq!(encode_list("BTC/USDT, ETH/USDT"), "BTC%2FUSDT,ETH%2FUSDT");
        assert_eq!(encode("a b?c#d%é"), "a%20b%3Fc%23d%25%C3%A9");
        assert_eq!(encode("01-AZ_az.~9"), "01-AZ_az.~9");
    }

    #[test]
    fn absent_filters_leave_no_trace() {
        let none = OrderFilter {
            status: None,
            symbol: None,
            side: None,
            tail: None,
        };
        assert_eq!(filtered("/orders", &none), "/orders");
        let some = OrderFilter {
            status: Some("new,filled".to_owned()),
            symbol: Some("BTC/USDT".to_owned()),
            side: Some(Side::Buy),
            tail: Some(5),
        };
        assert_eq!(
            filtered("/orders", &some),
            "/orders?status=new,filled&symbol=BTC%2FUSDT&side=buy&tail=5"
        );
    }

    #[test]
    fn candles_and_stats_are_asked_for_by_symbol() {
        let path = |words: &str| {
            let words = words.split(' ').chain(["BTC/USDT"]);
            let typed = Arguments::try_parse_from(["mockx"].into_iter().chain(words)).unwrap();
            match typed.command {
                Some(Command::Client(command)) => request(&command).unwrap().path,
                _ => panic!("no client command"),
            }
        };
        assert_eq!(path("candles"), "/candles/BTC%2FUSDT");
        assert_eq!(
            path("candles --interval 1h --since 5 --until 9 --limit 3"),
            "/candles/BTC%2FUSDT?interval=1h&since=5&until=9&limit=3"
        );
        assert_eq!(path("stats"), "/stats/BTC%2FUSDT");
        let all = request(&ClientCommand::Stats { symbol: None }).unwrap();
        assert_eq!((all.method, all.path.as_str()), ("GET", "/stats"));
    }
}
