//! What happened, in lines for people.

use std::collections::{BTreeMap, BTreeSet};

use mockx::exchange::{
    Account, CloseReason, Event, Exchange, Filled, Flow, HistoryEntry, Order, Outcome, Rejection,
    Side,
};
use mockx::units::Asset;

/// The answer to a command, where it is more than what the events tell.
pub fn answer(answer: &Result<Outcome, Rejection>) -> Option<String> {
    match answer {
        Err(rejection) => Some(format!("refused: {rejection}")),
        Ok(Outcome::Placed(order)) => Some(line(order)),
        Ok(Outcome::Canceled(order, freed)) => {
            let (base, quote) = (order.symbol.base(), order.symbol.quote());
            Some(format!(
                "freed: {} {base}, {} {quote}",
                freed.base, freed.quote
            ))
        }
        Ok(Outcome::Replaced(replaced)) => {
            let canceled = match &replaced.canceled {
                Ok((order, _)) => format!("taken back: #{}", order.id.sequence()),
                Err(rejection) => format!("not taken back: {rejection}"),
            };
            Some(match &replaced.placed {
                Some(Ok(order)) => format!("{canceled}; placed: #{}", order.id.sequence()),
                Some(Err(rejection)) => format!("{canceled}; not placed: {rejection}"),
                None => format!("{canceled}; nothing placed"),
            })
        }
        Ok(Outcome::PairCanceled(orders, freed)) => {
            let (base, quote) = (orders[0].symbol.base(), orders[0].symbol.quote());
            Some(format!(
                "freed: {} {base}, {} {quote}",
                freed.base, freed.quote
            ))
        }
        Ok(
            Outcome::Done
            | Outcome::Balance(_)
            | Outcome::Ticker(_)
            | Outcome::PairPlaced(_)
            | Outcome::AllCanceled { .. },
        ) => None,
    }
}

/// Fills in their order, then the orders and balances that changed as they are now.
pub fn events(exchange: &Exchange, events: &[Event], start: u64) -> Vec<String> {
    let mut lines = Vec::new();
    let mut orders: BTreeMap<u64, Order> = BTreeMap::new();
    let mut assets: BTreeSet<Asset> = BTreeSet::new();
    for event in events {
        match event {
            Event::OrderOpen(id) => {
                orders.extend(
                    exchange
                        .order(*id)
                        .map(|order| (id.sequence(), order.clone())),
                );
            }
            Event::OrderClosed(order) => {
                orders.insert(order.id.sequence(), order.as_ref().clone());
            }
            Event::History(entry) => lines.extend(fill(entry, start)),
            Event::AccountChanged(asset) => {
                assets.insert(*asset);
            }
            Event::Reset => lines.push("reset".to_owned()),
            // Seen in the fills; and pruning goes on all the time.
            Event::Trade(_)
            | Event::TradesCounted(..)
            | Event::MarketTouched(_)
            | Event::RulesChanged(_)
            | Event::Prune { .. }
            | Event::PruneTrades { .. } => {}
        }
    }
    lines.extend(orders.values().map(line));
    let accounts = assets
        .iter()
        .map(|asset| (*asset, exchange.account(*asset).unwrap_or_default()));
    lines.extend(accounts.map(|(asset, account)| balance(asset, &account)));
    lines
}

/// The whole state of something.
pub fn show(exchange: &Exchange, what: &str) -> Result<Vec<String>, String> {
    let accounts = || {
        exchange
            .accounts()
            .filter(|(_, account)| !account.is_empty())
    };
    Ok(match what {
        "orders" => exchange.open_orders().map(line).collect(),
        "balances" => accounts()
            .map(|(asset, account)| balance(asset, account))
            .collect(),
        "pockets" => exchange
            .accounts()
            .map(|(asset, account)| pockets(asset, account))
            .collect(),
        "flows" => exchange
            .accounts()
            .map(|(asset, account)| flows(asset, account))
            .collect(),
        "trades" => exchange
            .trades()
            .map(|(side, symbol, totals)| {
                let (count, amount) = (totals.count, totals.amount);
                let side = side.as_str();
                format!(
                    "{side} {symbol}: {count} fills, {amount} for {}, fees {}",
                    totals.notional, totals.fee
                )
            })
            .collect(),
        _ => return Err(format!("{what} cannot be shown")),
    })
}

fn fill(entry: &HistoryEntry, start: u64) -> Option<String> {
    let price = entry.price.filter(|_| entry.quantity.is_positive())?;
    let at = entry.at.as_millis() - start;
    let (order, quantity) = (entry.order.sequence(), entry.quantity);
    let (notional, fee) = (entry.notional, entry.fee);
    Some(format!(
        "{at} ms: #{order} trades {quantity} at {price} = {notional}, fee {fee}"
    ))
}

fn line(order: &Order) -> String {
    let (id, side, symbol) = (order.id.sequence(), order.side.as_str(), order.symbol);
    let limit = order
        .limit_price()
        .map_or(" market".to_owned(), |price| format!(" limit {price}"));
    let status = order.status().as_str();
    let head = format!("#{id} {side} {} {symbol}{limit}: {status}", order.quantity);
    let filled = order.average_price().map(|price| {
        let Filled {
            quantity,
            notional,
            fee,
            ..
        } = order.filled;
        format!(", {quantity} filled at {price} for {notional} + {fee}")
    });
    let hold = order.hold();
    let holds = order.is_open().then(|| match order.side {
        Side::Buy => format!(", holds {} + {}", hold.notional, hold.fee),
        Side::Sell => format!(", holds {} and {}", hold.base, hold.fee),
    });
    let reason = order.close_reason().and_then(CloseReason::reject);
    let reason = reason.map(|reason| format!("; {reason}"));
    [Some(head), filled, holds, reason]
        .into_iter()
        .flatten()
        .collect()
}

fn balance(asset: Asset, account: &Account) -> String {
    format!("{asset} free {} held {}", account.free, account.held)
}

fn pockets(asset: Asset, account: &Account) -> String {
    let (fees, market, outside) = (account.fees, account.market, account.outside);
    format!(
        "{}, fees {fees}, market {market}, outside {outside}",
        balance(asset, account)
    )
}

fn flows(asset: Asset, account: &Account) -> String {
    let flow = |flow: Flow| format!("{} worth {}", flow.quantity, flow.value);
    format!(
        "{asset} in {}, out {}",
        flow(account.deposits),
        flow(account.withdrawals)
    )
}
