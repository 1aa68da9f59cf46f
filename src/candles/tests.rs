//! Candles against the plainest way to make them: from all prices, each time anew.

use std::path::Path;

use super::*;
use crate::exchange::Digest;
use crate::units::Price;

const START: u64 = 1_709_164_800_000;

fn symbol() -> Symbol {
    Symbol::parse("BTC/USDT").unwrap()
}

fn seen(at: u64, price: &str) -> Seen {
    Seen::Price(
        symbol(),
        Timestamp::from_millis(at),
        Price::parse(price).unwrap(),
    )
}

/// What a store would hold.
#[derive(Default)]
struct Disk {
    chunks: BTreeMap<(Level, u32, Symbol), Packed>,
    slices: BTreeMap<(Level, u32, u64), Slice>,
}

impl Disk {
    fn write(&mut self, changes: Changes) {
        for chunk in changes.chunks {
            let key = (chunk.level, chunk.number, chunk.symbol);
            self.chunks.insert(key, chunk.packed);
        }
        for slice in changes.slices {
            let chunk = slice.level.chunk(slice.at);
            let key = (slice.level, chunk, slice.at.as_millis());
            self.slices.insert(key, slice);
        }
        for (begun, present, oldest) in changes.begun {
            self.slices
                .retain(|&(level, chunk, _), _| level != begun || chunk >= present);
            self.chunks
                .retain(|&(level, chunk, _), _| level != begun || chunk >= oldest);
        }
    }

    fn restart(&self) -> Candles {
        Candles::restored(self.slices.values().cloned().collect()).unwrap()
    }

    fn all(&self, candles: &Candles, level: Level) -> Vec<Candle> {
        let mut all = BTreeMap::new();
        for (&(of, number, _), packed) in &self.chunks {
            if of == level {
                all.extend(
                    packed
                        .candles(level, number)
                        .into_iter()
                        .map(|c| (c.start, c)),
                );
            }
        }
        all.extend(
            candles
                .of(symbol(), level)
                .into_iter()
                .map(|c| (c.start, c)),
        );
        all.into_values().collect()
    }
}

/// Open, high, low, close and number of the prices in each candle.
fn naive(ticks: &[(u64, Price)], interval: Interval) -> Vec<(u64, [Price; 4], u64)> {
    let mut found: BTreeMap<u64, Vec<Price>> = BTreeMap::new();
    for &(at, price) in ticks {
        let start = interval.start(Timestamp::from_millis(at)).as_millis();
        found.entry(start).or_default().push(price);
    }
    let one = |(start, prices): (u64, Vec<Price>)| {
        let (first, last) = (*prices.first().unwrap(), *prices.last().unwrap());
        let (high, low) = (*prices.iter().max().unwrap(), *prices.iter().min().unwrap());
        (start, [first, high, low, last], prices.len() as u64)
    };
    found.into_iter().map(one).collect()
}

fn plain(candles: &[Candle]) -> Vec<(u64, [Price; 4], u64)> {
    let one = |c: &Candle| {
        (
            c.start.as_millis(),
            [c.open, c.high, c.low, c.close],
            c.prices,
        )
    };
    candles.iter().map(one).collect()
}

#[test]
fn candles_of_every_interval_are_those_of_all_prices() {
    for seed in 1..=6 {
        let mut chance = Digest::from_bits(seed);
        let (mut candles, mut disk) = (Candles::default(), Disk::default());
        let (mut ticks, mut now) = (Vec::new(), START);
        for step in 0..4000u64 {
            chance.word(step);
            let random = chance.bits();
            // Mostly seconds, at times hours or days without a price.
            now += match random % 100 {
                0 => 86_400_000 * (1 + random % 3),
                1..=4 => random % 20_000_000,
                _ => random % 90_000,
            };
            let price = format!("{}.{:02}", 1 + random % 977, random % 89);
            ticks.push((now, Price::parse(&price).unwrap()));
            candles.take(vec![seen(now, &price)]);
            if random.is_multiple_of(7) {
                disk.write(candles.take_changes(Timestamp::from_millis(now)));
                let durable = !random.is_multiple_of(35);
                candles.landed(durable);
            } else if random.is_multiple_of(11) {
                // Orderly stop and start.
                disk.write(candles.take_changes(Timestamp::from_millis(now)));
                candles = disk.restart();
            }
        }
        for interval in INTERVALS {
            let oldest = interval
                .level()
                .chunk(Timestamp::from_millis(now).minus(Kept::default().of(interval.level())));
            let kept = interval
                .start(interval.level().start(oldest + 1, 0))
                .as_millis();
            let mut expected = naive(&ticks, interval);
            let mut found = plain(&merged(&disk.all(&candles, interval.level()), interval));
            // The oldest may be cut off where what it is made of is no longer kept.
            expected.retain(|&(start, ..)| start > kept);
            found.retain(|&(start, ..)| start > kept);
            assert_eq!(found, expected, "{interval} with seed {seed}");
        }
    }
}

#[test]
fn what_is_kept_is_bounded_after_months() {
    let (mut candles, mut disk) = (Candles::default(), Disk::default());
    for hour in 0..24 * 220u64 {
        let now = START + hour * 3_600_000;
        candles.take(vec![seen(now, "1"), seen(now + 60_000, "2")]);
        disk.write(candles.take_changes(Timestamp::from_millis(now + 70_000)));
        candles.landed(true);
    }
    let count = |level| disk.chunks.keys().filter(|key| key.0 == level).count();
    assert!(count(Level::Minute) <= 24 * 7 + 1);
    assert!(count(Level::Hour) <= 181);
    assert!(disk.slices.len() <= 1 + 24 + 32);
    assert!(candles.waiting.is_empty());
}

#[test]
fn a_disk_that_takes_nothing_loses_no_candle() {
    let (mut candles, mut disk) = (Candles::default(), Disk::default());
    let mut ticks = Vec::new();
    for minute in 0..300u64 {
        let now = START + minute * 60_000;
        ticks.push((now, Price::parse("7").unwrap()));
        candles.take(vec![seen(now, "7")]);
        drop(candles.take_changes(Timestamp::from_millis(now)));
        candles.landed(false);
    }
    disk.write(candles.take_changes(Timestamp::from_millis(START + 300 * 60_000)));
    candles.landed(true);
    let minute = Interval::parse("1m").unwrap();
    let after = disk.restart();
    assert_eq!(
        plain(&disk.all(&after, Level::Minute)),
        naive(&ticks, minute)
    );
}

#[test]
fn what_a_fast_recording_fills_presses_before_it_is_lost() {
    let (mut candles, mut disk, mut flushes) = (Candles::default(), Disk::default(), 0);
    for hour in 0..24 * 400u64 {
        candles.take(vec![seen(START + hour * 3_600_000, "1")]);
        if candles.is_pressing() {
            disk.write(candles.take_changes(Timestamp::from_millis(START + hour * 3_600_000)));
            assert!(!candles.is_pressing());
            candles.landed(true);
            flushes += 1;
        }
    }
    assert!((1..10).contains(&flushes), "{flushes}");
    // The oldest hours are over half a year old.
    let hours = disk.all(&candles, Level::Hour);
    assert!(hours.len() >= 24 * 180, "{}", hours.len());
    let gap = |pair: &[Candle]| pair[1].start.since(pair[0].start) != Span::from_secs(3600);
    assert!(!hours.windows(2).any(gap));
}

#[test]
fn a_gap_is_flat_and_bounded() {
    let price = |text: &str| Price::parse(text).unwrap();
    let hour = Interval::parse("1h").unwrap();
    let at = |hour: u64| Timestamp::from_millis(START + hour * 3_600_000);
    let known = [Candle::of(at(0), price("1")), Candle::of(at(3), price("2"))];
    let filled = without_gaps(&known, hour, at(5), 1000);
    let closes: Vec<String> = filled
        .iter()
        .map(|c| format!("{}x{}", c.close, c.prices))
        .collect();
    assert_eq!(closes, ["1x1", "1x0", "1x0", "2x1", "2x0", "2x0"]);
    let far = at(24 * 365 * 50);
    assert_eq!(without_gaps(&known, hour, far, 10).len(), 10);
    assert!(without_gaps(&[], hour, far, 10).is_empty());
}

#[test]
fn recorded_closes_are_the_closes_of_candles() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/data/candles/binance_spot_1m_ticker_2021-04-20_2021-05-20.csv.gz");
    let shared = Path::new("/work/shared/data/candles");
    let file = if file.exists() {
        file
    } else {
        shared.join(file.file_name().unwrap())
    };
    let Ok(compressed) = std::fs::File::open(&file) else {
        eprintln!("skipped: no {}", file.display());
        return;
    };
    let read = |compressed| {
        let mut text = String::new();
        let mut unzipped = flate2::read::MultiGzDecoder::new(compressed);
        std::io::Read::read_to_string(&mut unzipped, &mut text).unwrap();
        text
    };
    let text = read(compressed);
    let ohlcv = file.to_string_lossy().replace("_ticker_", "_ohlcv_");
    let recorded = read(std::fs::File::open(ohlcv).unwrap());
    let mut candles = Candles::default();
    let mut disk = Disk::default();
    // A day of them.
    let end = 1_618_951_200_000 + 86_400_000;
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let at: u64 = fields[0].parse().unwrap();
        if at >= end {
            break;
        }
        if fields[1] == "BTC/USDT" {
            candles.take(vec![seen(at, fields[2])]);
        }
    }
    disk.write(candles.take_changes(Timestamp::from_millis(end)));
    let found: Vec<(u64, String)> = disk
        .all(&candles, Level::Minute)
        .iter()
        .map(|candle| (candle.start.as_millis(), candle.close.to_string()))
        .collect();
    let expected: Vec<(u64, String)> = recorded
        .lines()
        .skip(1)
        .map(|line| line.split(',').collect::<Vec<_>>())
        .filter(|fields| fields[1] == "BTC/USDT")
        .map(|fields| (fields[0].parse().unwrap(), fields[5].to_owned()))
        .take_while(|(at, _)| *at < end)
        .collect();
    assert_eq!(found, expected);
    // Two minutes of that day are missing in the recording.
    assert_eq!(found.len(), 1438);
}
