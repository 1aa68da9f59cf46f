//! Who is looking: whether the key came along with a request, and what follows from that.

use super::Pages;
use crate::http::Request;

/// What a visitor may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Visitor {
    /// Whether the pages may be seen.
    pub(super) may_look: bool,
    /// Whether changes are allowed; without, pages say that they are read-only.
    pub(super) may_change: bool,
}

impl Visitor {
    /// Who sent a request.
    pub(super) fn of(pages: &Pages, request: &Request) -> Visitor {
        let access = &pages.context.access;
        let has_key = access.key.as_ref().is_none_or(|key| {
            let given = request.headers.get("x-api-key");
            given.is_some_and(|given| key.is(given))
        });
        let closed = pages.settings.need_key || access.reads_need_key;
        Visitor {
            may_look: has_key || !closed,
            may_change: has_key,
        }
    }
}
