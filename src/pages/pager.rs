//! Long tables in pieces: a page stays small however much there is.

use super::route::Visit;
use crate::http::Problem;

/// Rows of one piece.
pub(super) const ROWS_MAX: usize = 250;
/// The highest place that a piece can begin at.
const FROM_MAX: u64 = 1_000_000;

/// Which rows are shown, and the addresses of those before and after.
#[derive(Debug, Default)]
pub(super) struct Pager {
    pub(super) before: Option<String>,
    pub(super) after: Option<String>,
}

/// Where the piece begins that the address asks for.
pub(super) fn asked_from(visit: &Visit<'_>) -> Result<Option<usize>, Problem> {
    let from = visit.query().whole("from", FROM_MAX)?;
    Ok(from.and_then(|from| usize::try_from(from).ok()))
}

impl Pager {
    /// For a table of `count` rows of which a piece begins at `from`; `others` is the rest of the address, such as
    /// `sort=asset&`.
    pub(super) fn new(from: usize, count: usize, others: &str) -> Pager {
        let address = |from: usize| format!("?{others}from={from}");
        let next = from.saturating_add(ROWS_MAX);
        Pager {
            before: (from > 0).then(|| address(from.saturating_sub(ROWS_MAX))),
            after: (next < count).then(|| address(next)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_join_without_a_gap() {
        let pager = Pager::new(0, 600, "");
        assert_eq!(
            (pager.before, pager.after.as_deref()),
            (None, Some("?from=250"))
        );
        let pager = Pager::new(250, 600, "sort=asset&");
        assert_eq!(pager.before.as_deref(), Some("?sort=asset&from=0"));
        assert_eq!(pager.after.as_deref(), Some("?sort=asset&from=500"));
        let pager = Pager::new(500, 600, "");
        assert_eq!(
            (pager.before.as_deref(), pager.after),
            (Some("?from=250"), None)
        );
    }
}
