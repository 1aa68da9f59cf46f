//! Whether a form came from one of our own pages, in front of somebody who may.
//!
//! Four things must be right. The name in `Host` must be one that no stranger can point at this machine: an address in
//! digits (a browser that was led astray by a name still sends the name), `localhost`, or a name of the settings. What the
//! browser says of where the form stood must be this site. The form must hold the token of the visitor, which only our
//! pages show. And the cookie is never sent along by a form that stands elsewhere (`SameSite=Strict`).

use super::Pages;
use super::visitor::Visitor;
use crate::http::{ApiKey, Problem, Query, Request, host_refused, is_ours, is_same_site};

/// Refuses a form that is not ours.
pub(super) fn check(
    pages: &Pages,
    request: &Request,
    visitor: &Visitor,
    form: Query<'_>,
) -> Result<(), Problem> {
    let host = request.headers.get("host").unwrap_or_default();
    if !is_ours(host, &pages.settings.hosts) {
        return Err(host_refused(host));
    }
    if !is_same_site(request) {
        let detail = "This form was sent by another site, so nothing was done.";
        return Err(Problem::new(403, "cross_site", detail));
    }
    let kind = request.headers.get("content-type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        let detail = "A form of these pages is expected.";
        return Err(Problem::new(415, "unsupported_media_type", detail));
    }
    let given = form.get("token")?.unwrap_or_default();
    let known = ApiKey::new(visitor.token.clone());
    if known.is_some_and(|known| known.is(&given)) {
        Ok(())
    } else {
        let detail = "This form is out of date, so nothing was done. Load the page again and send it once more.";
        Err(Problem::new(403, "form_outdated", detail))
    }
}
