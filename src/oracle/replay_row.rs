//! One line of a replay file: which column is where, and what a row says.
//!
//! A row must have a time and a symbol; of the rest an empty or missing field is unknown. A field that is there but
//! cannot be read makes the whole row bad: a recording is better skipped than guessed at.

use csv::ByteRecord;

use super::quote::{Quote, Skipped};
use crate::units::{Exact, Invalid, InvalidName, Symbol, Timestamp};

/// The last millisecond of the year 9999: a time beyond it is a mistake.
const MILLIS_MAX: u64 = 253_402_300_799_999;

/// What a header lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadHeader {
    /// Nothing at all in the file.
    #[error("it is empty; the first line must name the columns, such as timestamp_ms,symbol,last")]
    Empty,
    /// A column that every file must have.
    #[error("the first line names no column {0}")]
    NoColumn(&'static str),
    /// Nothing that a price could come from.
    #[error("the first line names neither a column last nor both bid and ask")]
    NoPrice,
}

/// Why a row is skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadRow {
    #[error("timestamp_ms must be whole milliseconds since 1970")]
    Time,
    #[error("symbol {0}")]
    Symbol(InvalidName),
    #[error("{0} {1}")]
    Number(&'static str, Invalid),
    #[error("the row {0}")]
    Skipped(#[from] Skipped),
}

/// Where the columns are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns {
    time: usize,
    symbol: usize,
    last: Option<usize>,
    bid: Option<usize>,
    ask: Option<usize>,
    bid_volume: Option<usize>,
    ask_volume: Option<usize>,
}

impl Columns {
    /// Finds the columns by name, in any order and among any others.
    pub(super) fn find(header: &ByteRecord) -> Result<Columns, BadHeader> {
        if header.iter().all(<[u8]>::is_empty) {
            return Err(BadHeader::Empty);
        }
        let find = |name: &str| {
            header
                .iter()
                .position(|field| field.eq_ignore_ascii_case(name.as_bytes()))
        };
        let columns = Columns {
            time: find("timestamp_ms").ok_or(BadHeader::NoColumn("timestamp_ms"))?,
            symbol: find("symbol").ok_or(BadHeader::NoColumn("symbol"))?,
            last: find("last"),
            bid: find("bid"),
            ask: find("ask"),
            bid_volume: find("bid_volume"),
            ask_volume: find("ask_volume"),
        };
        if columns.last.or(columns.bid.and(columns.ask)).is_none() {
            return Err(BadHeader::NoPrice);
        }
        Ok(columns)
    }

    /// The symbol of a row.
    pub(super) fn symbol(&self, row: &ByteRecord) -> Result<Symbol, BadRow> {
        let text = text(row, Some(self.symbol)).ok_or(BadRow::Symbol(InvalidName::Empty))?;
        Symbol::parse(text).map_err(BadRow::Symbol)
    }

    /// What a row says about `symbol`.
    pub(super) fn quote(&self, row: &ByteRecord, symbol: Symbol) -> Result<Quote, BadRow> {
        let millis = text(row, Some(self.time))
            .and_then(|text| text.parse().ok())
            .filter(|&millis| millis <= MILLIS_MAX)
            .ok_or(BadRow::Time)?;
        let number = |name, column| match text(row, column) {
            Some(text) => Exact::parse(text)
                .map(Some)
                .map_err(|why| BadRow::Number(name, why)),
            None => Ok(None),
        };
        Ok(Quote {
            symbol,
            last: number("last", self.last)?,
            close: None,
            bid: number("bid", self.bid)?,
            ask: number("ask", self.ask)?,
            bid_quantity: number("bid_volume", self.bid_volume)?,
            ask_quantity: number("ask_volume", self.ask_volume)?,
            at: Some(Timestamp::from_millis(millis)),
        })
    }
}

/// A field that holds something. What is not UTF-8 is passed on as a text that no reader accepts.
fn text(row: &ByteRecord, column: Option<usize>) -> Option<&str> {
    let field = row.get(column?)?;
    let text = std::str::from_utf8(field).unwrap_or("\u{fffd}");
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(line: &str) -> ByteRecord {
        line.split(',').collect::<Vec<_>>().into()
    }

    fn read(header: &str, line: &str) -> Result<Quote, String> {
        let columns = Columns::find(&record(header)).map_err(|why| why.to_string())?;
        let row = record(line);
        let symbol = columns.symbol(&row).map_err(|why| why.to_string())?;
        columns.quote(&row, symbol).map_err(|why| why.to_string())
    }

    #[test]
    fn columns_are_found_by_name() {
        let quote = read("note,Ask,BID,symbol,timestamp_ms", "x,2,1,BTC/USDT,5").unwrap();
        assert_eq!(quote.bid, Exact::parse("1").ok());
        assert_eq!(quote.ask, Exact::parse("2").ok());
        assert_eq!((quote.last, quote.bid_quantity), (None, None));
        assert_eq!(quote.at, Some(Timestamp::from_millis(5)));
    }

    #[test]
    fn a_header_that_lacks_something_says_what() {
        for (header, why) in [
            ("", BadHeader::Empty),
            ("1,BTC/USDT,5", BadHeader::NoColumn("timestamp_ms")),
            ("timestamp_ms,last", BadHeader::NoColumn("symbol")),
            ("timestamp_ms,symbol,bid", BadHeader::NoPrice),
        ] {
            assert_eq!(Columns::find(&record(header)), Err(why), "{header}");
        }
    }

    #[test]
    fn bad_rows_say_why() {
        let header = "timestamp_ms,symbol,last,bid";
        for (line, why) in [
            (
                "x,BTC/USDT,5,",
                "timestamp_ms must be whole milliseconds since 1970",
            ),
            (
                "-1,BTC/USDT,5,",
                "timestamp_ms must be whole milliseconds since 1970",
            ),
            (
                "253402300800000,BTC/USDT,5,",
                "timestamp_ms must be whole milliseconds since 1970",
            ),
            ("1,,5,", "symbol must not be empty"),
            (
                "1,BTCUSDT,5,",
                "symbol must be written BASE/QUOTE, such as BTC/USDT",
            ),
            ("1,BTC/USDT,NaN,", "last must be a decimal number"),
            ("1,BTC/USDT,5,1_0", "bid must be a decimal number"),
        ] {
            assert_eq!(read(header, line).unwrap_err(), why, "{line}");
        }
    }
}
