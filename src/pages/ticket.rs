//! The form that places an order: what was typed, and the order that it makes.
//!
//! It knows every kind of order that the exchange knows. What does not fit the kind is an error and not left out: nobody
//! is to get another order than the form says.

use super::order_search::Choice;
use super::time::Zone;
use crate::exchange::{
    Execution, FeeMode, Level, NewOrder, OrderKind, Side, Strict, Terms, TimeInForce, Trigger,
    TriggerKind,
};
use crate::http::{Problem, Query};
use crate::units::{Amount, ClientId, Price, Quantity, Symbol};

/// The kinds: word, label, whether it has a limit price, what it waits for.
const KINDS: [(&str, &str, bool, Option<TriggerKind>); 6] = [
    ("market", "Market", false, None),
    ("limit", "Limit", true, None),
    ("stop_loss", "Stop loss", false, Some(TriggerKind::StopLoss)),
    (
        "stop_loss_limit",
        "Stop loss limit",
        true,
        Some(TriggerKind::StopLoss),
    ),
    (
        "take_profit",
        "Take profit",
        false,
        Some(TriggerKind::TakeProfit),
    ),
    (
        "take_profit_limit",
        "Take profit limit",
        true,
        Some(TriggerKind::TakeProfit),
    ),
];
const SIDES: [(&str, &str); 2] = [("buy", "Buy"), ("sell", "Sell")];
const TIMES: [(&str, &str); 4] = [
    ("gtc", "Until cancelled"),
    ("gtd", "Until a date"),
    ("ioc", "At once or never"),
    ("fok", "All at once or never"),
];
const FEES: [(&str, &str); 2] = [("quote", "Quote asset"), ("received", "What is received")];

/// What was typed.
#[derive(Debug, Default)]
pub(super) struct Ticket {
    pub(super) symbol: String,
    pub(super) side: String,
    pub(super) kind: String,
    pub(super) amount: String,
    pub(super) quote_amount: String,
    pub(super) limit_price: String,
    pub(super) trigger_price: String,
    pub(super) trail: String,
    pub(super) time: String,
    pub(super) date: String,
    pub(super) fees: String,
    pub(super) client_id: String,
    pub(super) post_only: bool,
    pub(super) at_once: bool,
}

impl Ticket {
    /// Reads the form; where it says nothing of fees, `fees` is the default.
    pub(super) fn read(sent: Query<'_>, fees: FeeMode) -> Result<Ticket, Problem> {
        let text = |name: &str| -> Result<String, Problem> {
            let value = sent.get(name)?;
            Ok(value.map_or_else(String::new, |text| text.trim().to_owned()))
        };
        let or = |name: &str, default: &str| -> Result<String, Problem> {
            let given = text(name)?;
            Ok(if given.is_empty() {
                default.to_owned()
            } else {
                given
            })
        };
        Ok(Ticket {
            symbol: text("symbol")?.to_ascii_uppercase(),
            side: or("side", "buy")?,
            kind: or("type", "market")?,
            amount: text("amount")?,
            quote_amount: text("quote_amount")?,
            limit_price: text("limit_price")?,
            trigger_price: text("trigger_price")?,
            trail: text("trail")?,
            time: or("time_in_force", "gtc")?,
            date: text("date")?,
            fees: or(
                "fees",
                match fees {
                    FeeMode::Quote => "quote",
                    FeeMode::Received => "received",
                },
            )?,
            client_id: text("client_id")?,
            post_only: !text("post_only")?.is_empty(),
            at_once: !text("at_once")?.is_empty(),
        })
    }

    /// The order, or what is wrong.
    pub(super) fn order(&self, zone: &Zone) -> Result<NewOrder, String> {
        let symbol = Symbol::parse(&self.symbol)
            .map_err(|_| "The symbol must be a pair such as BTC/USDT.".to_owned())?;
        let side = chosen("side", &self.side, &SIDES)?;
        let side = if side == 1 { Side::Sell } else { Side::Buy };
        let kinds = KINDS.map(|(word, label, ..)| (word, label));
        let (_, label, has_limit, waits) = KINDS[chosen("type", &self.kind, &kinds)?];
        let label = label.to_lowercase();
        let kind = if has_limit {
            OrderKind::Limit {
                price: number("limit price", &self.limit_price, Price::parse)?,
            }
        } else {
            unwanted("limit price", &self.limit_price, &label)?;
            OrderKind::Market
        };
        let quote_amount = if self.quote_amount.is_empty() {
            None
        } else if has_limit {
            return Err(format!(
                "A {label} order is for a quantity: clear the total."
            ));
        } else if self.amount.is_empty() {
            let total = number("total", &self.quote_amount, Amount::parse_positive)?;
            Some(total)
        } else {
            return Err("Give a quantity or a total, not both.".to_owned());
        };
        let quantity = match quote_amount {
            Some(_) => Quantity::ZERO,
            None => number("quantity", &self.amount, Quantity::parse_positive)?,
        };
        Ok(NewOrder {
            symbol,
            side,
            kind,
            quantity,
            terms: Terms {
                time_in_force: self.time_in_force(zone)?,
                post_only: self.post_only,
                execution: if self.at_once {
                    Execution::AtOnce
                } else {
                    Execution::Ticks
                },
                fee_mode: if chosen("fee", &self.fees, &FEES)? == 1 {
                    FeeMode::Received
                } else {
                    FeeMode::Quote
                },
                trigger: self.trigger(waits, &label)?,
                quote_amount,
                client_id: match self.client_id.as_str() {
                    "" => None,
                    text => Some(
                        ClientId::parse(text)
                            .map_err(|why| format!("The client order id {why}."))?,
                    ),
                },
            },
            strict: Strict::default(),
        })
    }

    fn trigger(&self, waits: Option<TriggerKind>, label: &str) -> Result<Option<Trigger>, String> {
        let Some(kind) = waits else {
            unwanted("trigger price", &self.trigger_price, label)?;
            unwanted("trailing distance", &self.trail, label)?;
            return Ok(None);
        };
        let level = if self.trail.is_empty() {
            Level::At(number("trigger price", &self.trigger_price, Price::parse)?)
        } else {
            let from = match self.trigger_price.as_str() {
                "" => None,
                text => Some(number("trigger price", text, Price::parse)?),
            };
            let bips = bips(&self.trail).ok_or(
                "The trailing distance must be a number of percent with at most two decimals.",
            )?;
            Level::Trail { bips, from }
        };
        Ok(Some(Trigger { kind, level }))
    }

    fn time_in_force(&self, zone: &Zone) -> Result<TimeInForce, String> {
        let time = chosen("time", &self.time, &TIMES)?;
        if time != 1 && !self.date.is_empty() {
            return Err(
                "Only an order that is good until a date has one: choose that, or clear it."
                    .to_owned(),
            );
        }
        Ok(match time {
            0 => TimeInForce::GoodTillCancelled,
            1 => TimeInForce::GoodTill(
                zone.read(&self.date)
                    .ok_or("The date must be a time such as 2026-01-31T18:00.")?,
            ),
            2 => TimeInForce::ImmediateOrCancel,
            _ => TimeInForce::FillOrKill,
        })
    }

    /// What a select shows.
    pub(super) fn sides(&self) -> Vec<Choice> {
        choices(&self.side, &SIDES)
    }

    /// What a select shows.
    pub(super) fn kinds(&self) -> Vec<Choice> {
        choices(&self.kind, &KINDS.map(|(word, label, ..)| (word, label)))
    }

    /// What a select shows.
    pub(super) fn times(&self) -> Vec<Choice> {
        choices(&self.time, &TIMES)
    }

    /// What a select shows.
    pub(super) fn fee_modes(&self) -> Vec<Choice> {
        choices(&self.fees, &FEES)
    }

    /// Whether something is typed where most people type nothing.
    pub(super) fn has_terms(&self) -> bool {
        self.post_only || self.at_once || self.time != "gtc" || !self.client_id.is_empty()
    }
}

fn choices(given: &str, all: &[(&str, &str)]) -> Vec<Choice> {
    let choice = |&(word, label): &(&str, &str)| Choice {
        value: word.to_owned(),
        label: label.to_owned(),
        chosen: word == given,
    };
    all.iter().map(choice).collect()
}

/// Which of the choices it is.
fn chosen(name: &str, given: &str, all: &[(&str, &str)]) -> Result<usize, String> {
    let found = all.iter().position(|&(word, _)| word == given);
    found.ok_or_else(|| {
        let words: Vec<&str> = all.iter().map(|&(word, _)| word).collect();
        format!("The {name} must be one of {}.", words.join(", "))
    })
}

fn unwanted(name: &str, text: &str, kind: &str) -> Result<(), String> {
    if text.is_empty() {
        Ok(())
    } else {
        Err(format!(
            "A {kind} order has no {name}: choose another type, or clear it."
        ))
    }
}

/// A number, or what is wrong with it.
pub(super) fn number<T, E: std::fmt::Display>(
    name: &str,
    text: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, String> {
    if text.is_empty() {
        return Err(format!("The {name} is missing."));
    }
    parse(text).map_err(|why| format!("The {name} {why}."))
}

/// Percent with at most two decimals as hundredths of a percent.
fn bips(text: &str) -> Option<u16> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !(digits(whole) && digits(part) && part.len() <= 2) {
        return None;
    }
    format!("{whole}{part:0<2}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(form: &str) -> Result<NewOrder, String> {
        let form = format!("symbol=btc%2Fusdt&side=sell&{form}");
        let ticket = Ticket::read(Query::new(Some(&form)), FeeMode::Quote);
        let ticket = ticket.map_err(|problem| problem.detail)?;
        ticket.order(&Zone::named("UTC"))
    }

    fn price(text: &str) -> Price {
        Price::parse(text).unwrap()
    }

    #[test]
    fn every_kind_of_order_can_be_placed() {
        let stop = |level| Trigger {
            kind: TriggerKind::StopLoss,
            level,
        };
        let limit = OrderKind::Limit { price: price("9") };
        let trail = |bips, from| Level::Trail { bips, from };
        for (form, kind, trigger) in [
            ("amount=1", OrderKind::Market, None),
            ("type=limit&amount=1&limit_price=9", limit, None),
            (
                "type=stop_loss&amount=1&trigger_price=8",
                OrderKind::Market,
                Some(stop(Level::At(price("8")))),
            ),
            (
                "type=stop_loss_limit&amount=1&trigger_price=8&limit_price=9",
                limit,
                Some(stop(Level::At(price("8")))),
            ),
            (
                "type=stop_loss&amount=1&trail=1.5",
                OrderKind::Market,
                Some(stop(trail(150, None))),
            ),
            (
                "type=take_profit&amount=1&trail=0.05&trigger_price=8",
                OrderKind::Market,
                Some(Trigger {
                    kind: TriggerKind::TakeProfit,
                    level: trail(5, Some(price("8"))),
                }),
            ),
        ] {
            let order = order(form).unwrap();
            assert_eq!((order.kind, order.terms.trigger), (kind, trigger), "{form}");
            assert_eq!(order.side, Side::Sell);
        }
        let rest =
            order("quote_amount=250.5&time_in_force=ioc&at_once=on&fees=received&client_id=bot+1")
                .unwrap();
        assert_eq!(
            rest.terms,
            Terms {
                time_in_force: TimeInForce::ImmediateOrCancel,
                execution: Execution::AtOnce,
                fee_mode: FeeMode::Received,
                quote_amount: Some(Amount::parse_positive("250.5").unwrap()),
                client_id: Some(ClientId::parse("bot 1").unwrap()),
                ..Terms::default()
            }
        );
        let dated = order(
            "type=limit&amount=1&limit_price=9&post_only=on&time_in_force=gtd&date=1970-01-01T00:01",
        )
        .unwrap();
        let minute = crate::units::Timestamp::from_millis(60_000);
        assert_eq!(dated.terms.time_in_force, TimeInForce::GoodTill(minute));
        assert!(dated.terms.post_only);
    }

    #[test]
    fn what_does_not_fit_the_kind_is_said() {
        for (form, said) in [
            ("", "The quantity is missing."),
            ("amount=1,5", "The quantity "),
            ("amount=1&type=stop", "The type must be one of market, "),
            (
                "amount=1&limit_price=9",
                "A market order has no limit price",
            ),
            ("amount=1&type=limit", "The limit price is missing."),
            (
                "amount=1&trail=1",
                "A market order has no trailing distance",
            ),
            ("amount=1&type=stop_loss", "The trigger price is missing."),
            (
                "amount=1&type=stop_loss&trail=1.234",
                "The trailing distance",
            ),
            ("amount=1&quote_amount=2", "Give a quantity or a total"),
            ("type=limit&limit_price=9&quote_amount=2", "clear the total"),
            ("amount=1&time_in_force=gtd", "The date must be"),
            ("amount=1&date=2026-01-31T18:00", "Only an order"),
            ("amount=1&fees=none", "The fee must be one of"),
            ("amount=1&client_id=%22", "The client order id may hold"),
        ] {
            let error = order(form).unwrap_err();
            assert!(error.contains(said), "{form}: {error}");
        }
        let over = bips("655.36");
        assert_eq!(
            (over, bips("50"), bips("-1"), bips("1.")),
            (None, Some(5000), None, None)
        );
    }
}
