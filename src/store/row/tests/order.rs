//! The bytes of orders, open and closed.

use super::*;
use crate::exchange::{Execution, FeeMode, Level, Pair, TimeInForce, Trigger, TriggerKind};
use crate::units::ClientId;

#[test]
fn order_version_1() {
    let limit = OrderKind::Limit {
        price: price("64780.12"),
    };
    let one = FillPrice::One(price("64780.12"));
    let [short, uncovered, inexact] = rejects().map(|reason| closed(CloseReason::Rejected(reason)));
    let golden = [
        (
            order(Side::Buy, limit, one, open("0", None)),
            "01084254432f555344540001f8e29606021e010203b494a20902b494a209053202ded8c50102ded8c5010501f8e296060280d095ffbc31f4d395ffbc3180b899290200d6bbdc0702d6bbdc070500",
        ),
        (
            order(
                Side::Sell,
                OrderKind::Market,
                FillPrice::None,
                open("1.25", Some(90_000_000)),
            ),
            "01084254432f5553445401001e010203b494a20902b494a209053202ded8c50102ded8c501050080d095ffbc31f4d395ffbc3180b899290200d6bbdc0702d6bbdc0705018095f52a",
        ),
        (
            order(
                Side::Sell,
                limit,
                FillPrice::Mixed,
                closed(CloseReason::Filled),
            ),
            "01084254432f555344540101f8e29606021e010203b494a20902b494a209053202ded8c50102ded8c501050280d095ffbc31f4d395ffbc3180b899290201f4d395ffbc3100",
        ),
        (
            order(Side::Buy, limit, one, closed(CloseReason::Canceled)),
            "01084254432f555344540001f8e29606021e010203b494a20902b494a209053202ded8c50102ded8c5010501f8e296060280d095ffbc31f4d395ffbc3180b899290201f4d395ffbc3101",
        ),
        (
            order(Side::Buy, limit, one, closed(CloseReason::Expired)),
            "01084254432f555344540001f8e29606021e010203b494a20902b494a209053202ded8c50102ded8c5010501f8e296060280d095ffbc31f4d395ffbc3180b899290201f4d395ffbc3102",
        ),
        (
            order(Side::Buy, OrderKind::Market, one, short),
            "01084254432f5553445400001e010203b494a20902b494a209053202ded8c50102ded8c5010501f8e296060280d095ffbc31f4d395ffbc3180b899290201f4d395ffbc3103000455534454d20f020600",
        ),
        (
            order(Side::Buy, OrderKind::Market, one, uncovered),
            "01084254432f5553445400001e010203b494a20902b494a209053202ded8c50102ded8c5010501f8e296060280d095ffbc31f4d395ffbc3180b899290201f4d395ffbc31030104555344540a000000",
        ),
        (
            order(Side::Buy, OrderKind::Market, one, inexact),
            "01084254432f5553445400001e010203b494a20902b494a209053202ded8c50102ded8c5010501f8e296060280d095ffbc31f4d395ffbc3180b899290201f4d395ffbc3103020455534454",
        ),
    ];
    for (order, golden) in golden {
        assert_reads(golden, PairedOrderRow::VERSION, read_order, &order);
    }
}

#[test]
fn order_version_2_of_orders_that_wait_for_a_price() {
    let armed = |kind, level| Order {
        terms: Terms {
            trigger: Some(Trigger { kind, level }),
            ..Terms::default()
        },
        lifecycle: Lifecycle::Open {
            hold: Hold::default(),
            stage: Stage::Armed,
        },
        ..order(
            Side::Sell,
            OrderKind::Market,
            FillPrice::None,
            open("0", None),
        )
    };
    let trail = |from| Level::Trail { bips: 150, from };
    let golden = [
        (
            armed(TriggerKind::StopLoss, Level::At(price("95.5"))),
            "02084254432f5553445401001e010203b494a20902b494a209053202ded8c50102ded8c501050080d095ffbc31f4d395ffbc3180b899290200000000000000020100000000010000f60e010000000000",
        ),
        (
            armed(TriggerKind::TakeProfit, trail(None)),
            "02084254432f5553445401001e010203b494a20902b494a209053202ded8c50102ded8c501050080d095ffbc31f4d395ffbc3180b8992902000000000000000201000000000101019601000000000000",
        ),
        (
            armed(TriggerKind::StopLoss, trail(Some(price("95.5")))),
            "02084254432f5553445401001e010203b494a20902b494a209053202ded8c50102ded8c501050080d095ffbc31f4d395ffbc3180b899290200000000000000020100000000010001960101f60e010000000000",
        ),
    ];
    for (order, golden) in golden {
        assert_eq!(hex(&encode_order(&order).unwrap()), golden);
        assert_reads(golden, PairedOrderRow::VERSION, read_order, &order);
    }
}

#[test]
fn order_version_2_of_orders_with_terms() {
    let limit = OrderKind::Limit {
        price: price("64780.12"),
    };
    let one = FillPrice::One(price("64780.12"));
    let special = |time_in_force, at_once: bool, client: Option<&str>| Order {
        terms: Terms {
            time_in_force,
            post_only: at_once,
            execution: if at_once {
                Execution::AtOnce
            } else {
                Execution::Ticks
            },
            fee_mode: if at_once {
                FeeMode::Received
            } else {
                FeeMode::Quote
            },
            trigger: None,
            quote_amount: at_once.then(|| money("250.5")),
            client_id: client.map(|text| ClientId::parse(text).unwrap()),
        },
        maker_rate: Rate::from_millionths(if at_once { 200 } else { 1000 }),
        taker_through: 129,
        deadline: Some(Elapsed::from_millis(86_500_000)),
        ..order(Side::Buy, limit, one, open("0", None))
    };
    let date = Timestamp::from_millis(1_700_000_100_000);
    let golden = [
        (
            special(TimeInForce::GoodTill(date), true, None),
            "02084254432f555344540001f8e29606021e010203b494a20902b494a209053202ded8c50102ded8c5010501f8e296060280d095ffbc31f4d395ffbc3180b8992902000000d6bbdc0702d6bbdc0705000103a0dd9bffbc3101010100019227010001a0c59f290104048101",
        ),
        (
            special(TimeInForce::FillOrKill, false, Some("bot 1")),
            "02084254432f555344540001f8e29606021e010203b494a20902b494a209053202ded8c50102ded8c5010501f8e296060280d095ffbc31f4d395ffbc3180b8992902000000d6bbdc0702d6bbdc070500010200000000000105626f74203101a0c59f29008101",
        ),
        (
            special(TimeInForce::ImmediateOrCancel, false, None),
            "02084254432f555344540001f8e29606021e010203b494a20902b494a209053202ded8c50102ded8c5010501f8e296060280d095ffbc31f4d395ffbc3180b8992902000000d6bbdc0702d6bbdc070500010100000000000001a0c59f29008101",
        ),
        (
            special(TimeInForce::GoodTillCancelled, true, None),
            "02084254432f555344540001f8e29606021e010203b494a20902b494a209053202ded8c50102ded8c5010501f8e296060280d095ffbc31f4d395ffbc3180b8992902000000d6bbdc0702d6bbdc070500010001010100019227010001a0c59f290104048101",
        ),
        (
            special(TimeInForce::Unlimited, true, None),
            "02084254432f555344540001f8e29606021e010203b494a20902b494a209053202ded8c50102ded8c5010501f8e296060280d095ffbc31f4d395ffbc3180b8992902000000d6bbdc0702d6bbdc070500010401010100019227010001a0c59f290104048101",
        ),
    ];
    for (order, golden) in golden {
        assert_eq!(hex(&encode_order(&order).unwrap()), golden);
        assert_reads(golden, PairedOrderRow::VERSION, read_order, &order);
    }
}

#[test]
fn order_version_2_of_plain_orders() {
    let limit = OrderKind::Limit {
        price: price("64780.12"),
    };
    let one = FillPrice::One(price("64780.12"));
    let [short, uncovered, inexact] = rejects().map(|reason| closed(CloseReason::Rejected(reason)));
    let golden = [
        (
            order(Side::Buy, limit, one, open("0", None)),
            "02084254432f555344540001f8e29606021e010203b494a20902b494a209053202ded8c50102ded8c5010501f8e296060280d095ffbc31f4d395ffbc3180b8992902000000d6bbdc0702d6bbdc07050000000000",
        ),
        (
            order(
                Side::Sell,
                OrderKind::Market,
                FillPrice::None,
                open("1.25", Some(90_000_000)),
            ),
            "02084254432f5553445401001e010203b494a20902b494a209053202ded8c50102ded8c501050080d095ffbc31f4d395ffbc3180b899290200fa0102d6bbdc0702d6bbdc0705018095f52a00000000",
        ),
        (
            order(
                Side::Sell,
                limit,
                FillPrice::Mixed,
                closed(CloseReason::Filled),
            ),
            "02084254432f555344540101f8e29606021e010203b494a20902b494a209053202ded8c50102ded8c501050280d095ffbc31f4d395ffbc3180b899290201f4d395ffbc310000000000",
        ),
        (
            order(Side::Buy, limit, one, closed(CloseReason::Canceled)),
            "02084254432f555344540001f8e29606021e010203b494a20902b494a209053202ded8c50102ded8c5010501f8e296060280d095ffbc31f4d395ffbc3180b899290201f4d395ffbc310100000000",
        ),
        (
            order(Side::Buy, limit, one, closed(CloseReason::Expired)),
            "02084254432f555344540001f8e29606021e010203b494a20902b494a209053202ded8c50102ded8c5010501f8e296060280d095ffbc31f4d395ffbc3180b899290201f4d395ffbc310200000000",
        ),
        (
            order(Side::Buy, OrderKind::Market, one, short),
            "02084254432f5553445400001e010203b494a20902b494a209053202ded8c50102ded8c5010501f8e296060280d095ffbc31f4d395ffbc3180b899290201f4d395ffbc3103000455534454d20f02060000000000",
        ),
        (
            order(Side::Buy, OrderKind::Market, one, uncovered),
            "02084254432f5553445400001e010203b494a20902b494a209053202ded8c50102ded8c5010501f8e296060280d095ffbc31f4d395ffbc3180b899290201f4d395ffbc31030104555344540a00000000000000",
        ),
        (
            order(Side::Buy, OrderKind::Market, one, inexact),
            "02084254432f5553445400001e010203b494a20902b494a209053202ded8c50102ded8c5010501f8e296060280d095ffbc31f4d395ffbc3180b899290201f4d395ffbc310302045553445400000000",
        ),
    ];
    for (order, golden) in golden {
        assert_eq!(hex(&encode_order(&order).unwrap()), golden);
        assert_reads(golden, PairedOrderRow::VERSION, read_order, &order);
    }
}

#[test]
fn order_version_3_is_one_of_a_pair() {
    let limit = OrderKind::Limit {
        price: price("64780.12"),
    };
    let one = FillPrice::One(price("64780.12"));
    let half = |client: Option<&str>| Order {
        pair: Some(Box::new(Pair {
            id: OrderId::new(7),
            other: OrderId::new(8),
            client_id: client.map(|text| ClientId::parse(text).unwrap()),
        })),
        ..order(Side::Buy, limit, one, open("0", None))
    };
    let golden = [
        (
            half(None),
            "03084254432f555344540001f8e29606021e010203b494a20902b494a209053202ded8c50102ded8c5010501f8e296060280d095ffbc31f4d395ffbc3180b8992902000000d6bbdc0702d6bbdc07050000000000070800",
        ),
        (
            half(Some("exit")),
            "03084254432f555344540001f8e29606021e010203b494a20902b494a209053202ded8c50102ded8c5010501f8e296060280d095ffbc31f4d395ffbc3180b8992902000000d6bbdc0702d6bbdc070500000000000708010465786974",
        ),
    ];
    for (order, golden) in golden {
        let row = PairedOrderRow::of(&order).unwrap();
        assert_golden(&row, golden, read_order, &order);
    }
}
