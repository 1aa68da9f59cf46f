//! Which orders a list shows: filters, and the merge of what is open with what is closed.
//!
//! A list is ordered by last update, latest first, and at equal times by creation, latest first. Open orders come from
//! one look at the exchange, closed ones from a walk through the archive that begins after that look has told that
//! everything is on the disk; an order that is closed in between is shown once, as closed. Neither side is asked for
//! more than the list shows, and a side that the filter rules out is not asked at all.
//!
//! The API and the pages read the same parameters by the same code.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::context::Context;
use super::fields::invalid;
use super::names;
use super::orders;
use super::problem::Problem;
use super::target::Query;
use crate::archive::{Archive, Unreadable, Walk};
use crate::exchange::{Exchange, Level, Order, OrderStatus, Side, TriggerKind};
use crate::units::{OrderId, Symbol, Timestamp};

/// The most orders in one answer; a longer list is cut there and read on with `before`.
pub(crate) const ORDERS_MAX: u64 = 10_000;

/// Place of an order in a list: orders before it are larger.
pub(crate) type Position = (Timestamp, OrderId);

/// Which orders are wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Filter {
    statuses: Statuses,
    symbol: Option<Symbol>,
    side: Option<Side>,
    is_limit: Option<bool>,
    trigger: Option<TriggerFilter>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    /// Only orders that come after this place.
    after: Option<Position>,
    /// At most this many.
    rows: usize,
}

/// Which price an order waits for, or has waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TriggerFilter {
    /// None.
    Nothing,
    /// One that ends a loss, at a fixed price or trailing.
    StopLoss,
    /// One that takes a profit, at a fixed price or trailing.
    TakeProfit,
    /// One that follows the market.
    Trailing,
}

impl TriggerFilter {
    fn fits(self, order: &Order) -> bool {
        let trigger = order.terms.trigger;
        match self {
            TriggerFilter::Nothing => trigger.is_none(),
            TriggerFilter::StopLoss => trigger.is_some_and(|it| it.kind == TriggerKind::StopLoss),
            TriggerFilter::TakeProfit => {
                trigger.is_some_and(|it| it.kind == TriggerKind::TakeProfit)
            }
            TriggerFilter::Trailing => {
                trigger.is_some_and(|it| matches!(it.level, Level::Trail { .. }))
            }
        }
    }
}

/// A set of status words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Statuses(u16);

impl Statuses {
    const NONE: Statuses = Statuses(0);
    const ALL: Statuses = Statuses(u16::MAX);

    fn with(self, status: OrderStatus) -> Statuses {
        Statuses(self.0 | 1 << status as u16)
    }

    fn has(self, status: OrderStatus) -> bool {
        self.0 & 1 << status as u16 != 0
    }

    /// Whether it has a status of open (or of closed) orders.
    fn reaches(self, open: bool) -> bool {
        OrderStatus::ALL
            .into_iter()
            .any(|status| status.is_open() == open && self.has(status))
    }

    fn read(query: Query<'_>) -> Result<Statuses, Problem> {
        let mut set = Statuses::NONE;
        for list in query.values("status") {
            for word in list?
                .split(',')
                .map(str::trim)
                .filter(|word| !word.is_empty())
            {
                let known = OrderStatus::ALL
                    .into_iter()
                    .find(|status| status.as_str().eq_ignore_ascii_case(word));
                set = set.with(known.ok_or_else(unknown_status)?);
            }
        }
        Ok(if set == Statuses::NONE {
            Statuses::ALL
        } else {
            set
        })
    }
}

fn unknown_status() -> Problem {
    let words = OrderStatus::ALL.map(OrderStatus::as_str).join(", ");
    invalid("status", format_args!("must be a comma list of {words}"))
}

impl Filter {
    /// Reads the query.
    pub(crate) async fn read(context: &Context, query: Query<'_>) -> Result<Filter, Problem> {
        let side = query.get("side")?;
        let kind = query.get("type")?;
        let rows = query.whole("tail", ORDERS_MAX)?.unwrap_or(ORDERS_MAX);
        let mut filter = Filter {
            statuses: Statuses::read(query)?,
            symbol: None,
            side: side.map(|word| orders::side(&word)).transpose()?,
            is_limit: kind.map(|word| orders::is_limit(&word)).transpose()?,
            trigger: None,
            since: query.whole("since", u64::MAX)?.map(Timestamp::from_millis),
            until: None,
            after: None,
            // The bound is below that of any usize.
            rows: usize::try_from(rows).unwrap_or(usize::MAX),
        };
        if let Some(name) = query.get("symbol")? {
            filter.symbol = Some(names::known_case(context, "symbol", &name).await?);
        }
        if let Some(text) = query.get("before")? {
            let id = OrderId::parse(&text).map_err(|why| invalid("before", why))?;
            filter.after = Some(position(context, id).await?);
        }
        Ok(filter)
    }

    /// The same with at most that many orders.
    pub(crate) fn rows(self, rows: usize) -> Filter {
        Filter { rows, ..self }
    }

    /// The same with only orders that waited for such a price.
    pub(crate) fn triggered(self, trigger: Option<TriggerFilter>) -> Filter {
        Filter { trigger, ..self }
    }

    /// The same with only orders that changed last at or after `since` and before `until`.
    pub(crate) fn within(self, since: Option<Timestamp>, until: Option<Timestamp>) -> Filter {
        Filter {
            since: since.max(self.since),
            until: until.or(self.until),
            ..self
        }
    }

    /// The same with only what comes after a place in the list.
    pub(crate) fn after(self, place: Position) -> Filter {
        Filter {
            after: Some(place),
            ..self
        }
    }

    /// Whether it may want a closed order.
    pub(crate) fn wants_closed(&self) -> bool {
        self.rows > 0 && self.statuses.reaches(false)
    }

    /// The symbol and the side that it asks for, if it asks for nothing else but a number of rows.
    pub(crate) fn plain(&self) -> Option<(Option<Symbol>, Option<Side>)> {
        let plain = self.statuses == Statuses::ALL
            && self.is_limit.is_none()
            && self.trigger.is_none()
            && self.since.is_none()
            && self.until.is_none();
        plain.then_some((self.symbol, self.side))
    }

    fn matches(&self, order: &Order) -> bool {
        self.statuses.has(order.status())
            && self.symbol.is_none_or(|symbol| order.symbol == symbol)
            && self.side.is_none_or(|side| order.side == side)
            && self
                .is_limit
                .is_none_or(|limit| order.limit_price().is_some() == limit)
            && self.trigger.is_none_or(|wanted| wanted.fits(order))
            && self.since.is_none_or(|since| order.updated_at >= since)
            && self.until.is_none_or(|until| order.updated_at < until)
            && self.after.is_none_or(|place| place_of(order) < place)
    }

    /// The first open orders of the list.
    pub(crate) fn open(&self, exchange: &Exchange) -> Vec<Order> {
        if self.rows == 0 || !self.statuses.reaches(true) {
            return Vec::new();
        }
        let mut found: Vec<&Order> = Vec::new();
        // Orders come by falling `updated_elapsed`. Of two different ones the earlier has no later `updated_at`, so
        // nothing of a later group belongs to the list once its floor is above all of the groups so far.
        let mut floor = self.since.unwrap_or_default();
        let (mut group, mut lowest) = (None, None);
        for order in exchange.open_orders() {
            if group != Some(order.updated_elapsed) {
                if lowest.is_some_and(|lowest| lowest < floor) {
                    break;
                }
                group = Some(order.updated_elapsed);
            }
            lowest =
                Some(lowest.map_or(order.updated_at, |low: Timestamp| low.min(order.updated_at)));
            if self.matches(order) {
                found.push(order);
                if found.len() == self.rows {
                    floor = floor.max(lowest.unwrap_or_default());
                }
            }
        }
        found.sort_unstable_by_key(|order| std::cmp::Reverse(place_of(order)));
        found.truncate(self.rows);
        found.into_iter().cloned().collect()
    }

    /// The list: `open`, which is in its order, and the closed orders of the archive.
    pub(crate) fn merge(
        &self,
        open: Vec<Order>,
        archive: &dyn Archive,
    ) -> Result<Vec<Order>, Unreadable> {
        let mut list = Vec::new();
        let mut replaced = BTreeSet::new();
        let candidates: BTreeSet<OrderId> = open.iter().map(|order| order.id).collect();
        let mut open = open.into_iter().peekable();
        let mut visit = |closed: Order| {
            if !self.matches(&closed) {
                return ControlFlow::Continue(());
            }
            let place = place_of(&closed);
            while let Some(earlier) = open.next_if(|order| place_of(order) > place) {
                if !replaced.contains(&earlier.id) {
                    list.push(earlier);
                }
            }
            if list.len() >= self.rows {
                return ControlFlow::Break(());
            }
            if candidates.contains(&closed.id) {
                replaced.insert(closed.id);
            }
            list.push(closed);
            if list.len() >= self.rows {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        };
        let walk = Walk {
            after: self.after,
            since: self.since,
        };
        archive.walk(walk, &mut visit)?;
        list.extend(open.filter(|order| !replaced.contains(&order.id)));
        list.truncate(self.rows);
        Ok(list)
    }
}

/// Where an order stands in a list.
pub(crate) fn place_of(order: &Order) -> Position {
    (order.updated_at, order.id)
}

/// The place of an order, wherever it is now.
async fn position(context: &Context, id: OrderId) -> Result<Position, Problem> {
    let open = move |exchange: &Exchange| exchange.order(id).map(place_of);
    if let Some(place) = context.mailbox.look(open).await? {
        return Ok(place);
    }
    let closed = context
        .archive
        .read(move |archive| archive.order(id))
        .await?;
    closed.as_ref().map(place_of).ok_or_else(|| {
        let detail = format!("`before` names order {id}, which is not known");
        Problem::new(400, "unknown_order", detail)
    })
}
