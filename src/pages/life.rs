//! A picture of the life of an order: the price as far as it is known, its limit, its fills.

use std::fmt::Write as _;

use super::chart::{SIZE, Svg, bounds, escaped, place, ticks};
use super::figure::Figure;
use super::time::Zone;
use crate::exchange::{HistoryEntry, Level, Order};
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
    /// The legend: how it is drawn, and what it is.
    pub(super) keys: Vec<(&'static str, &'static str)>,
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
        let fills = self.fills();
        let limit = self.order.limit_price().map(Price::exact);
        let trigger = self.trigger();
        let values = line.iter().chain(&fills).map(|&(_, value)| value);
        let (low, high) = bounds(values.chain(limit).chain(trigger))?;
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
        for (class, level) in [("mark", limit), ("mark trigger", trigger)] {
            let Some(level) = level.map(&y) else { continue };
            let (first, last) = (x(start), x(end));
            let _ = write!(
                out,
                "<path class=\"{class}\" d=\"M{first} {level}H{last}\"/>"
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
            keys: [
                (line.len() > 1, "solid", "price (by half hours)"),
                (limit.is_some(), "dashed", "limit"),
                (trigger.is_some(), "dotted", "trigger"),
                (!fills.is_empty(), "round", "fill"),
            ]
            .into_iter()
            .filter_map(|(there, key, text)| there.then_some((key, text)))
            .collect(),
        })
    }

    /// When it was filled, and at which prices.
    fn fills(&self) -> Vec<(u64, Exact)> {
        self.entries
            .iter()
            .filter(|entry| entry.quantity.is_positive())
            .filter_map(|entry| Some((entry.at.as_millis(), entry.price?.exact())))
            .collect()
    }

    /// The price that it waits for, where that is a fixed one.
    fn trigger(&self) -> Option<Exact> {
        match self.order.terms.trigger?.level {
            Level::At(price) => Some(price.exact()),
            Level::Trail { .. } => None,
        }
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
