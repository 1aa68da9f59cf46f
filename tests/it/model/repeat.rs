//! The same again: neither a restart nor what happens elsewhere changes what chance gives.

use mockx::exchange::{Command, Event, Exchange, Rules, Ticker};
use mockx::units::{Amount, Asset, Price, Quantity, Symbol, Timestamp};

use super::steps::{self, Step};
use super::{Clocks, generated};

/// An exchange that is interrupted, or disturbed, between two commands where `between` says so.
fn events_of(
    rules: &Rules,
    steps: &[Step],
    mut between: impl FnMut(usize, Exchange) -> Result<Exchange, String>,
) -> Result<(Exchange, Vec<Event>), String> {
    let (mut exchange, mut events) = (Exchange::new(rules.clone()), Vec::new());
    let mut clocks = Clocks::new();
    for (number, step) in steps.iter().enumerate() {
        clocks.pass(step);
        let command = step.command(exchange.next_order(), clocks.moment());
        // A refusal is as good as an answer here: it must come again.
        let answer = exchange.handle(clocks.moment(), command);
        events.extend(exchange.take_events());
        if matches!(step, Step::Reset) && answer.is_err() {
            return Err("a reset was refused".to_owned());
        }
        exchange = between(number, exchange)?;
    }
    Ok((exchange, events))
}

/// A coin that falls the same way for the same step of the same sequence.
fn heads(rules: &Rules, number: usize) -> bool {
    let mixed = (rules.seed ^ number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 33).is_multiple_of(5)
}

#[test]
fn a_restart_at_any_point_changes_nothing() {
    generated(steps::chancy_rules(), 30, |rules, steps| {
        let (whole, events) = events_of(rules, steps, |_, exchange| Ok(exchange))?;
        let (parts, again) = events_of(rules, steps, |number, exchange| {
            if !heads(rules, number) {
                return Ok(exchange);
            }
            Exchange::restore(rules.clone(), exchange.snapshot())
                .map_err(|broken| broken.to_string())
        })?;
        if events != again {
            return Err("the events differ".to_owned());
        }
        if whole != parts || whole.digest() != parts.digest() {
            return Err("the states differ".to_owned());
        }
        Ok(())
    });
}

#[test]
fn what_happens_to_another_symbol_changes_no_draw() {
    let elsewhere = Symbol::parse("SOL/EUR").unwrap();
    generated(steps::chancy_rules(), 20, |rules, steps| {
        let (alone, events) = events_of(rules, steps, |_, exchange| Ok(exchange))?;
        let (beside, mut again) = events_of(rules, steps, |number, mut exchange| {
            if heads(rules, number) {
                disturb(&mut exchange, elsewhere, number);
            }
            Ok(exchange)
        })?;
        again.retain(|event| !concerns(event, elsewhere));
        if events != again {
            return Err("the events differ".to_owned());
        }
        let orders = |exchange: &Exchange| exchange.open_orders().cloned().collect::<Vec<_>>();
        if orders(&alone) != orders(&beside) {
            return Err("the open orders differ".to_owned());
        }
        Ok(())
    });
}

/// Ticks and money of a symbol that shares nothing with the others; no order, since delays are drawn by order id.
fn disturb(exchange: &mut Exchange, symbol: Symbol, number: usize) {
    let last = Price::parse(&format!("{}", number + 1)).unwrap();
    let quantity = Some(Quantity::parse_positive("3").unwrap());
    let ticker = Ticker {
        symbol,
        last,
        bid: None,
        ask: None,
        bid_quantity: quantity,
        ask_quantity: quantity,
        at: Timestamp::default(),
    };
    let moment = exchange.moment();
    exchange
        .handle(moment, Command::ApplyTickers(vec![ticker]))
        .unwrap();
    for asset in [symbol.base(), symbol.quote()] {
        let amount = Amount::parse_positive("7").unwrap();
        exchange
            .handle(moment, Command::Deposit(asset, amount))
            .unwrap();
    }
}

fn concerns(event: &Event, symbol: Symbol) -> bool {
    let of = |asset: &Asset| *asset == symbol.base() || *asset == symbol.quote();
    matches!(event, Event::AccountChanged(asset) if of(asset))
}
