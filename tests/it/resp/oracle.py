"""The classic minimal oracle, with made-up prices where it asks an exchange by ccxt."""
import sys
import time
import redis

r = redis.Redis(host="127.0.0.1", port=int(sys.argv[1]), password="pa ss", decode_responses=True)
price = float(sys.argv[2])
tickers = {
    "BTC/USDT": {"last": price, "bid": price - 0.5, "ask": price, "bidVolume": 1.5, "askVolume": 2.5},
    "ETH/USDT": {"last": 2500.25, "bid": None, "ask": None, "bidVolume": None, "askVolume": None},
    "SOL/USDT": {"last": 1.5e-05, "bid": 1.4e-05, "ask": 1.6e-05, "bidVolume": 1e6, "askVolume": 1e6},
}
for symbol, ticker in tickers.items():
    r.hset(
        f"sym_{symbol}",
        mapping={
            "symbol": symbol,
            "price": ticker["last"],
            "timestamp": time.time(),
            "bid": ticker["bid"] or "",
            "ask": ticker["ask"] or "",
            "bidVolume": ticker["bidVolume"] or "",
            "askVolume": ticker["askVolume"] or "",
        },
    )
print(len(list(r.scan_iter(match="sym_*"))), "symbols")
