//! Costs and round trips by hand, and the books against the capital whatever happens.

use super::*;
use crate::exchange::{Command, NewBalance, NewOrder, NewPrice, OrderKind, Rules, Strict, Terms};
use crate::units::{Exact, Price, Quantity, Rate, Span, Symbol};

fn asset(name: &str) -> Asset {
    Asset::parse(name).unwrap()
}

fn money(text: &str) -> Amount {
    Amount::from_stored(Exact::parse(text).unwrap())
}

/// An exchange where market orders are filled at once and whole, with a fee of 0.1 %.
fn exchange() -> Exchange {
    let mut exchange = Exchange::new(Rules {
        market_delay_min: Span::ZERO,
        market_delay_max: Span::ZERO,
        fill_sigma_ppm: 0,
        fee_rate: Rate::from_millionths(1000),
        ..Rules::default()
    });
    let pairs = ["BTC/USDT", "ETH/USDT", "ETH/BTC"].map(|name| Symbol::parse(name).unwrap());
    act(&mut exchange, Command::List(pairs.to_vec()));
    exchange
}

fn act(exchange: &mut Exchange, command: Command) {
    let next = exchange.moment().plus(Span::from_secs(1));
    // What is refused changes nothing.
    drop(exchange.handle(next, command));
    exchange.handle(next, Command::Wake).unwrap();
    exchange.audit().unwrap();
}

fn price(exchange: &mut Exchange, symbol: &str, price: &str) {
    let new = NewPrice {
        symbol: Symbol::parse(symbol).unwrap(),
        price: Price::parse(price).unwrap(),
        bid_quantity: None,
        ask_quantity: None,
    };
    act(exchange, Command::SetPrice(new));
}

fn trade(exchange: &mut Exchange, symbol: &str, side: Side, quantity: &str) {
    let order = NewOrder {
        symbol: Symbol::parse(symbol).unwrap(),
        side,
        kind: OrderKind::Market,
        quantity: Quantity::parse_positive(quantity).unwrap(),
        terms: Terms::default(),
        strict: Strict::default(),
    };
    act(exchange, Command::Place(order));
}

/// The sum of all books, and the profit or loss of the capital.
fn both(exchange: &Exchange) -> (Amount, Amount) {
    let mut sum = Amount::ZERO;
    for row in exchange.asset_values() {
        if row.asset != exchange.rules().cash_asset {
            sum = sum.plus(row.value()).unwrap();
        }
    }
    for (_, basis) in exchange.bases() {
        sum = sum.minus(basis.cost).unwrap();
        sum = sum.plus(basis.realised).unwrap();
        sum = sum.minus(basis.fees).unwrap();
    }
    (sum, exchange.capital().profit_loss())
}

#[test]
fn a_sale_realises_against_the_average_cost() {
    let mut exchange = exchange();
    act(
        &mut exchange,
        Command::Deposit(asset("USDT"), money("10000")),
    );
    price(&mut exchange, "BTC/USDT", "100");
    trade(&mut exchange, "BTC/USDT", Side::Buy, "1");
    price(&mut exchange, "BTC/USDT", "200");
    trade(&mut exchange, "BTC/USDT", Side::Buy, "1");
    price(&mut exchange, "BTC/USDT", "180");
    trade(&mut exchange, "BTC/USDT", Side::Sell, "0.5");
    let basis = *exchange.basis(asset("BTC")).unwrap();
    // Two cost 300, so a half cost 75 and brought 90.
    assert_eq!((basis.cost, basis.realised), (money("225"), money("15")));
    assert_eq!((basis.fees, basis.turnover), (money("0.39"), money("390")));
    assert_eq!((basis.trip, basis.trips.count()), (money("14.61"), 0));
    let (books, capital) = both(&exchange);
    assert_eq!(books, capital);
}

#[test]
fn a_round_trip_ends_when_a_trade_leaves_nothing() {
    let mut exchange = exchange();
    act(
        &mut exchange,
        Command::Deposit(asset("USDT"), money("10000")),
    );
    let mut trip = |buy: &str, sell: &str| {
        price(&mut exchange, "BTC/USDT", buy);
        trade(&mut exchange, "BTC/USDT", Side::Buy, "2");
        price(&mut exchange, "BTC/USDT", sell);
        trade(&mut exchange, "BTC/USDT", Side::Sell, "1.5");
        trade(&mut exchange, "BTC/USDT", Side::Sell, "0.5");
        exchange.basis(asset("BTC")).unwrap().trips
    };
    let trips = |won, lost, even| Trips { won, lost, even };
    assert_eq!(trip("100", "101"), trips(1, 0, 0));
    // Less than the fees of both ways is a loss.
    assert_eq!(trip("100", "100.1"), trips(1, 1, 0));
    // What is won goes for the fees to the last digit.
    assert_eq!(trip("999", "1001"), trips(1, 1, 1));
    let basis = *exchange.basis(asset("BTC")).unwrap();
    assert_eq!((basis.cost, basis.trip), (Amount::ZERO, Amount::ZERO));
}

#[test]
fn what_is_withdrawn_ends_a_trip_that_counts_for_nothing() {
    let mut exchange = exchange();
    price(&mut exchange, "BTC/USDT", "100");
    act(&mut exchange, Command::Deposit(asset("BTC"), money("1")));
    act(&mut exchange, Command::Withdraw(asset("BTC"), money("1")));
    let basis = *exchange.basis(asset("BTC")).unwrap();
    assert_eq!((basis.cost, basis.trips.count()), (Amount::ZERO, 0));
}

#[test]
fn the_books_are_the_capital_whatever_happens() {
    for seed in 1..30_u64 {
        let mut exchange = exchange();
        let mut state = seed;
        let mut draw = |below: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) % below
        };
        for _ in 0..200 {
            let symbol = ["BTC/USDT", "ETH/USDT", "ETH/BTC"][usize::try_from(draw(3)).unwrap()];
            let name = ["BTC", "ETH", "USDT"][usize::try_from(draw(3)).unwrap()];
            let quantity = format!("{}.{:03}", draw(3), draw(999) + 1);
            match draw(10) {
                0..3 => price(
                    &mut exchange,
                    symbol,
                    &format!("{}.{}", draw(50) + 1, draw(100)),
                ),
                3..5 => trade(&mut exchange, symbol, Side::Buy, &quantity),
                5..7 => trade(&mut exchange, symbol, Side::Sell, &quantity),
                7 => act(
                    &mut exchange,
                    Command::Deposit(asset(name), money(&quantity)),
                ),
                8 => act(
                    &mut exchange,
                    Command::Withdraw(asset(name), money(&quantity)),
                ),
                _ => {
                    let new = NewBalance {
                        asset: asset(name),
                        free: Some(money(&quantity)),
                        held: None,
                    };
                    act(&mut exchange, Command::SetBalance(new));
                }
            }
            let (books, capital) = both(&exchange);
            assert_eq!(books, capital, "seed {seed}");
        }
    }
}

#[test]
fn a_snapshot_keeps_them_and_a_reset_does_not() {
    let mut exchange = exchange();
    act(
        &mut exchange,
        Command::Deposit(asset("USDT"), money("10000")),
    );
    price(&mut exchange, "BTC/USDT", "100");
    trade(&mut exchange, "BTC/USDT", Side::Buy, "1");
    let copy = Exchange::restore(exchange.rules().clone(), exchange.snapshot()).unwrap();
    assert_eq!(copy.basis(asset("BTC")), exchange.basis(asset("BTC")));
    act(&mut exchange, Command::Reset);
    assert_eq!(exchange.bases().count(), 0);
}
