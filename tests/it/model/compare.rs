//! Is the exchange where the naive one is?

use std::fmt::Debug;

use mockx::exchange::{
    Account, CloseReason, Depth, Event, Exchange, FillPrice, Flow, Order, Outcome, RejectReason,
    Rejection, Side, Stage,
};
use mockx::units::{Amount, Price};

use super::naive::{Naive, Placed, Refusal};
use super::number::Number;

/// Says what differs.
fn same<T: PartialEq + Debug>(what: &str, real: &T, naive: &T) -> Result<(), String> {
    if real == naive {
        Ok(())
    } else {
        Err(format!("{what}: exchange {real:?}, naive {naive:?}"))
    }
}

/// The answers to one command.
pub fn answers(
    real: &Result<Outcome, Rejection>,
    naive: Result<(), Refusal>,
) -> Result<(), String> {
    let real = real
        .as_ref()
        .map(|_| ())
        .map_err(|rejection| match rejection {
            Rejection::UnknownSymbol(_) => Refusal::UnknownSymbol,
            Rejection::NotTrading(_) => Refusal::NotTrading,
            Rejection::NoPrice(_) => Refusal::NoPrice,
            Rejection::UnknownAsset(_) => Refusal::UnknownAsset,
            Rejection::UnknownOrder(_) => Refusal::UnknownOrder,
            Rejection::OrderNotOpen(_) => Refusal::OrderNotOpen,
            Rejection::Terms(_) => Refusal::Terms,
            Rejection::UnknownPair(_) => Refusal::UnknownPair,
            Rejection::PairPrices => Refusal::PairPrices,
            Rejection::Restricted => Refusal::Restricted,
            Rejection::DateHasPassed => Refusal::Date,
            Rejection::DuplicateClientId { .. } => Refusal::Duplicate,
            Rejection::WouldMatch => Refusal::WouldMatch,
            Rejection::WouldTrigger => Refusal::WouldTrigger,
            Rejection::TrailingDelta(_) => Refusal::Terms,
            Rejection::InsufficientFunds { .. } => Refusal::Funds,
            Rejection::NotExact(_)
            | Rejection::OldPrice(_)
            | Rejection::Filter(_)
            | Rejection::TooManyTrailing(_)
            | Rejection::TooManyOpenOrders(_)
            | Rejection::TooManySymbols(_) => Refusal::Digits,
        });
    same("answer", &real, &naive)
}

/// What was said beforehand of an order, and the order in the answer: it is the one that the exchange has now.
pub fn placing(
    exchange: &Exchange,
    expected: &Result<Result<(), RejectReason>, Rejection>,
    answer: &Result<Outcome, Rejection>,
    events: &[Event],
) -> Result<(), String> {
    let (expected, placed) = match (expected, answer) {
        (Ok(expected), Ok(Outcome::Placed(placed))) => (expected, placed),
        (Err(expected), Err(refused)) => return same("refusal", refused, expected),
        (expected, answer) => return Err(format!("{expected:?} was expected of {answer:?}")),
    };
    let reason = match placed.close_reason() {
        Some(CloseReason::Rejected(reason @ RejectReason::InsufficientFunds { .. })) => Err(reason),
        _ => Ok(()),
    };
    same("what was said beforehand", &reason, expected)?;
    let closed = Event::OrderClosed(placed.clone());
    let told = if placed.is_open() {
        exchange.order(placed.id) == Some(placed)
    } else {
        events.contains(&closed)
    };
    same("the answer is the order as it is now", &told, &true)
}

/// Everything that both keep, after one command with these events.
pub fn states(exchange: &Exchange, naive: &mut Naive, events: &[Event]) -> Result<(), String> {
    same("wall clock", &exchange.moment().now.as_millis(), &naive.now)?;
    same("next order", &exchange.next_order(), &naive.next)?;
    pruned(naive, events)?;
    closed(naive, events)?;
    let open: Vec<&Placed> = naive
        .orders
        .iter()
        .filter(|order| order.is_open())
        .collect();
    same("open orders", &exchange.open_count(), &open.len())?;
    for placed in open {
        let real = exchange.order(mockx::units::OrderId::new(placed.id));
        order(
            real.ok_or_else(|| format!("order {} is not open", placed.id))?,
            placed,
        )?;
    }
    let trades: Vec<Number> = events.iter().filter_map(traded).collect();
    same("trades", &trades, &std::mem::take(&mut naive.traded))?;
    accounts(exchange, naive)?;
    depths(exchange, naive)?;
    same(
        "totals of trades",
        &exchange.trades().count(),
        &naive.totals.len(),
    )?;
    for ((side, symbol), (count, sums)) in &naive.totals {
        let real = exchange
            .trade_totals(*side, *symbol)
            .copied()
            .unwrap_or_default();
        same("count of trades", &real.count, count)?;
        let figures = [real.amount, real.notional, real.fee, real.base_fee];
        figures
            .into_iter()
            .zip(sums)
            .try_for_each(|(real, sum)| shown("trades", real, *sum))?;
    }
    Ok(())
}

fn accounts(exchange: &Exchange, naive: &Naive) -> Result<(), String> {
    for (asset, _) in exchange.accounts() {
        if !naive.wallets.contains_key(&asset)
            && !exchange
                .account(asset)
                .is_none_or(|a| a == Account::default())
        {
            return Err(format!("an account of {asset} out of nothing"));
        }
    }
    for (asset, wallet) in &naive.wallets {
        let real = exchange.account(*asset).unwrap_or_default();
        let drift = wallet.held - naive.holds(*asset);
        let pairs = [
            ("free", real.free, wallet.free),
            ("held", real.held, wallet.held),
            ("fees", real.fees, wallet.fees),
            ("market", real.market, wallet.market),
            ("outside", real.outside, wallet.outside),
            ("drift", real.drift, drift),
        ];
        for (what, real, naive) in pairs {
            same(
                &format!("{asset} {what}"),
                &Number::of(real.exact()),
                &naive,
            )?;
        }
        same(
            &format!("{asset} decimals"),
            &real.decimals,
            &wallet.decimals,
        )?;
        flow("deposits", real.deposits, wallet.deposits)?;
        flow("withdrawals", real.withdrawals, wallet.withdrawals)?;
    }
    Ok(())
}

fn flow(what: &str, real: Flow, [quantity, value]: [Number; 2]) -> Result<(), String> {
    shown(what, real.quantity, quantity)?;
    shown(what, real.value, value)
}

/// Running totals may lose their last decimals once they have too many digits.
fn shown(what: &str, real: Amount, naive: Number) -> Result<(), String> {
    let real = Number::of(real.exact());
    let near = naive > Number::read("100000") && (real - naive).size() < Number::read("0.001");
    if near {
        Ok(())
    } else {
        same(what, &real, &naive)
    }
}

fn depths(exchange: &Exchange, naive: &Naive) -> Result<(), String> {
    for pair in &naive.pairs {
        let market = exchange.market(pair.symbol).ok_or("a market is missing")?;
        same("trading", &market.trading, &pair.trading)?;
        same("source", &market.source, &pair.source)?;
        for (side, depth) in [
            (Side::Buy, market.ask_depth),
            (Side::Sell, market.bid_depth),
        ] {
            let real = match depth {
                // Not asked for in this tick: the naive exchange has the whole offer.
                Depth::Undrawn => continue,
                Depth::Unlimited => None,
                Depth::Left(quantity) => Some(Number::of(quantity.exact())),
            };
            same(
                &format!("{} left for {side:?}", pair.symbol),
                &real,
                &pair.left[side as usize],
            )?;
        }
    }
    Ok(())
}

/// What a trade moved, with its fee.
fn traded(event: &Event) -> Option<Number> {
    if let Event::Trade(trade) = event {
        let maker = Number::read(if trade.is_maker { "1000000" } else { "0" });
        Some(Number::of(trade.quantity.exact()) + Number::of(trade.fee.exact()) + maker)
    } else {
        None
    }
}

fn pruned(naive: &mut Naive, events: &[Event]) -> Result<(), String> {
    let told = events.iter().filter_map(|event| match event {
        Event::Prune { updated_before } => Some(updated_before.as_millis()),
        Event::OrderOpen(_)
        | Event::OrderClosed(_)
        | Event::History(_)
        | Event::AccountChanged(_)
        | Event::TradesCounted(..)
        | Event::MarketTouched(_)
        | Event::Trade(_)
        | Event::PruneTrades { .. }
        | Event::RulesChanged(_)
        | Event::Reset => None,
    });
    same(
        "prunings",
        &told.collect(),
        &std::mem::take(&mut naive.pruned),
    )
}

/// The orders that ended; the naive exchange forgets them afterwards.
fn closed(naive: &mut Naive, events: &[Event]) -> Result<(), String> {
    for event in events {
        if let Event::OrderClosed(real) = event {
            // A reset has forgotten those that ended just before it.
            let ended = |placed: &Placed| placed.id == real.id.sequence() && !placed.is_open();
            match naive.orders.iter().position(ended) {
                Some(index) => order(real, &naive.orders.remove(index))?,
                None if events.contains(&Event::Reset) => {}
                None => return Err(format!("order {} is closed", real.id)),
            }
        }
    }
    match naive.orders.iter().find(|placed| !placed.is_open()) {
        Some(placed) => Err(format!("order {} should be closed", placed.id)),
        None => Ok(()),
    }
}

fn order(real: &Order, naive: &Placed) -> Result<(), String> {
    let hold = real.hold();
    let seen = Placed {
        id: real.id.sequence(),
        symbol: real.symbol,
        side: real.side,
        limit: real.limit_price().map(|price| Number::of(price.exact())),
        quantity: Number::of(real.quantity.exact()),
        filled: Number::of(real.filled.quantity.exact()),
        notional: Number::of(real.filled.notional.exact()),
        fee: Number::of(real.filled.fee.exact()),
        booked: [real.booked.notional, real.booked.fee].map(|amount| Number::of(amount.exact())),
        hold: [hold.notional, hold.fee].map(|amount| Number::of(amount.exact())),
        created_at: real.placed_at.as_millis(),
        updated_at: real.updated_at.as_millis(),
        closed_at: real.closed_at().map(mockx::units::Timestamp::as_millis),
        history: real.history_count,
        terms: real.terms,
        armed: real.stage() == Some(Stage::Armed),
        good_till: real.deadline.map(mockx::units::Elapsed::as_millis),
        pair: real
            .pair
            .as_ref()
            .map(|pair| (pair.other.sequence(), pair.client_id)),
        ended: (!real.is_open()).then(|| real.status()),
        ..naive.clone()
    };
    same("order", &seen, naive)?;
    same("status", &real.status(), &naive.status())?;
    same(
        "remaining",
        &Number::of(real.remaining().exact()),
        &naive.remaining(),
    )?;
    average(real)
}

/// The average price lies between the prices of the fills; here: it gives back what was paid, to its digits.
fn average(real: &Order) -> Result<(), String> {
    let Some(price) = real.average_price() else {
        return same(
            "filled without a price",
            &real.filled.quantity.is_zero(),
            &true,
        );
    };
    let FillPrice::Mixed = real.filled.price else {
        return Ok(());
    };
    let paid = Number::of(Price::exact(price));
    let again = paid.times(
        Number::of(real.filled.quantity.exact()),
        16,
        super::number::Cut::Half,
    );
    let off = again.map(|again| (again - Number::of(real.filled.notional.exact())).size());
    let near = off.is_none_or(|off| off < Number::read("0.00000001"));
    same("average price gives the notional", &near, &true)
}
