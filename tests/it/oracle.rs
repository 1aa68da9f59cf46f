//! Price sources: replay files as they really are.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that goes wrong should stop, and one that is skipped should say so"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use mockx::oracle::{BadHeader, Progress, Replay, ReplayError, Row};
use mockx::units::Symbol;

const HEADER: &str = "timestamp_ms,symbol,last,bid,ask,bid_volume,ask_volume\n";

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// A file of its own directory, which lives as long as the first of the pair.
fn file(name: &str, bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// All rows up to the end, and the error that ended them.
fn drain(mut replay: Replay) -> (Vec<Row>, Replay, Option<ReplayError>) {
    runtime().block_on(async {
        let mut rows = Vec::new();
        let mut error = None;
        while let Some(row) = replay.next().await {
            match row {
                Ok(row) => rows.push(row),
                Err(why) => error = Some(why),
            }
        }
        (rows, replay, error)
    })
}

fn read(bytes: &[u8]) -> (Vec<String>, Replay) {
    let (_folder, path) = file("rows", bytes);
    let (rows, replay, error) = drain(Replay::open(path, false).unwrap());
    assert!(error.is_none(), "{error:?}");
    (rows.iter().map(show).collect(), replay)
}

fn show(row: &Row) -> String {
    let ticker = &row.ticker;
    assert_eq!(row.at, ticker.at);
    let text = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    format!(
        "{} {} {} {} {} {} {}",
        row.at.as_millis(),
        ticker.symbol,
        ticker.last,
        text(ticker.bid.map(|price| price.to_string())),
        text(ticker.ask.map(|price| price.to_string())),
        text(ticker.bid_quantity.map(|size| size.to_string())),
        text(ticker.ask_quantity.map(|size| size.to_string())),
    )
}

fn open_error(bytes: &[u8]) -> ReplayError {
    let (_folder, path) = file("rows.csv", bytes);
    Replay::open(path, false).unwrap_err()
}

const SOME_ROWS: &str = "timestamp_ms,symbol,last,bid,ask,bid_volume,ask_volume
100,ETH/USDT,,2683.8,2683.81,3.0292,31.4395
100,BTC/USDT,61837.5,61837.63,61837.64,3.78826,1.54698
200,ETH/USDT,2683,2683.7,2683.9,,
300,ETH/USDT,,2684,2684.5,1,2
";

const SOME_ROWS_READ: [&str; 4] = [
    "100 ETH/USDT 2683.805 2683.8 2683.81 3.0292 31.4395",
    "100 BTC/USDT 61837.5 61837.63 61837.64 3.78826 1.54698",
    "200 ETH/USDT 2683 2683.7 2683.9 - -",
    "300 ETH/USDT 2683 2684 2684.5 1 2",
];

#[test]
fn plain_and_gzipped_files_read_alike() {
    assert_eq!(read(SOME_ROWS.as_bytes()).0, SOME_ROWS_READ);
    assert_eq!(read(&gzip(SOME_ROWS)).0, SOME_ROWS_READ);
    let windows = SOME_ROWS.replace('\n', "\r\n");
    assert_eq!(read(windows.as_bytes()).0, SOME_ROWS_READ);
    let marked = format!("\u{feff}{SOME_ROWS}");
    assert_eq!(read(marked.as_bytes()).0, SOME_ROWS_READ);
    let unfinished = SOME_ROWS.trim_end();
    assert_eq!(read(unfinished.as_bytes()).0, SOME_ROWS_READ);
}

#[test]
fn gzip_files_may_have_several_members() {
    let (head, tail) = SOME_ROWS.split_at(150);
    let members = [gzip(head), gzip(tail)].concat();
    assert_eq!(read(&members).0, SOME_ROWS_READ);
}

#[test]
fn fields_may_be_quoted_and_columns_moved() {
    let text = "\"symbol\",note,\"last\", timestamp_ms \n\"ETH/USDT\",\"a,b\nc\",\"5.50\", 7 \n";
    assert_eq!(read(text.as_bytes()).0, ["7 ETH/USDT 5.5 - - - -"]);
}

#[test]
fn bad_rows_are_skipped_counted_and_named() {
    let text = format!(
        "{HEADER}x,BTC/USDT,1,,,,\n1,BTC/USDT,1,,,,\n2,btc,1,,,,\n2,BTC/USDT\n3,ETH/USDT\n4,ETH/USDT,0,,,,\n\
         5,BTC/USDT,1e99,,,,\n6,BTC/USDT,,3,2,,\n7,BTC/USDT,2,\"\u{e9}\",,,\n8,BTC/USDT,3,,,,,extra\n"
    );
    let (rows, replay) = read(text.as_bytes());
    assert_eq!(
        rows,
        [
            "1 BTC/USDT 1 - - - -",
            "2 BTC/USDT 1 - - - -",
            "8 BTC/USDT 3 - - - -"
        ]
    );
    let progress = Progress {
        rows: 3,
        lap: 0,
        skipped: 7,
    };
    assert_eq!(replay.progress(), progress);
    let named: Vec<(u64, &str)> = replay
        .skipped_rows()
        .iter()
        .map(|row| (row.line, row.reason.as_str()))
        .collect();
    assert_eq!(
        named,
        [
            (2, "timestamp_ms must be whole milliseconds since 1970"),
            (4, "symbol must be written BASE/QUOTE, such as BTC/USDT"),
            (6, "the row has no price"),
            (7, "the row has a price that is not greater than 0"),
            (8, "last has more than 28 significant digits"),
        ]
    );
}

#[test]
fn bytes_that_are_no_text_spoil_only_their_row() {
    let mut bytes = format!("{HEADER}1,BTC/USDT,").into_bytes();
    bytes.extend(b"\xff\xfe,,,,\n2,BTC/USDT,5,,,,\n");
    let (rows, replay) = read(&bytes);
    assert_eq!(rows, ["2 BTC/USDT 5 - - - -"]);
    assert_eq!(replay.progress().skipped, 1);
}

#[test]
fn times_never_go_back() {
    let text = format!("{HEADER}5,A/B,1,,,,\n3,A/B,2,,,,\n9,A/B,3,,,,\n8,A/B,4,,,,\n");
    let rows = read(text.as_bytes()).0;
    let times: Vec<&str> = rows
        .iter()
        .filter_map(|row| row.split(' ').next())
        .collect();
    assert_eq!(times, ["5", "5", "9", "9"]);
}

#[test]
fn a_file_without_a_header_is_refused_at_once() {
    for (bytes, expected) in [
        (&b""[..], BadHeader::Empty),
        (b"\n\n", BadHeader::Empty),
        (b"1,BTC/USDT,5\n", BadHeader::NoColumn("timestamp_ms")),
        (b"timestamp_ms,symbol\n", BadHeader::NoPrice),
    ] {
        let error = open_error(bytes);
        let ReplayError::Header { why, .. } = error else {
            panic!("{error}");
        };
        assert_eq!(why, expected);
    }
    assert!(matches!(
        Replay::open("/nonexistent/prices.csv", false),
        Err(ReplayError::Open { .. })
    ));
    assert!(matches!(
        Replay::open("/", false),
        Err(ReplayError::Read { .. })
    ));
}

#[test]
fn a_file_without_a_usable_row_is_one_error() {
    for looped in [false, true] {
        let (_folder, path) = file("rows.csv", format!("{HEADER}x,A/B,1,,,,\n").as_bytes());
        let (rows, _, error) = drain(Replay::open(&path, looped).unwrap());
        assert!(rows.is_empty());
        assert_eq!(
            error.unwrap().to_string(),
            format!(
                "{} has no usable row (1 skipped; line 2: timestamp_ms must be whole milliseconds since 1970)",
                path.display()
            )
        );
    }
    let (_folder, path) = file("rows.csv", SOME_ROWS.as_bytes());
    let other = [Symbol::parse("ADA/USDT").unwrap()];
    let (_, _, error) = drain(Replay::open_symbols(&path, true, &other).unwrap());
    assert!(matches!(
        error,
        Some(ReplayError::NoRows { skipped: 0, .. })
    ));
}

#[test]
fn damaged_files_give_what_can_be_read_and_then_an_error() {
    let mut text = HEADER.to_owned();
    for row in 0..20_000 {
        writeln!(text, "{row},A/B,{},,,,", row * 7919 % 1000 + 1).unwrap();
    }
    let whole = gzip(&text);
    let (_folder, path) = file("rows.csv.gz", &whole[..whole.len() / 2]);
    let (rows, _, error) = drain(Replay::open(path, true).unwrap());
    assert!(rows.len() > 1000 && rows.len() < 20_000, "{}", rows.len());
    assert!(matches!(error, Some(ReplayError::Read { .. })), "{error:?}");
}

#[test]
fn an_open_quote_does_not_swallow_the_file() {
    let mut text = format!("{HEADER}1,A/B,1,,,,\n2,A/B,\"2,,,,\n");
    for row in 3..20_000 {
        writeln!(text, "{row},A/B,1,,,,").unwrap();
    }
    let (_folder, path) = file("rows.csv", text.as_bytes());
    let (rows, _, error) = drain(Replay::open(path, false).unwrap());
    assert_eq!(rows.len(), 1);
    assert!(error.unwrap().to_string().contains("is a quote left open?"));
}

#[test]
fn a_looped_file_goes_on_with_later_times() {
    let (_folder, path) = file("rows.csv.gz", &gzip(SOME_ROWS));
    let mut replay = Replay::open(path, true).unwrap();
    runtime().block_on(async {
        let mut rows = Vec::new();
        while rows.len() < 9 {
            rows.push(replay.next().await.unwrap().unwrap());
        }
        let times: Vec<u64> = rows.iter().map(|row| row.at.as_millis()).collect();
        assert_eq!(times, [100, 100, 200, 300, 400, 400, 500, 600, 700]);
        // A new lap knows nothing of the prices of the one before.
        assert_eq!(rows[4].ticker.last, rows[0].ticker.last);
        let progress = Progress {
            rows: 9,
            lap: 2,
            skipped: 0,
        };
        assert_eq!(replay.progress(), progress);
    });
}

#[test]
fn chunks_have_at_most_what_is_asked_for() {
    let mut text = HEADER.to_owned();
    for row in 0..3_000 {
        writeln!(text, "{row},A/B,1,,,,").unwrap();
    }
    let (_folder, path) = file("rows.csv", text.as_bytes());
    let mut replay = Replay::open(path, false).unwrap();
    runtime().block_on(async {
        let mut next = 0;
        while let Some(chunk) = replay.next_chunk(100).await {
            let chunk = chunk.unwrap();
            assert!(!chunk.is_empty() && chunk.len() <= 100);
            for row in chunk {
                assert_eq!(row.at.as_millis(), next);
                next += 1;
            }
        }
        assert_eq!((next, replay.progress().rows), (3_000, 3_000));
        assert!(replay.next_chunk(100).await.is_none());
    });
}

#[test]
fn only_the_wanted_symbols_come() {
    let (_folder, path) = file("rows.csv", SOME_ROWS.as_bytes());
    let wanted = [Symbol::parse("BTC/USDT").unwrap()];
    let (rows, replay, _) = drain(Replay::open_symbols(path, false, &wanted).unwrap());
    assert_eq!(
        rows.iter().map(show).collect::<Vec<_>>(),
        [SOME_ROWS_READ[1]]
    );
    assert_eq!(replay.progress().skipped, 0);
}

/// Where recorded data is, if it is anywhere.
pub(crate) fn recorded(path: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("MOCKX_TEST_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
        PathBuf::from,
    );
    let path = folder.join(path);
    if File::open(&path).is_ok() {
        Some(path)
    } else {
        eprintln!("skipped: no {}", path.display());
        None
    }
}

/// A file, its rows, and its rows by symbol.
type Recording = (&'static str, u64, &'static [(&'static str, u64)]);

#[test]
fn recorded_files_have_the_rows_that_they_are_said_to_have() {
    let candles = "BTC/USDT ETH/USDT XRP/USDT ADA/USDT DOGE/USDT LTC/USDT LINK/USDT DOT/USDT";
    let files: [Recording; 4] = [
        (
            "ticks/binance_spot_BTCUSDT_ETHUSDT_2024-08-08_2024-08-09.csv.gz",
            166_351,
            &[("BTC/USDT", 93_078), ("ETH/USDT", 73_273)],
        ),
        (
            "ticks/binance_spot_XRPETH_trades_2019-10-11_2019-10-13.csv.gz",
            12_477,
            &[("XRP/ETH", 12_477)],
        ),
        (
            "ticks/coinbase_spot_minute_quotes_2018-04-04_2018-04-06.csv.gz",
            14_394,
            &[
                ("BTC/USD", 2_879),
                ("ETH/USD", 2_878),
                ("LTC/USD", 4_318),
                ("BTC/EUR", 4_319),
            ],
        ),
        (
            "candles/binance_spot_1m_ticker_2021-04-20_2021-05-20.csv.gz",
            343_322,
            &[],
        ),
    ];
    for (name, total, expected) in files {
        let Some(path) = recorded(name) else { return };
        let (rows, replay, error) = drain(Replay::open(path, false).unwrap());
        assert!(error.is_none(), "{name}: {error:?}");
        assert_eq!(
            (replay.progress().rows, replay.progress().skipped),
            (total, 0),
            "{name}: {:?}",
            replay.skipped_rows()
        );
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for row in &rows {
            *counts.entry(row.ticker.symbol.to_string()).or_default() += 1;
        }
        assert!(
            rows.windows(2).all(|pair| pair[0].at <= pair[1].at),
            "{name}"
        );
        if expected.is_empty() {
            assert_eq!(counts.len(), 8);
            for symbol in candles.split(' ') {
                assert!((42_915..=42_916).contains(&counts[symbol]), "{symbol}");
            }
        } else {
            let expected = expected
                .iter()
                .map(|&(name, count)| (name.to_owned(), count));
            assert_eq!(counts, expected.collect(), "{name}");
        }
    }
}
