//! Reads the parameters of a new order: which kind needs which, and which it must not have.

use super::fault::Fault;
use super::params::Params;
use super::symbols;
use crate::exchange::{
    Level, NewOrder, OrderKind, Side, Strict, Terms, TimeInForce, Trigger, TriggerKind,
};
use crate::units::{Amount, ClientId, Exact, Invalid, Price, Quantity, Symbol};

/// Decimals of quantities and prices, as clients are told.
const DECIMALS_MAX: u32 = 8;
/// Modes of self trade prevention.
const MODES: [&str; 6] = [
    "NONE",
    "EXPIRE_TAKER",
    "EXPIRE_MAKER",
    "EXPIRE_BOTH",
    "DECREMENT",
    "TRANSFER",
];
const CLIENT_ID: &str = "^[a-zA-Z0-9-_]{1,36}$";

/// How much of a new order is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    Ack,
    Result,
    Full,
}

/// An order whose market is still a name.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) symbol: String,
    pub(super) told: Told,
    side: Side,
    kind: OrderKind,
    quantity: Quantity,
    terms: Terms,
}

/// The words for kinds of orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    Limit,
    Market,
    StopLoss,
    StopLossLimit,
    TakeProfit,
    TakeProfitLimit,
    LimitMaker,
}

impl Word {
    const ALL: [(Word, &'static str); 7] = [
        (Word::Limit, "LIMIT"),
        (Word::Market, "MARKET"),
        (Word::StopLoss, "STOP_LOSS"),
        (Word::StopLossLimit, "STOP_LOSS_LIMIT"),
        (Word::TakeProfit, "TAKE_PROFIT"),
        (Word::TakeProfitLimit, "TAKE_PROFIT_LIMIT"),
        (Word::LimitMaker, "LIMIT_MAKER"),
    ];

    pub(super) fn as_str(self) -> &'static str {
        let found = Word::ALL.iter().find(|(word, _)| *word == self);
        found.map_or("", |(_, text)| text)
    }

    /// The kind that a parameter names.
    pub(super) fn read(params: &Params<'_>, name: &str) -> Result<Word, Fault> {
        let text = params.required(name)?;
        let found = Word::ALL.iter().find(|(_, known)| *known == text);
        found
            .map(|(word, _)| *word)
            .ok_or_else(|| Fault::new(-1116, "Invalid orderType."))
    }

    /// What an order is called.
    pub(super) fn of(kind: OrderKind, terms: &Terms) -> Word {
        let limit = kind != OrderKind::Market;
        match terms.trigger.map(|trigger| trigger.kind) {
            Some(TriggerKind::StopLoss) if limit => Word::StopLossLimit,
            Some(TriggerKind::StopLoss) => Word::StopLoss,
            Some(TriggerKind::TakeProfit) if limit => Word::TakeProfitLimit,
            Some(TriggerKind::TakeProfit) => Word::TakeProfit,
            None if terms.post_only => Word::LimitMaker,
            None if limit => Word::Limit,
            None => Word::Market,
        }
    }

    fn has_price(self) -> bool {
        match self {
            Word::Limit | Word::StopLossLimit | Word::TakeProfitLimit | Word::LimitMaker => true,
            Word::Market | Word::StopLoss | Word::TakeProfit => false,
        }
    }

    /// With the limit price, which parameter of this name has to give or must not.
    pub(super) fn kind(self, params: &Params<'_>, name: &str) -> Result<OrderKind, Fault> {
        if !self.has_price() {
            refuse(params, name)?;
            return Ok(OrderKind::Market);
        }
        let price = read_price(params, name)?;
        let price = price.ok_or_else(|| Fault::missing(name))?;
        Ok(OrderKind::Limit { price })
    }

    /// How long it waits, as it has to say or must not; `plain` says it where it must not.
    pub(super) fn time_in_force(
        self,
        params: &Params<'_>,
        name: &str,
        plain: Terms,
    ) -> Result<TimeInForce, Fault> {
        if self.has_price() && self != Word::LimitMaker {
            return time_in_force(params, name, plain);
        }
        refuse(params, name)?;
        Ok(plain.time_in_force)
    }

    /// What it waits for before that, as it has to say or must not.
    pub(super) fn trigger(
        self,
        params: &Params<'_>,
        stop: &str,
        trailing: &str,
    ) -> Result<Option<Trigger>, Fault> {
        let Some(kind) = self.waits_for() else {
            refuse(params, stop)?;
            refuse(params, trailing)?;
            return Ok(None);
        };
        let level = level(params, stop, trailing)?;
        Ok(Some(Trigger { kind, level }))
    }

    fn waits_for(self) -> Option<TriggerKind> {
        match self {
            Word::StopLoss | Word::StopLossLimit => Some(TriggerKind::StopLoss),
            Word::TakeProfit | Word::TakeProfitLimit => Some(TriggerKind::TakeProfit),
            Word::Limit | Word::Market | Word::LimitMaker => None,
        }
    }
}

impl Draft {
    /// Reads an order; `plain` is what one asks for that says nothing.
    pub(super) fn read(params: &Params<'_>, plain: Terms) -> Result<Draft, Fault> {
        let symbol = symbols::checked(params.required("symbol")?)?.to_owned();
        let side = side(params)?;
        let word = Word::read(params, "type")?;
        refuse_unknown(params)?;
        let kind = word.kind(params, "price")?;
        let time_in_force = word.time_in_force(params, "timeInForce", plain)?;
        let (quantity, quote_amount) = size(params, word)?;
        let terms = Terms {
            time_in_force,
            post_only: word == Word::LimitMaker,
            trigger: word.trigger(params, "stopPrice", "trailingDelta")?,
            quote_amount,
            client_id: client_id(params, "newClientOrderId")?,
            ..plain
        };
        Ok(Draft {
            symbol,
            told: told(params, word)?,
            side,
            kind,
            quantity,
            terms,
        })
    }

    /// The order of a market.
    pub(super) fn on(&self, symbol: Symbol) -> NewOrder {
        NewOrder {
            symbol,
            side: self.side,
            kind: self.kind,
            quantity: self.quantity,
            terms: self.terms,
            strict: Strict {
                rules: true,
                funds: true,
            },
        }
    }
}

/// `BUY` or `SELL`.
pub(super) fn side(params: &Params<'_>) -> Result<Side, Fault> {
    match params.required("side")? {
        "BUY" => Ok(Side::Buy),
        "SELL" => Ok(Side::Sell),
        _ => Err(Fault::new(-1117, "Invalid side.")),
    }
}

/// How long an order waits that must say so.
fn time_in_force(params: &Params<'_>, name: &str, plain: Terms) -> Result<TimeInForce, Fault> {
    match params.required(name)? {
        "GTC" => Ok(plain.time_in_force),
        "IOC" => Ok(TimeInForce::ImmediateOrCancel),
        "FOK" => Ok(TimeInForce::FillOrKill),
        _ => Err(Fault::new(-1115, "Invalid timeInForce.")),
    }
}

/// A price above zero.
fn read_price(params: &Params<'_>, name: &str) -> Result<Option<Price>, Fault> {
    let Some(value) = precise(params, name)? else {
        return Ok(None);
    };
    match Price::try_new(value) {
        Ok(price) => Ok(Some(price)),
        Err(_) => Err(Fault::filter("PRICE_FILTER")),
    }
}

/// A quantity above zero.
pub(super) fn read_quantity(params: &Params<'_>, name: &str) -> Result<Option<Quantity>, Fault> {
    let Some(value) = precise(params, name)? else {
        return Ok(None);
    };
    match Quantity::try_new(value) {
        Ok(quantity) if quantity.is_positive() => Ok(Some(quantity)),
        Ok(_) | Err(_) => Err(Fault::filter("LOT_SIZE")),
    }
}

/// A number with no more decimals than clients are told.
fn precise(params: &Params<'_>, name: &str) -> Result<Option<Exact>, Fault> {
    let value = params.decimal(name)?;
    match value {
        Some(value) if value.decimals() > DECIMALS_MAX => Err(Fault::new(
            -1111,
            format!("Parameter '{name}' has too much precision."),
        )),
        Some(_) | None => Ok(value),
    }
}

/// The client's own id of an order.
pub(super) fn client_id(params: &Params<'_>, name: &str) -> Result<Option<ClientId>, Fault> {
    let id = params.get(name).map(ClientId::parse).transpose();
    id.map_err(|_| Fault::illegal(name, CLIENT_ID))
}

/// How much is to be told, where it is said.
pub(super) fn told_of(params: &Params<'_>, default: Told) -> Result<Told, Fault> {
    match params.get("newOrderRespType") {
        None => Ok(default),
        Some("ACK") => Ok(Told::Ack),
        Some("RESULT") => Ok(Told::Result),
        Some("FULL") => Ok(Told::Full),
        Some(_) => Err(Fault::not_valid("newOrderRespType")),
    }
}

fn told(params: &Params<'_>, word: Word) -> Result<Told, Fault> {
    let all = matches!(word, Word::Limit | Word::Market);
    told_of(params, if all { Told::Full } else { Told::Ack })
}

/// Refuses a parameter that the kind of order has no use for.
fn refuse(params: &Params<'_>, name: &str) -> Result<(), Fault> {
    match params.get(name) {
        Some(_) => Err(Fault::not_required(name)),
        None => Ok(()),
    }
}

/// Refuses an order that is to show a part of itself.
pub(super) fn refuse_icebergs(params: &Params<'_>, name: &str) -> Result<(), Fault> {
    match params.decimal(name)? {
        Some(part) if !part.is_zero() => Err(Fault::new(
            -2010,
            "Iceberg orders are not supported for this symbol.",
        )),
        Some(_) | None => Ok(()),
    }
}

/// Refuses an order whose price is to follow the book's.
pub(super) fn refuse_pegs(params: &Params<'_>, name: &str) -> Result<(), Fault> {
    match params.get(name) {
        Some(_) => Err(Fault::new(
            -2010,
            "Pegged orders are not supported for this symbol.",
        )),
        None => Ok(()),
    }
}

/// What Binance knows and mockx does not: said, and not passed over. A mode of self trade prevention makes no difference, since
/// orders here meet prices and never each other.
pub(super) fn refuse_unknown(params: &Params<'_>) -> Result<(), Fault> {
    refuse_icebergs(params, "icebergQty")?;
    refuse_pegs(params, "pegPriceType")?;
    match params.get("selfTradePreventionMode") {
        Some(mode) if !MODES.contains(&mode) => Err(Fault::not_valid("selfTradePreventionMode")),
        Some(_) | None => Ok(()),
    }
}

/// The quantity, or for a market order the amount of the quote asset in its place.
fn size(params: &Params<'_>, word: Word) -> Result<(Quantity, Option<Amount>), Fault> {
    let quantity = read_quantity(params, "quantity")?;
    if word != Word::Market {
        refuse(params, "quoteOrderQty")?;
        let quantity = quantity.ok_or_else(|| Fault::missing("quantity"))?;
        return Ok((quantity, None));
    }
    let amount = precise(params, "quoteOrderQty")?;
    let amount = amount.map(Amount::try_positive).transpose();
    let amount = amount.map_err(|_: Invalid| Fault::new(-1013, "Invalid quoteOrderQty."))?;
    match (quantity, amount) {
        (Some(_), Some(_)) => Err(Fault::new(
            -1128,
            "Combination of optional parameters invalid.",
        )),
        (Some(quantity), None) => Ok((quantity, None)),
        (None, Some(amount)) => Ok((Quantity::ZERO, Some(amount))),
        (None, None) => Err(Fault::missing_both("quantity", "quoteOrderQty")),
    }
}

/// The price that an order waits for: fixed, or one that follows, from a price on where both are given.
fn level(params: &Params<'_>, stop: &str, trailing: &str) -> Result<Level, Fault> {
    let price = read_price(params, stop)?;
    match (price, params.whole(trailing)?) {
        (None, None) => Err(Fault::missing_both(stop, trailing)),
        (Some(price), None) => Ok(Level::At(price)),
        (from, Some(bips)) => match u16::try_from(bips) {
            Ok(bips) => Ok(Level::Trail { bips, from }),
            Err(_) => Err(Fault::filter("TRAILING_DELTA")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Method, Request};

    fn read(query: &str) -> Result<Draft, Fault> {
        let request = Request::new(Method::Post, &format!("/api/v3/order?symbol=A&{query}"));
        Params::read(&request).and_then(|params| Draft::read(&params, Terms::default()))
    }

    #[test]
    fn each_kind_has_its_parameters() {
        for (query, word) in [
            ("type=LIMIT&timeInForce=GTC&quantity=1&price=2", Word::Limit),
            ("type=MARKET&quantity=1", Word::Market),
            ("type=MARKET&quoteOrderQty=10", Word::Market),
            ("type=LIMIT_MAKER&quantity=1&price=2", Word::LimitMaker),
            ("type=STOP_LOSS&quantity=1&stopPrice=2", Word::StopLoss),
            (
                "type=STOP_LOSS&quantity=1&trailingDelta=100",
                Word::StopLoss,
            ),
            (
                "type=STOP_LOSS_LIMIT&quantity=1&price=2&stopPrice=3&timeInForce=IOC",
                Word::StopLossLimit,
            ),
            ("type=TAKE_PROFIT&quantity=1&stopPrice=2", Word::TakeProfit),
            (
                "type=TAKE_PROFIT_LIMIT&quantity=1&price=2&trailingDelta=5&stopPrice=3&timeInForce=FOK",
                Word::TakeProfitLimit,
            ),
        ] {
            let draft = read(&format!("side=BUY&{query}")).unwrap();
            assert_eq!(Word::of(draft.kind, &draft.terms), word, "{query}");
        }
    }

    /// What is sent, the code, and what the text names.
    const REFUSED: &[(&str, i64, &str)] = &[
        ("type=LIMIT&quantity=1&price=2", -1102, "timeInForce"),
        ("type=LIMIT&timeInForce=GTC&price=2", -1102, "quantity"),
        ("type=LIMIT&timeInForce=GTC&quantity=1", -1102, "price"),
        (
            "type=LIMIT&timeInForce=GTD&quantity=1&price=2",
            -1115,
            "timeInForce",
        ),
        ("type=MARKET", -1102, "'quantity' or 'quoteOrderQty'"),
        (
            "type=MARKET&quantity=1&quoteOrderQty=1",
            -1128,
            "Combination",
        ),
        ("type=MARKET&quantity=1&price=2", -1106, "price"),
        (
            "type=MARKET&quantity=1&timeInForce=GTC",
            -1106,
            "timeInForce",
        ),
        ("type=MARKET&quantity=1&stopPrice=2", -1106, "stopPrice"),
        ("type=MARKET&quantity=0", -1013, "LOT_SIZE"),
        (
            "type=MARKET&quantity=0.123456789",
            -1111,
            "'quantity' has too much",
        ),
        ("type=MARKET&quantity=1e3", -1100, "'quantity'"),
        ("type=MARKET&quoteOrderQty=0", -1013, "quoteOrderQty"),
        ("type=LIMIT_MAKER&quantity=1&price=0", -1013, "PRICE_FILTER"),
        (
            "type=LIMIT_MAKER&quantity=1&price=2&timeInForce=GTC",
            -1106,
            "timeInForce",
        ),
        (
            "type=STOP_LOSS&quantity=1",
            -1102,
            "'stopPrice' or 'trailingDelta'",
        ),
        (
            "type=STOP_LOSS&quantity=1&trailingDelta=70000",
            -1013,
            "TRAILING_DELTA",
        ),
        (
            "type=LIMIT&timeInForce=GTC&quantity=1&price=2&quoteOrderQty=1",
            -1106,
            "quoteOrderQty",
        ),
        ("type=ICEBERG&quantity=1", -1116, "orderType"),
        (
            "type=MARKET&quantity=1&newOrderRespType=ALL",
            -1130,
            "newOrderRespType",
        ),
        (
            "type=MARKET&quantity=1&selfTradePreventionMode=X",
            -1130,
            "selfTrade",
        ),
        ("type=MARKET&quantity=1&icebergQty=0.1", -2010, "Iceberg"),
        (
            "type=MARKET&quantity=1&newClientOrderId=%C3%BC",
            -1100,
            "newClientOrderId",
        ),
        ("quantity=1", -1102, "'type'"),
    ];

    #[test]
    fn what_is_missing_or_too_much_is_named() {
        for &(query, code, names) in REFUSED {
            let fault = read(&format!("side=SELL&{query}")).unwrap_err();
            assert_eq!(fault.code, code, "{query}: {fault:?}");
            assert!(fault.message.contains(names), "{query}: {fault:?}");
        }
        assert_eq!(read("side=buy&type=MARKET").unwrap_err().code, -1117);
    }

    #[test]
    fn what_is_told_depends_on_the_kind() {
        let told = |query: &str| read(&format!("side=BUY&{query}")).unwrap().told;
        assert_eq!(told("type=MARKET&quantity=1"), Told::Full);
        assert_eq!(told("type=LIMIT_MAKER&quantity=1&price=1"), Told::Ack);
        assert_eq!(
            told("type=LIMIT_MAKER&quantity=1&price=1&newOrderRespType=RESULT"),
            Told::Result
        );
    }
}
