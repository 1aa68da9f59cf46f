//! An order in a body, and its terms: how long it waits, for which price, and who it is to its client.
//!
//! | field             | value                                                                                   |
//! | ----------------- | --------------------------------------------------------------------------------------- |
//! | `time_in_force`   | `GTC` (default), `IOC`, `FOK`, `GTD` (with `good_till`), in any case                      |
//! | `good_till`       | milliseconds since the epoch; means `GTD`                                                 |
//! | `post_only`       | true: refused if it would trade when it is placed                                         |
//! | `trigger`         | `stop_loss` or `take_profit`: it waits for a price                                        |
//! | `trigger_price`   | that price                                                                                |
//! | `trailing_delta`  | hundredths of a percent; the price follows the market, from `trigger_price` on if given   |
//! | `quote_amount`    | market orders: how much of the quote asset, in the place of `amount`                       |
//! | `client_id`       | the client's own id, unique among open orders                                             |
//! | `fee_asset`       | `quote` or `received`, in the place of the setting                                        |
//! | `execution`       | `ticks` (default) or `at_once`                                                            |

use serde::Deserialize;

use super::fields::{Field, flag, invalid, number, text};
use super::problem::Problem;
use crate::exchange::{Execution, FeeMode, Level, Terms, TimeInForce, Trigger, TriggerKind};
use crate::units::{Amount, ClientId, Price, Timestamp};

/// The fields of an order, as they stand in a body: read once.
#[derive(Deserialize)]
pub(super) struct OrderBody<'a> {
    #[serde(borrow)]
    pub(super) symbol: Field<'a>,
    #[serde(borrow)]
    pub(super) side: Field<'a>,
    #[serde(borrow, rename = "type")]
    pub(super) kind: Field<'a>,
    #[serde(borrow)]
    pub(super) amount: Field<'a>,
    #[serde(borrow)]
    pub(super) limit_price: Field<'a>,
    #[serde(borrow)]
    pub(super) price: Field<'a>,
    #[serde(borrow)]
    time_in_force: Field<'a>,
    #[serde(borrow)]
    good_till: Field<'a>,
    #[serde(borrow)]
    post_only: Field<'a>,
    #[serde(borrow)]
    trigger: Field<'a>,
    #[serde(borrow)]
    trigger_price: Field<'a>,
    #[serde(borrow)]
    trailing_delta: Field<'a>,
    #[serde(borrow)]
    quote_amount: Field<'a>,
    #[serde(borrow)]
    client_id: Field<'a>,
    #[serde(borrow)]
    fee_asset: Field<'a>,
    #[serde(borrow)]
    execution: Field<'a>,
}

impl OrderBody<'_> {
    /// The terms; `fee_mode` counts where nothing is said of fees.
    pub(super) fn terms(&self, fee_mode: FeeMode) -> Result<Terms, Problem> {
        let fee_modes = [("quote", FeeMode::Quote), ("received", FeeMode::Received)];
        let executions = [("ticks", Execution::Ticks), ("at_once", Execution::AtOnce)];
        Ok(Terms {
            time_in_force: time_in_force(self)?,
            post_only: flag("post_only", self.post_only)?.unwrap_or(false),
            execution: word("execution", self.execution, &executions)?.unwrap_or_default(),
            fee_mode: word("fee_asset", self.fee_asset, &fee_modes)?.unwrap_or(fee_mode),
            trigger: trigger(self)?,
            quote_amount: number("quote_amount", self.quote_amount, Amount::parse_positive)?,
            client_id: client_id(self.client_id)?,
        })
    }
}

/// The client's own id, of an order or a pair.
pub(super) fn client_id(field: Field<'_>) -> Result<Option<ClientId>, Problem> {
    let id = text("client_id", field)?.map(|id| ClientId::parse(&id));
    id.transpose().map_err(|why| invalid("client_id", why))
}

fn time_in_force(body: &OrderBody<'_>) -> Result<TimeInForce, Problem> {
    let words = [
        ("GTC", Some(TimeInForce::GoodTillCancelled)),
        ("IOC", Some(TimeInForce::ImmediateOrCancel)),
        ("FOK", Some(TimeInForce::FillOrKill)),
        ("GTD", None),
    ];
    let named = word("time_in_force", body.time_in_force, &words)?;
    match (named, whole("good_till", body.good_till)?) {
        (None, None) => Ok(TimeInForce::default()),
        (None | Some(None), Some(date)) => Ok(TimeInForce::GoodTill(Timestamp::from_millis(date))),
        (Some(Some(word)), None) => Ok(word),
        (Some(None), None) => Err(invalid("good_till", "is required by GTD")),
        (Some(Some(_)), Some(_)) => Err(invalid("good_till", "goes with GTD only")),
    }
}

fn trigger(body: &OrderBody<'_>) -> Result<Option<Trigger>, Problem> {
    let kinds = [
        ("stop_loss", TriggerKind::StopLoss),
        ("take_profit", TriggerKind::TakeProfit),
    ];
    let kind = word("trigger", body.trigger, &kinds)?;
    let price = number("trigger_price", body.trigger_price, Price::parse)?;
    let bips = whole("trailing_delta", body.trailing_delta)?;
    let Some(kind) = kind else {
        return match (price, bips) {
            (None, None) => Ok(None),
            (Some(_), _) => Err(invalid("trigger_price", "goes with a `trigger` only")),
            (None, Some(_)) => Err(invalid("trailing_delta", "goes with a `trigger` only")),
        };
    };
    let level = match (price, bips) {
        (Some(price), None) => Level::At(price),
        // What is too large for the type is too large for the exchange, which says what is allowed.
        (from, Some(bips)) => Level::Trail {
            bips: u16::try_from(bips).unwrap_or(u16::MAX),
            from,
        },
        (None, None) => {
            let missing = "or `trailing_delta` is required by a `trigger`";
            return Err(invalid("trigger_price", missing));
        }
    };
    Ok(Some(Trigger { kind, level }))
}

/// A field that is one of a few words, in any case.
pub(super) fn word<T: Copy>(
    name: &str,
    field: Field<'_>,
    words: &[(&str, T)],
) -> Result<Option<T>, Problem> {
    let Some(given) = text(name, field)? else {
        return Ok(None);
    };
    let known = words
        .iter()
        .find(|(word, _)| word.eq_ignore_ascii_case(&given));
    if let Some(&(_, value)) = known {
        return Ok(Some(value));
    }
    let words: Vec<&str> = words.iter().map(|&(word, _)| word).collect();
    Err(invalid(
        name,
        format_args!("must be {}", words.join(" or ")),
    ))
}

/// A field that is a whole number.
fn whole(name: &str, field: Field<'_>) -> Result<Option<u64>, Problem> {
    let Some(raw) = field else { return Ok(None) };
    let digits = raw.get().trim_matches('"');
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    match digits.parse() {
        Ok(value) if plain => Ok(Some(value)),
        _ => Err(invalid(name, "must be a whole number")),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fields::body;
    use super::*;
    use crate::http::{Method, Request};

    fn terms(json: &str) -> Result<Terms, String> {
        let request = Request::new(Method::Post, "/").with_body(json);
        let read = body::<OrderBody<'_>>(&request).and_then(|body| body.terms(FeeMode::Quote));
        read.map_err(|problem| problem.detail)
    }

    fn price(text: &str) -> Price {
        Price::parse(text).unwrap()
    }

    #[test]
    fn what_is_said_is_meant() {
        let plain = Terms::default();
        let date = Timestamp::from_millis(1_723_075_200_000);
        for (json, expected) in [
            ("{}", plain),
            (r#"{"time_in_force":null,"post_only":false}"#, plain),
            (
                r#"{"time_in_force":"ioc"}"#,
                Terms {
                    time_in_force: TimeInForce::ImmediateOrCancel,
                    ..plain
                },
            ),
            (
                r#"{"good_till":1723075200000}"#,
                Terms {
                    time_in_force: TimeInForce::GoodTill(date),
                    ..plain
                },
            ),
            (
                r#"{"good_till":"1723075200000","time_in_force":"GTD"}"#,
                Terms {
                    time_in_force: TimeInForce::GoodTill(date),
                    ..plain
                },
            ),
            (
                r#"{"post_only":true}"#,
                Terms {
                    post_only: true,
                    ..plain
                },
            ),
            (
                r#"{"quote_amount":"12.5","client_id":"a-1"}"#,
                Terms {
                    quote_amount: Some(Amount::parse_positive("12.5").unwrap()),
                    client_id: Some(ClientId::parse("a-1").unwrap()),
                    ..plain
                },
            ),
            (
                r#"{"fee_asset":"received","execution":"at_once"}"#,
                Terms {
                    fee_mode: FeeMode::Received,
                    execution: Execution::AtOnce,
                    ..plain
                },
            ),
        ] {
            assert_eq!(terms(json).unwrap(), expected, "{json}");
        }
    }

    #[test]
    fn triggers_have_a_price_or_follow_it() {
        let trail = |from| Level::Trail { bips: 150, from };
        for (json, level) in [
            (
                r#"{"trigger":"stop_loss","trigger_price":"61000.5"}"#,
                Level::At(price("61000.5")),
            ),
            (
                r#"{"trigger":"Stop_Loss","trailing_delta":150}"#,
                trail(None),
            ),
            (
                r#"{"trigger":"stop_loss","trailing_delta":150,"trigger_price":7}"#,
                trail(Some(price("7"))),
            ),
        ] {
            let kind = TriggerKind::StopLoss;
            assert_eq!(
                terms(json).unwrap().trigger,
                Some(Trigger { kind, level }),
                "{json}"
            );
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (json, detail) in [
            (
                r#"{"time_in_force":"day"}"#,
                "`time_in_force` must be GTC or IOC or FOK or GTD",
            ),
            (
                r#"{"time_in_force":"GTD"}"#,
                "`good_till` is required by GTD",
            ),
            (
                r#"{"time_in_force":"IOC","good_till":5}"#,
                "`good_till` goes with GTD only",
            ),
            (r#"{"good_till":1.5}"#, "`good_till` must be a whole number"),
            (
                r#"{"good_till":"-1"}"#,
                "`good_till` must be a whole number",
            ),
            (
                r#"{"post_only":"yes"}"#,
                "`post_only` must be true or false",
            ),
            (
                r#"{"trigger":"up"}"#,
                "`trigger` must be stop_loss or take_profit",
            ),
            (
                r#"{"trigger":"stop_loss"}"#,
                "`trigger_price` or `trailing_delta` is required by a `trigger`",
            ),
            (
                r#"{"trigger_price":5}"#,
                "`trigger_price` goes with a `trigger` only",
            ),
            (
                r#"{"trailing_delta":5}"#,
                "`trailing_delta` goes with a `trigger` only",
            ),
            (
                r#"{"trigger":"stop_loss","trigger_price":0}"#,
                "`trigger_price` must be greater than 0",
            ),
            (r#"{"client_id":""}"#, "`client_id` must not be empty"),
            (
                r#"{"fee_asset":"BNB"}"#,
                "`fee_asset` must be quote or received",
            ),
            (r#"{"execution":1}"#, "`execution` must be a string"),
        ] {
            assert_eq!(terms(json).unwrap_err(), detail, "{json}");
        }
    }
}
