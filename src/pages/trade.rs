//! `/ui/trade` and what its forms do: place an order, bring money in, take it out, begin anew.
//!
//! What was done is said on the page that follows; what was not is said beside the form, which keeps what was typed.

use askama::Template;

use super::figure::Figure;
use super::frame::{self, Frame};
use super::login::see;
use super::order::id_of;
use super::order_search::status_text;
use super::order_terms::headline;
use super::route::Visit;
use super::ticket::{Ticket, number};
use crate::exchange::{CloseReason, Command, Exchange, Order, Outcome, Rejection};
use crate::http::{Problem, Query, Response};
use crate::units::{Amount, Asset, Timestamp};

/// Names that a field offers.
const NAMES_MAX: usize = 200;
/// What must be typed before everything is forgotten.
const CONFIRMATION: &str = "reset";

#[derive(Debug, Template)]
#[template(path = "trade.html")]
struct Trade {
    frame: Frame,
    typed: Typed,
    zone: String,
    symbols: Vec<String>,
    assets: Vec<(String, Figure)>,
    cash: String,
    confirmation: &'static str,
}

/// A form of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Place,
    Deposit,
    Withdraw,
    Reset,
}

/// What was typed, and what is wrong with it.
#[derive(Debug)]
struct Typed {
    ticket: Ticket,
    asset: String,
    money: String,
    error: Option<(Form, String)>,
}

impl Typed {
    fn read(visit: &Visit<'_>, form: Form, sent: Query<'_>) -> Result<Typed, Problem> {
        let text = |name: &str| -> Result<String, Problem> {
            let value = sent.get(name)?;
            Ok(value.map_or_else(String::new, |text| text.trim().to_owned()))
        };
        let mut ticket = Ticket::read(sent, visit.pages.context.fee_mode)?;
        let mut money = String::new();
        if form != Form::Place {
            money = std::mem::take(&mut ticket.amount);
        }
        Ok(Typed {
            ticket,
            asset: text("asset")?.to_ascii_uppercase(),
            money,
            error: None,
        })
    }

    fn money(&self) -> Result<(Asset, Amount), String> {
        let asset =
            Asset::parse_any_case(&self.asset).map_err(|why| format!("The asset {why}."))?;
        Ok((
            asset,
            number("amount", &self.money, Amount::parse_positive)?,
        ))
    }

    /// What is wrong with a form of the page.
    fn error_of(&self, form: Form) -> Option<&str> {
        let found = self.error.as_ref().filter(|(wrong, _)| *wrong == form);
        found.map(|(_, text)| text.as_str())
    }
}

/// The page with its forms.
pub(super) async fn page(visit: &Visit<'_>) -> Result<Response, Problem> {
    let typed = Typed::read(visit, Form::Place, visit.query())?;
    show(visit, typed, 200).await
}

async fn show(visit: &Visit<'_>, typed: Typed, status: u16) -> Result<Response, Problem> {
    type Names = (Timestamp, String, Vec<String>, Vec<(String, Figure)>);
    let look = |exchange: &Exchange| -> Names {
        let cash = exchange.rules().cash_asset;
        let free = |asset, free| {
            (
                Asset::to_string(&asset),
                Figure::of_asset(free, asset, cash),
            )
        };
        let symbols = exchange.markets().map(|(symbol, _)| symbol.to_string());
        let assets = exchange
            .accounts()
            .filter(|(_, account)| !account.is_empty())
            .map(|(asset, account)| free(asset, account.free));
        (
            exchange.moment().now,
            cash.to_string(),
            symbols.take(NAMES_MAX).collect(),
            assets.take(NAMES_MAX).collect(),
        )
    };
    let (now, cash, symbols, assets) = visit.pages.context.mailbox.look(look).await?;
    let mut response = frame::page(&Trade {
        frame: Frame::titled(visit, "Trade", now),
        typed,
        zone: visit.pages.zone.name().to_owned(),
        symbols,
        assets,
        cash,
        confirmation: CONFIRMATION,
    })?;
    response.status = status;
    Ok(response)
}

/// Does what a form asks for.
pub(super) async fn act(
    visit: &Visit<'_>,
    form: Form,
    sent: Query<'_>,
) -> Result<Response, Problem> {
    let mut typed = Typed::read(visit, form, sent)?;
    let done = match form {
        Form::Place => place(visit, &typed).await,
        Form::Deposit => move_money(visit, &typed, false).await,
        Form::Withdraw => move_money(visit, &typed, true).await,
        Form::Reset => {
            let word = sent.get("confirmation")?.unwrap_or_default();
            reset(visit, word.trim()).await
        }
    };
    match done {
        Ok(response) => Ok(response),
        Err(Refused { status, said }) => {
            typed.error = Some((form, said));
            show(visit, typed, status).await
        }
    }
}

/// Why nothing was done.
struct Refused {
    status: u16,
    said: String,
}

impl From<String> for Refused {
    fn from(said: String) -> Refused {
        Refused { status: 422, said }
    }
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Refused {
        Refused {
            status: problem.status,
            said: problem.detail,
        }
    }
}

/// Has a command carried out.
async fn carry_out(visit: &Visit<'_>, command: Command) -> Result<Outcome, Problem> {
    let mailbox = &visit.pages.context.mailbox;
    let outcome = mailbox.submit(command, |_, outcome| outcome).await?;
    outcome.map_err(Problem::from)
}

async fn place(visit: &Visit<'_>, typed: &Typed) -> Result<Response, Refused> {
    let mut order = typed.ticket.order(&visit.pages.zone)?;
    order.strict.rules = visit.pages.context.enforce_rules;
    // Placing is answered with the order.
    let Outcome::Placed(order) = carry_out(visit, Command::Place(order)).await? else {
        return Ok(see("/ui/orders"));
    };
    let said = match order.close_reason().and_then(CloseReason::reject) {
        Some(reason) => format!("The order was rejected: {reason}."),
        None => format!("Placed: {}.", headline(&order)),
    };
    Ok(say(visit, &path_of(&order), said))
}

async fn move_money(visit: &Visit<'_>, typed: &Typed, out: bool) -> Result<Response, Refused> {
    let (asset, amount) = typed.money()?;
    let (command, done) = if out {
        (Command::Withdraw(asset, amount), "Taken out")
    } else {
        (Command::Deposit(asset, amount), "Brought in")
    };
    carry_out(visit, command).await?;
    Ok(say(
        visit,
        "/ui/trade",
        format!("{done}: {amount} {asset}."),
    ))
}

async fn reset(visit: &Visit<'_>, word: &str) -> Result<Response, Refused> {
    if !word.eq_ignore_ascii_case(CONFIRMATION) {
        return Err(format!("Nothing was forgotten: type {CONFIRMATION} to confirm.").into());
    }
    carry_out(visit, Command::Reset).await?;
    let said = "All balances, orders and figures are forgotten; prices stay.";
    Ok(say(visit, "/ui/trade", said.to_owned()))
}

/// Takes an order back.
pub(super) async fn cancel(visit: &Visit<'_>) -> Result<Response, Problem> {
    let id = id_of(&visit.parameter)?;
    let mailbox = &visit.pages.context.mailbox;
    let outcome = mailbox
        .submit(Command::Cancel(id), |_, outcome| outcome)
        .await?;
    let said = match outcome {
        Ok(Outcome::Canceled(order, _)) => {
            format!("The order is closed: {}.", status_text(order.status()))
        }
        Err(Rejection::OrderNotOpen(_)) => "The order had been closed before.".to_owned(),
        Err(rejection) => return Err(rejection.into()),
        // Canceling is answered with the order.
        Ok(_) => String::new(),
    };
    Ok(say(visit, &format!("/ui/orders/{id}"), said))
}

fn path_of(order: &Order) -> String {
    format!("/ui/orders/{}", order.id)
}

/// Leads to a page that says it.
fn say(visit: &Visit<'_>, path: &str, said: String) -> Response {
    let name = visit.pages.sessions.note(said);
    see(format!("{path}?said={name}"))
}
