//! Whether a form came from one of our own pages, in front of somebody who may.
//!
//! Four things must be right. The name in `Host` must be one that no stranger can point at this machine: an address in
//! digits (a browser that was led astray by a name still sends the name), `localhost`, or a name of the settings. What the
//! browser says of where the form stood must be this site. The form must hold the token of the visitor, which only our
//! pages show. And the cookie is never sent along by a form that stands elsewhere (`SameSite=Strict`).

use std::net::IpAddr;

use super::Pages;
use super::visitor::Visitor;
use crate::http::{ApiKey, Problem, Query, Request};

/// Refuses a form that is not ours.
pub(super) fn check(
    pages: &Pages,
    request: &Request,
    visitor: &Visitor,
    form: Query<'_>,
) -> Result<(), Problem> {
    let host = request.headers.get("host").unwrap_or_default();
    if !is_ours(host, &pages.settings.hosts) {
        let detail = format!(
            "Nothing can be changed under the name {host:?}: use the address of this machine in digits, or add the name \
             to `pages.hosts` in the configuration."
        );
        return Err(Problem::new(403, "host_refused", detail));
    }
    let site = request.headers.get("sec-fetch-site");
    let origin = request.headers.get("origin");
    let same_origin = origin.is_none_or(|origin| {
        origin
            .split_once("://")
            .is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
    });
    if !same_origin || site.is_some_and(|site| site != "same-origin") {
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

/// Whether a `Host` is one that leads here and nowhere else.
fn is_ours(host: &str, names: &[String]) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or("", |(address, _)| address),
        None => host.split(':').next().unwrap_or_default(),
    };
    let name = name.to_ascii_lowercase();
    name.parse::<IpAddr>().is_ok()
        || name == "localhost"
        || name.ends_with(".localhost")
        || names.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_nobody_else_can_give_away() {
        let names = ["pi.lan".to_owned()];
        for (host, ours) in [
            ("127.0.0.1:8000", true),
            ("[::1]:8000", true),
            ("192.168.1.4", true),
            ("localhost:8000", true),
            ("LOCALHOST", true),
            ("Pi.lan:80", true),
            ("evil.example:8000", false),
            ("127.0.0.1.evil.example", false),
            ("localhost.evil.example", false),
            ("", false),
            ("[", false),
        ] {
            assert_eq!(is_ours(host, &names), ours, "{host}");
        }
    }
}
