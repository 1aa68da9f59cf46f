//! The portfolio: `/balance`.

use serde::Deserialize;

use super::fields::{Field, body, number, required};
use super::message::Response;
use super::names;
use super::problem::Problem;
use super::router::Call;
use crate::exchange::{Account, Command, Exchange};
use crate::shapes::balance::write_row;
use crate::shapes::json::{array, document};
use crate::units::{Amount, Asset};

/// `GET /balance`: a row for every asset that there is some of.
pub(super) async fn all(call: &Call<'_>) -> Result<Response, Problem> {
    let render = |exchange: &Exchange| {
        document(|rows| {
            for (asset, account) in listed(exchange) {
                write_row(rows.name(asset.as_str()), asset, account);
            }
        })
    };
    Ok(Response::json(
        200,
        call.context.mailbox.look(render).await?,
    ))
}

/// `GET /balance/list`: the same assets by name.
pub(super) async fn list(call: &Call<'_>) -> Result<Response, Problem> {
    let render = |exchange: &Exchange| {
        let count = listed(exchange).count();
        document(|members| {
            members.put("length", count);
            members.put("count", count);
            array(members.name("assets"), |items| {
                for (asset, _) in listed(exchange) {
                    items.put(asset);
                }
            });
        })
    };
    Ok(Response::json(
        200,
        call.context.mailbox.look(render).await?,
    ))
}

/// `GET /balance/{asset}`: its row, or an empty object where there is nothing of it.
pub(super) async fn one(call: &Call<'_>) -> Result<Response, Problem> {
    let asset = names::asset("asset", &call.parameter)?;
    let render = move |exchange: &Exchange| match exchange.account(asset) {
        Some(account) if !account.is_empty() => row(asset, &account),
        _ => b"{}".to_vec(),
    };
    Ok(Response::json(
        200,
        call.context.mailbox.look(render).await?,
    ))
}

/// `POST /balance/{asset}/deposit`.
pub(super) async fn deposit(call: &Call<'_>) -> Result<Response, Problem> {
    let asset = names::asset("asset", &call.parameter)?;
    let amount = amount(call)?;
    change(call, asset, Command::Deposit(asset, amount)).await
}

/// `POST /balance/{asset}/withdrawal`.
pub(super) async fn withdraw(call: &Call<'_>) -> Result<Response, Problem> {
    let asset = names::asset("asset", &call.parameter)?;
    let amount = amount(call)?;
    change(call, asset, Command::Withdraw(asset, amount)).await
}

/// Has a command carried out, and answers with the row of the asset after it.
pub(super) async fn change(
    call: &Call<'_>,
    asset: Asset,
    command: Command,
) -> Result<Response, Problem> {
    let render = move |exchange: &Exchange, _| {
        let account = exchange.account(asset).unwrap_or_default();
        row(asset, &account)
    };
    let row = call.context.mailbox.submit(command, render).await??;
    Ok(Response::json(200, row))
}

#[derive(Deserialize)]
struct AmountBody<'a> {
    #[serde(borrow)]
    amount: Field<'a>,
}

fn amount(call: &Call<'_>) -> Result<Amount, Problem> {
    let body: AmountBody<'_> = body(call.request)?;
    let amount = number("amount", body.amount, Amount::parse_positive)?;
    required("amount", amount)
}

fn listed(exchange: &Exchange) -> impl Iterator<Item = (Asset, &Account)> {
    exchange
        .accounts()
        .filter(|(_, account)| !account.is_empty())
}

fn row(asset: Asset, account: &Account) -> Vec<u8> {
    let mut out = Vec::with_capacity(128);
    write_row(&mut out, asset, account);
    out
}
