//! Orders at both sides of every bound that the filters of a market have. BTC is at 200000, ETH at 2500, DOGE at 0.00005, LTC at 100.

/// What is asked for, and the filter that it breaks; empty where it breaks none.
pub(super) type Row = (&'static str, &'static str);

pub(super) const COMMON: &[Row] = &[
    // PRICE_FILTER: the tick, the lowest and the highest price; of a trigger too.
    (
        "symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=2500.01",
        "",
    ),
    (
        "symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=2500.005",
        "PRICE_FILTER",
    ),
    (
        "symbol=DOGEUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=900000&price=0.00001",
        "",
    ),
    (
        "symbol=DOGEUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=900000&price=0.000005",
        "PRICE_FILTER",
    ),
    (
        "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=1000000",
        "",
    ),
    (
        "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=1000000.01",
        "PRICE_FILTER",
    ),
    (
        "symbol=ETHUSDT&side=SELL&type=STOP_LOSS&quantity=1&stopPrice=2499.99",
        "",
    ),
    (
        "symbol=ETHUSDT&side=SELL&type=STOP_LOSS&quantity=1&stopPrice=2499.995",
        "PRICE_FILTER",
    ),
    // LOT_SIZE: the step, the least and the most.
    (
        "symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1.0001&price=2500",
        "",
    ),
    (
        "symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1.00015&price=2500",
        "LOT_SIZE",
    ),
    (
        "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.0001&price=200000",
        "",
    ),
    ("symbol=DOGEUSDT&side=SELL&type=MARKET&quantity=100000", ""),
    (
        "symbol=DOGEUSDT&side=SELL&type=MARKET&quantity=0.5",
        "LOT_SIZE",
    ),
    (
        "symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=9000&price=1000",
        "",
    ),
    (
        "symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=9000.0001&price=500",
        "LOT_SIZE",
    ),
    // MARKET_LOT_SIZE: the most of an order without a limit price.
    ("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=129.84957", ""),
    (
        "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=129.84958",
        "MARKET_LOT_SIZE",
    ),
    (
        "symbol=BTCUSDT&side=SELL&type=STOP_LOSS&stopPrice=190000&quantity=129.84958",
        "MARKET_LOT_SIZE",
    ),
    (
        "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=130&price=60000",
        "",
    ),
    // PERCENT_PRICE_BY_SIDE: both sides of both bands.
    (
        "symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=12500",
        "",
    ),
    (
        "symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=12500.01",
        "PERCENT_PRICE_BY_SIDE",
    ),
    (
        "symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=500",
        "",
    ),
    (
        "symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=499.99",
        "PERCENT_PRICE_BY_SIDE",
    ),
    (
        "symbol=ETHUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=1&price=12500",
        "",
    ),
    (
        "symbol=ETHUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=1&price=12500.01",
        "PERCENT_PRICE_BY_SIDE",
    ),
    (
        "symbol=ETHUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=1&price=500",
        "",
    ),
    (
        "symbol=ETHUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=1&price=499.99",
        "PERCENT_PRICE_BY_SIDE",
    ),
    // NOTIONAL: the least, also of market orders; the most, which counts for limit orders only here.
    (
        "symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.002&price=2500",
        "",
    ),
    (
        "symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.0019&price=2500",
        "NOTIONAL",
    ),
    ("symbol=ETHUSDT&side=BUY&type=MARKET&quantity=0.002", ""),
    (
        "symbol=ETHUSDT&side=BUY&type=MARKET&quantity=0.0019",
        "NOTIONAL",
    ),
    (
        "symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=3600&price=2500",
        "",
    ),
    (
        "symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=3600.0001&price=2500",
        "NOTIONAL",
    ),
    ("symbol=BTCUSDT&side=BUY&type=MARKET&quantity=45.00001", ""),
    // What an amount of the quote asset buys is rounded to whole lots.
    (
        "symbol=ETHUSDT&side=BUY&type=MARKET&quoteOrderQty=1000.01",
        "",
    ),
    (
        "symbol=ETHUSDT&side=BUY&type=MARKET&quoteOrderQty=4.99",
        "NOTIONAL",
    ),
    // TRAILING_DELTA, of a price that is waited for below the present one and above.
    (
        "symbol=ETHUSDT&side=SELL&type=STOP_LOSS&quantity=1&trailingDelta=10",
        "",
    ),
    (
        "symbol=ETHUSDT&side=SELL&type=STOP_LOSS&quantity=1&trailingDelta=9",
        "TRAILING_DELTA",
    ),
    (
        "symbol=ETHUSDT&side=BUY&type=STOP_LOSS&quantity=1&trailingDelta=2000",
        "",
    ),
    (
        "symbol=ETHUSDT&side=BUY&type=STOP_LOSS&quantity=1&trailingDelta=2001",
        "TRAILING_DELTA",
    ),
];

/// Of the market that the fixture has beside those.
pub(super) const OTHER: &[Row] = &[
    (
        "symbol=LTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=150",
        "",
    ),
    (
        "symbol=LTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=150.01",
        "PERCENT_PRICE",
    ),
    (
        "symbol=LTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=1&price=50",
        "",
    ),
    (
        "symbol=LTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=1&price=49.99",
        "PERCENT_PRICE",
    ),
    ("symbol=LTCUSDT&side=SELL&type=MARKET&quantity=0.5", ""),
    (
        "symbol=LTCUSDT&side=SELL&type=MARKET&quantity=0.4",
        "MARKET_LOT_SIZE",
    ),
    (
        "symbol=LTCUSDT&side=SELL&type=MARKET&quantity=0.7",
        "MARKET_LOT_SIZE",
    ),
    (
        "symbol=LTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=0.1&price=100",
        "",
    ),
    (
        "symbol=LTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=0.1&price=99.99",
        "NOTIONAL",
    ),
    (
        "symbol=LTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=10&price=100",
        "",
    ),
    (
        "symbol=LTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=10.1&price=100",
        "MAX_POSITION",
    ),
    (
        "symbol=LTCUSDT&side=BUY&type=MARKET&quoteOrderQty=100.77",
        "",
    ),
];
