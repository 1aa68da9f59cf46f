//! The document that describes this API, and a page that shows it to people.
//!
//! The page is rendered from the document, needs nothing from elsewhere and runs no script.

mod document;
mod page;

use super::message::Response;
use super::problem::Problem;
use super::router::Call;
use document::Document;

/// The document, but for the version.
const DOCUMENT: &str = include_str!("openapi.json");
/// Stands where the version goes.
const VERSION: &str = "\"version\": \"0.0.0\"";
/// Stands where the page's style is allowed.
const NONCE: &str = "{nonce}";

/// `GET /openapi.json`.
pub(super) fn openapi(call: &Call<'_>) -> Response {
    Response::json(200, described(call.context.version).into_bytes())
}

/// `GET /docs`.
pub(super) fn page(call: &Call<'_>) -> Result<Response, Problem> {
    let context = call.context;
    let page = if let Some(page) = context.docs.get() {
        page
    } else {
        let page = render(context.version)?;
        context.docs.get_or_init(|| page)
    };
    let nonce = nonce()?;
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'"
    );
    let page = page.replacen(NONCE, &nonce, 1);
    Ok(
        Response::bytes(200, "text/html; charset=utf-8", page.into_bytes())
            .with_header("content-security-policy", policy)
            .with_header("cache-control", "no-cache"),
    )
}

fn described(version: &str) -> String {
    DOCUMENT.replacen(VERSION, &format!("\"version\": \"{version}\""), 1)
}

fn render(version: &str) -> Result<String, Problem> {
    let text = described(version);
    let document: Document<'_> =
        serde_json::from_str(&text).map_err(|error| unshown(&error.to_string()))?;
    Ok(page::render(&document))
}

/// A word that nobody can guess, new for every answer: style that somebody else smuggled in has no effect.
fn nonce() -> Result<String, Problem> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| unshown(&error.to_string()))?;
    Ok(format!("{:032x}", u128::from_ne_bytes(bytes)))
}

fn unshown(why: &str) -> Problem {
    Problem::new(503, "not_shown", format!("The page cannot be shown: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_shows_every_call_and_needs_nothing() {
        let page = render("1.2.3").unwrap();
        assert!(page.contains("1.2.3"));
        for route in crate::http::ROUTES {
            assert!(
                page.contains(&format!("<code>{}</code>", route.path)),
                "{}",
                route.path
            );
        }
        for foreign in ["<script", "src=", "http://", "@import", "url(", " style="] {
            assert!(!page.contains(foreign), "{foreign}");
        }
        let links = page
            .match_indices("href=\"")
            .map(|(at, found)| &page[at + found.len()..]);
        for link in links.map(|rest| rest.split('"').next().unwrap()) {
            let target = link.strip_prefix('#').map(|id| format!("id=\"{id}\""));
            assert!(
                link.starts_with('/') || page.contains(&target.unwrap()),
                "{link}"
            );
        }
        assert_eq!(page.matches(NONCE).count(), 1);
    }
}
