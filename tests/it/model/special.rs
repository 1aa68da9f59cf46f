//! What an order asks for that most do not, and pairs of orders.

use mockx::exchange::{
    Execution, FeeMode, Level, NewOrder, NewPair, OnlyIf, OrderKind, Replacement, Side, Strict,
    Terms, TimeInForce, Trigger, TriggerKind,
};
use mockx::units::{ClientId, Moment, OrderId, Timestamp};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::steps::{factor, money, price, quantity, symbol, symbol_named};

/// What an order asks for that most do not.
#[derive(Debug, Clone)]
pub struct Special {
    time_in_force: TimeInForce,
    /// Good till so many milliseconds from now; takes the place of `time_in_force`.
    good_till: Option<i64>,
    post_only: bool,
    at_once: bool,
    fee_in_received: bool,
    quote_amount: Option<&'static str>,
    trigger: Option<(TriggerKind, Goal)>,
    client: Option<u8>,
}

/// The price that an order waits for.
#[derive(Debug, Clone)]
enum Goal {
    At(&'static str),
    Trail(u16, Option<&'static str>),
}

const WAITS: [TimeInForce; 5] = [
    TimeInForce::GoodTillCancelled,
    TimeInForce::GoodTillCancelled,
    TimeInForce::Unlimited,
    TimeInForce::ImmediateOrCancel,
    TimeInForce::FillOrKill,
];

fn trigger() -> impl Strategy<Value = (TriggerKind, Goal)> {
    let bips = select(&[100, 1, 200, 333, 5000, 5001, 0][..]);
    (
        select(&[TriggerKind::StopLoss, TriggerKind::TakeProfit][..]),
        prop_oneof![
            factor().prop_map(Goal::At),
            (bips, option::weighted(0.4, factor()))
                .prop_map(|(bips, from)| Goal::Trail(bips, from)),
        ],
    )
}

pub(super) fn special() -> impl Strategy<Value = Special> {
    (
        select(&WAITS[..]),
        option::weighted(0.2, select(&[1, 800, 5000, 30_000, 0, -1000][..])),
        prop::bool::weighted(0.25),
        any::<[bool; 2]>(),
        option::weighted(
            0.15,
            select(&["100", "1", "0.1", "33.333333333333", "1e-9"][..]),
        ),
        option::weighted(0.4, trigger()),
        option::weighted(0.3, 0u8..5),
    )
        .prop_map(
            |(
                time_in_force,
                good_till,
                post_only,
                [at_once, fee_in_received],
                quote_amount,
                trigger,
                client,
            )| {
                Special {
                    time_in_force,
                    good_till,
                    post_only,
                    at_once,
                    fee_in_received,
                    quote_amount,
                    trigger,
                    client,
                }
            },
        )
}

impl Special {
    pub(super) fn terms(&self, symbol: usize, moment: Moment) -> Terms {
        let trigger = |(kind, goal): &(TriggerKind, Goal)| Trigger {
            kind: *kind,
            level: match goal {
                Goal::At(factor) => Level::At(price(symbol, factor)),
                Goal::Trail(bips, from) => Level::Trail {
                    bips: *bips,
                    from: from.map(|factor| price(symbol, factor)),
                },
            },
        };
        let date = self.good_till.map(|span| {
            let millis = moment.now.as_millis().saturating_add_signed(span);
            TimeInForce::GoodTill(Timestamp::from_millis(millis))
        });
        let client = |number| ClientId::parse(&format!("bot {number}")).unwrap();
        Terms {
            time_in_force: date.unwrap_or(self.time_in_force),
            post_only: self.post_only,
            execution: if self.at_once {
                Execution::AtOnce
            } else {
                Execution::Ticks
            },
            quote_amount: self.quote_amount.map(money),
            fee_mode: if self.fee_in_received {
                FeeMode::Received
            } else {
                FeeMode::Quote
            },
            trigger: self.trigger.as_ref().map(trigger),
            client_id: self.client.map(client),
        }
    }
}

/// Two orders around the present price.
#[derive(Debug, Clone)]
pub struct Couple {
    symbol: usize,
    buy: bool,
    quantity: [&'static str; 2],
    /// Above and below what the symbol is about worth.
    levels: [&'static str; 2],
    /// The limit of the order that stops the loss.
    stop_limit: Option<&'static str>,
    /// Whether the order that takes the profit waits for its price too, and its limit then.
    profit_waits: bool,
    profit_limit: Option<&'static str>,
    trail: Option<u16>,
    waits: [TimeInForce; 2],
    flags: [bool; 3],
    names: [Option<u8>; 3],
    good_till: Option<i64>,
}

pub(super) fn couple() -> impl Strategy<Value = Couple> {
    let sure = select(&["1", "1", "1", "2", "0.333333333"][..]);
    let twice = prop_oneof![
        20 => sure.clone().prop_map(|quantity| [quantity; 2]),
        1 => [sure.clone(), sure],
    ];
    let levels = (
        select(&["1.01", "1.02", "1.03", "1"][..]),
        select(&["0.99", "0.98", "0.97", "1"][..]),
    );
    let name = || option::weighted(0.3, 0u8..5);
    (
        (symbol(), any::<bool>(), twice, levels),
        option::weighted(0.6, factor()),
        (prop::bool::weighted(0.3), option::weighted(0.5, factor())),
        option::weighted(0.2, select(&[50, 100, 200][..])),
        [select(&WAITS[..]), select(&WAITS[..])],
        any::<[bool; 3]>(),
        [name(), name(), name()],
        option::weighted(0.1, select(&[800, 5000][..])),
    )
        .prop_map(
            |(
                (symbol, buy, quantity, (above, below)),
                stop_limit,
                (profit_waits, profit_limit),
                trail,
                waits,
                flags,
                names,
                good_till,
            )| {
                Couple {
                    symbol,
                    buy,
                    quantity,
                    levels: [above, below],
                    stop_limit,
                    profit_waits,
                    profit_limit,
                    trail,
                    waits,
                    flags,
                    names,
                    good_till,
                }
            },
        )
}

impl Couple {
    #[allow(clippy::too_many_lines, reason = "two orders, field by field")]
    pub(super) fn pair(&self, moment: Moment) -> NewPair {
        let [first_is_stop, at_once, fee_in_received] = self.flags;
        let at = |factor| price(self.symbol, factor);
        let kind = |limit: Option<&'static str>| {
            limit.map_or(OrderKind::Market, |factor| OrderKind::Limit {
                price: at(factor),
            })
        };
        let [above, below] = self.levels;
        let (stop, profit) = if self.buy {
            (above, below)
        } else {
            (below, above)
        };
        let trigger = |kind, level: &'static str, trail: Option<u16>| Trigger {
            kind,
            level: trail.map_or(Level::At(at(level)), |bips| Level::Trail {
                bips,
                from: None,
            }),
        };
        let date = self.good_till.map(|span| {
            let millis = moment.now.as_millis().saturating_add_signed(span);
            TimeInForce::GoodTill(Timestamp::from_millis(millis))
        });
        let name = |number: Option<u8>| {
            number.map(|number| ClientId::parse(&format!("bot {number}")).unwrap())
        };
        let order = |at: usize, kind, terms: Terms| NewOrder {
            symbol: symbol_named(self.symbol),
            side: if self.buy { Side::Buy } else { Side::Sell },
            kind,
            quantity: quantity(self.quantity[at]),
            terms: Terms {
                execution: if at_once {
                    Execution::AtOnce
                } else {
                    Execution::Ticks
                },
                fee_mode: if fee_in_received {
                    FeeMode::Received
                } else {
                    FeeMode::Quote
                },
                client_id: name(self.names[at]),
                ..terms
            },
            strict: Strict::default(),
        };
        let stop = order(
            0,
            kind(self.stop_limit),
            Terms {
                trigger: Some(trigger(TriggerKind::StopLoss, stop, self.trail)),
                time_in_force: self.waits[0],
                ..Terms::default()
            },
        );
        let (limit, terms) = if self.profit_waits {
            let terms = Terms {
                trigger: Some(trigger(TriggerKind::TakeProfit, profit, None)),
                time_in_force: self.waits[1],
                ..Terms::default()
            };
            (self.profit_limit, terms)
        } else {
            let terms = Terms {
                post_only: true,
                time_in_force: date.unwrap_or_default(),
                ..Terms::default()
            };
            (Some(profit), terms)
        };
        let profit = order(1, kind(limit), terms);
        NewPair {
            orders: if first_is_stop {
                [stop, profit]
            } else {
                [profit, stop]
            },
            client_id: name(self.names[2]),
        }
    }
}

/// An order in the place of another.
#[derive(Debug, Clone)]
pub struct Swap {
    back: i64,
    only_if: OnlyIf,
    in_any_case: bool,
    symbol: usize,
    buy: bool,
    limit: Option<&'static str>,
    quantity: &'static str,
    strict: bool,
}

pub(super) fn swap() -> impl Strategy<Value = Swap> {
    let states = [OnlyIf::Open, OnlyIf::New, OnlyIf::PartiallyFilled];
    (
        (-1i64..20, select(states.to_vec()), any::<bool>()),
        (symbol(), any::<bool>(), option::weighted(0.8, factor())),
        select(&["1", "2", "0.5", "54321.987654321"][..]),
        any::<bool>(),
    )
        .prop_map(
            |((back, only_if, in_any_case), (symbol, buy, limit), quantity, strict)| Swap {
                back,
                only_if,
                in_any_case,
                symbol,
                buy,
                limit,
                quantity,
                strict,
            },
        )
}

impl Swap {
    pub(super) fn replacement(&self, next: u64) -> Replacement {
        Replacement {
            cancel: OrderId::new(next.saturating_add_signed(-self.back)),
            only_if: self.only_if,
            new: NewOrder {
                symbol: symbol_named(self.symbol),
                side: if self.buy { Side::Buy } else { Side::Sell },
                kind: self
                    .limit
                    .map_or(OrderKind::Market, |factor| OrderKind::Limit {
                        price: price(self.symbol, factor),
                    }),
                quantity: quantity(self.quantity),
                terms: Terms::default(),
                strict: Strict {
                    funds: self.strict,
                    ..Strict::default()
                },
            },
            in_any_case: self.in_any_case,
        }
    }
}
