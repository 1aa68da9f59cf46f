//! The bytes of every released row version, and bytes that are no row.
//!
//! The golden bytes are a promise to every store in the world: they are never edited. A new version adds its own.

mod market;
mod order;
mod random;
mod samples;

use std::fmt::Debug;

use super::*;
use crate::exchange::{
    Account, Average, Booked, CloseReason, Depth, Digest, FillPrice, Filled, Flow, HistoryEntry,
    Hold, Lifecycle, Mark, MarketState, Order, OrderKind, OrderStatus, RejectReason, Side, Stage,
    Terms, Ticker, Trade, TradeTotals,
};
use crate::units::{Elapsed, Moment, OrderId, Rate, Timestamp};

fn exact(text: &str) -> Exact {
    Exact::parse(text).unwrap()
}

fn money(text: &str) -> Amount {
    Amount::from_stored(exact(text))
}

fn quantity(text: &str) -> Quantity {
    Quantity::from_stored(exact(text))
}

fn price(text: &str) -> Price {
    Price::from_stored(exact(text))
}

fn pair() -> Symbol {
    symbol("BTC/USDT").unwrap()
}

fn usdt() -> Asset {
    asset("USDT").unwrap()
}

fn account() -> Account {
    Account {
        free: money("12.5"),
        held: money("0.0000000000000001"),
        fees: money("0.1"),
        market: money("-900.25"),
        outside: money("887.6499999999999999"),
        drift: money("-3"),
        decimals: 16,
        deposits: Flow {
            quantity: money("1000"),
            value: money("1000.01"),
        },
        withdrawals: Flow {
            quantity: money("7922816251426433759354395033.5"),
            value: Amount::ZERO,
        },
    }
}

fn trades() -> TradeTotals {
    TradeTotals {
        count: 300,
        amount: money("1.5"),
        notional: money("97170.18"),
        fee: money("97.17018"),
        base_fee: Amount::ZERO,
    }
}

fn market(ticker: Option<Ticker>, ask_depth: Depth, bid_depth: Depth) -> MarketState {
    MarketState {
        symbol: pair(),
        ticker,
        received: None,
        source: None,
        trading: true,
        rules: None,
        average: Average::default(),
        ticks: 129,
        ask_depth,
        bid_depth,
        marks: Vec::new(),
    }
}

fn ticker(full: bool) -> Ticker {
    Ticker {
        symbol: pair(),
        last: price("64780.12"),
        bid: full.then(|| price("64780.11")),
        ask: full.then(|| price("64780.13")),
        bid_quantity: full.then(|| quantity("0.5")),
        ask_quantity: full.then(|| quantity("2")),
        at: Timestamp::from_millis(1_700_000_000_123),
    }
}

fn order(side: Side, kind: OrderKind, price: FillPrice, lifecycle: Lifecycle) -> Order {
    Order {
        id: OrderId::new(7),
        symbol: pair(),
        side,
        kind,
        quantity: quantity("1.5"),
        terms: Terms::default(),
        fee_rate: Rate::from_millionths(1000),
        maker_rate: Rate::from_millionths(1000),
        booked: Booked {
            notional: money("97170.18"),
            fee: money("97.17018"),
        },
        filled: Filled {
            quantity: quantity("0.25"),
            notional: money("16195.03"),
            fee: money("16.19503"),
            price,
        },
        placed_at: Timestamp::from_millis(1_700_000_000_000),
        updated_at: Timestamp::from_millis(1_700_000_000_500),
        updated_elapsed: Elapsed::from_millis(86_400_000),
        history_count: 2,
        taker_through: 0,
        deadline: None,
        pair: None,
        lifecycle,
    }
}

fn open(base: &str, due: Option<u64>) -> Lifecycle {
    Lifecycle::Open {
        hold: Hold {
            base: money(base),
            notional: money("80975.15"),
            fee: money("80.97515"),
        },
        stage: due.map_or(Stage::Resting, |at| {
            Stage::Delayed(Elapsed::from_millis(at))
        }),
    }
}

fn closed(reason: CloseReason) -> Lifecycle {
    Lifecycle::Closed {
        at: Timestamp::from_millis(1_700_000_000_500),
        reason,
    }
}

fn rejects() -> [RejectReason; 3] {
    [
        RejectReason::InsufficientFunds {
            asset: usdt(),
            needed: money("10.01"),
            free: money("3"),
        },
        RejectReason::NotCovered {
            asset: usdt(),
            needed: money("5"),
            available: Amount::ZERO,
        },
        RejectReason::NotExact { asset: usdt() },
    ]
}

fn entry(status: OrderStatus, price: Option<Price>, reject: Option<RejectReason>) -> HistoryEntry {
    HistoryEntry {
        order: OrderId::new(7),
        number: 2,
        at: Timestamp::from_millis(1_700_000_000_500),
        status,
        price,
        remaining: quantity("1.25"),
        quantity: quantity("0.25"),
        notional: money("16195.03"),
        fee: money("16.19503"),
        notional_left: money("80975.15"),
        fee_left: money("80.97515"),
        reject,
        trade: None,
    }
}

fn read_account(bytes: &[u8]) -> Result<Account, StoreError> {
    decode::<AccountRow>(bytes)?.read()
}

fn read_trades(bytes: &[u8]) -> Result<TradeTotals, StoreError> {
    super::read_trades(bytes)
}

fn read_market(bytes: &[u8]) -> Result<MarketState, StoreError> {
    super::read_market(bytes, pair())
}

fn read_order(bytes: &[u8]) -> Result<Order, StoreError> {
    super::read_order(bytes, 7)
}

fn read_entry(bytes: &[u8]) -> Result<HistoryEntry, StoreError> {
    super::read_entry(bytes, 7, 2)
}

fn figures(next_trade: u64) -> Figures {
    let moment = Moment {
        now: Timestamp::from_millis(1_700_000_000_500),
        elapsed: Elapsed::from_millis(86_400_000),
    };
    Figures {
        moment,
        next_order: 8,
        journal: Digest::from_bits(0x0123_4567_89ab_cdef),
        next_trade,
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    let byte = |pair| u8::from_str_radix(&text[pair..pair + 2], 16).unwrap();
    (0..text.len()).step_by(2).map(byte).collect()
}

/// A row has these bytes, which read back equal; nothing else near them reads as a row.
#[track_caller]
fn assert_golden<R: Row, T: PartialEq + Debug>(
    row: &R,
    golden: &str,
    read: impl Fn(&[u8]) -> Result<T, StoreError>,
    value: &T,
) {
    assert_eq!(hex(&encode(row).unwrap()), golden);
    assert_reads(golden, R::VERSION, read, value);
}

/// These bytes read as a value; nothing else near them reads as a row.
#[track_caller]
fn assert_reads<T: PartialEq + Debug>(
    golden: &str,
    newest: u8,
    read: impl Fn(&[u8]) -> Result<T, StoreError>,
    value: &T,
) {
    let bytes = unhex(golden);
    assert_eq!(&read(&bytes).unwrap(), value);

    for length in 0..bytes.len() {
        read(&bytes[..length]).unwrap_err();
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert_eq!(read(&longer).unwrap_err().0, "a row is too long");
    for version in [0, newest + 1, u8::MAX] {
        let mut other = bytes.clone();
        other[0] = version;
        let error = read(&other).unwrap_err().0;
        assert_eq!(error, format!("a row has the unknown version {version}"));
    }
}

#[test]
fn an_empty_row_is_an_error() {
    assert_eq!(read_account(&[]).unwrap_err().0, "a row is empty");
}

#[test]
fn figures_version_1() {
    let golden = "01f4d395ffbc3180b8992908ef9bafcdf8acd19101";
    assert_reads(golden, ExchangeRow::VERSION, read_figures, &figures(1));
}

#[test]
fn figures_version_2() {
    let golden = "02f4d395ffbc3180b8992908ef9bafcdf8acd19101ac02";
    let row = ExchangeRow::from(figures(300));
    assert_golden(&row, golden, read_figures, &figures(300));
}

#[test]
fn trade_version_1() {
    let trade = Trade {
        id: 300,
        order: OrderId::new(7),
        symbol: pair(),
        side: Side::Sell,
        price: price("64780.12"),
        quantity: quantity("0.25"),
        notional: money("16195.03"),
        fee: money("16.19503"),
        fee_asset: usdt(),
        is_maker: true,
        at: Timestamp::from_millis(1_700_000_000_500),
        elapsed: Elapsed::from_millis(86_400_000),
    };
    let golden = "010701f8e29606023202ded8c50102ded8c501050001f4d395ffbc3180b89929";
    let read = |bytes: &[u8]| decode::<TradeRow>(bytes)?.read(pair(), 300);
    assert_golden(&TradeRow::from(&trade), golden, read, &trade);
}

#[test]
fn account_version_1() {
    let row = AccountRow::from(&account());
    assert_golden(
        &row,
        "01fa010102100201d1fe0a02feff89cc8ceed4aff60110050010d00f00c29a0c02feffffffffffffffffffffffff3f010000",
        read_account,
        &account(),
    );
    let empty = Account::default();
    let row = AccountRow::from(&empty);
    assert_golden(
        &row,
        "01000000000000000000000000000000000000000000",
        read_account,
        &empty,
    );
}

#[test]
fn trades_version_1() {
    let golden = "01ac021e01b494a20902b494a20905";
    assert_reads(golden, TradesRow::VERSION, read_trades, &trades());
}

#[test]
fn trades_version_2() {
    let totals = TradeTotals {
        base_fee: money("0.0015"),
        ..trades()
    };
    let row = TradesRow::from(&totals);
    let golden = "02ac021e01b494a20902b494a209051e04";
    assert_golden(&row, golden, read_trades, &totals);
}

#[test]
fn history_version_1() {
    let fill = price("64780.12");
    let [short, uncovered, inexact] = rejects();
    let golden = [
        (
            entry(OrderStatus::New, None, None),
            "01f4d395ffbc310000fa01023202ded8c50102ded8c50105d6bbdc0702d6bbdc070500",
        ),
        (
            entry(OrderStatus::PartiallyFilled, Some(fill), None),
            "01f4d395ffbc310101f8e2960602fa01023202ded8c50102ded8c50105d6bbdc0702d6bbdc070500",
        ),
        (
            entry(OrderStatus::Filled, Some(fill), None),
            "01f4d395ffbc310201f8e2960602fa01023202ded8c50102ded8c50105d6bbdc0702d6bbdc070500",
        ),
        (
            entry(OrderStatus::Canceled, None, None),
            "01f4d395ffbc310300fa01023202ded8c50102ded8c50105d6bbdc0702d6bbdc070500",
        ),
        (
            entry(OrderStatus::PartiallyCanceled, None, None),
            "01f4d395ffbc310400fa01023202ded8c50102ded8c50105d6bbdc0702d6bbdc070500",
        ),
        (
            entry(OrderStatus::Expired, None, None),
            "01f4d395ffbc310500fa01023202ded8c50102ded8c50105d6bbdc0702d6bbdc070500",
        ),
        (
            entry(OrderStatus::PartiallyExpired, None, None),
            "01f4d395ffbc310600fa01023202ded8c50102ded8c50105d6bbdc0702d6bbdc070500",
        ),
        (
            entry(OrderStatus::Rejected, None, Some(short)),
            "01f4d395ffbc310700fa01023202ded8c50102ded8c50105d6bbdc0702d6bbdc070501000455534454d20f020600",
        ),
        (
            entry(OrderStatus::PartiallyRejected, None, Some(uncovered)),
            "01f4d395ffbc310800fa01023202ded8c50102ded8c50105d6bbdc0702d6bbdc0705010104555344540a000000",
        ),
        (
            entry(OrderStatus::PartiallyRejected, None, Some(inexact)),
            "01f4d395ffbc310800fa01023202ded8c50102ded8c50105d6bbdc0702d6bbdc070501020455534454",
        ),
    ];
    for (entry, golden) in golden {
        assert_reads(golden, HistoryRow::VERSION, read_entry, &entry);
    }
}

#[test]
fn history_version_2() {
    let base = entry(OrderStatus::Filled, Some(price("64780.12")), None);
    let golden = "02f4d395ffbc310201f8e2960602fa01023202ded8c50102ded8c50105d6bbdc0702d6bbdc070500";
    let trades = [(None, "00"), (Some(300), "01ac02")];
    for (trade, tail) in trades {
        let entry = HistoryEntry { trade, ..base };
        let golden = format!("{golden}{tail}");
        assert_golden(&HistoryRow::from(&entry), &golden, read_entry, &entry);
    }
}

#[test]
fn keys_of_the_state() {
    let golden = [
        (StateKey::Figures, "exchange"),
        (StateKey::Account(usdt()), "USDT account"),
        (StateKey::Basis(usdt()), "USDT basis"),
        (StateKey::Trades(Side::Buy, pair()), "BTC/USDT buy"),
        (StateKey::Trades(Side::Sell, pair()), "BTC/USDT sell"),
    ];
    for (key, text) in golden {
        assert_eq!(key.to_string(), text);
        assert_eq!(StateKey::parse(text).unwrap(), key);
    }
    for text in [
        "",
        "BTC",
        "BTC buy",
        "BTC/USDT account",
        "BTC/USDT  buy",
        "btc account",
        "BTC/USDT hold",
    ] {
        StateKey::parse(text).unwrap_err();
    }
}

#[test]
fn what_a_row_says_is_checked() {
    // A mantissa of 97 bits, and a scale that no number has.
    for number in [
        Number(1 << 96, 0),
        Number(1, 29),
        Number(i128::MIN, 0),
        Number(i128::MAX, 255),
    ] {
        assert_eq!(number.exact().unwrap_err().0, "a number is too long");
    }
    let mut bytes = encode(&HistoryRow::from(&entry(OrderStatus::New, None, None))).unwrap();
    // Behind the version and the time.
    bytes[7] = 9;
    let error = read_entry(&bytes).unwrap_err();
    assert_eq!(error.0, "a history entry has an unknown status");
}
