//! The id of an order: a sequence number that is given once.

use std::fmt;

/// Digits of a printed id; ids sort as text for the first 10^12 orders.
const DIGITS: usize = 12;

/// The text is not an id that was ever given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not an order id")]
pub struct InvalidId;

/// Identifies an order for ever; later orders have larger ids.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrderId(u64);

impl OrderId {
    /// The id with this sequence number.
    pub fn new(sequence: u64) -> OrderId {
        OrderId(sequence)
    }

    /// Its sequence number.
    pub fn sequence(self) -> u64 {
        self.0
    }

    /// Reads an id as printed.
    pub fn parse(text: &str) -> Result<OrderId, InvalidId> {
        let plain = text.len() >= DIGITS && text.bytes().all(|b| b.is_ascii_digit());
        let canonical = text.len() == DIGITS || !text.starts_with('0');
        if !plain || !canonical {
            return Err(InvalidId);
        }
        text.parse().map(OrderId).map_err(|_| InvalidId)
    }
}

impl fmt::Display for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0DIGITS$}", self.0)
    }
}

impl fmt::Debug for OrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back_and_sort_as_text() {
        for sequence in [0, 1, 42, 999_999_999_999, 1_000_000_000_000, u64::MAX] {
            let id = OrderId::new(sequence);
            assert_eq!(OrderId::parse(&id.to_string()), Ok(id));
        }
        assert!(OrderId::new(9).to_string() < OrderId::new(10).to_string());
        for text in [
            "",
            "1",
            "abc",
            "00000000000x",
            "0000000000001",
            "99999999999999999999999",
        ] {
            assert_eq!(OrderId::parse(text), Err(InvalidId), "{text}");
        }
    }
}
