//! An exchange at which orders come and go by the dozen, and a store without its thread to keep them in.

use super::play::Told;
use super::wait;
use crate::exchange::{
    Command, Event, Exchange, NewOrder, OrderKind, Rules, Side, Strict, Terms, Ticker,
};
use crate::store::open::Place;
use crate::store::writer::Writer;
use crate::store::{Batch, Reader, Store};
use crate::units::{Amount, Elapsed, Moment, OrderId, Price, Quantity, Span, Symbol, Timestamp};

/// A writer without its thread.
pub(super) fn by_hand(place: Place) -> (Writer, Reader) {
    let (writer, _) = Writer::open(place).unwrap();
    let reader = writer.reader();
    (writer, reader)
}

/// An exchange with one symbol and much money, for orders by the dozen.
pub(super) struct Desk {
    pub(super) exchange: Exchange,
    pub(super) moment: Moment,
}

impl Desk {
    pub(super) fn new(rules: Rules) -> Desk {
        let mut desk = Desk {
            exchange: Exchange::new(rules),
            moment: Moment {
                now: Timestamp::from_millis(1_700_000_000_000),
                elapsed: Elapsed::from_millis(1),
            },
        };
        desk.handle(Command::List(vec![symbol()]));
        desk.handle(Command::ApplyTickers(vec![Ticker::of_last(
            symbol(),
            price("100"),
            desk.moment.now,
        )]));
        desk.fund();
        desk
    }

    pub(super) fn handle(&mut self, command: Command) {
        self.exchange.handle(self.moment, command).unwrap();
    }

    pub(super) fn pass(&mut self, span: Span) {
        self.moment = self.moment.plus(span);
    }

    pub(super) fn fund(&mut self) {
        let amount = Amount::parse_positive("1000000").unwrap();
        self.handle(Command::Deposit(symbol().quote(), amount));
    }

    pub(super) fn order(&mut self, quantity: &str) {
        self.handle(Command::Place(NewOrder {
            symbol: symbol(),
            side: Side::Buy,
            kind: OrderKind::Limit { price: price("50") },
            terms: Terms::default(),
            quantity: Quantity::parse_positive(quantity).unwrap(),
            strict: Strict::default(),
        }));
    }

    pub(super) fn place(&mut self) {
        self.order("1");
    }

    /// Orders that are rejected at once.
    pub(super) fn reject(&mut self, count: usize) {
        for _ in 0..count {
            self.order("1000000");
        }
    }

    /// Orders that are taken back at once.
    pub(super) fn cancel(&mut self, count: usize) {
        for _ in 0..count {
            let id = OrderId::new(self.exchange.next_order());
            self.place();
            self.handle(Command::Cancel(id));
        }
    }

    pub(super) fn batch(&mut self, told: &mut Told) -> Batch {
        let events = self.exchange.take_events();
        told.note(&events);
        Batch::collect(&self.exchange, events)
    }

    pub(super) fn commit(&mut self, store: &Store, prune_before: Option<Elapsed>) -> Vec<Event> {
        let events = self.exchange.take_events();
        let mut batch = Batch::collect(&self.exchange, events.clone());
        batch.prune_before = batch.prune_before.or(prune_before);
        wait(store.commit(batch)).unwrap();
        events
    }
}

fn symbol() -> Symbol {
    Symbol::parse("BTC/USDT").unwrap()
}

fn price(text: &str) -> Price {
    Price::parse(text).unwrap()
}
