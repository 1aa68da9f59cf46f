//! `/ui/performance`: what became of the money, now and over time.

use askama::Template;

use super::chart::{Bar, Svg, bars};
use super::curve::{self, Chart, Reach};
use super::figure::{Figure, percent};
use super::frame::{self, Frame, Section};
use super::pager::ROWS_MAX;
use super::route::Visit;
use crate::exchange::{Basis, Exchange, Trips};
use crate::http::{Problem, Response};
use crate::samples::Sample;
use crate::units::{Amount, Exact, Timestamp};

/// Decimals of a multiple of what was paid in.
const MULTIPLE_DECIMALS: u32 = 3;

#[derive(Debug, Template)]
#[template(path = "performance.html")]
struct Performance {
    frame: Frame,
    view: View,
    reaches: Vec<Choice>,
    chart: Option<Chart>,
}

/// A span of time that can be chosen.
#[derive(Debug)]
struct Choice {
    reach: Reach,
    chosen: bool,
}

/// What is taken from the exchange in one look.
#[derive(Debug)]
struct View {
    now: Timestamp,
    cash: String,
    sample: Sample,
    equity: Figure,
    net: Figure,
    gross: Figure,
    fees: Figure,
    paid_in: Figure,
    distributed: Figure,
    invested: Figure,
    multiples: Option<Multiples>,
    waterfall: Vec<Step>,
    waterfall_svg: Option<Svg>,
    assets: Vec<AssetRow>,
    /// Assets that are not shown.
    more: usize,
    total: AssetRow,
    trips: Option<TripRow>,
}

/// What there is and what went out, as multiples of what came in.
#[derive(Debug)]
struct Multiples {
    residual: Figure,
    distributed: Figure,
    total: Figure,
    svg: Option<Svg>,
}

/// A step of the waterfall.
#[derive(Debug)]
struct Step {
    name: &'static str,
    value: Figure,
    colour: u8,
}

#[derive(Debug)]
struct AssetRow {
    name: String,
    value: Figure,
    cost: Figure,
    unrealised: Figure,
    realised: Figure,
    fees: Figure,
    turnover: Figure,
    trips: Figure,
    won: Figure,
}

#[derive(Debug)]
struct TripRow {
    rate: Figure,
    won: Figure,
    lost: Figure,
    even: Figure,
}

/// The page.
pub(super) async fn page(visit: &Visit<'_>) -> Result<Response, Problem> {
    let reach = visit.query().get("span")?;
    let reach = Reach::named(reach.as_deref().unwrap_or(""));
    let view = visit.pages.context.mailbox.look(View::take).await?;
    let frame = Frame::new(visit, Section::Performance, "Performance", view.now);
    let chart = {
        let samples = visit.pages.samples.borrow();
        curve::chart(&samples.curve, &view.sample, reach, &visit.pages.zone)
    };
    let choice = |one| Choice {
        reach: one,
        chosen: one == reach,
    };
    frame::page(&Performance {
        frame,
        view,
        reaches: Reach::ALL.map(choice).into(),
        chart,
    })
}

impl View {
    fn take(exchange: &Exchange) -> View {
        let capital = exchange.capital();
        let worth = exchange.valuation();
        let fees = sum(exchange.bases().map(|(_, basis)| basis.fees));
        let net = capital.profit_loss();
        let gross = net.plus_rounded(fees);
        let invested = capital.deposits.plus_rounded(capital.withdrawals.negated());
        let now = exchange.moment().now;
        let mut view = View {
            now,
            cash: exchange.rules().cash_asset.to_string(),
            sample: Sample {
                at: now,
                equity: capital.equity,
                invested,
            },
            equity: Figure::money(capital.equity),
            net: Figure::gain(net),
            gross: Figure::gain(gross),
            fees: Figure::money(fees),
            paid_in: Figure::money(capital.deposits),
            distributed: Figure::money(capital.withdrawals),
            invested: Figure::money(invested),
            multiples: multiples(capital.equity, capital.withdrawals, capital.deposits),
            waterfall: Vec::new(),
            waterfall_svg: None,
            assets: Vec::new(),
            more: 0,
            total: asset_row("Total".to_owned(), Amount::ZERO, &Basis::default()),
            trips: None,
        };
        let (assets, cash) = (worth.assets.total(), worth.cash.total());
        view.put_waterfall([invested, gross, fees, assets, cash]);
        view.put_assets(exchange);
        view
    }

    fn put_waterfall(&mut self, [invested, gross, fees, assets, cash]: [Amount; 5]) {
        let top = invested.plus_rounded(gross);
        let bar = |from: Amount, to: Amount, colour| Bar {
            from: from.exact(),
            to: to.exact(),
            colour,
        };
        let won = if gross.is_negative() { 5 } else { 2 };
        let rows = [
            bar(Amount::ZERO, invested, 1),
            bar(invested, top, won),
            bar(top, top.plus_rounded(fees.negated()), 3),
            bar(Amount::ZERO, assets, 4),
            bar(assets, assets.plus_rounded(cash), 6),
        ];
        let rows: Vec<&[Bar]> = rows.iter().map(std::slice::from_ref).collect();
        let title = "From the net investment over profit or loss and fees to what there is";
        self.waterfall_svg = bars(&rows, None, title);
        let step = |name, value, colour| Step {
            name,
            value,
            colour,
        };
        self.waterfall = vec![
            step("Net investment", Figure::money(invested), 1),
            step("Gross P/L", Figure::gain(gross), won),
            step("Fees", Figure::gain(fees.negated()), 3),
            step("Volatile assets", Figure::money(assets), 4),
            step("Cash equivalents", Figure::money(cash), 6),
        ];
    }

    fn put_assets(&mut self, exchange: &Exchange) {
        let mut rows = Vec::new();
        let (mut total, mut value) = (Basis::default(), Amount::ZERO);
        let cash = exchange.rules().cash_asset;
        for (asset, basis) in exchange.bases().filter(|(asset, _)| *asset != cash) {
            let account = exchange.account(asset).unwrap_or_default();
            // As the overview counts: what is free and what is held, each by itself.
            let worth = |amount| exchange.value_in_cash(asset, amount).unwrap_or_default();
            let present = worth(account.free).plus_rounded(worth(account.held));
            rows.push((basis.turnover, asset_row(asset.to_string(), present, basis)));
            value = value.plus_rounded(present);
            total = added(total, basis);
        }
        // What is traded most comes first; the rest is in the total.
        rows.sort_by(|(one, _), (other, _)| other.cmp(one));
        self.more = rows.len().saturating_sub(ROWS_MAX);
        self.assets = rows
            .into_iter()
            .take(ROWS_MAX)
            .map(|(_, row)| row)
            .collect();
        self.trips = trip_row(total.trips);
        self.total = asset_row("Total".to_owned(), value, &total);
    }
}

fn sum(amounts: impl Iterator<Item = Amount>) -> Amount {
    amounts.fold(Amount::ZERO, Amount::plus_rounded)
}

fn added(one: Basis, other: &Basis) -> Basis {
    Basis {
        cost: one.cost.plus_rounded(other.cost),
        realised: one.realised.plus_rounded(other.realised),
        fees: one.fees.plus_rounded(other.fees),
        turnover: one.turnover.plus_rounded(other.turnover),
        trip: one.trip.plus_rounded(other.trip),
        trips: one.trips.plus(other.trips),
    }
}

fn asset_row(name: String, value: Amount, basis: &Basis) -> AssetRow {
    AssetRow {
        name,
        value: Figure::money(value),
        cost: Figure::money(basis.cost),
        unrealised: Figure::gain(value.plus_rounded(basis.cost.negated())),
        realised: Figure::gain(basis.realised),
        fees: Figure::money(basis.fees),
        turnover: Figure::money(basis.turnover),
        trips: Figure::count(basis.trips.count()),
        won: Figure::count(basis.trips.won),
    }
}

fn trip_row(trips: Trips) -> Option<TripRow> {
    let whole = |count: u64| Exact::whole(i64::try_from(count).unwrap_or(i64::MAX));
    let rate = percent(whole(trips.won), whole(trips.count()))?;
    Some(TripRow {
        rate: Figure::padded(rate, 1),
        won: Figure::count(trips.won),
        lost: Figure::count(trips.lost),
        even: Figure::count(trips.even),
    })
}

/// RVPI, DPI and TVPI; nothing where nothing was paid in.
fn multiples(equity: Amount, distributed: Amount, paid_in: Amount) -> Option<Multiples> {
    let multiple = |amount: Amount| amount.exact().over(paid_in.exact());
    let (residual, out) = (multiple(equity)?, multiple(distributed)?);
    let total = residual.plus_rounded(out);
    let rows = [
        Bar {
            from: Exact::ZERO,
            to: out,
            colour: 6,
        },
        Bar {
            from: out,
            to: total,
            colour: 1,
        },
    ];
    let shown = |value| Figure::padded(value, MULTIPLE_DECIMALS);
    let title = format!(
        "DPI {} and RVPI {} make TVPI {}; the mark is at 1.0",
        shown(out).text(),
        shown(residual).text(),
        shown(total).text()
    );
    Some(Multiples {
        svg: bars(&[&rows], Some(Exact::whole(1)), &title),
        residual: shown(residual),
        distributed: shown(out),
        total: shown(total),
    })
}
