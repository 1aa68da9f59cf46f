//! What happens in a run: a list of steps drawn from the seed, any part of which is a run too.

use mockx::exchange::{
    Command, Execution, FeeMode, Level, NewBalance, NewOrder, NewPrice, OrderKind, Side, Strict,
    Terms, Ticker, TimeInForce, Trigger, TriggerKind,
};
use mockx::units::{
    Amount, Asset, ClientId, Exact, OrderId, Price, Quantity, Span, Symbol, Timestamp,
};

use crate::chance::Chance;
use crate::disk::Fault;

pub(crate) const SYMBOLS: [&str; 3] = ["BTC/USDT", "ETH/USDT", "ETH/BTC"];
const YEAR_MS: u64 = 365 * 24 * 3600 * 1000;

/// One thing that happens.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Time passes, in milliseconds.
    Pass(u64),
    /// The wall clock is set to this many milliseconds after 1970.
    SetClock(u64),
    /// A client asks for something.
    Ask(Wish),
    /// A client asks once more for what was asked for last.
    AskAgain,
    /// The clients that wait are gone.
    Vanish,
    /// The matcher takes what waits, at most so many.
    Turn(usize),
    /// The store does what it was asked, or prunes.
    Store,
    /// The matcher hears of it.
    Hear,
    /// A client looks at the closed orders.
    Look,
    /// After some operations the disk fails, so many times.
    Fail(Fault, u64, u64),
    /// The disk is well again.
    Mend,
    /// The power goes after some more operations of the disk, which leave what this seed says.
    Cut(u64, u64),
    /// The process is killed.
    Kill,
    /// The daemon is stopped and started.
    Restart,
    /// The same, with bits flipped meanwhile that are flipped back when the store has been refused.
    Flip(u64),
}

/// What is asked for; what depends on the state is drawn when it is.
#[derive(Debug, Clone)]
pub(crate) enum Wish {
    Exactly(Command),
    /// To cancel the order that is so many before the newest.
    Cancel(u64),
}

/// A run of a seed.
pub(crate) fn draw(seed: u64) -> Vec<Step> {
    let chance = &mut Chance::new(seed, 1);
    let trouble = chance.between(0, 3);
    let count = chance.between(40, 160);
    let mut steps = Vec::new();
    for symbol in SYMBOLS {
        let ticker = ticker(chance, symbol);
        steps.push(ask(Command::ApplyTickers(vec![ticker])));
    }
    for asset in ["USDT", "BTC"] {
        let amount = Amount::try_positive(Exact::whole(100_000)).unwrap();
        steps.push(ask(Command::Deposit(Asset::parse(asset).unwrap(), amount)));
    }
    for _ in 0..count {
        // Most runs have some trouble, some have much.
        let step = match chance.between(0, 99) {
            at if at < 4 * trouble => misfortune(chance),
            _ => ordinary(chance),
        };
        steps.extend(step);
    }
    steps
}

fn ask(command: Command) -> Step {
    Step::Ask(Wish::Exactly(command))
}

fn ordinary(chance: &mut Chance) -> Vec<Step> {
    match chance.between(0, 99) {
        0..=29 => vec![Step::Ask(wish(chance))],
        30..=44 => vec![Step::Turn(usize::try_from(chance.between(1, 6)).unwrap())],
        45..=62 => vec![Step::Turn(9), Step::Store, Step::Hear],
        63..=70 => vec![Step::Store],
        71..=78 => vec![Step::Hear],
        79..=90 => vec![Step::Pass(pause(chance))],
        91..=93 => vec![Step::AskAgain],
        94..=95 => vec![Step::Vanish],
        96..=97 => vec![Step::Look],
        _ => vec![Step::Store, Step::Store, Step::Store],
    }
}

fn misfortune(chance: &mut Chance) -> Vec<Step> {
    let soon = if chance.between(0, 1) == 0 { 8 } else { 40 };
    let after = chance.between(0, soon);
    match chance.between(0, 11) {
        0..=4 => {
            let faults = [Fault::Full, Fault::Write, Fault::Sync, Fault::Read];
            let fault = faults[usize::try_from(chance.between(0, 3)).unwrap()];
            let times = [1, 3, 1000][usize::try_from(chance.between(0, 2)).unwrap()];
            vec![Step::Fail(fault, after, times)]
        }
        5 => vec![
            Step::Mend,
            Step::Pass(1100),
            Step::Turn(9),
            Step::Store,
            Step::Hear,
        ],
        6..=8 => vec![Step::Cut(after, chance.next())],
        9 => vec![Step::Kill],
        10 if chance.between(0, 1) == 0 => vec![Step::Flip(chance.next())],
        10 => vec![Step::Restart],
        _ => vec![Step::SetClock(chance.between(0, 100 * YEAR_MS))],
    }
}

fn pause(chance: &mut Chance) -> u64 {
    let longest = [2, 400, 3000, 50_000][usize::try_from(chance.between(0, 3)).unwrap()];
    chance.between(0, longest)
}

fn one_in(chance: &mut Chance, n: u64) -> bool {
    chance.between(1, n) == 1
}

fn wish(chance: &mut Chance) -> Wish {
    Wish::Exactly(match chance.between(0, 39) {
        0..=6 => prices(chance),
        7..=9 => Command::Deposit(asset(chance), amount(chance, 9_000_000, 3)),
        10 => Command::Withdraw(asset(chance), amount(chance, 500_000, 3)),
        11..=29 => order(chance),
        30..=35 => return Wish::Cancel(chance.between(1, 9)),
        36 => Command::SetPrice(NewPrice {
            symbol: symbol(chance),
            price: price(chance),
            bid_quantity: None,
            ask_quantity: None,
        }),
        37 => Command::SetBalance(NewBalance {
            asset: asset(chance),
            free: Some(amount(chance, 700_000, 2)),
            held: one_in(chance, 3).then(|| amount(chance, 7000, 2)),
        }),
        38 => Command::SetTrading(vec![(symbol(chance), one_in(chance, 2))]),
        _ if one_in(chance, 4) => Command::Reset,
        _ => Command::List(vec![symbol(chance)]),
    })
}

/// What a source delivers: mostly a price, now and then many at once, the same twice, an old one, or a lie.
fn prices(chance: &mut Chance) -> Command {
    let mut tickers = Vec::new();
    for _ in 0..chance.between(1, 3) {
        let symbol = SYMBOLS[usize::try_from(chance.between(0, 2)).unwrap()];
        let mut ticker = ticker(chance, symbol);
        match chance.between(0, 9) {
            0 => tickers.push(ticker),
            1 => ticker.at = Timestamp::from_millis(chance.between(0, 60 * YEAR_MS)),
            2 => {
                let scale = u8::try_from(chance.between(0, 9)).unwrap();
                let lie = Exact::from_parts(i128::from(chance.between(1, 1 << 45)), scale);
                ticker.last = Price::try_new(lie.unwrap()).unwrap();
            }
            _ => {}
        }
        tickers.push(ticker);
    }
    Command::ApplyTickers(tickers)
}

fn order(chance: &mut Chance) -> Command {
    let kind = if one_in(chance, 3) {
        OrderKind::Market
    } else {
        OrderKind::Limit {
            price: price(chance),
        }
    };
    Command::Place(NewOrder {
        symbol: symbol(chance),
        side: Side::ALL[usize::from(one_in(chance, 2))],
        kind,
        quantity: quantity(chance, 90_000),
        terms: terms(chance),
        strict: Strict::default(),
    })
}

fn terms(chance: &mut Chance) -> Terms {
    let named = one_in(chance, 4);
    let client_id =
        named.then(|| ClientId::parse(&format!("client {}", chance.between(0, 9))).unwrap());
    if !one_in(chance, 3) {
        return Terms {
            client_id,
            ..Terms::default()
        };
    }
    let time_in_force = match chance.between(0, 5) {
        0 => TimeInForce::ImmediateOrCancel,
        1 => TimeInForce::FillOrKill,
        2 => {
            let span = Span::from_millis(chance.between(1, 90_000));
            TimeInForce::GoodTill(crate::world::START.plus(span))
        }
        _ => TimeInForce::GoodTillCancelled,
    };
    let execution = if one_in(chance, 2) {
        Execution::AtOnce
    } else {
        Execution::Ticks
    };
    let fee_mode = if one_in(chance, 2) {
        FeeMode::Received
    } else {
        FeeMode::Quote
    };
    Terms {
        time_in_force,
        post_only: one_in(chance, 4),
        execution,
        fee_mode,
        trigger: trigger(chance),
        client_id,
        ..Terms::default()
    }
}

fn trigger(chance: &mut Chance) -> Option<Trigger> {
    if !one_in(chance, 3) {
        return None;
    }
    let kind = if one_in(chance, 2) {
        TriggerKind::StopLoss
    } else {
        TriggerKind::TakeProfit
    };
    let level = if one_in(chance, 2) {
        Level::At(price(chance))
    } else {
        Level::Trail {
            bips: 100,
            from: one_in(chance, 3).then(|| price(chance)),
        }
    };
    Some(Trigger { kind, level })
}

fn symbol(chance: &mut Chance) -> Symbol {
    Symbol::parse(SYMBOLS[usize::try_from(chance.between(0, 2)).unwrap()]).unwrap()
}

fn asset(chance: &mut Chance) -> Asset {
    let symbol = symbol(chance);
    if one_in(chance, 2) {
        symbol.base()
    } else {
        symbol.quote()
    }
}

fn number(chance: &mut Chance, bound: u64, scale: u8) -> Exact {
    Exact::from_parts(i128::from(chance.between(1, bound)), scale).unwrap()
}

fn amount(chance: &mut Chance, bound: u64, scale: u8) -> Amount {
    Amount::try_positive(number(chance, bound, scale)).unwrap()
}

fn quantity(chance: &mut Chance, bound: u64) -> Quantity {
    Quantity::try_new(number(chance, bound, 4)).unwrap()
}

fn price(chance: &mut Chance) -> Price {
    let thousandths = chance.between(90_000, 110_000);
    Price::try_new(Exact::from_parts(i128::from(thousandths), 3).unwrap()).unwrap()
}

fn ticker(chance: &mut Chance, symbol: &str) -> Ticker {
    let last = price(chance);
    let some = |chance: &mut Chance| !one_in(chance, 4);
    Ticker {
        symbol: Symbol::parse(symbol).unwrap(),
        last,
        bid: one_in(chance, 2).then_some(last),
        ask: one_in(chance, 2).then(|| price(chance).max(last)),
        bid_quantity: some(chance).then(|| quantity(chance, 50_000)),
        ask_quantity: some(chance).then(|| quantity(chance, 50_000)),
        at: crate::world::START,
    }
}

/// The order that is so many before the newest.
pub(crate) fn nth_before(newest: u64, back: u64) -> OrderId {
    OrderId::new(newest.saturating_sub(back))
}
