//! Whether a browser was led here by somebody else: by a page of another site, or under a name that a stranger made lead to
//! this machine.

use std::net::IpAddr;

use super::message::Request;
use super::problem::Problem;

/// What the names end in that no stranger can give away: they are answered for in this network or nowhere (RFC 6761, 6762,
/// 8375, and what ICANN keeps back).
const LOCAL_ENDS: [&str; 4] = [".local", ".lan", ".home.arpa", ".internal"];

/// Refuses a change that no key protects where a stranger may be behind it. Programs that are no browser name the machine as
/// they like, and say nothing of sites.
pub(super) fn check(request: &Request, names: &[String]) -> Result<(), Problem> {
    let host = request.headers.get("host").unwrap_or_default();
    if !(host.is_empty() || is_ours(host, names) || is_local(host)) {
        return Err(host_refused(host));
    }
    if is_same_site(request) {
        Ok(())
    } else {
        let detail = "This was sent by a page of another site, so nothing was done.";
        Err(Problem::new(403, "cross_site", detail))
    }
}

/// Why nothing is changed under a name.
pub(crate) fn host_refused(host: &str) -> Problem {
    let detail = format!(
        "Nothing can be changed under the name {host:?}: use the address of this machine in digits, or add the name to \
         `pages.hosts` in the configuration."
    );
    Problem::new(403, "host_refused", detail)
}

/// Whether a browser says that the page that asks is one of ours; others say nothing.
pub(crate) fn is_same_site(request: &Request) -> bool {
    let host = request.headers.get("host").unwrap_or_default();
    let site = request.headers.get("sec-fetch-site");
    let origin = request.headers.get("origin");
    let same_origin = origin.is_none_or(|origin| {
        origin
            .split_once("://")
            .is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host))
    });
    same_origin && site.is_none_or(|site| site == "same-origin")
}

/// Whether a `Host` is an address in digits, `localhost`, or one of these names: it leads here and nowhere else.
pub(crate) fn is_ours(host: &str, names: &[String]) -> bool {
    let name = name_of(host);
    name.parse::<IpAddr>().is_ok()
        || name == "localhost"
        || name.ends_with(".localhost")
        || names.contains(&name)
}

/// Whether a `Host` is a name of this network alone.
fn is_local(host: &str) -> bool {
    let name = name_of(host);
    !name.is_empty() && (!name.contains('.') || LOCAL_ENDS.iter().any(|end| name.ends_with(end)))
}

/// The name or address without its port, in lower case.
fn name_of(host: &str) -> String {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or("", |(address, _)| address),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_nobody_else_can_give_away() {
        let names = ["pi.example".to_owned()];
        // Of this machine for sure, and of this network alone.
        for (host, ours, local) in [
            ("127.0.0.1:8000", true, false),
            ("[::1]:8000", true, true),
            ("192.168.1.4", true, false),
            ("localhost:8000", true, true),
            ("LOCALHOST", true, true),
            ("Pi.example:80", true, false),
            ("mockx:8000", false, true),
            ("pi.local", false, true),
            ("pi.lan:80", false, true),
            ("evil.example:8000", false, false),
            ("127.0.0.1.evil.example", false, false),
            ("localhost.evil.example", false, false),
            ("local.evil.example", false, false),
            ("", false, false),
            ("[", false, false),
        ] {
            assert_eq!(is_ours(host, &names), ours, "{host}");
            assert_eq!(is_local(host), local, "{host}");
        }
    }
}
