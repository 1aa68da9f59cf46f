//! A random play on an exchange, the same for a seed, and a record of what its events say.

use std::collections::BTreeMap;

use crate::exchange::{
    Command, Event, Exchange, Execution, FeeMode, HistoryEntry, Level, NewBalance, NewOrder,
    NewPrice, Order, OrderKind, Rules, Side, Strict, Terms, Ticker, TimeInForce, Trade, Trigger,
    TriggerKind,
};
use crate::units::{
    Amount, Asset, ClientId, Elapsed, Exact, Moment, OrderId, Price, Quantity, Span, Symbol,
    Timestamp,
};

pub(super) const SYMBOLS: [&str; 3] = ["BTC/USDT", "ETH/USDT", "ETH/BTC"];

/// Repeatable chance (xorshift).
#[derive(Debug, Clone)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn new(seed: u64) -> Chance {
        Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below `bound`.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % bound
    }

    pub(super) fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn number(&mut self, bound: u64, scale: u8) -> Exact {
        Exact::from_parts(i128::from(1 + self.below(bound)), scale).unwrap()
    }
}

/// How often the present prices count once more.
pub(super) const TICK_LOOP_MILLIS: u64 = 700;

/// Rules under which much happens soon.
pub(super) fn rules() -> Rules {
    Rules {
        tick_loop: Some(Span::from_millis(TICK_LOOP_MILLIS)),
        market_delay_max: Span::from_millis(300),
        match_limit_at_once: true,
        expire_after: Some(Span::from_secs(40)),
        prune_after: None,
        ..Rules::default()
    }
}

/// An exchange at play.
#[derive(Debug, Clone)]
pub(super) struct Play {
    pub(super) exchange: Exchange,
    pub(super) chance: Chance,
    pub(super) moment: Moment,
}

impl Play {
    pub(super) fn new(seed: u64) -> Play {
        let mut play = Play {
            exchange: Exchange::new(rules()),
            chance: Chance::new(seed),
            moment: Moment {
                now: Timestamp::from_millis(1_700_000_000_000),
                elapsed: Elapsed::from_millis(5),
            },
        };
        for symbol in SYMBOLS {
            let ticker = play.ticker(Symbol::parse(symbol).unwrap());
            play.handle(Command::ApplyTickers(vec![ticker]));
        }
        play
    }

    /// Carries out a command; a refusal is fine.
    pub(super) fn handle(&mut self, command: Command) {
        drop(self.exchange.handle(self.moment, command));
    }

    /// Some commands, now and then with time between them.
    pub(super) fn steps(&mut self, count: u64) {
        for _ in 0..count {
            if self.chance.one_in(3) {
                let span = Span::from_millis(self.chance.below(2500));
                self.moment = self.moment.plus(span);
            }
            let command = self.command();
            self.handle(command);
        }
        self.exchange.audit().unwrap();
    }

    fn command(&mut self) -> Command {
        match self.chance.below(40) {
            0..6 => {
                let symbol = self.symbol();
                Command::ApplyTickers(vec![self.ticker(symbol)])
            }
            6..11 => Command::Deposit(self.asset(), self.amount(9_000_000, 3)),
            11 => Command::Withdraw(self.asset(), self.amount(500_000, 3)),
            12..31 => self.order(),
            31..37 => {
                let newest = self.exchange.next_order();
                Command::Cancel(OrderId::new(
                    newest.saturating_sub(1 + self.chance.below(12)),
                ))
            }
            37 => Command::SetPrice(NewPrice {
                symbol: self.symbol(),
                price: self.price(),
                bid_quantity: None,
                ask_quantity: None,
            }),
            38 => Command::SetBalance(NewBalance {
                asset: self.asset(),
                free: Some(self.amount(700_000, 2)),
                held: self.chance.one_in(3).then(|| self.amount(7000, 2)),
            }),
            _ if self.chance.one_in(4) => Command::Reset,
            _ => Command::Wake,
        }
    }

    fn order(&mut self) -> Command {
        let symbol = self.symbol();
        let side = Side::ALL[usize::from(self.chance.one_in(2))];
        let kind = if self.chance.one_in(3) {
            OrderKind::Market
        } else {
            OrderKind::Limit {
                price: self.price(),
            }
        };
        let quantity = Quantity::try_new(self.chance.number(90_000, 4)).unwrap();
        Command::Place(NewOrder {
            symbol,
            side,
            kind,
            quantity,
            terms: self.terms(),
            strict: Strict::default(),
        })
    }

    /// Mostly none; the rest a mixture, some of which is refused.
    fn terms(&mut self) -> Terms {
        if !self.chance.one_in(3) {
            return Terms::default();
        }
        let time_in_force = match self.chance.below(6) {
            0 => TimeInForce::ImmediateOrCancel,
            1 => TimeInForce::FillOrKill,
            2 => {
                let span = Span::from_millis(1 + self.chance.below(9000));
                TimeInForce::GoodTill(self.moment.now.plus(span))
            }
            _ => TimeInForce::GoodTillCancelled,
        };
        let named = self.chance.one_in(2);
        Terms {
            time_in_force,
            post_only: self.chance.one_in(4),
            execution: if self.chance.one_in(2) {
                Execution::AtOnce
            } else {
                Execution::Ticks
            },
            fee_mode: if self.chance.one_in(2) {
                FeeMode::Received
            } else {
                FeeMode::Quote
            },
            quote_amount: None,
            trigger: self.trigger(),
            client_id: named
                .then(|| ClientId::parse(&format!("client {}", self.chance.below(9))).unwrap()),
        }
    }

    fn trigger(&mut self) -> Option<Trigger> {
        if !self.chance.one_in(3) {
            return None;
        }
        let kind = if self.chance.one_in(2) {
            TriggerKind::StopLoss
        } else {
            TriggerKind::TakeProfit
        };
        let level = if self.chance.one_in(2) {
            Level::At(self.price())
        } else {
            Level::Trail {
                bips: 100,
                from: self.chance.one_in(3).then(|| self.price()),
            }
        };
        Some(Trigger { kind, level })
    }

    fn symbol(&mut self) -> Symbol {
        let index = usize::try_from(self.chance.below(3)).unwrap();
        Symbol::parse(SYMBOLS[index]).unwrap()
    }

    fn asset(&mut self) -> Asset {
        let symbol = self.symbol();
        if self.chance.one_in(2) {
            symbol.base()
        } else {
            symbol.quote()
        }
    }

    fn amount(&mut self, bound: u64, scale: u8) -> Amount {
        Amount::try_positive(self.chance.number(bound, scale)).unwrap()
    }

    fn price(&mut self) -> Price {
        let thousandths = 90_000 + self.chance.below(20_000);
        Price::try_new(Exact::from_parts(i128::from(thousandths), 3).unwrap()).unwrap()
    }

    fn ticker(&mut self, symbol: Symbol) -> Ticker {
        let last = self.price();
        let quantity = |chance: &mut Chance| {
            (!chance.one_in(4)).then(|| Quantity::try_new(chance.number(50_000, 4)).unwrap())
        };
        Ticker {
            symbol,
            last,
            bid: self.chance.one_in(2).then_some(last),
            ask: self.chance.one_in(2).then(|| self.price().max(last)),
            bid_quantity: quantity(&mut self.chance),
            ask_quantity: quantity(&mut self.chance),
            at: self.moment.now,
        }
    }
}

/// Closed orders and histories, as the events told them.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    pub(super) closed: BTreeMap<OrderId, Order>,
    pub(super) histories: BTreeMap<OrderId, Vec<HistoryEntry>>,
    pub(super) trades: Vec<Trade>,
}

impl Told {
    pub(super) fn note(&mut self, events: &[Event]) {
        for event in events {
            match event {
                Event::OrderClosed(order) => {
                    self.closed.insert(order.id, (**order).clone());
                }
                Event::History(entry) => {
                    let history = self.histories.entry(entry.order).or_default();
                    history.push(**entry);
                }
                Event::Reset => *self = Told::default(),
                Event::Trade(trade) => self.trades.push(**trade),
                Event::OrderOpen(_)
                | Event::AccountChanged(_)
                | Event::TradesCounted(..)
                | Event::MarketTouched(_)
                | Event::RulesChanged(_)
                | Event::Prune { .. }
                | Event::PruneTrades { .. } => {}
            }
        }
    }

    /// Closed orders in the order of a walk.
    pub(super) fn in_walk_order(&self) -> Vec<Order> {
        let mut orders: Vec<Order> = self.closed.values().cloned().collect();
        orders.sort_by_key(|order| std::cmp::Reverse((order.updated_at, order.id)));
        orders
    }
}
