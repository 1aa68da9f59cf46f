//! A client that trades by itself in one symbol, and remembers what it was told.
//!
//! It buys below the market, takes orders back, pays in, and now and then lets the price fall so that some of its orders
//! fill. Nobody else touches its symbols, so it knows what the daemon must say. When the daemon is killed, one request
//! may be without an answer: that one may have been carried out, all of it, or not at all.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::support::{Chance, Client};

/// Orders of earlier rounds that are looked at again after each kill.
const SAMPLE: usize = 10;

/// What an order has become, as far as its owner knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Canceled,
    Filled,
}

/// An order that was answered.
#[derive(Debug)]
struct Known {
    limit: u64,
    state: State,
    /// How the daemon last showed it in this state.
    shown: Option<String>,
}

/// A request without an answer.
#[derive(Debug)]
enum Doubt {
    Place,
    Cancel(String),
    Deposit(u64),
    Price(u64),
    Look,
}

#[derive(Deserialize)]
struct Canceled<'a> {
    #[serde(borrow)]
    canceled_order: &'a RawValue,
}

/// One client.
#[derive(Debug)]
pub(super) struct Trader {
    number: u64,
    chance: Chance,
    orders: BTreeMap<String, Known>,
    /// Orders that changed since they were last compared.
    recent: BTreeSet<String>,
    deposited: u64,
    doubt: Option<Doubt>,
}

impl Trader {
    pub(super) fn new(seed: u64, number: u64) -> Trader {
        Trader {
            number,
            chance: Chance::new(seed, number + 1),
            orders: BTreeMap::new(),
            recent: BTreeSet::new(),
            deposited: 0,
            doubt: None,
        }
    }

    /// What trader `number` trades.
    pub(super) fn symbol(number: u64) -> String {
        format!("M{number}/USDT")
    }

    /// A symbol that makes the asset known that trader `number` pays in.
    pub(super) fn parked(number: u64) -> String {
        format!("D{number}/USDT")
    }

    /// Every order that it knows.
    pub(super) fn ids(&self) -> impl Iterator<Item = String> {
        self.orders.keys().cloned()
    }

    /// Trades until the daemon is gone.
    pub(super) fn trade(&mut self, client: &mut Client, answered: &AtomicU64) {
        loop {
            let doubt = self.choose();
            let outcome = self.request(client, &doubt);
            if outcome.is_err() {
                self.doubt = Some(doubt);
                return;
            }
            answered.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn choose(&mut self) -> Doubt {
        match self.chance.between(0, 99) {
            0..50 => Doubt::Place,
            50..75 => self.any_open().map_or(Doubt::Place, Doubt::Cancel),
            75..90 => Doubt::Deposit(self.chance.between(1, 1000)),
            90..95 => Doubt::Price(self.chance.between(75, 99)),
            _ => Doubt::Look,
        }
    }

    fn any_open(&mut self) -> Option<String> {
        let open = self.open();
        let last = u64::try_from(open.len()).unwrap().checked_sub(1)?;
        let chosen = usize::try_from(self.chance.between(0, last)).unwrap();
        open.into_iter().nth(chosen)
    }

    fn open(&self) -> BTreeSet<String> {
        let open = self
            .orders
            .iter()
            .filter(|(_, known)| known.state == State::Open);
        open.map(|(id, _)| id.clone()).collect()
    }

    fn request(&mut self, client: &mut Client, what: &Doubt) -> io::Result<()> {
        match what {
            Doubt::Place => self.place(client),
            Doubt::Cancel(id) => {
                let answer = client
                    .request("POST", &format!("/orders/{id}/cancel"), "")?
                    .ok();
                let canceled: Canceled<'_> = serde_json::from_str(&answer.body).unwrap();
                let shown = canceled.canceled_order.get().to_owned();
                assert!(shown.contains(r#""status":"canceled""#), "{shown}");
                self.note(id, State::Canceled, Some(shown));
                Ok(())
            }
            Doubt::Deposit(amount) => {
                let path = format!("/balance/D{}/deposit", self.number);
                client
                    .request("POST", &path, &format!("{{\"amount\":{amount}}}"))?
                    .ok();
                self.deposited += amount;
                Ok(())
            }
            Doubt::Price(price) => {
                self.set_price(client, *price)?;
                self.filled_at(*price);
                self.set_price(client, 100)
            }
            Doubt::Look => {
                self.check_sample(client, 1)?;
                Ok(())
            }
        }
    }

    fn place(&mut self, client: &mut Client) -> io::Result<()> {
        let limit = self.chance.between(50, 99);
        let amount = self.chance.between(1, 500);
        let body = format!(
            r#"{{"symbol":"{}","side":"buy","type":"limit","amount":0.{amount:03},"limit_price":{limit}}}"#,
            Trader::symbol(self.number)
        );
        let answer = client.request("POST", "/orders", &body)?.ok();
        let order = answer.json();
        assert_eq!(order["status"], "new", "{order}");
        let id = order["id"].as_str().unwrap().to_owned();
        if let Some((last, _)) = self.orders.last_key_value() {
            assert!(id > *last, "{id} is not later than {last}");
        }
        self.orders.insert(
            id.clone(),
            Known {
                limit,
                state: State::Open,
                shown: None,
            },
        );
        self.note(&id, State::Open, Some(answer.body));
        Ok(())
    }

    fn set_price(&mut self, client: &mut Client, price: u64) -> io::Result<()> {
        let path = format!("/admin/tickers/{}/price", Trader::symbol(self.number));
        client
            .request("PATCH", &path, &format!("{{\"price\":{price}}}"))?
            .ok();
        Ok(())
    }

    /// A price fills every order that pays as much.
    fn filled_at(&mut self, price: u64) {
        for id in self.open() {
            if self.orders[&id].limit >= price {
                self.note(&id, State::Filled, None);
            }
        }
    }

    fn note(&mut self, id: &str, state: State, shown: Option<String>) {
        let known = self.orders.get_mut(id).unwrap();
        known.state = state;
        known.shown = shown;
        self.recent.insert(id.to_owned());
    }

    /// Compares what changed in the last round, the deposits, and some older orders.
    pub(super) fn check_recent(&mut self, client: &mut Client) {
        self.settle_doubt(client);
        for id in std::mem::take(&mut self.recent) {
            self.check(client, &id).unwrap();
        }
        self.check_sample(client, SAMPLE).unwrap();
        let listed = self.listed_open(client);
        assert_eq!(listed, self.open(), "trader {}", self.number);
        assert_eq!(self.total(client), self.deposited, "trader {}", self.number);
    }

    /// Compares every order.
    pub(super) fn check_all(&mut self, client: &mut Client) {
        let ids: Vec<String> = self.ids().collect();
        for id in ids {
            self.check(client, &id).unwrap();
        }
    }

    fn check_sample(&mut self, client: &mut Client, count: usize) -> io::Result<()> {
        let Some(last) = u64::try_from(self.orders.len()).unwrap().checked_sub(1) else {
            return Ok(());
        };
        for _ in 0..count {
            let chosen = usize::try_from(self.chance.between(0, last)).unwrap();
            let id = self.ids().nth(chosen).unwrap();
            self.check(client, &id)?;
        }
        Ok(())
    }

    /// The daemon shows an order as it was shown before.
    fn check(&mut self, client: &mut Client, id: &str) -> io::Result<()> {
        let answer = client.request("GET", &format!("/orders/{id}"), "")?;
        assert_eq!(answer.status, 200, "order {id} is lost: {}", answer.body);
        let known = self.orders.get_mut(id).unwrap();
        let status = answer.json()["status"].as_str().unwrap().to_owned();
        let expected = match known.state {
            State::Open => "new",
            State::Canceled => "canceled",
            State::Filled => "filled",
        };
        assert_eq!(status, expected, "{}", answer.body);
        let shown = known.shown.get_or_insert_with(|| answer.body.clone());
        assert_eq!(answer.body, *shown);
        Ok(())
    }

    fn listed_open(&self, client: &mut Client) -> BTreeSet<String> {
        let symbol = Trader::symbol(self.number);
        let path = format!("/orders/list?symbol={symbol}&status=new,partially_filled");
        let list = client.get(&path).json();
        let ids = list["orders"].as_array().unwrap().iter();
        ids.map(|id| id.as_str().unwrap().to_owned()).collect()
    }

    fn total(&self, client: &mut Client) -> u64 {
        let row = client.get(&format!("/balance/D{}", self.number)).json();
        // No row, no money.
        row["total"].as_u64().unwrap_or(0)
    }

    /// Finds out what became of the request without an answer.
    fn settle_doubt(&mut self, client: &mut Client) {
        match self.doubt.take() {
            None | Some(Doubt::Look) => {}
            Some(Doubt::Place) => self.adopt(client),
            Some(Doubt::Cancel(id)) => {
                if !self.listed_open(client).contains(&id) {
                    self.note(&id, State::Canceled, None);
                }
            }
            Some(Doubt::Deposit(amount)) => {
                if self.total(client) == self.deposited + amount {
                    self.deposited += amount;
                }
            }
            // Its first half, if at all: the second fills nothing.
            Some(Doubt::Price(price)) => {
                let open = self.listed_open(client);
                if self.open().iter().any(|id| !open.contains(id)) {
                    self.filled_at(price);
                }
            }
        }
    }

    /// Takes over an order that was placed without an answer.
    fn adopt(&mut self, client: &mut Client) {
        let unknown: Vec<String> = self
            .listed_open(client)
            .into_iter()
            .filter(|id| !self.orders.contains_key(id))
            .collect();
        assert!(unknown.len() <= 1, "more than was asked for: {unknown:?}");
        for id in unknown {
            let order = client.get(&format!("/orders/{id}")).json();
            let limit = order["limit_price"].as_u64().unwrap();
            let known = Known {
                limit,
                state: State::Open,
                shown: None,
            };
            self.orders.insert(id, known);
        }
    }
}
