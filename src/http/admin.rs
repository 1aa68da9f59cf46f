//! What only the owner does: prices and balances by hand, a fresh start, the next rows of a replay.

use serde::Deserialize;

use super::balances;
use super::fields::{Field, body, invalid, number, required, text};
use super::message::Response;
use super::names;
use super::problem::Problem;
use super::router::Call;
use crate::exchange::{Command, Exchange, NewBalance, NewPrice, Outcome};
use crate::shapes::json::document;
use crate::shapes::ticker::write_ticker;
use crate::status::ReplayStatus;
use crate::stepper::{NotStepping, STEP_ROWS_MAX};
use crate::units::{Amount, Exact, Invalid, Price, Quantity};
use crate::verifier::NotVerified;

#[derive(Deserialize)]
struct PriceBody<'a> {
    #[serde(borrow)]
    price: Field<'a>,
    #[serde(borrow)]
    bid_volume: Field<'a>,
    #[serde(borrow)]
    ask_volume: Field<'a>,
}

/// `PATCH /admin/tickers/{symbol}/price`: the ticker after it; the symbol's orders have met it by then.
pub(super) async fn set_price(call: &Call<'_>) -> Result<Response, Problem> {
    // Here the symbol is the thing that is changed, so an unknown one is a path that leads nowhere.
    let not_found = |problem: Problem| Problem {
        status: if problem.code == "unknown_symbol" {
            404
        } else {
            problem.status
        },
        ..problem
    };
    let symbol = names::known_case(call.context, "symbol", &call.parameter)
        .await
        .map_err(not_found)?;
    let body: PriceBody<'_> = body(call.request)?;
    let price = number("price", body.price, Price::parse)?;
    let command = Command::SetPrice(NewPrice {
        symbol,
        price: required("price", price)?,
        bid_quantity: number("bid_volume", body.bid_volume, quantity)?,
        ask_quantity: number("ask_volume", body.ask_volume, quantity)?,
    });
    let render = move |exchange: &Exchange, outcome| {
        let mut out = Vec::with_capacity(256);
        // Setting a price is answered with the ticker.
        if let (Outcome::Ticker(ticker), Some(market)) = (outcome, exchange.market(symbol)) {
            write_ticker(&mut out, &ticker, market, exchange.moment().elapsed);
        }
        out
    };
    let ticker = call.context.mailbox.submit(command, render).await?;
    Ok(Response::json(
        200,
        ticker.map_err(|why| not_found(why.into()))?,
    ))
}

fn quantity(text: &str) -> Result<Quantity, Invalid> {
    Quantity::try_new(Exact::parse(text)?)
}

#[derive(Deserialize)]
struct BalanceBody<'a> {
    #[serde(borrow)]
    free: Field<'a>,
    #[serde(borrow)]
    used: Field<'a>,
}

/// `PATCH /admin/balance/{asset}`: sets the row as it stands; a figure that is not given stays.
pub(super) async fn set_balance(call: &Call<'_>) -> Result<Response, Problem> {
    let asset = names::asset("asset", &call.parameter)?;
    let body: BalanceBody<'_> = body(call.request)?;
    let amount = |text: &str| Amount::try_new(Exact::parse(text)?);
    let free = number("free", body.free, amount)?;
    let held = number("used", body.used, amount)?;
    if free.is_none() && held.is_none() {
        return Err(invalid("free", "or `used` is required"));
    }
    let command = Command::SetBalance(NewBalance { asset, free, held });
    balances::change(call, asset, command).await
}

#[derive(Deserialize)]
struct FundBody<'a> {
    #[serde(borrow)]
    asset: Field<'a>,
    #[serde(borrow)]
    amount: Field<'a>,
}

/// `POST /admin/fund`: a deposit.
pub(super) async fn fund(call: &Call<'_>) -> Result<Response, Problem> {
    let body: FundBody<'_> = body(call.request)?;
    let name = required("asset", text("asset", body.asset)?)?;
    let asset = names::asset("asset", &name)?;
    let amount = number("amount", body.amount, Amount::parse_positive)?;
    let amount = required("amount", amount)?;
    balances::change(call, asset, Command::Deposit(asset, amount)).await
}

/// `DELETE /admin/data`: balances, orders, counters and accounts are gone, prices stay.
pub(super) async fn reset(call: &Call<'_>) -> Result<Response, Problem> {
    let done = |_: &Exchange, _| ();
    call.context.mailbox.submit(Command::Reset, done).await??;
    Ok(Response::json(200, br#"{"status":"ok"}"#.to_vec()))
}

#[derive(Deserialize)]
struct StepBody<'a> {
    #[serde(borrow)]
    rows: Field<'a>,
}

/// `POST /admin/replay/step`: answers when the next rows have been matched.
pub(super) async fn step(call: &Call<'_>) -> Result<Response, Problem> {
    let body: StepBody<'_> = body(call.request)?;
    let rows = required("rows", number("rows", body.rows, Exact::parse)?)?;
    let rows = rows
        .to_whole(1)
        .filter(|rows| (1..=STEP_ROWS_MAX).contains(rows))
        .ok_or_else(|| {
            let bounds = format!("must be a whole number from 1 to {STEP_ROWS_MAX}");
            invalid("rows", bounds)
        })?;
    let stepper = call.context.stepper.as_ref();
    let position = stepper.ok_or(NotStepping::NotStepped)?.step(rows).await?;
    let answer = document(|members| put_replay(members, position));
    Ok(Response::json(200, answer))
}

/// `POST /admin/mirror/verify`: answers when every key of the mirror has been compared.
pub(super) async fn verify_mirror(call: &Call<'_>) -> Result<Response, Problem> {
    let verifier = call.context.verifier.as_ref();
    let found = verifier.ok_or(NotVerified::NoMirror)?.verify().await?;
    let told = u64::try_from(found.differences.len()).unwrap_or(u64::MAX);
    let differ = told.saturating_add(found.more);
    let answer = document(|members| {
        members.put("equal", differ == 0);
        members.put("keys", found.keys);
        members.put("differ", differ);
        members.array("differences", |items| {
            for difference in &found.differences {
                items.put(difference);
            }
        });
    });
    Ok(Response::json(200, answer))
}

/// The members that tell where a replay is.
pub(super) fn put_replay(members: &mut crate::shapes::json::Members<'_>, position: ReplayStatus) {
    members.put("rows", position.rows);
    members.put("finished", position.finished);
    members.put("ts", position.at);
}
