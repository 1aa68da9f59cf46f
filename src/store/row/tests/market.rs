//! The bytes of market rows.

use super::*;
use crate::exchange::{MarketRules, Range};

#[test]
fn market_version_1() {
    let left = Depth::Left(quantity("0.125"));
    let golden = [
        (
            market(None, Depth::Undrawn, Depth::Unlimited),
            "010081010001",
        ),
        (
            market(Some(ticker(false)), left, Depth::Undrawn),
            "0101fbd095ffbc31f8e296060200000000810102fa010300",
        ),
        (
            market(Some(ticker(true)), Depth::Unlimited, left),
            "0101fbd095ffbc31f8e296060201f6e296060201fae2960602010a0101040081010102fa0103",
        ),
    ];
    for (state, golden) in golden {
        assert_reads(golden, MarketRow::VERSION, read_market, &state);
    }
}

#[test]
fn market_version_2() {
    let left = Depth::Left(quantity("0.125"));
    let golden = [
        (
            market(None, Depth::Undrawn, Depth::Unlimited),
            "02008101000100",
        ),
        (
            market(Some(ticker(false)), left, Depth::Undrawn),
            "0201fbd095ffbc31f8e296060200000000810102fa01030000",
        ),
        (
            market(Some(ticker(true)), Depth::Unlimited, left),
            "0201fbd095ffbc31f8e296060201f6e296060201fae2960602010a0101040081010102fa010300",
        ),
    ];
    let trailed = MarketState {
        marks: vec![
            (OrderId::new(300), Mark::Unset),
            (OrderId::new(301), Mark::Above(price("1.5"))),
            (OrderId::new(302), Mark::Below(price("1.5"))),
            (OrderId::new(303), Mark::Extreme(price("1.5"))),
        ],
        ..market(None, Depth::Undrawn, Depth::Unlimited)
    };
    let marks = "02008101000104ac0200ad02011e01ae02021e01af02031e01";
    let golden = golden.into_iter().chain([(trailed, marks)]);
    for (state, golden) in golden {
        assert_golden(&MarketRow::from(&state), golden, read_market, &state);
    }
}

/// Rules that demand nothing, and some that do, without a look back.
fn some_rules() -> [MarketRules; 2] {
    let exact = |text| Some(Exact::parse(text).unwrap());
    let plain = MarketRules::default();
    let lot = Range {
        min: exact("1.5"),
        max: exact("2"),
        step: exact("0.5"),
    };
    let stepped = MarketRules {
        price: Range {
            step: exact("0.01"),
            ..Range::default()
        },
        lot,
        max_orders: Some(200),
        ..plain.clone()
    };
    [plain, stepped]
}

/// The bytes of these behind the version.
fn some_bytes() -> [String; 2] {
    let stepped = format!(
        "0000010202011e01010400010a01{}01c801000000",
        "00".repeat(16)
    );
    ["00".repeat(26), stepped]
}

#[test]
fn market_rules_version_1() {
    for (rules, bytes) in some_rules().iter().zip(some_bytes()) {
        let golden = format!("01{bytes}");
        assert_reads(&golden, MarketRulesRow::VERSION, read_market_rules, rules);
    }
}

#[test]
fn market_rules_version_2() {
    for (mut rules, bytes) in some_rules().into_iter().zip(some_bytes()) {
        rules.band_minutes = 5;
        rules.notional.minutes = 300;
        let golden = format!("02{bytes}05ac02");
        assert_golden(
            &MarketRulesRow::from(&rules),
            &golden,
            read_market_rules,
            &rules,
        );
    }
}
