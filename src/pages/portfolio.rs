//! `/ui/portfolio`: what there is, of which asset, and what it is worth.

use std::cmp::Ordering;

use askama::Template;

use super::chart::{Part, Ring, ring};
use super::figure::{self, Figure};
use super::frame::{self, Frame, Section};
use super::pager::{Pager, ROWS_MAX, asked_from};
use super::route::Visit;
use super::time::When;
use super::verdict::listed;
use crate::exchange::{AssetValue, Exchange, Valuation};
use crate::http::{Problem, Response};
use crate::samples::{PRICE_SLOT, Prices};
use crate::units::{Amount, Asset, Exact, Price, Span, Symbol, Timestamp};

const DAY: Span = Span::from_secs(86_400);

#[derive(Debug, Template)]
#[template(path = "portfolio.html")]
struct Portfolio {
    frame: Frame,
    cash: String,
    equity: Figure,
    free: Figure,
    held: Figure,
    assets: Figure,
    money: Figure,
    unpriced: String,
    rings: Vec<Picture>,
    columns: Vec<Column>,
    rows: Vec<Row>,
    count: usize,
    pager: Pager,
}

/// A ring with its heading.
#[derive(Debug)]
struct Picture {
    title: &'static str,
    ring: Ring,
}

/// A column that can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Asset,
    Free,
    Held,
    Total,
    Price,
    Value,
    Share,
    Change,
}

const KEYS: [(Key, &str, &str); 8] = [
    (Key::Asset, "asset", "Asset"),
    (Key::Free, "free", "Free"),
    (Key::Held, "held", "In orders"),
    (Key::Total, "total", "Total"),
    (Key::Price, "price", "Price"),
    (Key::Value, "value", "Value"),
    (Key::Share, "share", "Share"),
    (Key::Change, "change", "24 h"),
];

/// The head of a column.
#[derive(Debug)]
struct Column {
    label: &'static str,
    href: String,
    right: bool,
    /// `ascending`, `descending`, or empty where the table is not sorted by it.
    sorted: &'static str,
}

/// An asset with the numbers it is sorted by.
#[derive(Debug)]
struct Entry {
    value: AssetValue,
    change: Option<Change>,
}

/// From the first price of a day ago to the present one.
#[derive(Debug, Clone, Copy)]
struct Change {
    from: Exact,
    to: Exact,
    /// Since when, where that is less than a day ago.
    since: Option<Timestamp>,
}

#[derive(Debug)]
struct Row {
    asset: String,
    free: Figure,
    held: Figure,
    total: Figure,
    price: Option<Figure>,
    value: Figure,
    share: Option<Figure>,
    change: Option<Figure>,
    since: Option<When>,
}

/// The page.
pub(super) async fn page(visit: &Visit<'_>) -> Result<Response, Problem> {
    let look = |exchange: &Exchange| {
        let cash = exchange.rules().cash_asset;
        (
            exchange.moment().now,
            cash,
            exchange.asset_values(),
            exchange.valuation(),
        )
    };
    let (now, cash, values, worth) = visit.pages.context.mailbox.look(look).await?;
    let (key, down) = order(visit)?;
    let mut entries = {
        let samples = visit.pages.samples.borrow();
        let entry = |value: AssetValue| Entry {
            change: change(&samples.prices, &value, cash, now),
            value,
        };
        values.into_iter().map(entry).collect::<Vec<Entry>>()
    };
    entries.sort_by(|a, b| compare(a, b, key, down));
    let whole = worth.all().total();
    let from = asked_from(visit)?.unwrap_or(0);
    let sorting = format!("{}&", address(key, down));
    frame::page(&Portfolio {
        frame: Frame::new(visit, Section::Portfolio, "Portfolio", now),
        cash: cash.to_string(),
        equity: Figure::money(whole),
        free: Figure::money(worth.all().free),
        held: Figure::money(worth.all().held),
        assets: Figure::money(worth.assets.total()),
        money: Figure::money(worth.cash.total()),
        unpriced: listed(worth.unpriced.iter().map(Asset::to_string)),
        rings: rings(&entries, &worth),
        columns: KEYS
            .map(|(one, _, label)| column(one, label, key, down))
            .into(),
        count: entries.len(),
        pager: Pager::new(from, entries.len(), &sorting),
        rows: entries
            .iter()
            .skip(from)
            .take(ROWS_MAX)
            .map(|entry| row(visit, entry, whole, cash))
            .collect(),
    })
}

/// What the table is sorted by: `sort` and `dir` of the address.
fn order(visit: &Visit<'_>) -> Result<(Key, bool), Problem> {
    let word = visit.query().get("sort")?;
    let found = KEYS
        .iter()
        .find(|(_, name, _)| Some(*name) == word.as_deref());
    let key = found.map_or(Key::Value, |(key, ..)| *key);
    let down = match visit.query().get("dir")?.as_deref() {
        Some("up") => false,
        Some("down") => true,
        _ => key != Key::Asset,
    };
    Ok((key, down))
}

/// The part of an address that sorts by a column.
fn address(key: Key, down: bool) -> String {
    let found = KEYS.iter().find(|(one, ..)| *one == key);
    let word = found.map_or("", |(_, word, _)| word);
    format!("sort={word}&dir={}", if down { "down" } else { "up" })
}

fn column(key: Key, label: &'static str, sorted: Key, down: bool) -> Column {
    let here = key == sorted;
    // The column that it is sorted by turns round; another begins with the largest.
    let next_down = if here { !down } else { key != Key::Asset };
    Column {
        label,
        href: format!("?{}", address(key, next_down)),
        right: key != Key::Asset,
        sorted: match (here, down) {
            (false, _) => "",
            (true, true) => "descending",
            (true, false) => "ascending",
        },
    }
}

fn compare(a: &Entry, b: &Entry, key: Key, down: bool) -> Ordering {
    let exact = |entry: &Entry| match key {
        Key::Asset => None,
        Key::Free => Some(entry.value.account.free.exact()),
        Key::Held => Some(entry.value.account.held.exact()),
        Key::Total => Some(entry.value.account.total().exact()),
        Key::Price => entry.value.price.map(Price::exact),
        Key::Value | Key::Share => Some(entry.value.value().exact()),
        Key::Change => entry
            .change
            .and_then(|change| figure::percent(change.to.minus(change.from).ok()?, change.from)),
    };
    let names = || a.value.asset.cmp(&b.value.asset);
    let ordering = if key == Key::Asset {
        names()
    } else {
        exact(a).cmp(&exact(b))
    };
    let ordering = if down { ordering.reverse() } else { ordering };
    ordering.then_with(names)
}

fn change(prices: &Prices, value: &AssetValue, cash: Asset, now: Timestamp) -> Option<Change> {
    let symbol = Symbol::new(value.asset, cash).ok()?;
    let day_ago = now.minus(DAY);
    let (since, from) = prices.since(symbol, day_ago)?;
    let whole_day = since <= day_ago.plus(PRICE_SLOT);
    Some(Change {
        from: from.exact(),
        to: value.price?.exact(),
        since: (!whole_day).then_some(since),
    })
}

fn rings(entries: &[Entry], worth: &Valuation) -> Vec<Picture> {
    let part = |name: &str, value: Amount| Part {
        name: name.to_owned(),
        value,
    };
    let mut by_asset: Vec<Part> = entries
        .iter()
        .map(|entry| part(entry.value.asset.as_str(), entry.value.value()))
        .collect();
    by_asset.sort_by_key(|part| std::cmp::Reverse(part.value));
    let all = worth.all();
    let free = [part("Free", all.free), part("Frozen", all.held)];
    let kinds = [
        part("Cash", worth.cash.total()),
        part("Assets", worth.assets.total()),
    ];
    let pictures = [
        ("By asset", ring(&by_asset, "Equity by asset")),
        (
            "Free and frozen",
            ring(&free, "Equity that is free and in orders"),
        ),
        (
            "Cash and assets",
            ring(&kinds, "Equity in cash and in other assets"),
        ),
    ];
    pictures
        .into_iter()
        .filter_map(|(title, ring)| Some(Picture { title, ring: ring? }))
        .collect()
}

fn row(visit: &Visit<'_>, entry: &Entry, whole: Amount, cash: Asset) -> Row {
    let value = &entry.value;
    let amount = |amount| Figure::of_asset(amount, value.asset, cash);
    Row {
        asset: value.asset.to_string(),
        free: amount(value.account.free),
        held: amount(value.account.held),
        total: amount(value.account.total()),
        price: value.price.map(Figure::price),
        value: Figure::money(value.value()),
        share: Figure::share(value.value(), whole),
        change: entry
            .change
            .and_then(|change| Figure::change(change.from, change.to)),
        since: entry
            .change
            .and_then(|change| Some(visit.pages.zone.clock(change.since?))),
    }
}
