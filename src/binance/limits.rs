//! What a client has asked for in the present minute, and how many orders it has placed: counted always and told in headers,
//! held against limits only where that is switched on.
//!
//! Weights count by address, in minutes of the wall clock; orders count for the account, in ten seconds and days of it, as on
//! Binance. Who goes on after a 429 is banned for two minutes, at every further request anew.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::IpAddr;

use super::fault::Fault;

/// Weight that an address may use in a minute.
pub(super) const WEIGHT_A_MINUTE: u64 = 6000;
/// Orders in ten seconds.
pub(super) const ORDERS_10S: u64 = 100;
/// Orders in a day.
pub(super) const ORDERS_1D: u64 = 200_000;
/// Requests above the limit of a minute that are told so; further ones are banned.
const WARNINGS: u64 = 10;
/// How long who does not listen is banned.
const BAN_SECS: u64 = 120;
/// Addresses whose weights are counted apart; further ones share one count.
const ADDRESSES_MAX: usize = 1024;
/// Where those stand.
const OTHERS: IpAddr = IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED);

/// A count that begins anew with every window of the clock.
#[derive(Debug, Clone, Copy, Default)]
struct Window {
    number: u64,
    count: u64,
}

impl Window {
    /// The count in the window of `seconds` that it is now.
    fn at(&mut self, seconds: u64, now: u64) -> &mut u64 {
        let number = now / seconds;
        if self.number != number {
            *self = Window { number, count: 0 };
        }
        &mut self.count
    }
}

#[derive(Debug, Clone, Copy, Default)]
struct Address {
    weight: Window,
    /// Requests of this minute that were above the limit.
    refused: Window,
    /// Until when it is banned, in seconds.
    banned_until: u64,
}

#[derive(Debug, Default)]
struct Counts {
    addresses: BTreeMap<IpAddr, Address>,
    orders_10s: Window,
    orders_1d: Window,
}

/// The counts of everybody.
#[derive(Debug)]
pub(super) struct Limits {
    enforced: bool,
    counts: RefCell<Counts>,
}

const MINUTE: u64 = 60;
const DAY: u64 = 24 * 60 * MINUTE;

impl Limits {
    pub(super) fn new(enforced: bool) -> Limits {
        Limits {
            enforced,
            counts: RefCell::default(),
        }
    }

    /// Counts a request before it is served; `now` is in seconds.
    pub(super) fn charge(&self, peer: IpAddr, weight: u64, now: u64) -> Result<(), Fault> {
        let mut counts = self.counts.borrow_mut();
        let address = counts.address(peer, now);
        if self.enforced && address.banned_until > now {
            address.banned_until = now + BAN_SECS;
            return Err(banned(address.banned_until));
        }
        let used = address.weight.at(MINUTE, now);
        *used += weight;
        if !self.enforced || *used <= WEIGHT_A_MINUTE {
            return Ok(());
        }
        let refused = address.refused.at(MINUTE, now);
        *refused += 1;
        if *refused > WARNINGS {
            address.banned_until = now + BAN_SECS;
            return Err(banned(address.banned_until));
        }
        let message = format!(
            "Too much request weight used; current limit is {WEIGHT_A_MINUTE} request weight per 1 MINUTE. \
             Please use WebSocket Streams for live updates to avoid polling the API."
        );
        let wait = MINUTE - now % MINUTE;
        Err(Fault::new(-1003, message).status(429).retry_after(wait))
    }

    /// Takes back what a request was charged.
    pub(super) fn refund(&self, peer: IpAddr, weight: u64, now: u64) {
        let mut counts = self.counts.borrow_mut();
        let used = counts.address(peer, now).weight.at(MINUTE, now);
        *used = used.saturating_sub(weight);
    }

    /// What an address has used in this minute.
    pub(super) fn used(&self, peer: IpAddr, now: u64) -> u64 {
        let mut counts = self.counts.borrow_mut();
        *counts.address(peer, now).weight.at(MINUTE, now)
    }

    /// Whether so many more orders may be placed.
    pub(super) fn check_orders(&self, more: u64, now: u64) -> Result<(), Fault> {
        if !self.enforced {
            return Ok(());
        }
        let (in_10s, in_1d) = self.orders(now);
        let over = |limit: u64, window: &str, wait: u64| {
            let message =
                format!("Too many new orders; current limit is {limit} orders per {window}.");
            Err(Fault::new(-1015, message).status(429).retry_after(wait))
        };
        if in_10s + more > ORDERS_10S {
            over(ORDERS_10S, "10 SECOND", 10 - now % 10)
        } else if in_1d + more > ORDERS_1D {
            over(ORDERS_1D, "1 DAY", DAY - now % DAY)
        } else {
            Ok(())
        }
    }

    /// Counts orders that were placed.
    pub(super) fn count_orders(&self, more: u64, now: u64) {
        let mut counts = self.counts.borrow_mut();
        *counts.orders_10s.at(10, now) += more;
        *counts.orders_1d.at(DAY, now) += more;
    }

    /// Orders placed in these ten seconds and on this day.
    pub(super) fn orders(&self, now: u64) -> (u64, u64) {
        let mut counts = self.counts.borrow_mut();
        let in_10s = *counts.orders_10s.at(10, now);
        (in_10s, *counts.orders_1d.at(DAY, now))
    }
}

impl Counts {
    fn address(&mut self, peer: IpAddr, now: u64) -> &mut Address {
        let is_new = !self.addresses.contains_key(&peer);
        if is_new && self.addresses.len() >= ADDRESSES_MAX {
            self.addresses.retain(|_, address| {
                address.weight.number == now / MINUTE || address.banned_until > now
            });
        }
        let full = is_new && self.addresses.len() >= ADDRESSES_MAX;
        self.addresses
            .entry(if full { OTHERS } else { peer })
            .or_default()
    }
}

fn banned(until: u64) -> Fault {
    let message = format!(
        "Way too much request weight used; IP banned until {}. \
         Please use WebSocket Streams for live updates to avoid bans.",
        until * 1000
    );
    Fault::new(-1003, message).status(418).retry_after(BAN_SECS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const PEER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn told(result: Result<(), Fault>) -> (u16, i64, u64) {
        result.map_or_else(
            |fault| (fault.status, fault.code, fault.retry_after.unwrap()),
            |()| (200, 0, 0),
        )
    }

    #[test]
    fn who_goes_on_is_told_and_then_banned() {
        let limits = Limits::new(true);
        assert_eq!(told(limits.charge(PEER, 6000, 5)), (200, 0, 0));
        for _ in 0..WARNINGS {
            assert_eq!(told(limits.charge(PEER, 1, 6)), (429, -1003, 54));
        }
        assert_eq!(told(limits.charge(PEER, 1, 7)), (418, -1003, 120));
        // The next minute does not help, and asking begins the ban anew.
        assert_eq!(told(limits.charge(PEER, 1, 100)), (418, -1003, 120));
        let other = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));
        assert_eq!(told(limits.charge(other, 1, 100)), (200, 0, 0));
        assert_eq!(told(limits.charge(PEER, 1, 220)), (200, 0, 0));
        assert_eq!(limits.used(PEER, 220), 1);
    }

    #[test]
    fn orders_are_bounded_in_ten_seconds() {
        let limits = Limits::new(true);
        limits.count_orders(ORDERS_10S, 11);
        assert_eq!(told(limits.check_orders(1, 13)), (429, -1015, 7));
        assert_eq!(told(limits.check_orders(1, 20)), (200, 0, 0));
        assert_eq!(limits.orders(20), (0, ORDERS_10S));
    }

    #[test]
    fn without_limits_it_only_counts() {
        let limits = Limits::new(false);
        for _ in 0..20 {
            assert_eq!(told(limits.charge(PEER, 1000, 5)), (200, 0, 0));
        }
        limits.count_orders(1_000_000, 5);
        assert_eq!(told(limits.check_orders(1, 5)), (200, 0, 0));
        assert_eq!(limits.used(PEER, 59), 20_000);
        assert_eq!(limits.used(PEER, 60), 0);
        limits.refund(PEER, 5, 60);
        assert_eq!(limits.used(PEER, 60), 0);
    }

    #[test]
    fn addresses_are_bounded() {
        let limits = Limits::new(false);
        for number in 0..3000u32 {
            let peer = IpAddr::V4(Ipv4Addr::from_bits(number + 1));
            limits.charge(peer, 1, 5).unwrap();
        }
        assert!(limits.counts.borrow().addresses.len() <= ADDRESSES_MAX + 1);
        let late = IpAddr::V4(Ipv4Addr::from_bits(9999));
        assert!(limits.used(late, 5) > 1000);
    }
}
