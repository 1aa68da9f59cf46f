//! One table says which handler answers which method and path, and who may call it.
//!
//! A path with a slash at its end is the same as without. `HEAD` is answered as `GET` is, the server leaves out the
//! body. What is asked is looked at in this order: path (404), method (405), key (403), then the rest.

use std::borrow::Cow;
use std::rc::Rc;

use super::context::Context;
use super::message::{Method, Request, Response};
use super::problem::Problem;
use super::target::{Query, decode};
use super::{
    admin, balances, candles, docs, health, keys, metrics, order_groups, orders, overview, root,
    rules, site, tickers, trades,
};

/// What a call needs to be let through where authentication is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Nothing.
    Open,
    /// The key, if reads need it.
    Read,
    /// The key.
    Write,
}

/// One entry of the table.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// `GET`, `POST`, `PATCH` or `DELETE`.
    pub method: &'static str,
    /// The path; what stands in braces is a parameter, `{symbol}` and `{symbols}` may hold slashes.
    pub path: &'static str,
    /// Who may call it.
    pub guard: Guard,
    action: Action,
}

/// What is done; see [`act`].
#[derive(Debug, Clone, Copy)]
enum Action {
    Root,
    Tickers,
    TickersOf,
    Candles,
    Stats,
    StatsOf,
    Depth,
    Balance,
    BalanceList,
    BalanceOf,
    Deposit,
    Withdraw,
    Orders,
    OrderIds,
    CanExecute,
    Place,
    OrderOf,
    Cancel,
    PlacePair,
    Replace,
    CancelAll,
    MarketRules,
    TradeList,
    Capital,
    Assets,
    Trades,
    SetPrice,
    SetBalance,
    Fund,
    Reset,
    Health,
    Step,
    VerifyMirror,
    Keys,
    NewKey,
    RevokeKey,
    Backup,
    Alive,
    Ready,
    Metrics,
    OpenApi,
    Docs,
}

const fn route(method: &'static str, path: &'static str, guard: Guard, action: Action) -> Route {
    Route {
        method,
        path,
        guard,
        action,
    }
}

/// The table. The first path that fits counts, so fixed ones stand before those with a parameter.
pub const ROUTES: &[Route] = &[
    route("GET", "/tickers", Guard::Read, Action::Tickers),
    route("GET", "/tickers/{symbols}", Guard::Read, Action::TickersOf),
    route("GET", "/candles/{symbol}", Guard::Read, Action::Candles),
    route("GET", "/stats", Guard::Read, Action::Stats),
    route("GET", "/stats/{symbol}", Guard::Read, Action::StatsOf),
    route("GET", "/depth/{symbol}", Guard::Read, Action::Depth),
    route("GET", "/orders", Guard::Read, Action::Orders),
    route("POST", "/orders", Guard::Write, Action::Place),
    route("GET", "/orders/list", Guard::Read, Action::OrderIds),
    route(
        "POST",
        "/orders/can_execute",
        Guard::Write,
        Action::CanExecute,
    ),
    route("POST", "/orders/pair", Guard::Write, Action::PlacePair),
    route("POST", "/orders/cancel", Guard::Write, Action::CancelAll),
    route("GET", "/orders/{id}", Guard::Read, Action::OrderOf),
    route("POST", "/orders/{id}/cancel", Guard::Write, Action::Cancel),
    route(
        "POST",
        "/orders/{id}/replace",
        Guard::Write,
        Action::Replace,
    ),
    route("GET", "/rules", Guard::Read, Action::MarketRules),
    route("GET", "/trades", Guard::Read, Action::TradeList),
    route("GET", "/balance", Guard::Read, Action::Balance),
    route("GET", "/balance/list", Guard::Read, Action::BalanceList),
    route("GET", "/balance/{asset}", Guard::Read, Action::BalanceOf),
    route(
        "POST",
        "/balance/{asset}/deposit",
        Guard::Write,
        Action::Deposit,
    ),
    route(
        "POST",
        "/balance/{asset}/withdrawal",
        Guard::Write,
        Action::Withdraw,
    ),
    route("GET", "/overview/capital", Guard::Read, Action::Capital),
    route("GET", "/overview/assets", Guard::Read, Action::Assets),
    route("GET", "/overview/trades", Guard::Read, Action::Trades),
    route(
        "PATCH",
        "/admin/tickers/{symbol}/price",
        Guard::Write,
        Action::SetPrice,
    ),
    route(
        "PATCH",
        "/admin/balance/{asset}",
        Guard::Write,
        Action::SetBalance,
    ),
    route("POST", "/admin/fund", Guard::Write, Action::Fund),
    route("DELETE", "/admin/data", Guard::Write, Action::Reset),
    route("POST", "/admin/replay/step", Guard::Write, Action::Step),
    route(
        "POST",
        "/admin/mirror/verify",
        Guard::Write,
        Action::VerifyMirror,
    ),
    route("GET", "/admin/keys", Guard::Write, Action::Keys),
    route("POST", "/admin/keys", Guard::Write, Action::NewKey),
    route(
        "DELETE",
        "/admin/keys/{id}",
        Guard::Write,
        Action::RevokeKey,
    ),
    route("GET", "/admin/backup", Guard::Write, Action::Backup),
    route("GET", "/admin/health", Guard::Read, Action::Health),
    route("GET", "/healthz", Guard::Open, Action::Alive),
    route("GET", "/readyz", Guard::Open, Action::Ready),
    route("GET", "/metrics", Guard::Read, Action::Metrics),
    route("GET", "/openapi.json", Guard::Read, Action::OpenApi),
    route("GET", "/docs", Guard::Read, Action::Docs),
    route("GET", "/", Guard::Read, Action::Root),
];

/// A request on its way to its handler.
#[derive(Debug)]
pub(super) struct Call<'a> {
    /// What the handlers stand on.
    pub(super) context: &'a Context,
    /// The request.
    pub(super) request: &'a Request,
    /// The parameter of the path, decoded; empty where there is none.
    pub(super) parameter: Cow<'a, str>,
}

impl<'a> Call<'a> {
    /// The parameters behind the question mark.
    pub(super) fn query(&self) -> Query<'a> {
        Query::new(self.request.query.as_deref())
    }
}

/// Answers a request.
pub async fn answer(context: Rc<Context>, request: Request) -> Response {
    let (route, result) = match find(&request) {
        Ok(found) => (Some(found.index), serve(&context, &request, found).await),
        Err(unserved) => (None, unserved),
    };
    let response = result.unwrap_or_else(Response::from);
    context.traffic.count(route, response.status);
    response
}

/// The route of a request.
struct Found<'a> {
    index: usize,
    route: Route,
    parameter: &'a str,
}

async fn serve(
    context: &Context,
    request: &Request,
    found: Found<'_>,
) -> Result<Response, Problem> {
    admit(context, request, found.route.guard)?;
    // A path that is not text names nothing.
    let parameter = decode(found.parameter).ok_or_else(|| no_such_path(&request.path))?;
    let call = Call {
        context,
        request,
        parameter,
    };
    act(found.route.action, &call).await
}

async fn act(action: Action, call: &Call<'_>) -> Result<Response, Problem> {
    match action {
        Action::Root => Ok(root::service(call)),
        Action::Tickers => tickers::list(call).await,
        Action::TickersOf => tickers::some(call).await,
        Action::Candles => candles::candles(call).await,
        Action::Stats => candles::all_stats(call).await,
        Action::StatsOf => candles::stats_of(call).await,
        Action::Depth => candles::depth(call).await,
        Action::Balance => balances::all(call).await,
        Action::BalanceList => balances::list(call).await,
        Action::BalanceOf => balances::one(call).await,
        Action::Deposit => balances::deposit(call).await,
        Action::Withdraw => balances::withdraw(call).await,
        Action::Orders => orders::list(call).await,
        Action::OrderIds => orders::ids(call).await,
        Action::CanExecute => orders::can_execute(call).await,
        Action::Place => orders::place(call).await,
        Action::OrderOf => orders::one(call).await,
        Action::Cancel => orders::cancel(call).await,
        Action::PlacePair => order_groups::place_pair(call).await,
        Action::Replace => order_groups::replace(call).await,
        Action::CancelAll => order_groups::cancel_all(call).await,
        Action::MarketRules => rules::rules(call).await,
        Action::TradeList => trades::list(call).await,
        Action::Capital => overview::capital(call).await,
        Action::Assets => overview::assets(call).await,
        Action::Trades => overview::trades(call).await,
        Action::SetPrice => admin::set_price(call).await,
        Action::SetBalance => admin::set_balance(call).await,
        Action::Fund => admin::fund(call).await,
        Action::Reset => admin::reset(call).await,
        Action::Step => admin::step(call).await,
        Action::VerifyMirror => admin::verify_mirror(call).await,
        Action::Keys => keys::list(call),
        Action::NewKey => keys::create(call).await,
        Action::RevokeKey => keys::revoke(call).await,
        Action::Backup => Ok(super::backup::backup(call)),
        Action::Health => health::health(call).await,
        Action::Alive => Ok(health::alive()),
        Action::Ready => health::ready(call).await,
        Action::Metrics => metrics::metrics(call).await,
        Action::OpenApi => Ok(docs::openapi(call)),
        Action::Docs => docs::page(call),
    }
}

/// The route, or the answer where there is none.
fn find(request: &Request) -> Result<Found<'_>, Result<Response, Problem>> {
    let path = match request.path.as_str() {
        "*" if request.method == Method::Options => return Err(Ok(options(ROUTES))),
        "/" | "//" => request.path.as_str(),
        path => path.strip_suffix('/').unwrap_or(path),
    };
    let fits = |(index, route): (usize, &'static Route)| {
        let parameter = parameter_of(route.path, path)?;
        Some((index, route, parameter))
    };
    let table = || ROUTES.iter().enumerate();
    let Some((first, route, parameter)) = table().find_map(fits) else {
        return Err(Err(no_such_path(&request.path)));
    };
    let verb = if request.method == Method::Head {
        "GET"
    } else {
        request.method.as_str()
    };
    let same_path = || {
        table()
            .skip(first)
            .filter(|(_, other)| other.path == route.path)
    };
    let Some((index, &route)) = same_path().find(|(_, other)| other.method == verb) else {
        let siblings: Vec<Route> = same_path().map(|(_, &other)| other).collect();
        return Err(wrong_method(&request.method, &siblings));
    };
    Ok(Found {
        index,
        route,
        parameter,
    })
}

/// The text in place of the parameter, empty for a path without one; `None` where the path does not fit.
fn parameter_of<'a>(template: &str, path: &'a str) -> Option<&'a str> {
    let Some((prefix, (name, suffix))) = template
        .split_once('{')
        .and_then(|(prefix, rest)| Some((prefix, rest.split_once('}')?)))
    else {
        return (template == path).then_some("");
    };
    let parameter = path.strip_prefix(prefix)?.strip_suffix(suffix)?;
    let slashes = name.starts_with("symbol");
    let fits = !parameter.is_empty() && (slashes || !parameter.contains('/'));
    fits.then_some(parameter)
}

fn no_such_path(path: &str) -> Problem {
    Problem::new(404, "not_found", format!("There is nothing at {path}"))
}

fn wrong_method(method: &Method, siblings: &[Route]) -> Result<Response, Problem> {
    if *method == Method::Options {
        return Ok(options(siblings));
    }
    let allow = allowed(siblings);
    let detail = format!("{} is not served here, only {allow}", method.as_str());
    Err(Problem::new(405, "method_not_allowed", detail).with_header("allow", allow))
}

fn options(routes: &[Route]) -> Response {
    let mut response = Response::bytes(204, "", Vec::new());
    response.headers.clear();
    response.with_header("allow", allowed(routes))
}

/// The methods of some routes, with those that come along.
fn allowed(routes: &[Route]) -> String {
    let has = |verb: &str| routes.iter().any(|route| route.method == verb);
    let mut verbs = Vec::new();
    for verb in ["GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS"] {
        let comes_along = verb == "OPTIONS" || (verb == "HEAD" && has("GET"));
        if comes_along || has(verb) {
            verbs.push(verb);
        }
    }
    verbs.join(", ")
}

fn admit(context: &Context, request: &Request, guard: Guard) -> Result<(), Problem> {
    let Some(key) = &context.access.key else {
        // Then nothing but this keeps out pages of strangers, which browsers in front of us may show.
        return match guard {
            Guard::Write => site::check(request, &context.access.hosts),
            Guard::Open | Guard::Read => Ok(()),
        };
    };
    let needed = match guard {
        Guard::Open => false,
        Guard::Read => context.access.reads_need_key,
        Guard::Write => true,
    };
    let given = request.headers.get("x-api-key").unwrap_or("");
    if !needed || key.is(given) {
        Ok(())
    } else {
        Err(Problem::new(403, "invalid_api_key", "Invalid API Key"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_fit_their_templates() {
        for (template, path, parameter) in [
            ("/orders", "/orders", Some("")),
            ("/orders/{id}", "/orders/7", Some("7")),
            ("/orders/{id}", "/orders/7/8", None),
            ("/orders/{id}", "/orders/", None),
            ("/orders/{id}/cancel", "/orders/7/cancel", Some("7")),
            ("/tickers/{symbols}", "/tickers/A/B,C/D", Some("A/B,C/D")),
            (
                "/admin/tickers/{symbol}/price",
                "/admin/tickers/A/B/price",
                Some("A/B"),
            ),
            (
                "/admin/tickers/{symbol}/price",
                "/admin/tickers/price",
                None,
            ),
        ] {
            assert_eq!(parameter_of(template, path), parameter, "{path}");
        }
    }

    #[test]
    fn fixed_paths_come_before_parameters() {
        for (at, route) in ROUTES.iter().enumerate() {
            let first = ROUTES
                .iter()
                .find(|other| parameter_of(other.path, route.path).is_some());
            assert_eq!(first.map(|first| first.path), Some(route.path), "{at}");
        }
    }
}
