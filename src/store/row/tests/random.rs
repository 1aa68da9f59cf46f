//! Random rows, and random bytes that are hardly ever rows.

use proptest::prelude::*;

use super::*;
use crate::exchange::{Execution, FeeMode, Level, TimeInForce, Trigger, TriggerKind};
use crate::units::ClientId;

fn any_exact() -> impl Strategy<Value = Exact> {
    let digits = 10i128.pow(28) - 1;
    prop_oneof![
        (-digits..=digits, 0u8..=28)
            .prop_map(|(mantissa, scale)| Exact::from_parts(mantissa, scale).unwrap()),
        (-100i128..100, 0u8..=8)
            .prop_map(|(mantissa, scale)| Exact::from_parts(mantissa, scale).unwrap()),
    ]
}

fn any_money() -> impl Strategy<Value = Amount> {
    any_exact().prop_map(Amount::from_stored)
}

fn any_quantity() -> impl Strategy<Value = Quantity> {
    any_exact().prop_map(|value| Quantity::from_stored(value.magnitude()))
}

fn any_price() -> impl Strategy<Value = Price> {
    any_exact().prop_map(|value| Price::from_stored(value.magnitude()))
}

fn any_symbol() -> impl Strategy<Value = Symbol> {
    "[A-Z0-9._-]{1,16}/Q[A-Z0-9]{0,15}"
        .prop_filter_map("two assets", |text| Symbol::parse(&text).ok())
}

fn any_time() -> impl Strategy<Value = Timestamp> {
    any::<u64>().prop_map(Timestamp::from_millis)
}

fn any_reject() -> impl Strategy<Value = RejectReason> {
    (0..3, any_symbol(), any_money(), any_money()).prop_map(|(kind, symbol, needed, free)| {
        let asset = symbol.base();
        match kind {
            0 => RejectReason::InsufficientFunds {
                asset,
                needed,
                free,
            },
            1 => RejectReason::NotCovered {
                asset,
                needed,
                available: free,
            },
            _ => RejectReason::NotExact { asset },
        }
    })
}

fn any_lifecycle() -> impl Strategy<Value = Lifecycle> {
    let open = (proptest::array::uniform3(any_money()), any::<Option<u64>>()).prop_map(
        |([base, notional, fee], due)| Lifecycle::Open {
            hold: Hold {
                base,
                notional,
                fee,
            },
            stage: match due {
                Some(at) if at % 5 == 0 => Stage::Armed,
                Some(at) => Stage::Delayed(Elapsed::from_millis(at)),
                None => Stage::Resting,
            },
        },
    );
    let reason = prop_oneof![
        Just(CloseReason::Filled),
        Just(CloseReason::Canceled),
        Just(CloseReason::Expired),
        any_reject().prop_map(CloseReason::Rejected),
    ];
    prop_oneof![
        open,
        (any_time(), reason).prop_map(|(at, reason)| Lifecycle::Closed { at, reason }),
    ]
}

fn any_elapsed() -> impl Strategy<Value = Elapsed> {
    any::<u64>().prop_map(Elapsed::from_millis)
}

fn any_trigger() -> impl Strategy<Value = Trigger> {
    let level = prop_oneof![
        any_price().prop_map(Level::At),
        (any::<u16>(), proptest::option::of(any_price()))
            .prop_map(|(bips, from)| Level::Trail { bips, from }),
    ];
    let kind = prop_oneof![Just(TriggerKind::StopLoss), Just(TriggerKind::TakeProfit)];
    (kind, level).prop_map(|(kind, level)| Trigger { kind, level })
}

fn any_terms() -> impl Strategy<Value = Terms> {
    let time_in_force = prop_oneof![
        Just(TimeInForce::GoodTillCancelled),
        Just(TimeInForce::ImmediateOrCancel),
        Just(TimeInForce::FillOrKill),
        Just(TimeInForce::Unlimited),
        any_time().prop_map(TimeInForce::GoodTill),
    ];
    let client = "[a-zA-Z0-9_.:/ -]{1,36}".prop_map(|text| ClientId::parse(&text).unwrap());
    let client = proptest::option::of(client);
    let trigger = proptest::option::of(any_trigger());
    let quote = any_money();
    (time_in_force, any::<[bool; 2]>(), quote, trigger, client).prop_map(
        |(time_in_force, [post_only, at_once], quote_amount, trigger, client_id)| Terms {
            time_in_force,
            post_only,
            execution: if at_once {
                Execution::AtOnce
            } else {
                Execution::Ticks
            },
            fee_mode: if at_once == post_only {
                FeeMode::Quote
            } else {
                FeeMode::Received
            },
            trigger,
            quote_amount: at_once.then_some(quote_amount),
            client_id,
        },
    )
}

fn any_order() -> impl Strategy<Value = Order> {
    let fill_price = prop_oneof![
        Just(FillPrice::None),
        any_price().prop_map(FillPrice::One),
        Just(FillPrice::Mixed),
    ];
    let kind = prop_oneof![
        Just(OrderKind::Market),
        any_price().prop_map(|price| OrderKind::Limit { price }),
    ];
    let sums = (
        any_quantity(),
        any_quantity(),
        any_money(),
        any_money(),
        fill_price,
    );
    let times = (any_time(), any_time(), any::<u64>(), any::<u32>());
    (
        any_symbol(),
        any::<bool>(),
        kind,
        sums,
        times,
        any_lifecycle(),
        (any_terms(), proptest::option::of(any_elapsed())),
    )
        .prop_map(
            |(symbol, buys, kind, sums, times, lifecycle, (terms, deadline))| {
                let (whole, filled, notional, fee, price) = sums;
                let (placed_at, updated_at, elapsed, history_count) = times;
                Order {
                    id: OrderId::new(7),
                    symbol,
                    side: if buys { Side::Buy } else { Side::Sell },
                    kind,
                    quantity: whole,
                    terms,
                    fee_rate: Rate::from_stored(fee.exact()),
                    maker_rate: Rate::from_stored(notional.exact()),
                    booked: Booked { notional, fee },
                    filled: Filled {
                        quantity: filled,
                        notional: fee,
                        fee: notional,
                        price,
                    },
                    placed_at,
                    updated_at,
                    updated_elapsed: Elapsed::from_millis(elapsed),
                    history_count,
                    taker_through: elapsed,
                    deadline,
                    pair: None,
                    lifecycle,
                }
            },
        )
}

fn any_account() -> impl Strategy<Value = Account> {
    (proptest::array::uniform10(any_money()), 0u32..=28).prop_map(|(figures, decimals)| {
        let [free, held, fees, market, outside, drift, a, b, c, d] = figures;
        Account {
            free,
            held,
            fees,
            market,
            outside,
            drift,
            decimals,
            deposits: Flow {
                quantity: a,
                value: b,
            },
            withdrawals: Flow {
                quantity: c,
                value: d,
            },
        }
    })
}

fn any_market() -> impl Strategy<Value = MarketState> {
    let depth = || {
        prop_oneof![
            Just(Depth::Undrawn),
            Just(Depth::Unlimited),
            any_quantity().prop_map(Depth::Left),
        ]
    };
    let maybe = || proptest::option::of(any_exact());
    let ticker =
        proptest::option::of((any_price(), maybe(), maybe(), maybe(), maybe(), any_time()));
    let mark = prop_oneof![
        Just(Mark::Unset),
        any_price().prop_map(Mark::Above),
        any_price().prop_map(Mark::Below),
        any_price().prop_map(Mark::Extreme),
    ];
    let id = any::<u64>().prop_map(OrderId::new);
    let marks = proptest::collection::vec((id, mark), 0..4);
    let depths = (depth(), depth());
    (any_symbol(), ticker, any::<u64>(), depths, marks).prop_map(
        |(symbol, ticker, ticks, (ask_depth, bid_depth), marks)| MarketState {
            rules: None,
            average: Average::default(),
            symbol,
            ticker: ticker.map(|(last, bid, ask, bid_quantity, ask_quantity, at)| Ticker {
                symbol,
                last,
                bid: bid.map(Price::from_stored),
                ask: ask.map(Price::from_stored),
                bid_quantity: bid_quantity.map(Quantity::from_stored),
                ask_quantity: ask_quantity.map(Quantity::from_stored),
                at,
            }),
            received: None,
            source: None,
            trading: true,
            ticks,
            ask_depth,
            bid_depth,
            marks,
        },
    )
}

fn any_entry() -> impl Strategy<Value = HistoryEntry> {
    (
        proptest::array::uniform6(any_money()),
        0..OrderStatus::ALL.len(),
        proptest::option::of(any_price()),
        any_time(),
        proptest::option::of(any_reject()),
    )
        .prop_map(|(money, status, price, at, reject)| HistoryEntry {
            order: OrderId::new(7),
            number: 2,
            at,
            status: OrderStatus::ALL[status],
            price,
            remaining: Quantity::from_stored(money[0].exact()),
            quantity: Quantity::from_stored(money[1].exact()),
            notional: money[2],
            fee: money[3],
            notional_left: money[4],
            fee_left: money[5],
            reject,
            trade: reject.is_none().then_some(at.as_millis()),
        })
}

proptest! {
    #[test]
    fn rows_read_back_equal(
        order in any_order(),
        account in any_account(),
        market in any_market(),
        entry in any_entry(),
    ) {
        let bytes = encode(&OrderRow::from(&order)).unwrap();
        prop_assert_eq!(read_order(&bytes).unwrap(), order);
        let bytes = encode(&AccountRow::from(&account)).unwrap();
        prop_assert_eq!(read_account(&bytes).unwrap(), account);
        let bytes = encode(&MarketRow::from(&market)).unwrap();
        prop_assert_eq!(super::super::read_market(&bytes, market.symbol).unwrap(), market);
        let bytes = encode(&HistoryRow::from(&entry)).unwrap();
        prop_assert_eq!(read_entry(&bytes).unwrap(), entry);
    }

    #[test]
    fn any_bytes_are_a_row_or_an_error(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), versioned in any::<bool>(), version in 1u8..4) {
        if versioned {
            bytes.insert(0, version);
        }
        drop(read_order(&bytes));
        drop(read_account(&bytes));
        drop(read_market(&bytes));
        drop(read_entry(&bytes));
        drop(read_trades(&bytes));
        drop(read_figures(&bytes));
    }

    #[test]
    fn a_damaged_order_is_an_order_or_an_error(order in any_order(), at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let mut bytes = encode(&OrderRow::from(&order)).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        drop(read_order(&bytes));
    }
}
