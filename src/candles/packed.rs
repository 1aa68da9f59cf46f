//! Candles in few bytes: about nine each where prices move little.
//!
//! Each is written as its difference to the one before: how many slots later it begins, a byte that says what follows, and
//! whole numbers of seven bits a byte. Prices count in units of the last decimal that any of them so far has needed; a
//! price that does not fit is written as it is. Nothing is ever rounded.

use super::candle::{Candle, Volume};
use super::{Level, Unsound};
use crate::units::{Amount, Exact, Price, Quantity, Timestamp};

/// What the byte at the head of a candle says.
const RESCALED: u8 = 1;
const TRADED: u8 = 2;
const PLAIN: u8 = 4;
const ONE_PRICE: u8 = 8;
const ONE_MINUTE: u8 = 16;
const KNOWN: u8 = RESCALED | TRADED | PLAIN | ONE_PRICE | ONE_MINUTE;

/// Candles of one chunk, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Packed {
    bytes: Vec<u8>,
    count: usize,
    cursor: Cursor,
}

/// What the next candle is written or read relative to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Cursor {
    slot: u64,
    scale: u8,
    close: i128,
}

impl Packed {
    /// Candles of a chunk.
    pub(super) fn of(level: Level, candles: &[Candle]) -> Packed {
        let mut packed = Packed::default();
        for candle in candles {
            packed.push(level, candle);
        }
        packed
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes alone.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// How many candles.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// Appends a candle that begins later than all before it.
    pub(super) fn push(&mut self, level: Level, candle: &Candle) {
        let slot = level.slot_in_chunk(candle.start);
        put(
            &mut self.bytes,
            slot.saturating_sub(self.cursor.slot).into(),
        );
        self.cursor.slot = slot.saturating_add(1);
        let head_at = self.bytes.len();
        let mut head = 0;
        self.bytes.push(0);
        let ohlc = [candle.open, candle.close, candle.high, candle.low];
        let scale = ohlc
            .iter()
            .map(|price| price.exact().to_parts().1)
            .fold(self.cursor.scale, u8::max);
        let close_before = rescaled(self.cursor.close, self.cursor.scale, scale);
        let whole = ohlc.map(|price| {
            let (mantissa, decimals) = price.exact().to_parts();
            rescaled(mantissa, decimals, scale)
        });
        if let (Some(before), [Some(open), Some(close), Some(high), Some(low)]) =
            (close_before, whole)
        {
            if scale != self.cursor.scale {
                head |= RESCALED;
                self.bytes.push(scale);
            }
            put_signed(&mut self.bytes, open - before);
            if open == close && high == low {
                head |= ONE_PRICE;
            } else {
                put_signed(&mut self.bytes, close - open);
                put_signed(&mut self.bytes, high - open.max(close));
                put_signed(&mut self.bytes, open.min(close) - low);
            }
            (self.cursor.scale, self.cursor.close) = (scale, close);
        } else {
            head |= PLAIN;
            for price in ohlc {
                put_exact(&mut self.bytes, price.exact());
            }
        }
        put(&mut self.bytes, candle.prices.into());
        if candle.minutes == 1 {
            head |= ONE_MINUTE;
        } else {
            put(&mut self.bytes, candle.minutes.into());
        }
        if !candle.volume.is_none() {
            head |= TRADED;
            put(&mut self.bytes, candle.volume.trades.into());
            let volume = &candle.volume;
            for value in [
                volume.base.exact(),
                volume.quote.exact(),
                volume.taken_base.exact(),
                volume.taken_quote.exact(),
            ] {
                put_exact(&mut self.bytes, value);
            }
        }
        if let Some(byte) = self.bytes.get_mut(head_at) {
            *byte = head;
        }
        self.count += 1;
    }

    /// All candles of the chunk of this number.
    pub(super) fn candles(&self, level: Level, chunk: u32) -> Vec<Candle> {
        // What was packed here can be unpacked.
        unpacked(level, chunk, &self.bytes).unwrap_or_default()
    }
}

/// Reads the candles of a chunk; whatever the bytes, it never panics.
pub fn unpacked(level: Level, chunk: u32, mut bytes: &[u8]) -> Result<Vec<Candle>, Unsound> {
    let mut cursor = Cursor::default();
    let mut candles = Vec::new();
    while !bytes.is_empty() {
        let slot = cursor.slot.checked_add(take_u64(&mut bytes)?);
        let slot = slot.filter(|&slot| slot < level.slots()).ok_or(Unsound)?;
        cursor.slot = slot + 1;
        let start = level.start(chunk, slot);
        candles.push(read(&mut bytes, &mut cursor, start)?);
    }
    Ok(candles)
}

fn read(bytes: &mut &[u8], cursor: &mut Cursor, start: Timestamp) -> Result<Candle, Unsound> {
    let head = take_byte(bytes)?;
    if head & !KNOWN != 0 {
        return Err(Unsound);
    }
    let price = |value: Exact| Price::try_new(value).map_err(|_| Unsound);
    let [open, close, high, low] = if head & PLAIN == 0 {
        if head & RESCALED != 0 {
            let scale = take_byte(bytes)?;
            cursor.close = rescaled(cursor.close, cursor.scale, scale).ok_or(Unsound)?;
            cursor.scale = scale;
        }
        let plus = |a: i128, b: i128| a.checked_add(b).ok_or(Unsound);
        let open = plus(cursor.close, take_signed(bytes)?)?;
        let (mut close, mut high, mut low) = (open, open, open);
        if head & ONE_PRICE == 0 {
            close = plus(open, take_signed(bytes)?)?;
            high = plus(open.max(close), take_signed(bytes)?)?;
            let down = take_signed(bytes)?.checked_neg().ok_or(Unsound)?;
            low = plus(open.min(close), down)?;
        }
        cursor.close = close;
        let exact = |mantissa| Exact::from_parts(mantissa, cursor.scale).map_err(|_| Unsound);
        [exact(open)?, exact(close)?, exact(high)?, exact(low)?]
    } else {
        [
            take_exact(bytes)?,
            take_exact(bytes)?,
            take_exact(bytes)?,
            take_exact(bytes)?,
        ]
    };
    let prices = take_u64(bytes)?;
    let minutes = if head & ONE_MINUTE == 0 {
        take_u64(bytes)?
    } else {
        1
    };
    let mut volume = Volume::default();
    if head & TRADED != 0 {
        volume.trades = take_u64(bytes)?;
        volume.base = Quantity::from_stored(take_exact(bytes)?);
        volume.quote = Amount::from_stored(take_exact(bytes)?);
        volume.taken_base = Quantity::from_stored(take_exact(bytes)?);
        volume.taken_quote = Amount::from_stored(take_exact(bytes)?);
    }
    Ok(Candle {
        start,
        open: price(open)?,
        high: price(high)?,
        low: price(low)?,
        close: price(close)?,
        prices,
        minutes,
        volume,
    })
}

/// A mantissa at more decimals; none where it would not fit with room to spare for differences.
fn rescaled(mantissa: i128, from: u8, to: u8) -> Option<i128> {
    let power = 10i128.checked_pow(u32::from(to.checked_sub(from)?))?;
    let grown = mantissa.checked_mul(power)?;
    (grown.unsigned_abs() < 1 << 96).then_some(grown)
}

fn put(out: &mut Vec<u8>, mut value: u128) {
    while value > 0x7f {
        // The low seven bits.
        out.push(u8::try_from(value & 0x7f).unwrap_or(0) | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap_or(0));
}

/// Small numbers of either sign become small numbers: 0, -1, 1, -2, ...
fn put_signed(out: &mut Vec<u8>, value: i128) {
    let folded = value.unsigned_abs() << 1;
    put(out, if value < 0 { folded - 1 } else { folded });
}

fn put_exact(out: &mut Vec<u8>, value: Exact) {
    let (mantissa, scale) = value.to_parts();
    out.push(scale);
    put_signed(out, mantissa);
}

fn take_byte(bytes: &mut &[u8]) -> Result<u8, Unsound> {
    let (&first, rest) = bytes.split_first().ok_or(Unsound)?;
    *bytes = rest;
    Ok(first)
}

fn take(bytes: &mut &[u8]) -> Result<u128, Unsound> {
    let mut value = 0u128;
    for shift in (0..112).step_by(7) {
        let byte = take_byte(bytes)?;
        value |= u128::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Unsound)
}

fn take_u64(bytes: &mut &[u8]) -> Result<u64, Unsound> {
    u64::try_from(take(bytes)?).map_err(|_| Unsound)
}

fn take_signed(bytes: &mut &[u8]) -> Result<i128, Unsound> {
    let folded = take(bytes)?;
    let half = i128::try_from(folded.div_ceil(2)).map_err(|_| Unsound)?;
    Ok(if folded & 1 == 1 { -half } else { half })
}

fn take_exact(bytes: &mut &[u8]) -> Result<Exact, Unsound> {
    let scale = take_byte(bytes)?;
    Exact::from_parts(take_signed(bytes)?, scale).map_err(|_| Unsound)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candle(minute: u64, prices: [&str; 4]) -> Candle {
        let [open, high, low, close] = prices.map(|text| Price::parse(text).unwrap());
        Candle {
            open,
            high,
            low,
            close,
            prices: minute * 37,
            minutes: minute % 3,
            ..Candle::flat(Timestamp::from_millis(minute * 60_000), open)
        }
    }

    fn there_and_back(candles: &[Candle]) -> usize {
        let packed = Packed::of(Level::Minute, candles);
        assert_eq!(packed.candles(Level::Minute, 0), candles);
        packed.bytes().len()
    }

    #[test]
    fn no_digit_is_lost() {
        let mut traded = candle(58, ["64000", "64001", "63999.5", "64000.1"]);
        traded.volume = Volume {
            trades: 3,
            base: Quantity::parse_positive("0.0000000000000000000001").unwrap(),
            quote: Amount::parse_positive("123456789012345.678").unwrap(),
            ..Volume::default()
        };
        let candles = [
            candle(0, ["0.00000001", "0.00000002", "0.00000001", "0.00000001"]),
            candle(1, ["64000", "64001", "63999.5", "64000.1"]),
            candle(7, ["1000000000000000", "1000000000000000", "1", "2"]),
            candle(
                8,
                [
                    "0.0000000000000000000000000001",
                    "1000000000000000",
                    "0.1",
                    "7",
                ],
            ),
            candle(9, ["3", "3", "3", "3"]),
            traded,
            candle(59, ["3", "4", "2", "3"]),
        ];
        there_and_back(&candles);
    }

    #[test]
    fn the_bytes_are_those_of_stored_rows() {
        // One slot later; rescaled, one price, one minute; one decimal; +15, folded; one price.
        let price = Price::parse("1.5").unwrap();
        let candle = Candle::of(Timestamp::from_millis(60_000), price);
        let packed = Packed::of(Level::Minute, &[candle]);
        assert_eq!(packed.bytes(), [1, 25, 1, 30, 1]);
    }

    #[test]
    fn an_hour_of_usual_prices_is_short() {
        let price = |n: u64| format!("64{:03}.{:02}", n * 7 % 100, n * 13 % 100);
        let candles: Vec<Candle> = (0..60)
            .map(|minute| {
                let price = price(minute);
                Candle {
                    prices: 6,
                    minutes: 1,
                    ..candle(minute, [&price, "64120", "63990", &price])
                }
            })
            .collect();
        assert!(there_and_back(&candles) < 60 * 14);
    }

    #[test]
    fn unsound_bytes_are_an_error() {
        let candles = [
            candle(0, ["2", "3", "1", "2"]),
            candle(5, ["3", "4.5", "2", "3"]),
        ];
        let packed = Packed::of(Level::Minute, &candles);
        for cut in 1..packed.bytes().len() {
            // A cut between two candles leaves the first.
            let read = unpacked(Level::Minute, 0, &packed.bytes()[..cut]);
            assert!(read.is_err() || read.unwrap() == candles[..1], "{cut}");
        }
        for byte in 0..packed.bytes().len() {
            for value in 0..=255 {
                let mut bytes = packed.bytes().to_vec();
                bytes[byte] = value;
                drop(unpacked(Level::Minute, 0, &bytes));
            }
        }
        assert_eq!(unpacked(Level::Minute, 0, &[60, 0]), Err(Unsound));
    }
}
