//! A picture of the life of an order: the price as far as it is known, its limit, its fills.

use std::fmt::Write as _;

use super::chart::{SIZE, Svg, bounds, escaped, place, ticks};
use super::figure::Figure;
use super::time::Zone;
use crate::exchange::{HistoryEntry, Order};
use crate::units::{Exact, Price, Span, Timestamp};

/// Ticks of the time axis.
const TICKS: u64 = 4;
/// The shortest time that is drawn, in milliseconds.
const SHORTEST_MS: u64 = 1000;
/// Room at both ends, as a part of the whole.
const ROOM: u64 = 20;

/// The picture with its ticks.
#[derive(Debug)]
pub(super) struct Life {
    pub(super) svg: Svg,
    /// Of the price axis, the highest first.
    pub(super) rows: Vec<String>,
    pub(super) times: Vec<String>,
    pub(super) has_price: bool,
    pub(super) has_limit: bool,
    pub(super) has_fills: bool,
}

/// What is drawn.
#[derive(Debug)]
pub(super) struct Scene<'a> {
    pub(super) order: &'a Order,
    pub(super) entries: &'a [HistoryEntry],
    /// Known prices of the symbol, oldest first.
    pub(super) prices: &'a [(Timestamp, Price)],
    pub(super) now: Timestamp,
    pub(super) title: &'a str,
}

impl Scene<'_> {
    /// Draws it; nothing where there is no price to be drawn.
    pub(super) fn draw(&self, zone: &Zone) -> Option<Life> {
        let start = self.order.placed_at.as_millis();
        let end = self.order.closed_at().unwrap_or(self.now).as_millis();
        let end = end.max(start + SHORTEST_MS);
        let room = (end - start) / ROOM;
        let (from, to) = (start.saturating_sub(room), end + room);
        let line = self.line(from, to);
        let fills: Vec<(u64, Exact)> = self
            .entries
            .iter()
            .filter(|entry| entry.quantity.is_positive())
            .filter_map(|entry| Some((entry.at.as_millis(), entry.price?.exact())))
            .collect();
        let limit = self.order.limit_price().map(Price::exact);
        let values = line.iter().chain(&fills).map(|&(_, value)| value);
        let (low, high) = bounds(values.chain(limit))?;
        let rules = ticks(low, high);
        let (&bottom, &top) = (rules.first()?, rules.last()?);
        let x = |at: u64| at.clamp(from, to).saturating_sub(from) * u64::from(SIZE) / (to - from);
        let y = |value: Exact| SIZE - place(value, bottom, top);
        let mut out = format!(
            "<svg role=\"img\" viewBox=\"0 0 {SIZE} {SIZE}\" preserveAspectRatio=\"none\"><title>{}</title>",
            escaped(self.title)
        );
        for rule in &rules {
            let _ = write!(out, "<path class=\"rule\" d=\"M0 {}H{SIZE}\"/>", y(*rule));
        }
        if line.len() > 1 {
            let steps = line
                .iter()
                .map(|&(at, value)| format!("{} {}", x(at), y(value)));
            let steps: Vec<String> = steps.collect();
            let _ = write!(out, "<path class=\"line\" d=\"M{}\"/>", steps.join("L"));
        }
        if let Some(limit) = limit {
            let (first, last) = (x(start), x(end));
            let _ = write!(
                out,
                "<path class=\"mark\" d=\"M{first} {}H{last}\"/>",
                y(limit)
            );
        }
        for &(at, price) in &fills {
            let _ = write!(
                out,
                "<path class=\"dot\" d=\"M{} {}h.1\"/>",
                x(at),
                y(price)
            );
        }
        out += "</svg>";
        let decimals = rules.iter().map(|rule| rule.decimals()).max().unwrap_or(0);
        let text = |rule: &Exact| Figure::padded(*rule, decimals).text().to_owned();
        let tick = |step: u64| {
            let at = Timestamp::from_millis(from + (to - from) * step / (TICKS - 1));
            match Span::from_millis(to - from) {
                span if span.as_millis() < 3_600_000 => zone.clock_text(at),
                span => zone.tick(at, span),
            }
        };
        Some(Life {
            svg: Svg(out),
            rows: rules.iter().rev().map(text).collect(),
            times: (0..TICKS).map(tick).collect(),
            has_price: line.len() > 1,
            has_limit: limit.is_some(),
            has_fills: !fills.is_empty(),
        })
    }

    /// Known prices of the time that is drawn, the last one before it at its beginning; nothing where there is but one.
    fn line(&self, from: u64, to: u64) -> Vec<(u64, Exact)> {
        let all = self
            .prices
            .iter()
            .map(|(at, price)| (at.as_millis(), price.exact()));
        let before = all.clone().take_while(|&(at, _)| at < from).last();
        let begin = before.map(|(_, price)| (from, price));
        let within = all.filter(|&(at, _)| (from..=to).contains(&at));
        let line: Vec<(u64, Exact)> = begin.into_iter().chain(within).collect();
        if line.len() > 1 { line } else { Vec::new() }
    }
}
