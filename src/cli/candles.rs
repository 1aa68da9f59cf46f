//! Arguments of `mockx candles`.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

/// Which candles to show.
#[derive(Debug, Args)]
pub(super) struct CandleFilter {
    /// Symbol, such as BTC/USDT
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(super) symbol: String,
    /// Length of a candle, such as 1m, 15m, 1h, 1d, 1w, 1M [default: 1m]
    #[arg(long)]
    pub(super) interval: Option<String>,
    /// Only those that begin then or later, in ms; the oldest of them come
    #[arg(long, value_name = "MS")]
    pub(super) since: Option<u64>,
    /// Only those that begin then or earlier, in ms
    #[arg(long, value_name = "MS")]
    pub(super) until: Option<u64>,
    /// At most N [default: 500]
    #[arg(long, value_name = "N")]
    pub(super) limit: Option<u64>,
}
