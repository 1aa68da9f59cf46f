//! What the list of orders is asked for: the form, as it came, and the filter that it makes.

use std::borrow::Cow;

use super::route::Visit;
use crate::exchange::{OrderStatus, Side};
use crate::http::{Filter, Problem, TriggerFilter};

/// Rows that a page may have; the first is what it has unasked.
const ROWS: [usize; 4] = [50, 100, 500, 1000];

/// What orders may wait for.
const TRIGGERS: [(&str, &str, TriggerFilter); 4] = [
    ("none", "no price", TriggerFilter::Nothing),
    ("stop_loss", "a stop loss", TriggerFilter::StopLoss),
    ("take_profit", "a take profit", TriggerFilter::TakeProfit),
    ("trailing", "a trailing price", TriggerFilter::Trailing),
];

/// A choice of a form.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) chosen: bool,
}

/// The form with the values that were given, and what is wrong with them.
#[derive(Debug)]
pub(super) struct Search {
    pub(super) statuses: Vec<Choice>,
    pub(super) sides: Vec<Choice>,
    pub(super) kinds: Vec<Choice>,
    pub(super) triggers: Vec<Choice>,
    pub(super) rows: Vec<Choice>,
    pub(super) symbol: String,
    pub(super) from: String,
    pub(super) to: String,
    /// Why there is no filter.
    pub(super) error: Option<String>,
    /// Whether it begins with another than the newest order.
    pub(super) is_later: bool,
    pub(super) limit: usize,
    /// The address without the place in the list.
    others: String,
}

impl Search {
    /// Reads the address; whatever is wrong with it is said on the page.
    pub(super) async fn read(visit: &Visit<'_>) -> (Search, Option<Filter>) {
        let given = |name: &str| {
            let value = visit.query().get(name).ok().flatten();
            value.map_or_else(String::new, Cow::into_owned)
        };
        let limit = given("rows").parse().ok();
        let limit = limit.filter(|rows| ROWS.contains(rows));
        let limit = limit.unwrap_or(ROWS.into_iter().min().unwrap_or(1));
        let mut search = Search {
            statuses: statuses(&given("status")),
            sides: choices(
                &given("side"),
                Side::ALL.map(|side| (side.as_str().to_owned(), super::figure::side_word(side))),
            ),
            kinds: choices(
                &given("type"),
                [
                    ("limit".to_owned(), "Limit"),
                    ("market".to_owned(), "Market"),
                ],
            ),
            triggers: choices(
                &given("trigger"),
                TRIGGERS.map(|(word, label, _)| (word.to_owned(), label)),
            ),
            rows: ROWS
                .map(|rows| Choice {
                    value: rows.to_string(),
                    label: rows.to_string(),
                    chosen: rows == limit,
                })
                .into(),
            symbol: given("symbol"),
            from: given("from"),
            to: given("to"),
            error: None,
            is_later: !given("before").is_empty(),
            limit,
            others: others(visit),
        };
        match search.filter(visit).await {
            Ok(filter) => (search, Some(filter)),
            Err(problem) => {
                search.error = Some(problem.detail);
                (search, None)
            }
        }
    }

    async fn filter(&self, visit: &Visit<'_>) -> Result<Filter, Problem> {
        let time = |name: &str, text: &str| match text {
            "" => Ok(None),
            text => visit.pages.zone.read(text).map(Some).ok_or_else(|| {
                let detail = format!("`{name}` must be a time such as 2026-01-31T18:00");
                Problem::new(422, "invalid_value", detail)
            }),
        };
        let (from, to) = (time("from", &self.from)?, time("to", &self.to)?);
        let filter = Filter::read(&visit.pages.context, visit.query()).await?;
        let asked = visit.query().get("trigger")?.unwrap_or_default();
        let found = TRIGGERS.iter().find(|(word, ..)| *word == asked);
        if found.is_none() && !asked.is_empty() {
            let words = TRIGGERS.map(|(word, ..)| word).join(", ");
            let detail = format!("`trigger` must be one of {words}");
            return Err(Problem::new(422, "invalid_value", detail));
        }
        Ok(filter
            .triggered(found.map(|&(_, _, trigger)| trigger))
            .within(from, to))
    }

    /// The address of another part of the same list.
    pub(super) fn address(&self, path: &str, place: &str) -> String {
        let parts = [self.others.as_str(), place];
        let pairs: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        match pairs.as_slice() {
            [] => path.to_owned(),
            pairs => format!("{path}?{}", pairs.join("&")),
        }
    }

    /// Whether anything is asked for.
    pub(super) fn is_set(&self) -> bool {
        !self.others.is_empty()
    }
}

/// The pairs of the address that say which orders, as they came.
fn others(visit: &Visit<'_>) -> String {
    const NAMES: [&str; 8] = [
        "status", "symbol", "side", "type", "trigger", "from", "to", "rows",
    ];
    let query = visit.request.query.as_deref().unwrap_or("");
    let kept: Vec<&str> = query
        .split('&')
        .filter(|pair| {
            pair.split_once('=')
                .is_some_and(|(name, value)| NAMES.contains(&name) && !value.is_empty())
        })
        .collect();
    kept.join("&")
}

fn choices<const N: usize>(given: &str, all: [(String, &str); N]) -> Vec<Choice> {
    let any = Choice {
        value: String::new(),
        label: "any".to_owned(),
        chosen: given.is_empty(),
    };
    let one = |(value, label): (String, &str)| Choice {
        chosen: value == given,
        label: label.to_owned(),
        value,
    };
    std::iter::once(any)
        .chain(all.into_iter().map(one))
        .collect()
}

/// Open, closed, and each by itself.
fn statuses(given: &str) -> Vec<Choice> {
    let list = |open: bool| {
        let words = OrderStatus::ALL
            .into_iter()
            .filter(|status| status.is_open() == open)
            .map(OrderStatus::as_str);
        words.collect::<Vec<_>>().join(",")
    };
    let mut all = choices(
        given,
        [(list(true), "all open"), (list(false), "all closed")],
    );
    all.extend(OrderStatus::ALL.map(|status| Choice {
        value: status.as_str().to_owned(),
        label: status_text(status),
        chosen: status.as_str() == given,
    }));
    all
}

/// The word for a status.
pub(super) fn status_text(status: OrderStatus) -> String {
    status.as_str().replace('_', " ")
}
