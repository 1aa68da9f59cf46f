//! One table says which path is which page.

use super::frame::{self, Section};
use super::trade::Form;
use super::visitor::Visitor;
use super::{
    Pages, guard, live, login, order, order_csv, orders, overview, performance, portfolio, trade,
};
use crate::http::{Method, Problem, Query, Request, Response, decode};

/// A page, and where it is; what stands in braces is a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Page {
    Overview,
    Performance,
    Portfolio,
    Orders,
    OrdersFile,
    Order,
    Trade,
    Login,
    Events,
}

/// What a form asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Login,
    Logout,
    Trade(Form),
    Cancel,
}

const PAGES: &[(&str, Page)] = &[
    ("/ui", Page::Overview),
    ("/ui/performance", Page::Performance),
    ("/ui/portfolio", Page::Portfolio),
    ("/ui/orders", Page::Orders),
    ("/ui/orders.csv", Page::OrdersFile),
    ("/ui/orders/{id}", Page::Order),
    ("/ui/trade", Page::Trade),
    ("/ui/login", Page::Login),
    ("/ui/events", Page::Events),
    // Where a form was refused, and is asked for again.
    ("/ui/deposit", Page::Trade),
    ("/ui/withdraw", Page::Trade),
    ("/ui/reset", Page::Trade),
];

const ACTIONS: &[(&str, Action)] = &[
    ("/ui/login", Action::Login),
    ("/ui/logout", Action::Logout),
    ("/ui/orders", Action::Trade(Form::Place)),
    ("/ui/orders/{id}/cancel", Action::Cancel),
    ("/ui/deposit", Action::Trade(Form::Deposit)),
    ("/ui/withdraw", Action::Trade(Form::Withdraw)),
    ("/ui/reset", Action::Trade(Form::Reset)),
];

/// Method and path of all pages and forms; what stands in braces is a parameter.
pub(super) fn routes() -> impl Iterator<Item = (&'static str, &'static str)> {
    let pages = PAGES.iter().map(|(path, _)| ("GET", *path));
    pages.chain(ACTIONS.iter().map(|(path, _)| ("POST", *path)))
}

/// A request for a page.
#[derive(Debug)]
pub(super) struct Visit<'a> {
    pub(super) pages: &'a Pages,
    pub(super) request: &'a Request,
    pub(super) visitor: Visitor,
    /// The parameter of the path, decoded; empty where there is none.
    pub(super) parameter: String,
}

impl<'a> Visit<'a> {
    /// The parameters behind the question mark.
    pub(super) fn query(&self) -> Query<'a> {
        Query::new(self.request.query.as_deref())
    }
}

/// Answers with a file, a page, or a page that says why there is none.
pub(super) async fn answer(pages: &Pages, request: &Request) -> Response {
    if matches!(request.method, Method::Get | Method::Head)
        && let Some(file) = pages.assets.answer(request)
    {
        return file;
    }
    let visit = Visit {
        pages,
        request,
        visitor: Visitor::of(pages, request),
        parameter: String::new(),
    };
    let result = serve(visit).await;
    frame::dressed(result.unwrap_or_else(|problem| {
        let visitor = Visitor::of(pages, request);
        frame::refusal(pages, request, &visitor, &problem)
    }))
}

async fn serve(mut visit: Visit<'_>) -> Result<Response, Problem> {
    let path = visit.request.path.as_str();
    let action = find(ACTIONS, path);
    if let (Method::Post, Some((action, parameter))) = (&visit.request.method, action) {
        visit.parameter = parameter?;
        return act(action, &visit).await;
    }
    let Some((page, parameter)) = find(PAGES, path) else {
        let detail = format!("There is no page at {path}");
        return Err(Problem::new(404, "not_found", detail));
    };
    if !matches!(visit.request.method, Method::Get | Method::Head) {
        let problem = Problem::new(405, "method_not_allowed", "This page can only be read.");
        return Err(problem.with_header("allow", "GET, HEAD"));
    }
    if !visit.visitor.may_look && page != Page::Login {
        let detail = "These pages are closed to people without the API key.";
        return Err(Problem::new(403, "key_needed", detail));
    }
    visit.parameter = parameter?;
    match page {
        Page::Overview => overview::page(&visit).await,
        Page::Performance => performance::page(&visit).await,
        Page::Portfolio => portfolio::page(&visit).await,
        Page::Orders => orders::page(&visit).await,
        Page::OrdersFile => order_csv::file(&visit).await,
        Page::Order => order::page(&visit).await,
        Page::Trade => trade::page(&visit).await,
        Page::Login => login::page(&visit),
        Page::Events => live::stream(&visit),
    }
}

/// Does what a form asks for, if it is one of ours and its sender may.
async fn act(action: Action, visit: &Visit<'_>) -> Result<Response, Problem> {
    let sent = std::str::from_utf8(&visit.request.body)
        .map_err(|_| Problem::new(422, "invalid_form", "The form is not UTF-8."))?;
    let sent = Query::new(Some(sent));
    guard::check(visit.pages, visit.request, &visit.visitor, sent)?;
    let open = matches!(action, Action::Login | Action::Logout);
    if !open && !visit.visitor.may_change {
        let detail = "Changes need the API key, and nothing was changed.";
        return Err(Problem::new(403, "key_needed", detail));
    }
    match action {
        Action::Login => login::enter(visit, sent).await,
        Action::Logout => Ok(login::leave(visit)),
        Action::Trade(form) => trade::act(visit, form, sent).await,
        Action::Cancel => trade::cancel(visit).await,
    }
}

/// What a path leads to, with its parameter.
fn find<T: Copy>(table: &[(&str, T)], path: &str) -> Option<(T, Result<String, Problem>)> {
    let plain = path.strip_suffix('/').unwrap_or(path);
    let found = |(template, what): &(&str, T)| Some((*what, parameter_of(template, plain)?));
    let (what, parameter) = table.iter().find_map(found)?;
    let decoded = decode(parameter)
        .map(std::borrow::Cow::into_owned)
        .ok_or_else(|| Problem::new(404, "not_found", "There is no page here."));
    Some((what, decoded))
}

/// The text in place of the parameter, empty for a path without one; `None` where the path does not fit.
fn parameter_of<'a>(template: &str, path: &'a str) -> Option<&'a str> {
    let Some((prefix, (_, suffix))) = template
        .split_once('{')
        .and_then(|(prefix, rest)| Some((prefix, rest.split_once('}')?)))
    else {
        return (template == path).then_some("");
    };
    let parameter = path.strip_prefix(prefix)?.strip_suffix(suffix)?;
    (!parameter.is_empty() && !parameter.contains('/')).then_some(parameter)
}

/// The section that a path belongs to, for the navigation of a page that could not be made.
pub(super) fn section_of(path: &str) -> Option<Section> {
    Section::ALL
        .into_iter()
        .rev()
        .find(|section| path.starts_with(section.path()))
}
