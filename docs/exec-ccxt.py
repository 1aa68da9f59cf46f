#!/usr/bin/env python3
"""Prices of any ccxt venue for mockx: exec-ccxt.py VENUE [SECONDS [SYMBOL ...]]

Needs `pip install ccxt`. Writes a JSON object a line to stdout; what goes wrong goes to stderr, and so into the log of
mockx. Without symbols it asks for all spot markets that the venue answers for in one call.
"""
import json
import sys
import time

import ccxt

FIELDS = ("symbol", "last", "close", "bid", "ask", "bidVolume", "askVolume", "timestamp")


def main(name, seconds="10", *symbols):
    venue = getattr(ccxt, name)({"enableRateLimit": True, "timeout": 10_000})
    markets = venue.load_markets()
    spot = [symbol for symbol in symbols or markets if markets[symbol].get("spot")]
    while True:
        try:
            if venue.has.get("fetchTickers"):
                tickers = venue.fetch_tickers(spot if symbols else None)
            else:
                tickers = {symbol: venue.fetch_ticker(symbol) for symbol in spot}
            for symbol in set(spot) & set(tickers):
                print(json.dumps({field: tickers[symbol].get(field) for field in FIELDS}))
            sys.stdout.flush()  # a pipe is not flushed line by line
        except ccxt.NetworkError as error:  # anything else ends the program, and mockx starts it again
            print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
        time.sleep(float(seconds))


if __name__ == "__main__":
    main(*sys.argv[1:])
