//! Orders that wait for a price to be reached before they join the book.
//!
//! A trigger looks at `last` only. One that falls is reached at its price or below, one that rises at its price or
//! above. Orders are kept sorted by their trigger price, so a tick touches those that it triggers and no others; only
//! trailing orders, of which there are few, are looked at by every tick.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::order::{Order, Side};
use crate::units::{OrderId, Price, Rate};

/// The most trailing orders of one symbol that can be open at once: every tick of the symbol looks at each of them.
pub const TRAILING_PER_SYMBOL_MAX: usize = 100;
/// The largest trailing delta, in hundredths of a percent.
pub const TRAILING_BIPS_MAX: u16 = 5000;

/// Why an order waits for a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TriggerKind {
    /// To end a loss: a sale below the present price, a buy above it.
    StopLoss,
    /// To take a profit: a sale above the present price, a buy below it.
    TakeProfit,
}

/// Which price it waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// This one.
    At(Price),
    /// One that follows the market at a distance.
    Trail {
        /// The distance from the extreme, in hundredths of a percent of it.
        bips: u16,
        /// The price from which on it follows, on either side of the present one; at once where there is none.
        from: Option<Price>,
    },
}

/// The condition under which an order joins the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trigger {
    /// Why it waits.
    pub kind: TriggerKind,
    /// For which price.
    pub level: Level,
}

/// From which side a trigger price is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// The price falls to it or below.
    Falling,
    /// The price rises to it or above.
    Rising,
}

/// How far a trailing order has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mark {
    /// It has seen no price yet.
    #[default]
    Unset,
    /// It begins to follow when the price is this or more.
    Above(Price),
    /// It begins to follow when the price is this or less.
    Below(Price),
    /// It follows; the best price since then: the highest for a falling trigger, the lowest for a rising one.
    Extreme(Price),
}

impl Direction {
    /// Whether `last` has reached a trigger price.
    pub(super) fn is_reached(self, price: Price, last: Price) -> bool {
        match self {
            Direction::Falling => last <= price,
            Direction::Rising => last >= price,
        }
    }

    /// The trigger price so many hundredths of a percent from an extreme, to all digits that can be kept.
    pub(super) fn trailed(self, extreme: Price, bips: u16) -> Price {
        let bips = u32::from(bips);
        let share = match self {
            Direction::Falling => 10_000u32.saturating_sub(bips),
            Direction::Rising => 10_000u32.saturating_add(bips),
        };
        let share = Rate::from_millionths(share.saturating_mul(100));
        // The largest price has 16 digits before the point, so 8 behind it always fit.
        let scaled = |decimals| extreme.scaled(share, decimals);
        scaled(28)
            .or_else(|_| scaled(16))
            .or_else(|_| scaled(8))
            .unwrap_or(extreme)
    }
}

impl Trigger {
    /// From which side its price is reached.
    pub fn direction(&self, side: Side) -> Direction {
        match (self.kind, side) {
            (TriggerKind::StopLoss, Side::Sell) | (TriggerKind::TakeProfit, Side::Buy) => {
                Direction::Falling
            }
            (TriggerKind::StopLoss, Side::Buy) | (TriggerKind::TakeProfit, Side::Sell) => {
                Direction::Rising
            }
        }
    }

    /// Whether its price is reached already; one that trails never is.
    pub(super) fn is_reached(&self, side: Side, last: Price) -> bool {
        match self.level {
            Level::At(price) => self.direction(side).is_reached(price, last),
            Level::Trail { .. } => false,
        }
    }

    /// The price at which it is expected to trigger, as seen from `last`.
    pub(super) fn expected(&self, side: Side, last: Price) -> Price {
        match self.level {
            Level::At(price) => price,
            Level::Trail { bips, from } => self.direction(side).trailed(from.unwrap_or(last), bips),
        }
    }

    /// Whether it trails.
    pub(super) fn trails(&self) -> bool {
        matches!(self.level, Level::Trail { .. })
    }
}

/// A trailing order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Trail {
    direction: Direction,
    bips: u16,
    from: Option<Price>,
    mark: Mark,
}

impl Trail {
    /// Follows the market.
    fn advance(&mut self, last: Price) {
        self.mark = match (self.mark, self.direction) {
            (Mark::Unset, _) => match self.from {
                Some(from) if last < from => Mark::Above(from),
                Some(from) if last > from => Mark::Below(from),
                Some(_) | None => Mark::Extreme(last),
            },
            (Mark::Above(from), _) if last >= from => Mark::Extreme(last),
            (Mark::Below(from), _) if last <= from => Mark::Extreme(last),
            (mark @ (Mark::Above(_) | Mark::Below(_)), _) => mark,
            (Mark::Extreme(extreme), Direction::Falling) => Mark::Extreme(extreme.max(last)),
            (Mark::Extreme(extreme), Direction::Rising) => Mark::Extreme(extreme.min(last)),
        };
    }

    /// The price at which it triggers now; none before it follows.
    fn level(&self) -> Option<Price> {
        match self.mark {
            Mark::Extreme(extreme) => Some(self.direction.trailed(extreme, self.bips)),
            Mark::Unset | Mark::Above(_) | Mark::Below(_) => None,
        }
    }
}

/// The orders of one symbol that wait for a price.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Triggers {
    falling: BTreeSet<(Reverse<Price>, OrderId)>,
    rising: BTreeSet<(Price, OrderId)>,
    trails: BTreeMap<OrderId, Trail>,
}

impl Triggers {
    /// Adds an order with a trigger; one that trails goes on from `mark`.
    pub(super) fn insert(&mut self, order: &Order, mark: Mark) {
        let Some(trigger) = order.terms.trigger else {
            return;
        };
        let direction = trigger.direction(order.side);
        match (trigger.level, direction) {
            (Level::At(price), Direction::Falling) => {
                self.falling.insert((Reverse(price), order.id));
            }
            (Level::At(price), Direction::Rising) => {
                self.rising.insert((price, order.id));
            }
            (Level::Trail { bips, from }, _) => {
                let trail = Trail {
                    direction,
                    bips,
                    from,
                    mark,
                };
                self.trails.insert(order.id, trail);
            }
        }
    }

    /// Takes an order out.
    pub(super) fn remove(&mut self, order: &Order) {
        let Some(trigger) = order.terms.trigger else {
            return;
        };
        match (trigger.level, trigger.direction(order.side)) {
            (Level::At(price), Direction::Falling) => {
                self.falling.remove(&(Reverse(price), order.id));
            }
            (Level::At(price), Direction::Rising) => {
                self.rising.remove(&(price, order.id));
            }
            (Level::Trail { .. }, _) => {
                self.trails.remove(&order.id);
            }
        }
    }

    /// Whether the order is in its place.
    pub(super) fn contains(&self, order: &Order) -> bool {
        let place = |trigger: Trigger| match (trigger.level, trigger.direction(order.side)) {
            (Level::At(price), Direction::Falling) => {
                self.falling.contains(&(Reverse(price), order.id))
            }
            (Level::At(price), Direction::Rising) => self.rising.contains(&(price, order.id)),
            (Level::Trail { .. }, _) => self.trails.contains_key(&order.id),
        };
        order.terms.trigger.is_some_and(place)
    }

    /// Number of orders.
    pub(super) fn len(&self) -> usize {
        self.falling
            .len()
            .saturating_add(self.rising.len())
            .saturating_add(self.trails.len())
    }

    /// Number of those that trail.
    pub(super) fn trailing(&self) -> usize {
        self.trails.len()
    }

    /// How far the trailing orders have come.
    pub(super) fn marks(&self) -> Vec<(OrderId, Mark)> {
        let mark = |(&id, trail): (&OrderId, &Trail)| (id, trail.mark);
        self.trails.iter().map(mark).collect()
    }

    /// The price that a trailing order waits for now.
    pub(super) fn awaited(&self, id: OrderId) -> Option<Price> {
        let trail = self.trails.get(&id)?;
        match trail.mark {
            Mark::Above(from) | Mark::Below(from) => Some(from),
            Mark::Unset | Mark::Extreme(_) => trail.level(),
        }
    }

    /// Lets trailing orders follow the market.
    pub(super) fn follow(&mut self, last: Price) {
        for trail in self.trails.values_mut() {
            trail.advance(last);
        }
    }

    /// Orders whose price is reached: those that the market came to first before the others, then by id.
    pub(super) fn reached(&self, last: Price) -> Vec<OrderId> {
        let fallen = self.falling.iter().map(|&(Reverse(price), id)| (price, id));
        let risen = self.rising.iter().copied();
        [
            self.reached_of(Direction::Falling, fallen, last),
            self.reached_of(Direction::Rising, risen, last),
        ]
        .concat()
    }

    fn reached_of(
        &self,
        direction: Direction,
        fixed: impl Iterator<Item = (Price, OrderId)>,
        last: Price,
    ) -> Vec<OrderId> {
        let fits = |&(price, _): &(Price, OrderId)| direction.is_reached(price, last);
        let mut found: Vec<(Price, OrderId)> = fixed.take_while(fits).collect();
        let same = self.trails.iter().filter(|(_, t)| t.direction == direction);
        let trailing = same.filter_map(|(&id, trail)| Some((trail.level()?, id)));
        found.extend(trailing.filter(fits));
        match direction {
            Direction::Falling => found.sort_unstable_by_key(|&(price, id)| (Reverse(price), id)),
            Direction::Rising => found.sort_unstable(),
        }
        found.into_iter().map(|(_, id)| id).collect()
    }
}
