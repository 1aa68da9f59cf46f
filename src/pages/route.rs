//! One table says which path is which page.

use super::frame::{self, Section};
use super::visitor::Visitor;
use super::{Pages, overview, performance, portfolio};
use crate::http::{Method, Problem, Query, Request, Response, decode};

/// A page, and where it is; what stands in braces is a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Page {
    Overview,
    Performance,
    Portfolio,
}

const PAGES: &[(&str, Page)] = &[
    ("/ui", Page::Overview),
    ("/ui/performance", Page::Performance),
    ("/ui/portfolio", Page::Portfolio),
];

/// A request for a page.
#[derive(Debug)]
pub(super) struct Visit<'a> {
    pub(super) pages: &'a Pages,
    pub(super) request: &'a Request,
    pub(super) visitor: Visitor,
    /// The parameter of the path, decoded; empty where there is none.
    #[allow(dead_code, reason = "the page of an order reads it")]
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
        frame::refusal(pages, request, visitor, &problem)
    }))
}

async fn serve(mut visit: Visit<'_>) -> Result<Response, Problem> {
    let path = visit.request.path.as_str();
    let plain = path.strip_suffix('/').unwrap_or(path);
    let found = PAGES
        .iter()
        .find_map(|(template, page)| Some((*page, parameter_of(template, plain)?)));
    let Some((page, parameter)) = found else {
        let detail = format!("There is no page at {path}");
        return Err(Problem::new(404, "not_found", detail));
    };
    if !matches!(visit.request.method, Method::Get | Method::Head) {
        let problem = Problem::new(405, "method_not_allowed", "This page can only be read.");
        return Err(problem.with_header("allow", "GET, HEAD"));
    }
    if !visit.visitor.may_look {
        let detail = "These pages are closed to people without the API key.";
        return Err(Problem::new(403, "key_needed", detail));
    }
    visit.parameter = decode(parameter)
        .map(std::borrow::Cow::into_owned)
        .ok_or_else(|| Problem::new(404, "not_found", "There is no page here."))?;
    match page {
        Page::Overview => overview::page(&visit).await,
        Page::Performance => performance::page(&visit).await,
        Page::Portfolio => portfolio::page(&visit).await,
    }
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
