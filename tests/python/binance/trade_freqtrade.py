"""freqtrade, in live mode and with a configuration only, buys, puts its stop on the exchange, takes it back and sells."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

from daemon import ALL_BASES, API_KEY, SECRET, own, same, set_price

PATIENCE = 120
SYMBOL = "BTC/USDT"

STRATEGY = '''
import json
import os

from freqtrade.persistence import Trade
from freqtrade.strategy import IStrategy


class Cycle(IStrategy):
    """Buys once, waits for its stop to be on the exchange, and sells."""

    INTERFACE_VERSION = 3
    timeframe = "1m"
    stoploss = -0.10
    minimal_roi = {}
    process_only_new_candles = False
    startup_candle_count = 1
    order_types = {
        "entry": "limit",
        "exit": "market",
        "stoploss": "limit",
        "stoploss_on_exchange": True,
        "stoploss_on_exchange_interval": 1,
        "emergency_exit": "market",
    }

    def bot_loop_start(self, current_time, **kwargs):
        totals = {asset: self.wallets.get_total(asset) for asset in ("BTC", "USDT")}
        with open("wallet.new", "w") as file:
            json.dump(totals, file)
        os.replace("wallet.new", "wallet.json")

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe["enter_long"] = 0 if Trade.get_trades().all() else 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe["exit_long"] = 0
        return dataframe

    def custom_exit(self, pair, trade, current_time, current_rate, current_profit, **kwargs):
        return "cycle" if trade.has_open_sl_orders else None
'''

CONFIG = {
    "strategy": "Cycle",
    "dry_run": False,
    "initial_state": "running",
    "max_open_trades": 1,
    "stake_currency": "USDT",
    "stake_amount": 1000,
    "tradable_balance_ratio": 0.99,
    "fiat_display_currency": "",
    "db_url": "sqlite:///trades.sqlite",
    "internals": {"process_throttle_secs": 1},
    "entry_pricing": {"price_side": "other", "use_order_book": True, "order_book_top": 1},
    "exit_pricing": {"price_side": "other", "use_order_book": True, "order_book_top": 1},
    "pairlists": [{"method": "StaticPairList"}],
    "exchange": {
        "name": "binance",
        "key": API_KEY,
        "secret": SECRET,
        "enable_ws": False,
        "pair_whitelist": [SYMBOL],
        "ccxt_config": {"urls": {"api": ALL_BASES}},
    },
}


def wait_for(what, program, look):
    """Looks until there is something."""
    begun = time.monotonic()
    while time.monotonic() - begun < PATIENCE:
        if program.poll() is not None:
            raise AssertionError(f"freqtrade ended with {program.returncode}")
        found = look()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"waited in vain for {what}: {own('GET', '/orders')}")


def orders():
    """All orders, the first placed first."""
    return sorted(own("GET", "/orders"), key=lambda order: order["id"])


def cycle():
    found = orders()
    return found if len(found) >= 3 and found[2]["status"] == "filled" else None


def wallet():
    """What freqtrade has in its wallet, once that is what the exchange says."""
    try:
        theirs = json.loads(pathlib.Path("wallet.json").read_text())
    except FileNotFoundError:
        return None
    ours = {asset: own("GET", f"/balance/{asset}").get("total", 0) for asset in theirs}
    same_wallet = all(abs(theirs[asset] - ours[asset]) < 1e-8 * max(1, ours[asset]) for asset in ours)
    return ours if same_wallet else None


def main():
    set_price(SYMBOL, "50000")
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        strategies = pathlib.Path("user_data/strategies")
        strategies.mkdir(parents=True)
        (strategies / "cycle.py").write_text(STRATEGY)
        pathlib.Path("config.json").write_text(json.dumps(CONFIG))
        command = [sys.executable, "-m", "freqtrade", "trade", "-c", "config.json", "--userdir", "user_data"]
        log = open("log", "w+")
        program = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            found = wait_for("the cycle", program, cycle)
            same([order["status"] for order in found], ["filled", "canceled", "filled"], "statuses")
            same([order["side"] for order in found], ["buy", "sell", "sell"], "sides")
            left = wait_for("equal wallets", program, wallet)
            # Bought for 1000, of which the fee came out of the BTC, and sold for 999, of which it came out of the USDT.
            same(left, {"BTC": 0, "USDT": 99_998.001}, "what is left")
        except AssertionError:
            log.seek(0)
            sys.stderr.write(log.read()[-8000:])
            raise
        finally:
            program.send_signal(signal.SIGINT)
            try:
                program.wait(30)
            except subprocess.TimeoutExpired:
                program.kill()
    print("ok")


main()
