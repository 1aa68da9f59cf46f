//! `/ui/login`, `/ui/logout`: the key goes in once, a cookie comes out.

use askama::Template;

use super::frame::{self, Frame};
use super::route::Visit;
use super::session::{Entry, cookie_name};
use crate::http::{Problem, Query, Response};

/// Where one goes that came from nowhere.
const HOME: &str = "/ui";
/// Longest address that is led back to.
const NEXT_LENGTH_MAX: usize = 500;

#[derive(Debug, Template)]
#[template(path = "login.html")]
struct Login {
    frame: Frame,
    next: String,
    error: Option<&'static str>,
}

/// The form.
pub(super) fn page(visit: &Visit<'_>) -> Result<Response, Problem> {
    let next = next_of(visit.query())?;
    if visit.visitor.may_change {
        return Ok(see(next));
    }
    form(visit, next, None, 200)
}

fn form(
    visit: &Visit<'_>,
    next: String,
    error: Option<&'static str>,
    status: u16,
) -> Result<Response, Problem> {
    let frame = Frame::untimed(visit, "Enter the key");
    let mut response = frame::page(&Login { frame, next, error })?;
    response.status = status;
    Ok(response)
}

/// The key has been entered.
pub(super) async fn enter(visit: &Visit<'_>, sent: Query<'_>) -> Result<Response, Problem> {
    let next = next_of(sent)?;
    let Some(key) = &visit.pages.context.access.key else {
        return Ok(see(next));
    };
    let given = sent.get("key")?.unwrap_or_default();
    match visit.pages.sessions.enter(key, given.trim()).await {
        Entry::Right(secret) => {
            let cookie = cookie(visit, &secret);
            Ok(see(next).with_header("set-cookie", cookie))
        }
        Entry::Wrong => form(visit, next, Some("This is not the key."), 403),
        Entry::Busy => {
            let error = "Too many wrong keys are being entered. Try again in a moment.";
            form(visit, next, Some(error), 429)
        }
    }
}

/// The session ends.
pub(super) fn leave(visit: &Visit<'_>) -> Response {
    visit.pages.sessions.leave(visit.request);
    let cookie = cookie(visit, "") + "; Max-Age=0";
    see(HOME).with_header("set-cookie", cookie)
}

fn cookie(visit: &Visit<'_>, secret: &str) -> String {
    let name = cookie_name(visit.request);
    // The daemon speaks no TLS; the browser tells whether somebody in front of it does.
    let origin = visit.request.headers.get("origin").unwrap_or_default();
    let secure = if origin.starts_with("https://") {
        "; Secure"
    } else {
        ""
    };
    format!("{name}={secret}; HttpOnly; SameSite=Strict; Path=/ui{secure}")
}

/// The page to go on with, if it is one of ours.
fn next_of(query: Query<'_>) -> Result<String, Problem> {
    let next = query.get("next")?.unwrap_or_default();
    let ours = next == HOME || next.starts_with("/ui/") || next.starts_with("/ui?");
    let plain = next
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let fits = ours && plain && next.len() <= NEXT_LENGTH_MAX;
    Ok(if fits {
        next.into_owned()
    } else {
        HOME.to_owned()
    })
}

/// Leads the browser to a page, which it asks for with `GET`.
pub(super) fn see(location: impl Into<String>) -> Response {
    let mut response = Response::text(303, "");
    response.headers.clear();
    response.with_header("location", location)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_elsewhere() {
        for (next, led) in [
            ("/ui/orders?status=new", "/ui/orders?status=new"),
            ("/ui?prices=all", "/ui?prices=all"),
            ("//evil.example", HOME),
            ("https://evil.example/ui", HOME),
            ("/uix", HOME),
            ("/ui/\r\nx", HOME),
        ] {
            let query = next.bytes().fold("next=".to_owned(), |query, byte| {
                query + &format!("%{byte:02x}")
            });
            assert_eq!(next_of(Query::new(Some(&query))).unwrap(), led);
        }
    }
}
