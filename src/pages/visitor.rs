//! Who is looking: whether the key came along with a request, and what follows from that.

use super::Pages;
use crate::http::Request;

/// What a visitor may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Visitor {
    /// Whether the pages may be seen.
    pub(super) may_look: bool,
    /// Whether changes are allowed; without, pages say that they are read-only.
    pub(super) may_change: bool,
    /// Whether the key was entered in the form, so that there is something to leave.
    pub(super) has_session: bool,
    /// What forms bring along.
    pub(super) token: String,
}

impl Visitor {
    /// Who sent a request.
    pub(super) fn of(pages: &Pages, request: &Request) -> Visitor {
        let access = &pages.context.access;
        let session = access.key.as_ref().and_then(|_| pages.sessions.of(request));
        let has_key = access.key.as_ref().is_none_or(|key| {
            let given = request.headers.get("x-api-key");
            session.is_some() || given.is_some_and(|given| key.is(given))
        });
        let closed = pages.settings.need_key || access.reads_need_key;
        Visitor {
            may_look: has_key || !closed,
            may_change: has_key,
            has_session: session.is_some(),
            token: session.unwrap_or_else(|| pages.sessions.token().to_owned()),
        }
    }
}
