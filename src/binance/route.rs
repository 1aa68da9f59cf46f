//! One table says which method and path is which call, what it needs, and what it weighs.

use super::admit::{Guard, admit};
use super::fault::Fault;
use super::params::Params;
use super::text::TimeUnit;
use super::{
    Binance, account, cancel, general, lists, market, oco, orders, place, prices, replace, trades,
};
use crate::http::{Method, Request, Response};

/// What a call weighs.
#[derive(Debug, Clone, Copy)]
enum Weight {
    /// Always this.
    Of(u64),
    /// This, and nothing where it succeeds.
    OfFailure(u64),
    /// By the depth that is asked for.
    Depth,
    /// By the number of symbols: one call for some, for more, for all.
    Day,
    /// So much for each symbol, up to so much.
    Each(u64, u64),
    /// One symbol, or several.
    OneOrMany(u64, u64),
    /// With the order's id, or without.
    WithOrder(u64, u64),
}

/// What is done; see [`act`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Ping,
    Time,
    ExchangeInfo,
    LastPrice,
    BookTicker,
    Depth,
    Candles,
    Day,
    TradingDay,
    Window,
    Trades,
    Aggregates,
    Average,
    Account,
    Commission,
    OrderRates,
    TradeFee,
    Place,
    TryOrder,
    OrderOf,
    OpenOrders,
    AllOrders,
    MyTrades,
    Cancel,
    CancelAll,
    Replace,
    PlaceList,
    PlaceOldList,
    ListOf,
    OpenLists,
    CancelList,
    SystemStatus,
    EmptyList,
    NoMarkets,
}

/// One entry of the table.
#[derive(Debug, Clone, Copy)]
struct Route {
    method: &'static str,
    path: &'static str,
    guard: Guard,
    weight: Weight,
    action: Action,
    /// Orders that it places.
    orders: u64,
}

const fn route(
    method: &'static str,
    path: &'static str,
    guard: Guard,
    weight: Weight,
    action: Action,
) -> Route {
    Route {
        method,
        path,
        guard,
        weight,
        action,
        orders: 0,
    }
}

const fn public(path: &'static str, weight: Weight, action: Action) -> Route {
    route("GET", path, Guard::Open, weight, action)
}

const fn read(path: &'static str, weight: Weight, action: Action) -> Route {
    route("GET", path, Guard::Read, weight, action)
}

const fn placing(path: &'static str, orders: u64, action: Action) -> Route {
    let weight = Weight::OfFailure(1);
    Route {
        orders,
        ..route("POST", path, Guard::Trade, weight, action)
    }
}

const fn canceling(path: &'static str, action: Action) -> Route {
    route("DELETE", path, Guard::Trade, Weight::OfFailure(1), action)
}

const ROUTES: &[Route] = &[
    public("/api/v3/ping", Weight::Of(1), Action::Ping),
    public("/api/v3/time", Weight::Of(1), Action::Time),
    public("/api/v3/exchangeInfo", Weight::Of(20), Action::ExchangeInfo),
    public(
        "/api/v3/ticker/price",
        Weight::OneOrMany(2, 4),
        Action::LastPrice,
    ),
    public(
        "/api/v3/ticker/bookTicker",
        Weight::OneOrMany(2, 4),
        Action::BookTicker,
    ),
    public("/api/v3/depth", Weight::Depth, Action::Depth),
    public("/api/v3/klines", Weight::Of(2), Action::Candles),
    public("/api/v3/uiKlines", Weight::Of(2), Action::Candles),
    public("/api/v3/ticker/24hr", Weight::Day, Action::Day),
    public(
        "/api/v3/ticker/tradingDay",
        Weight::Each(4, 200),
        Action::TradingDay,
    ),
    public("/api/v3/ticker", Weight::Each(4, 200), Action::Window),
    public("/api/v3/trades", Weight::Of(25), Action::Trades),
    public("/api/v3/historicalTrades", Weight::Of(25), Action::Trades),
    public("/api/v3/aggTrades", Weight::Of(4), Action::Aggregates),
    public("/api/v3/avgPrice", Weight::Of(2), Action::Average),
    read("/api/v3/account", Weight::Of(20), Action::Account),
    read(
        "/api/v3/account/commission",
        Weight::Of(20),
        Action::Commission,
    ),
    read(
        "/api/v3/rateLimit/order",
        Weight::Of(40),
        Action::OrderRates,
    ),
    placing("/api/v3/order", 1, Action::Place),
    placing("/api/v3/order/test", 0, Action::TryOrder),
    placing("/api/v3/order/cancelReplace", 1, Action::Replace),
    placing("/api/v3/order/oco", 2, Action::PlaceOldList),
    placing("/api/v3/orderList/oco", 2, Action::PlaceList),
    read("/api/v3/order", Weight::Of(4), Action::OrderOf),
    canceling("/api/v3/order", Action::Cancel),
    read(
        "/api/v3/openOrders",
        Weight::OneOrMany(6, 80),
        Action::OpenOrders,
    ),
    canceling("/api/v3/openOrders", Action::CancelAll),
    read("/api/v3/orderList", Weight::Of(4), Action::ListOf),
    read("/api/v3/openOrderList", Weight::Of(6), Action::OpenLists),
    canceling("/api/v3/orderList", Action::CancelList),
    read("/api/v3/allOrders", Weight::Of(20), Action::AllOrders),
    read(
        "/api/v3/myTrades",
        Weight::WithOrder(5, 20),
        Action::MyTrades,
    ),
    public(
        "/sapi/v1/system/status",
        Weight::Of(1),
        Action::SystemStatus,
    ),
    read("/sapi/v1/asset/tradeFee", Weight::Of(1), Action::TradeFee),
    read(
        "/sapi/v1/capital/config/getall",
        Weight::Of(10),
        Action::EmptyList,
    ),
    public("/sapi/v1/margin/allPairs", Weight::Of(1), Action::EmptyList),
    public(
        "/sapi/v1/margin/isolated/allPairs",
        Weight::Of(1),
        Action::EmptyList,
    ),
    public("/fapi/v1/exchangeInfo", Weight::Of(1), Action::NoMarkets),
    public("/dapi/v1/exchangeInfo", Weight::Of(1), Action::NoMarkets),
];

/// Method and path of all that is served.
pub(super) fn routes() -> impl Iterator<Item = (&'static str, &'static str)> {
    ROUTES.iter().map(|route| (route.method, route.path))
}

/// A request on its way to what answers it.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) facade: &'a Binance,
    pub(super) params: Params<'a>,
    /// What times are written in.
    pub(super) unit: TimeUnit,
}

/// Answers a request. What is asked is looked at in this order: path, method, weight, key, time, signature, then the rest.
pub(super) async fn answer(facade: &Binance, request: &Request) -> Response {
    let peer = request.peer.ip();
    let response = match serve(facade, request).await {
        Ok(response) => response,
        Err(fault) => fault.into(),
    };
    let used = facade.limits.used(peer, facade.seconds());
    response.with_header("x-mbx-used-weight-1m", used.to_string())
}

async fn serve(facade: &Binance, request: &Request) -> Result<Response, Fault> {
    let route = find(request)?;
    let unit = time_unit(request)?;
    let (peer, limits) = (request.peer.ip(), &facade.limits);
    let params = Params::read(request);
    let weight = params.as_ref().map_or(1, |params| route.weight.of(params));
    limits.charge(peer, weight, facade.seconds())?;
    let params = params?;
    admit(facade, request, &params, route.guard)?;
    limits.check_orders(route.orders, facade.seconds())?;
    let call = Call {
        facade,
        params,
        unit,
    };
    let answer = act(route.action, &call).await;
    let now = facade.seconds();
    if answer.as_ref().map_or_else(|fault| fault.placed, |_| true) {
        limits.count_orders(route.orders, now);
    }
    let body = answer?;
    if matches!(route.weight, Weight::OfFailure(_)) {
        limits.refund(peer, weight, now);
    }
    let response = Response::json(200, body);
    if route.orders == 0 {
        return Ok(response);
    }
    let (in_10s, in_1d) = limits.orders(now);
    Ok(response
        .with_header("x-mbx-order-count-10s", in_10s.to_string())
        .with_header("x-mbx-order-count-1d", in_1d.to_string()))
}

async fn act(action: Action, call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    match action {
        Action::Ping => Ok(b"{}".to_vec()),
        Action::Time => Ok(general::time(call)),
        Action::ExchangeInfo => general::exchange_info(call).await,
        Action::LastPrice => prices::last(call).await,
        Action::BookTicker => prices::book(call).await,
        Action::Depth => prices::depth(call).await,
        Action::Candles => market::klines(call).await,
        Action::Day => market::day(call).await,
        Action::TradingDay => market::trading_day(call).await,
        Action::Window => market::window(call).await,
        Action::Trades => market::recent(call).await,
        Action::Aggregates => market::aggregates(call).await,
        Action::Average => market::average(call).await,
        Action::Account => account::account(call).await,
        Action::Commission => account::commission(call).await,
        Action::OrderRates => Ok(account::order_rates(call)),
        Action::TradeFee => account::trade_fee(call).await,
        Action::Place => place::place(call).await,
        Action::TryOrder => place::try_order(call).await,
        Action::OrderOf => orders::one(call).await,
        Action::OpenOrders => orders::open(call).await,
        Action::AllOrders => orders::all(call).await,
        Action::MyTrades => trades::mine(call).await,
        Action::Cancel => cancel::one(call).await,
        Action::CancelAll => cancel::all(call).await,
        Action::Replace => replace::replace(call).await,
        Action::PlaceList => oco::place(call).await,
        Action::PlaceOldList => oco::place_old(call).await,
        Action::ListOf => lists::one(call).await,
        Action::OpenLists => lists::open(call).await,
        Action::CancelList => lists::cancel(call).await,
        Action::SystemStatus => Ok(br#"{"status":0,"msg":"normal"}"#.to_vec()),
        Action::EmptyList => Ok(b"[]".to_vec()),
        Action::NoMarkets => Ok(br#"{"symbols":[]}"#.to_vec()),
    }
}

fn find(request: &Request) -> Result<&'static Route, Fault> {
    let path = request.path.as_str();
    let path = path.strip_suffix('/').unwrap_or(path);
    let verb = if request.method == Method::Head {
        "GET"
    } else {
        request.method.as_str()
    };
    let here = || ROUTES.iter().filter(|route| route.path == path);
    if let Some(route) = here().find(|route| route.method == verb) {
        return Ok(route);
    }
    if here().next().is_none() {
        return Err(Fault::path(&request.path));
    }
    let verbs: Vec<&str> = here().map(|route| route.method).collect();
    let message = format!("{verb} is not served here, only {}", verbs.join(", "));
    Err(Fault::new(-1020, message).status(405))
}

fn time_unit(request: &Request) -> Result<TimeUnit, Fault> {
    match request.headers.get("x-mbx-time-unit") {
        None => Ok(TimeUnit::default()),
        Some(text) => TimeUnit::parse(text).ok_or_else(|| Fault::not_valid("X-MBX-TIME-UNIT")),
    }
}

impl Weight {
    fn of(self, params: &Params<'_>) -> u64 {
        let one = params.get("symbol").is_some();
        let listed = || params.get("symbols").map(|list| list.split(',').count());
        match self {
            Weight::Of(weight) | Weight::OfFailure(weight) => weight,
            Weight::OneOrMany(weight, _) if one => weight,
            Weight::OneOrMany(_, weight) => weight,
            Weight::WithOrder(weight, _) if params.get("orderId").is_some() => weight,
            Weight::WithOrder(_, weight) => weight,
            Weight::Day if one => 2,
            Weight::Day => match listed() {
                Some(0..=20) => 2,
                Some(21..=100) => 40,
                Some(_) | None => 80,
            },
            Weight::Each(weight, most) => {
                let count = u64::try_from(listed().unwrap_or(1)).unwrap_or(most);
                weight.saturating_mul(count).min(most)
            }
            Weight::Depth => match params.whole("limit").ok().flatten().unwrap_or(100) {
                0..=100 => 5,
                101..=500 => 25,
                501..=1000 => 50,
                _ => 250,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_those_of_binance() {
        for (weight, query, expected) in [
            (Weight::Of(3), "", 3),
            (Weight::Depth, "", 5),
            (Weight::Depth, "limit=101", 25),
            (Weight::Depth, "limit=1000", 50),
            (Weight::Depth, "limit=5000", 250),
            (Weight::Day, "symbol=BTCUSDT", 2),
            (Weight::Day, "symbols=[\"A\",\"B\"]", 2),
            (Weight::Day, &format!("symbols=A{}", ",A".repeat(20)), 40),
            (Weight::Day, &format!("symbols=A{}", ",A".repeat(100)), 80),
            (Weight::Day, "", 80),
            (Weight::Each(4, 200), "symbol=BTCUSDT", 4),
            (Weight::Each(4, 200), "symbols=[\"A\",\"B\"]", 8),
            (
                Weight::Each(4, 200),
                &format!("symbols=A{}", ",A".repeat(99)),
                200,
            ),
            (Weight::OneOrMany(6, 80), "symbol=A", 6),
            (Weight::OneOrMany(6, 80), "", 80),
            (Weight::WithOrder(5, 20), "symbol=A&orderId=7", 5),
            (Weight::WithOrder(5, 20), "symbol=A", 20),
        ] {
            let request = Request::new(Method::Get, &format!("/api/v3/x?{query}"));
            let params = Params::read(&request).unwrap();
            assert_eq!(weight.of(&params), expected, "{weight:?} {query}");
        }
    }

    #[test]
    fn no_call_is_there_twice() {
        for (at, route) in ROUTES.iter().enumerate() {
            let twin = |other: &&Route| (other.method, other.path) == (route.method, route.path);
            assert_eq!(ROUTES.iter().skip(at + 1).find(twin).map(|r| r.path), None);
        }
    }
}
