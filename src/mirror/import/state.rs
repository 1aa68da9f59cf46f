//! From what was found to the state of an exchange.

use std::collections::{BTreeMap, BTreeSet};

use super::document::Value;
use super::fetch::{Hash, Old};
use super::order::Era;
use crate::exchange::{
    Account, Flow, HistoryEntry, MarketState, Order, Side, Snapshot, Trade, TradeTotals,
};
use crate::keyspace::{Direction, Figure, Key, ReadTicker};
use crate::units::{Amount, Asset, Elapsed, Exact, Moment, OrderId, Rounding, Symbol};

/// Everything that an exchange and its archive are made of.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) snapshot: Snapshot,
    pub(super) closed: Vec<Order>,
    pub(super) history: Vec<HistoryEntry>,
    pub(super) fills: Vec<Trade>,
    /// Old ids and new ones, where they differ.
    pub(super) renamed: Vec<(String, OrderId)>,
    /// Where each old order went: its place among the old ones.
    pub(super) places: BTreeMap<OrderId, usize>,
    /// What does not add up, or cannot be kept at all.
    pub(super) differences: Vec<String>,
}

/// Makes the state. `None` where figures have too many digits for money of so many decimals.
pub(super) fn state(old: &Old, cash: Asset, era: Era, read: ReadTicker) -> Option<State> {
    let mut state = State {
        differences: old.unread.clone(),
        ..State::default()
    };
    state.snapshot.moment = era.now;
    orders(old, era, &mut state);
    state.fills();
    let totals = totals(old, era, cash);
    accounts(old, era, &totals, &mut state)?;
    markets(old, era.now, read, &mut state);
    state.bases(&totals, cash);
    let trades = totals.into_iter();
    state.snapshot.trades = trades
        .map(|((side, symbol), totals)| (side, symbol, totals))
        .collect();
    Some(state)
}

/// Ids of ours stay; others are numbered by their time, and kept as the ids that clients gave.
fn orders(old: &Old, era: Era, state: &mut State) {
    let own = |name: &str| OrderId::parse(name).ok().filter(|id| id.sequence() > 0);
    let renamed = !old.orders.iter().all(|order| own(&order.name).is_some());
    let mut places: Vec<usize> = (0..old.orders.len()).collect();
    places.sort_by_key(|&place| {
        old.orders
            .get(place)
            .map(|order| (order.placed_at(), &order.name))
    });
    let mut next = 1;
    for place in places {
        let Some(found) = old.orders.get(place) else {
            continue;
        };
        let id = match own(&found.name) {
            Some(id) if !renamed => id,
            Some(_) | None => OrderId::new(next),
        };
        match found.turned(id, renamed, era) {
            Ok((order, entries)) => {
                next = next.max(id.sequence().saturating_add(1));
                state.places.insert(id, place);
                if renamed {
                    state.renamed.push((found.name.clone(), id));
                }
                state.history.extend(entries);
                if order.is_open() {
                    state.snapshot.orders.push(order);
                } else {
                    state.closed.push(order);
                }
            }
            Err(why) => state
                .differences
                .push(format!("orders: {} {why}, and is left out", found.name)),
        }
    }
    state.snapshot.orders.sort_by_key(|order| order.id);
    state.snapshot.next_order = next;
}

/// Running totals by side and symbol.
fn totals(old: &Old, era: Era, cash: Asset) -> BTreeMap<(Side, Symbol), TradeTotals> {
    let mut totals: BTreeMap<(Side, Symbol), TradeTotals> = BTreeMap::new();
    let mut in_base = Vec::new();
    for (key, rows) in &old.hashes {
        let Key::Trades(side, base, figure) = *key else {
            continue;
        };
        for (field, value) in rows {
            let number = number(value);
            let Ok(asset) = Asset::parse(field) else {
                continue;
            };
            if figure == Figure::Fee && asset == base {
                in_base.push((side, base, era.amount(number)));
                continue;
            }
            let Ok(symbol) = Symbol::new(base, asset) else {
                continue;
            };
            let totals = totals.entry((side, symbol)).or_default();
            match figure {
                Figure::Count => {
                    totals.count = number
                        .and_then(|count| count.rounded(0, Rounding::Down).to_whole(1))
                        .unwrap_or(0);
                }
                Figure::Amount => totals.amount = era.amount(number),
                Figure::Notional => totals.notional = era.amount(number),
                Figure::Fee => totals.fee = era.amount(number),
            }
        }
    }
    for (side, base, fee) in in_base {
        // They are kept for all symbols of the base together, so any of them will do.
        let own = totals
            .keys()
            .find(|(one, symbol)| *one == side && symbol.base() == base);
        let symbol = own
            .map(|(_, symbol)| *symbol)
            .or_else(|| Symbol::new(base, cash).ok());
        if let Some(symbol) = symbol {
            totals.entry((side, symbol)).or_default().base_fee = fee;
        }
    }
    totals
}

fn number(value: &[u8]) -> Option<Exact> {
    match Value::of_text(str::from_utf8(value).ok()?) {
        Value::Number(number) => Some(number),
        Value::Nothing | Value::Text(_) => None,
    }
}

fn flow(rows: Option<&Hash>, era: Era) -> Flow {
    let figure = |field| era.amount(rows.and_then(|rows| number(rows.get(field)?)));
    Flow {
        quantity: figure("asset_quantity"),
        value: figure("ref_value"),
    }
}

/// What is owned stays to the last digit; how it is split follows what the open orders hold.
fn accounts(
    old: &Old,
    era: Era,
    totals: &BTreeMap<(Side, Symbol), TradeTotals>,
    state: &mut State,
) -> Option<()> {
    let mut owned: BTreeMap<Asset, Amount> = BTreeMap::new();
    for (field, json) in old.hashes.get(&Key::Balances).into_iter().flatten() {
        let row = super::document::Document::parse(json);
        let (Ok(asset), Some(row)) = (Asset::parse(field), row) else {
            state
                .differences
                .push(format!("balances: {field} cannot be read"));
            continue;
        };
        let [free, used] = ["free", "used"].map(|name| era.amount(row.number(name)));
        owned.insert(asset, free.plus(used).ok()?);
    }
    let mut holds: BTreeMap<Asset, Amount> = BTreeMap::new();
    for order in &state.snapshot.orders {
        let hold = order.hold();
        let quote = hold.notional.plus(hold.fee).ok()?;
        for (asset, amount) in [
            (order.symbol.base(), hold.base),
            (order.symbol.quote(), quote),
        ] {
            let sum = holds.entry(asset).or_default();
            *sum = sum.plus(amount).ok()?;
        }
    }
    let mut assets: BTreeSet<Asset> = owned.keys().chain(holds.keys()).copied().collect();
    assets.extend(old.hashes.keys().filter_map(|key| match key {
        Key::Flow(_, asset) => Some(*asset),
        Key::Ticker(_)
        | Key::Balances
        | Key::Orders
        | Key::OpenSet
        | Key::Open(_)
        | Key::Trades(..)
        | Key::TradesIndex(_)
        | Key::FlowIndex(_) => None,
    }));
    assets.extend(
        totals
            .keys()
            .flat_map(|(_, symbol)| [symbol.base(), symbol.quote()]),
    );
    for asset in assets {
        let of =
            |amounts: &BTreeMap<Asset, Amount>| amounts.get(&asset).copied().unwrap_or_default();
        let (owned, holds) = (of(&owned), of(&holds));
        let flows =
            Direction::ALL.map(|direction| flow(old.hashes.get(&Key::Flow(direction, asset)), era));
        let account = account(owned, holds, traded(asset, totals)?, flows)?;
        let came = account
            .deposits
            .quantity
            .minus(account.withdrawals.quantity)
            .ok()?;
        if came != account.outside.negated() {
            let expected = came
                .minus(account.fees)
                .and_then(|rest| rest.minus(account.market))
                .ok()?;
            state.differences.push(format!(
                "balances: {asset}: {owned} is owned, but what came in, went out and was traded makes {expected}"
            ));
        }
        state.snapshot.accounts.push((asset, account));
    }
    Some(())
}

/// None where it has too many digits.
fn account(
    owned: Amount,
    holds: Amount,
    (market, fees): (Amount, Amount),
    [deposits, withdrawals]: [Flow; 2],
) -> Option<Account> {
    let held = owned.min(holds);
    let beside = owned.plus(fees).and_then(|sum| sum.plus(market)).ok()?;
    let mut account = Account {
        free: owned.minus(held).ok()?,
        held,
        fees,
        market,
        outside: beside.negated(),
        drift: held.minus(holds).ok()?,
        decimals: 0,
        deposits,
        withdrawals,
    };
    let figures = [
        account.free,
        held,
        fees,
        market,
        account.outside,
        account.drift,
    ];
    account.decimals = figures
        .iter()
        .map(|figure| figure.decimals())
        .max()
        .unwrap_or(0);
    account.is_exact().then_some(account)
}

/// What of an asset is with the other side of trades, and what was paid in fees.
fn traded(
    asset: Asset,
    totals: &BTreeMap<(Side, Symbol), TradeTotals>,
) -> Option<(Amount, Amount)> {
    let (mut market, mut fees) = (Amount::ZERO, Amount::ZERO);
    for ((side, symbol), totals) in totals {
        let (paid, got) = match side {
            Side::Buy => (
                (symbol.quote(), totals.notional),
                (symbol.base(), totals.amount),
            ),
            Side::Sell => (
                (symbol.base(), totals.amount),
                (symbol.quote(), totals.notional),
            ),
        };
        if paid.0 == asset {
            market = market.plus(paid.1).ok()?;
        }
        if got.0 == asset {
            market = market.minus(got.1).ok()?;
        }
        for (of, fee) in [
            (symbol.quote(), totals.fee),
            (symbol.base(), totals.base_fee),
        ] {
            if of == asset {
                fees = fees.plus(fee).ok()?;
            }
        }
    }
    Some((market, fees))
}

fn markets(old: &Old, now: Moment, read: ReadTicker, state: &mut State) {
    for (key, rows) in &old.hashes {
        let Key::Ticker(symbol) = *key else {
            continue;
        };
        // What Python writes for nothing is nothing.
        let known = rows.iter().filter(|(_, value)| {
            str::from_utf8(value).is_ok_and(|text| Value::of_text(text) != Value::Nothing)
        });
        let fields: Vec<(Vec<u8>, Vec<u8>)> = known
            .map(|(field, value)| (field.as_bytes().to_vec(), value.clone()))
            .collect();
        match read(symbol, &fields, now.now) {
            Ok(ticker) => state.snapshot.markets.push(MarketState {
                ticker: Some(ticker),
                ..MarketState::new(symbol)
            }),
            Err(why) => state.differences.push(format!("tickers: {why}")),
        }
    }
    state.snapshot.markets.sort_by_key(|market| market.symbol);
}

impl State {
    /// Each fill in a history is a trade.
    fn fills(&mut self) {
        let all = self.closed.iter().chain(&self.snapshot.orders);
        let orders: BTreeMap<OrderId, &Order> = all.map(|order| (order.id, order)).collect();
        self.history
            .sort_by_key(|entry| (entry.at, entry.order, entry.number));
        let now = self.snapshot.moment;
        let mut next = 1;
        for entry in &mut self.history {
            let Some(order) = orders
                .get(&entry.order)
                .filter(|_| entry.quantity.is_positive())
            else {
                continue;
            };
            let price = entry
                .price
                .or_else(|| entry.notional.average_price(entry.quantity));
            let Some(price) = price.filter(|price| price.is_positive()) else {
                continue;
            };
            entry.trade = Some(next);
            let ago = now.now.since(entry.at).as_millis();
            self.fills.push(Trade {
                id: next,
                order: order.id,
                symbol: order.symbol,
                side: order.side,
                price,
                quantity: entry.quantity,
                notional: entry.notional,
                fee: entry.fee,
                fee_asset: order.fee_asset(),
                is_maker: false,
                at: entry.at,
                elapsed: Elapsed::from_millis(now.elapsed.as_millis().saturating_sub(ago)),
            });
            next += 1;
        }
        self.snapshot.next_trade = next;
    }
}
