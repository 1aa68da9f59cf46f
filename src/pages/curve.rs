//! Equity over time with its drawdown, from the samples.
//!
//! The drawdown is how far the profit is below its highest so far, as a share of what there would be at that highest: of
//! the net investment and the highest profit together. So money that comes in or goes out makes none.

use super::chart::{Drawn, Line};
use super::figure::Figure;
use super::time::{When, Zone, span_text};
use crate::samples::{Curve, Sample, TIERS};
use crate::units::{Amount, Exact, Rounding, Span, Timestamp};

/// Ticks of the time axis.
const TICKS: u64 = 5;
/// Rows of the table behind the picture.
const ROWS_MAX: usize = 24;

/// How far back a curve goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    Hour,
    Day,
    Week,
    Month,
    All,
}

impl Reach {
    pub(super) const ALL: [Reach; 5] = [
        Reach::Hour,
        Reach::Day,
        Reach::Week,
        Reach::Month,
        Reach::All,
    ];

    /// The word of the address.
    pub(super) fn word(self) -> &'static str {
        match self {
            Reach::Hour => "1h",
            Reach::Day => "24h",
            Reach::Week => "7d",
            Reach::Month => "30d",
            Reach::All => "all",
        }
    }

    /// What the choice shows.
    pub(super) fn label(self) -> &'static str {
        match self {
            Reach::Hour => "1 h",
            Reach::Day => "24 h",
            Reach::Week => "7 d",
            Reach::Month => "30 d",
            Reach::All => "All",
        }
    }

    /// The choice of that word; a day for any other.
    pub(super) fn named(word: &str) -> Reach {
        Reach::ALL
            .into_iter()
            .find(|reach| reach.word() == word)
            .unwrap_or(Reach::Day)
    }

    fn span(self) -> Option<Span> {
        let hours = match self {
            Reach::Hour => 1,
            Reach::Day => 24,
            Reach::Week => 7 * 24,
            Reach::Month => 30 * 24,
            Reach::All => return None,
        };
        Some(Span::from_secs(hours * 3600))
    }
}

/// The pictures and the table behind them.
#[derive(Debug)]
pub(super) struct Chart {
    pub(super) equity: Drawn,
    pub(super) equity_ticks: Vec<String>,
    /// Whether the net investment is drawn too.
    pub(super) has_second: bool,
    pub(super) drawdown: Drawn,
    pub(super) drawdown_ticks: Vec<String>,
    pub(super) times: Vec<String>,
    /// The deepest drawdown of the span, and when.
    pub(super) worst: Figure,
    pub(super) worst_at: When,
    /// Change of profit over the span.
    pub(super) gained: Figure,
    pub(super) rows: Vec<Row>,
}

/// A row of the table.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) at: When,
    pub(super) equity: Figure,
    pub(super) invested: Figure,
    pub(super) profit: Figure,
    pub(super) drawdown: Figure,
}

/// The curve up to `last`; nothing before there are two points.
pub(super) fn chart(curve: &Curve, last: &Sample, reach: Reach, zone: &Zone) -> Option<Chart> {
    let samples = chosen(curve, last, reach);
    let (first, end) = (samples.first()?, samples.last()?);
    let from = first.at.as_millis();
    let to = end.at.as_millis();
    let points = |value: fn(&Sample) -> Amount| -> Vec<(u64, Exact)> {
        let point = |sample: &Sample| (sample.at.as_millis(), value(sample).exact());
        samples.iter().map(point).collect()
    };
    let (equity, invested) = (
        points(|sample| sample.equity),
        points(|sample| sample.invested),
    );
    let falls = drawdowns(&samples);
    let (&worst_at, &worst) = falls
        .iter()
        .map(|(at, fall)| (at, fall))
        .min_by_key(|(_, fall)| **fall)?;
    let spanned = Span::from_millis(to.saturating_sub(from));
    let gained = end.profit().plus_rounded(first.profit().negated());
    let title = format!(
        "Equity over {}: from {} to {}",
        span_text(spanned),
        Figure::money(first.equity).text(),
        Figure::money(end.equity).text()
    );
    let line = |points, second, title, falling| Line {
        points,
        second,
        title,
        from,
        to,
        falling,
    };
    // The net investment is drawn where it does not flatten the curve.
    let second = near(&equity, &invested).then_some(invested.as_slice());
    let equity = line(&equity, second, &title, false).draw()?;
    let title = format!("Drawdown: at most {}", percent_figure(worst).text());
    let drawdown = line(&falls, None, &title, true).draw()?;
    let tick = |step: u64| {
        let at = from + (to - from) * step / (TICKS - 1);
        zone.tick(Timestamp::from_millis(at), spanned)
    };
    Some(Chart {
        equity_ticks: tick_texts(&equity.rows, ""),
        has_second: second.is_some(),
        drawdown_ticks: tick_texts(&drawdown.rows, " %"),
        equity,
        drawdown,
        times: (0..TICKS).map(tick).collect(),
        worst: percent_figure(worst),
        worst_at: zone.full(Timestamp::from_millis(worst_at)),
        gained: Figure::gain(gained),
        rows: rows(&samples, &falls, zone),
    })
}

/// The samples of the span, and what there is now.
fn chosen(curve: &Curve, last: &Sample, reach: Reach) -> Vec<Sample> {
    let since = |span: Span| last.at.minus(span);
    let begin = |tier: u8| curve.of_tier(tier, Timestamp::default()).next();
    let tiers = 0..u8::try_from(TIERS.len()).unwrap_or(0);
    let (tier, since) = match (reach, reach.span()) {
        (Reach::Hour, Some(span)) => (0, since(span)),
        (Reach::Day, Some(span)) => (1, since(span)),
        (Reach::Week, Some(span)) => (2, since(span)),
        (_, Some(span)) => (3, since(span)),
        (_, None) => {
            // The finest tier that goes back to the beginning.
            let oldest = tiers.filter_map(|tier| Some((begin(tier)?.at, tier))).min();
            (oldest.map_or(0, |(_, tier)| tier), Timestamp::default())
        }
    };
    // A daemon that is younger than the span shows the finest that it has of it.
    let finer = (0..tier).find(|&finer| {
        let earliest = begin(finer).map(|sample| sample.at);
        let coarse = curve.of_tier(tier, since).next().map(|sample| sample.at);
        earliest.is_some_and(|at| at >= since && coarse.is_none_or(|coarse| at <= coarse))
    });
    let tier = finer.unwrap_or(tier);
    let mut samples: Vec<Sample> = curve
        .of_tier(tier, since)
        .filter(|sample| sample.at < last.at)
        .copied()
        .collect();
    samples.push(*last);
    samples
}

/// How far the profit is below its highest so far, in percent, zero or below.
fn drawdowns(samples: &[Sample]) -> Vec<(u64, Exact)> {
    let mut peak: Option<Amount> = None;
    let fall = |sample: &Sample| {
        let profit = sample.profit();
        let highest = peak.map_or(profit, |peak| peak.max(profit));
        peak = Some(highest);
        let below = profit.plus_rounded(highest.negated());
        let whole = sample.invested.plus_rounded(highest);
        let share = below.exact().over(whole.exact()).unwrap_or_default();
        let percent = share
            .times(Exact::whole(100), 6, Rounding::HalfUp)
            .unwrap_or_default();
        // Where more was taken out than is left of it, there is no whole to be a share of.
        let percent = if whole.is_positive() {
            percent
        } else {
            Exact::ZERO
        };
        (sample.at.as_millis(), percent)
    };
    samples.iter().map(fall).collect()
}

/// Whether a second line lies so close that both can be seen.
fn near(one: &[(u64, Exact)], other: &[(u64, Exact)]) -> bool {
    let bounds = |points: &[(u64, Exact)]| {
        let values = points.iter().map(|&(_, value)| value);
        super::chart::bounds(values)
    };
    let (Some((low, high)), Some((least, most))) = (bounds(one), bounds(other)) else {
        return false;
    };
    let span = high.plus_rounded(low.negated());
    let apart = low.max(least).plus_rounded(low.min(least).negated());
    let above = high.max(most).plus_rounded(high.min(most).negated());
    let room = span
        .times(Exact::whole(3), 28, Rounding::Up)
        .unwrap_or(span);
    apart <= room && above <= room
}

fn rows(samples: &[Sample], falls: &[(u64, Exact)], zone: &Zone) -> Vec<Row> {
    let step = samples.len().div_ceil(ROWS_MAX).max(1);
    let pairs = samples.iter().zip(falls).rev().step_by(step);
    pairs
        .map(|(sample, (_, fall))| Row {
            at: zone.full(sample.at),
            equity: Figure::money(sample.equity),
            invested: Figure::money(sample.invested),
            profit: Figure::gain(sample.profit()),
            drawdown: percent_figure(*fall),
        })
        .collect()
}

fn percent_figure(percent: Exact) -> Figure {
    Figure::signed(percent, 2, " %")
}

/// Ticks with as many decimals as tell them apart.
fn tick_texts(ticks: &[Exact], unit: &str) -> Vec<String> {
    let decimals = ticks.iter().map(|tick| tick.decimals()).max().unwrap_or(0);
    let text = |tick: &Exact| Figure::padded(*tick, decimals).text().to_owned() + unit;
    ticks.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(secs: u64, equity: i64, invested: i64) -> Sample {
        Sample {
            at: Timestamp::from_millis(secs * 1000),
            equity: Amount::from_stored(Exact::whole(equity)),
            invested: Amount::from_stored(Exact::whole(invested)),
        }
    }

    #[test]
    fn a_drawdown_is_of_the_profit_and_not_of_what_is_paid_out() {
        let samples = [
            sample(0, 1000, 1000),
            sample(30, 1100, 1000),
            // Half is paid out: no drawdown.
            sample(60, 600, 500),
            sample(90, 570, 500),
            sample(120, 700, 500),
        ];
        let falls: Vec<String> = drawdowns(&samples)
            .iter()
            .map(|(_, fall)| fall.to_string())
            .collect();
        assert_eq!(falls, ["0", "0", "0", "-5", "0"]);
    }

    #[test]
    fn a_young_daemon_shows_what_it_has() {
        let mut curve = Curve::default();
        let start = 1_000_000_800;
        for step in 0..10 {
            let now = start + step * 30;
            let one = sample(now, 1000 + i64::try_from(step).unwrap(), 1000);
            for tier in 0..5 {
                let slot = TIERS[usize::from(tier)].slot(one.at);
                curve.insert(crate::samples::Key { tier, slot }, one);
            }
        }
        let last = sample(start + 300, 1020, 1000);
        for reach in Reach::ALL {
            assert_eq!(chosen(&curve, &last, reach).len(), 11, "{reach:?}");
        }
        let chart = chart(&curve, &last, Reach::All, &Zone::named("UTC")).unwrap();
        assert_eq!(chart.gained.text(), "+20.00");
        assert_eq!(chart.times.len(), 5);
        assert!(super::chart(&Curve::default(), &last, Reach::Day, &Zone::named("UTC")).is_none());
    }
}
