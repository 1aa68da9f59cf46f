//! What every page has round it: head, navigation, foot, and the headers of the answer.

use askama::Template;

use super::Pages;
use super::figure::NOTHING;
use super::route::{Visit, section_of};
use super::time::When;
use super::visitor::Visitor;
use crate::http::{Method, Problem, Query, Request, Response};
use crate::units::Timestamp;

/// What a page may load and send: its own files and forms, and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// What a viewer without a script may choose, in seconds.
const REFRESHES: [u64; 2] = [5, 30];

/// The entries of the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Overview,
    Performance,
    Portfolio,
    Orders,
}

impl Section {
    pub(super) const ALL: [Section; 4] = [
        Section::Overview,
        Section::Performance,
        Section::Portfolio,
        Section::Orders,
    ];

    pub(super) fn path(self) -> &'static str {
        match self {
            Section::Overview => "/ui",
            Section::Performance => "/ui/performance",
            Section::Portfolio => "/ui/portfolio",
            Section::Orders => "/ui/orders",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Section::Overview => "Overview",
            Section::Performance => "Performance",
            Section::Portfolio => "Portfolio",
            Section::Orders => "Orders",
        }
    }
}

/// An entry of the navigation.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) path: &'static str,
    pub(super) title: &'static str,
    pub(super) here: bool,
}

/// A choice of how often the page is renewed without a script.
#[derive(Debug)]
pub(super) struct Refresh {
    pub(super) text: String,
    pub(super) href: String,
    pub(super) chosen: bool,
}

/// What the layout shows; every page's template has one as `frame`.
#[derive(Debug)]
pub(super) struct Frame {
    /// Name of the installation.
    pub(super) app: String,
    /// Name of the page.
    pub(super) title: String,
    pub(super) links: Vec<Link>,
    pub(super) version: &'static str,
    pub(super) style: String,
    pub(super) script: String,
    pub(super) icon: String,
    /// Seconds until the page is loaded again; 0: never.
    pub(super) every: u64,
    pub(super) refreshes: Vec<Refresh>,
    pub(super) zone: String,
    /// When it was made, as the exchange counts time.
    pub(super) made: Option<When>,
    /// Seconds between two updates of a live page; 0: none.
    pub(super) live_every: u64,
    pub(super) read_only: bool,
    /// What a form must bring along.
    pub(super) token: String,
    /// Whether there is a session that can be left.
    pub(super) has_session: bool,
    /// What came of an action.
    pub(super) note: Option<String>,
    /// Where to go on once the key is entered, encoded as a value of an address.
    pub(super) next: String,
}

impl Frame {
    /// The frame of a page; `now` is the exchange's time when the figures were taken.
    pub(super) fn new(visit: &Visit<'_>, section: Section, title: &str, now: Timestamp) -> Frame {
        let mut frame = Frame::bare(visit.pages, visit.request, &visit.visitor, Some(section));
        title.clone_into(&mut frame.title);
        frame.made = Some(visit.pages.zone.full(now));
        frame.note = note_of(visit);
        frame
    }

    /// The frame of a page that is in no section.
    pub(super) fn titled(visit: &Visit<'_>, title: &str, now: Timestamp) -> Frame {
        let mut frame = Frame::untimed(visit, title);
        frame.made = Some(visit.pages.zone.full(now));
        frame.note = note_of(visit);
        frame
    }

    /// The frame of a page without figures.
    pub(super) fn untimed(visit: &Visit<'_>, title: &str) -> Frame {
        let mut frame = Frame::bare(visit.pages, visit.request, &visit.visitor, None);
        title.clone_into(&mut frame.title);
        frame
    }

    fn bare(
        pages: &Pages,
        request: &Request,
        visitor: &Visitor,
        section: Option<Section>,
    ) -> Frame {
        let link = |one: Section| Link {
            path: one.path(),
            title: one.title(),
            here: Some(one) == section,
        };
        let [style, script, icon] = pages.assets.addresses();
        let every = chosen_refresh(request);
        Frame {
            app: pages.settings.title.clone(),
            title: section.map_or(NOTHING, Section::title).to_owned(),
            links: Section::ALL.map(link).into(),
            version: pages.context.version,
            style,
            script,
            icon,
            every,
            refreshes: refreshes(request, every),
            zone: pages.zone.name().to_owned(),
            made: None,
            // What a refused form shows is at no address.
            live_every: pages
                .settings
                .refresh
                .filter(|_| request.method == Method::Get)
                .map_or(0, |span| span.as_millis().div_ceil(1000)),
            read_only: !visitor.may_change,
            token: visitor.token.clone(),
            has_session: visitor.has_session,
            note: None,
            next: next_of(request),
        }
    }
}

/// What is to be said of the action that led here.
fn note_of(visit: &Visit<'_>) -> Option<String> {
    let name = visit.query().get("said").ok().flatten()?;
    visit.pages.sessions.noted(&name)
}

/// The address of this page as a value of another address; the forms and what they said are no place to come back to.
fn next_of(request: &Request) -> String {
    let back = request.method == Method::Get && !request.path.starts_with("/ui/log");
    if back {
        request.path.replace('%', "%25")
    } else {
        "/ui".to_owned()
    }
}

/// The seconds that the address asks for, if they are among the choices.
fn chosen_refresh(request: &Request) -> u64 {
    let asked = Query::new(request.query.as_deref()).whole("refresh", 3600);
    asked
        .ok()
        .flatten()
        .filter(|every| REFRESHES.contains(every))
        .unwrap_or(0)
}

/// The choices, each with the present address and another `refresh`.
fn refreshes(request: &Request, chosen: u64) -> Vec<Refresh> {
    let query = request.query.as_deref().unwrap_or("");
    let others: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.is_empty() && !pair.starts_with("refresh="))
        .collect();
    let choice = |every: u64| {
        let mut pairs: Vec<String> = others.iter().map(|pair| (*pair).to_owned()).collect();
        if every > 0 {
            pairs.push(format!("refresh={every}"));
        }
        Refresh {
            text: if every > 0 {
                format!("{every} s")
            } else {
                "off".to_owned()
            },
            href: format!("{}?{}", request.path, pairs.join("&")),
            chosen: every == chosen,
        }
    };
    std::iter::once(0).chain(REFRESHES).map(choice).collect()
}

/// A rendered page.
pub(super) fn page(template: &impl Template) -> Result<Response, Problem> {
    let text = template.render().map_err(|error| {
        Problem::new(
            500,
            "not_shown",
            format!("The page cannot be shown: {error}"),
        )
    })?;
    Ok(Response::bytes(
        200,
        "text/html; charset=utf-8",
        text.into_bytes(),
    ))
}

/// An answer with the headers of a page.
pub(super) fn dressed(response: Response) -> Response {
    let said = |(name, _): &(&str, String)| *name == "cache-control";
    let response = if response.headers.iter().any(said) {
        response
    } else {
        response.with_header("cache-control", "no-store")
    };
    response
        .with_header("content-security-policy", POLICY)
        .with_header("x-content-type-options", "nosniff")
        .with_header("referrer-policy", "same-origin")
        .with_header("cross-origin-opener-policy", "same-origin")
}

#[derive(Debug, Template)]
#[template(path = "refusal.html")]
struct Refusal<'a> {
    frame: Frame,
    detail: &'a str,
    key_needed: bool,
    next: String,
}

/// A page that says why there is none.
pub(super) fn refusal(
    pages: &Pages,
    request: &Request,
    visitor: &Visitor,
    problem: &Problem,
) -> Response {
    let mut frame = Frame::bare(pages, request, visitor, section_of(&request.path));
    let title = match problem.status {
        403 if problem.code == "key_needed" => "The key is needed",
        403 => "Refused",
        404 => "Not found",
        405 => "Not possible",
        _ => "Not available",
    };
    title.clone_into(&mut frame.title);
    let detail = problem.detail.as_str();
    let next = if request.method == Method::Get {
        request.path.clone()
    } else {
        "/ui".to_owned()
    };
    let key_needed = problem.code == "key_needed";
    let mut response = page(&Refusal {
        frame,
        detail,
        key_needed,
        next,
    })
    .unwrap_or_else(|_| Response::text(problem.status, problem.detail.clone()));
    response.status = problem.status;
    response.headers.extend(problem.headers.iter().cloned());
    response
}
