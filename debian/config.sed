# Makes /etc/mockx/config.toml of config.toml: what an installed daemon does differently from the defaults.
/^#source = "sim"$/c\
source = ["binance", "kraken"]
/^#symbols = \[\]$/c\
symbols = [\
    "BTC/USDT", "ETH/USDT", "SOL/USDT", "XRP/USDT", "ADA/USDT", "DOGE/USDT",\
    "LTC/USDT", "DOT/USDT", "LINK/USDT", "BCH/USDT", "AVAX/USDT", "ATOM/USDT",\
]
