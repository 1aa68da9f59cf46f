//! `/ui/orders`: all orders, newest first.

use askama::Template;

use super::frame::{self, Frame, Section};
use super::order_rows::{self, Rows, Setting, Sums, Total};
use super::order_search::Search;
use super::route::Visit;
use crate::archive::Archive;
use crate::exchange::{Exchange, Order};
use crate::http::{Filter, Problem, Response, place_of};
use crate::units::{Asset, Timestamp};

/// Up to this many orders are written on the executor's thread, more elsewhere.
const WRITTEN_HERE_MAX: usize = 64;

#[derive(Debug, Template)]
#[template(path = "orders.html")]
struct Orders {
    frame: Frame,
    search: Search,
    zone: String,
    rows: Rows,
    shown: usize,
    totals: Vec<Line>,
    /// Whether the totals tell of all fills, as they do where nothing but a symbol or a side is asked for.
    has_everything: bool,
    older: Option<String>,
    newest: Option<String>,
    csv: String,
}

/// The totals of an asset.
#[derive(Debug)]
struct Line {
    asset: String,
    here: Total,
    everything: Option<Total>,
}

/// What is taken from the exchange in one look.
#[derive(Debug)]
struct View {
    now: Timestamp,
    cash: Asset,
    open: Vec<Order>,
    /// All fills of the symbol and the side asked for, where that is all that is asked for.
    everything: Option<Sums>,
}

/// The part of the list that the page shows.
#[derive(Debug, Default)]
struct Part {
    rows: Rows,
    sums: Sums,
    shown: usize,
    /// The last order, if there are more behind it.
    last: Option<String>,
}

/// The page.
pub(super) async fn page(visit: &Visit<'_>) -> Result<Response, Problem> {
    let (search, filter) = Search::read(visit).await;
    // One more than is shown tells whether there are more.
    let filter = filter.map(|filter| filter.rows(search.limit + 1));
    let look = move |exchange: &Exchange| View::take(exchange, filter);
    let View {
        now,
        cash,
        open,
        everything,
    } = visit.pages.context.mailbox.look(look).await?;
    let setting = Setting {
        zone: visit.pages.zone.clone(),
        now,
        fresh_window: visit.pages.settings.fresh_window,
        cash,
    };
    let limit = search.limit;
    let part = match filter {
        None => Part::default(),
        Some(filter) if filter.wants_closed() || open.len() > WRITTEN_HERE_MAX => {
            let read = move |archive: &dyn Archive| {
                let orders = if filter.wants_closed() {
                    filter.merge(open, archive)?
                } else {
                    open
                };
                Ok(Part::of(orders, limit, &setting))
            };
            visit.pages.context.archive.read(read).await?
        }
        Some(_) => Part::of(open, limit, &setting),
    };
    let path = Section::Orders.path();
    let older = part.last.map(|id| format!("before={id}"));
    let status = if search.error.is_some() { 422 } else { 200 };
    let mut response = frame::page(&Orders {
        frame: Frame::new(visit, Section::Orders, "Orders", now),
        zone: visit.pages.zone.name().to_owned(),
        rows: part.rows,
        shown: part.shown,
        has_everything: everything.is_some(),
        totals: lines(&part.sums, everything.as_ref(), cash),
        older: older.map(|place| search.address(path, &place)),
        newest: search.is_later.then(|| search.address(path, "")),
        csv: search.address("/ui/orders.csv", ""),
        search,
    })?;
    response.status = status;
    Ok(response)
}

/// The totals of the page and, where they are told, of everything.
fn lines(here: &Sums, everything: Option<&Sums>, cash: Asset) -> Vec<Line> {
    let assets = everything.unwrap_or(here).assets();
    let line = |asset| Line {
        asset: Asset::to_string(&asset),
        here: here.of(asset, cash),
        everything: everything.map(|sums| sums.of(asset, cash)),
    };
    let more = here.assets().into_iter();
    let more: Vec<Asset> = more.filter(|asset| !assets.contains(asset)).collect();
    assets.into_iter().chain(more).map(line).collect()
}

impl View {
    fn take(exchange: &Exchange, filter: Option<Filter>) -> View {
        let plain = filter.as_ref().and_then(Filter::plain);
        let everything = plain.map(|(symbol, side)| {
            let mut everything = Sums::default();
            for (of, at, totals) in exchange.trades() {
                if side.is_none_or(|side| side == of) && symbol.is_none_or(|symbol| symbol == at) {
                    everything.add(at.quote(), totals.count, totals.notional);
                    everything.add_fee(at.quote(), totals.fee);
                    everything.add_fee(at.base(), totals.base_fee);
                }
            }
            everything
        });
        View {
            now: exchange.moment().now,
            cash: exchange.rules().cash_asset,
            open: filter.map_or_else(Vec::new, |filter| filter.open(exchange)),
            everything,
        }
    }
}

impl Part {
    fn of(mut orders: Vec<Order>, limit: usize, setting: &Setting) -> Part {
        let more = orders.len() > limit;
        orders.truncate(limit);
        let last = orders.last().filter(|_| more).map(|order| {
            let (_, id) = place_of(order);
            id.to_string()
        });
        let (rows, sums) = order_rows::rows(&orders, setting);
        Part {
            rows,
            sums,
            shown: orders.len(),
            last,
        }
    }
}
