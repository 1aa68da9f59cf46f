"""ccxt trades on mockx: every call, every kind of order, every error; with each of the three recipes."""

import sys

import ccxt

from daemon import ALL_BASES, API_KEY, BASE, SECRET, own, same, set_price

PORTABLE = {
    "fetchMarkets": ["spot"],
    "fetchCurrencies": False,
    "fetchMargins": False,
    "warnOnFetchOpenOrdersWithoutSymbol": False,
}
SYMBOL = "BTC/USDT"


def exchange(recipe, **more):
    """A client that is made by a recipe of docs/binance.md; nothing else is changed."""
    settings = {"apiKey": API_KEY, "secret": SECRET, "timeout": 60_000, **more}
    if recipe == "portable":
        bases = {"public": BASE + "/api/v3", "private": BASE + "/api/v3"}
        return ccxt.binance({**settings, "urls": {"api": bases}, "options": PORTABLE})
    if recipe == "all-bases":
        return ccxt.binance({**settings, "urls": {"api": ALL_BASES}})
    bases = {name: BASE + "/api/v3" for name in ("public", "private", "v1")}
    client = ccxt.binance({**settings, "urls": {"test": bases}, "options": {"fetchMarkets": ["spot"]}})
    client.set_sandbox_mode(True)
    return client


def fails(kind, call, *arguments):
    """Fails, unless the call raises just this class."""
    try:
        answer = call(*arguments)
    except ccxt.BaseError as error:
        same(type(error).__name__, kind, f"{error}")
        return str(error)
    raise AssertionError(f"no {kind} but {answer!r}")


def balances(client, asset):
    row = client.fetch_balance()[asset]
    return row["free"], row["used"], row["total"]


def look(client):
    """What needs no order."""
    client.load_markets()
    market = client.market(SYMBOL)
    same((market["spot"], market["active"], market["maker"], market["taker"]), (True, True, 0.001, 0.001), "market")
    assert abs(client.fetch_time() - client.milliseconds()) < 60_000
    same(client.fetch_bids_asks([SYMBOL])[SYMBOL]["bid"], 50_000.0, "bid")
    same(client.fetch_last_prices()[SYMBOL]["price"], 50_000.0, "last price")
    book = client.fetch_order_book(SYMBOL)
    same((book["bids"][0][0], book["asks"][0][0]), (50_000.0, 50_000.0), "book")
    same(balances(client, "USDT"), (100_000.0, 0.0, 100_000.0), "balance")
    ticker = client.fetch_ticker(SYMBOL)
    prices = [ticker[name] for name in ("last", "bid", "ask", "open", "high", "low", "change", "baseVolume")]
    same(prices, [50_000.0] * 6 + [0.0, 0.0], "ticker")
    same(sorted(client.fetch_tickers()), ["BTC/USDT", "ETH/BTC", "ETH/USDT"], "tickers")
    same(list(client.fetch_tickers([SYMBOL])), [SYMBOL], "one of the tickers")
    candles = client.fetch_ohlcv(SYMBOL, "1m")
    same(candles[-1][1:], [50_000.0] * 4 + [0.0], "candle")
    since = client.fetch_ohlcv(SYMBOL, "1h", since=candles[0][0] - 86_400_000, limit=1)
    same([candle[0] for candle in since], [candles[0][0] // 3_600_000 * 3_600_000], "candles since a day ago")
    same(client.fetch_trades(SYMBOL), [], "trades")


def orders(client):
    """Each kind of order, and what becomes of it."""
    bought = client.create_order(SYMBOL, "market", "buy", 0.1)
    same((bought["status"], bought["filled"], bought["average"]), ("closed", 0.1, 50_000.0), "market order")
    same(bought["fee"], {"currency": "BTC", "cost": 0.0001}, "fee")
    same(balances(client, "BTC")[0], 0.0999, "BTC")
    cost = client.create_order(SYMBOL, "market", "buy", 0.1, None, {"cost": 500})
    same((cost["status"], cost["cost"]), ("closed", 500.0), "by cost")
    resting = client.create_order(SYMBOL, "limit", "buy", 0.1, 40_000)
    same((resting["status"], resting["timeInForce"]), ("open", "GTC"), "limit order")
    same([order["id"] for order in client.fetch_open_orders(SYMBOL)], [resting["id"]], "open orders")
    same(client.cancel_order(resting["id"], SYMBOL)["status"], "canceled", "cancel")
    same(client.fetch_order(resting["id"], SYMBOL)["status"], "canceled", "fetch")
    before = client.create_order(SYMBOL, "limit", "buy", 0.1, 40_000)
    after = client.edit_order(before["id"], SYMBOL, "limit", "buy", 0.2, 41_000)
    same((after["price"], after["amount"], after["status"]), (41_000.0, 0.2, "open"), "edit")
    same(client.fetch_order(before["id"], SYMBOL)["status"], "canceled", "edited")
    client.cancel_order(after["id"], SYMBOL)
    fails("ExchangeError", client.edit_order, before["id"], SYMBOL, "limit", "buy", 0.2, 41_000)
    maker = client.create_order(SYMBOL, "limit", "buy", 0.1, 40_000, {"postOnly": True})
    same((maker["status"], client.fetch_order(maker["id"], SYMBOL)["postOnly"]), ("open", True), "post only")
    stops = [
        client.create_order(SYMBOL, "limit", "sell", 0.01, 44_900, {"triggerPrice": 45_000}),
        client.create_order(SYMBOL, "market", "sell", 0.01, None, {"stopLossPrice": 45_000}),
        client.create_order(SYMBOL, "market", "sell", 0.01, None, {"takeProfitPrice": 55_000}),
        client.create_order(SYMBOL, "limit", "sell", 0.01, 55_000, {"takeProfitPrice": 55_000}),
        client.create_order(SYMBOL, "limit", "sell", 0.01, 44_000, {"trailingPercent": 5, "stopLossOrTakeProfit": "stopLoss"}),
    ]
    kinds = [client.fetch_order(stop["id"], SYMBOL)["info"]["type"] for stop in stops]
    wanted = ["STOP_LOSS_LIMIT", "STOP_LOSS", "TAKE_PROFIT", "TAKE_PROFIT_LIMIT", "STOP_LOSS_LIMIT"]
    same(kinds, wanted, "kinds of stops")
    same(client.fetch_order(stops[0]["id"], SYMBOL)["triggerPrice"], 45_000.0, "trigger")
    same(len(client.fetch_open_orders(SYMBOL)), 6, "open orders")
    set_price(SYMBOL, "45000")
    ends = [client.fetch_order(stop["id"], SYMBOL)["status"] for stop in stops]
    same(ends, ["closed", "closed", "open", "open", "closed"], "stops")
    client.cancel_all_orders(SYMBOL)
    same(client.fetch_open_orders(SYMBOL), [], "after cancel all")
    same(balances(client, "BTC")[1], 0.0, "BTC held")
    set_price(SYMBOL, "50000", "0.02")
    for time, end in (("IOC", ("expired", 0.01)), ("FOK", ("expired", 0.0))):
        set_price(SYMBOL, "50000", "0.01")
        order = client.create_order(SYMBOL, "limit", "buy", 0.03, 50_000, {"timeInForce": time})
        same((order["status"], order["filled"]), end, time)
    set_price(SYMBOL, "50000")
    named = client.create_order(SYMBOL, "limit", "buy", 0.01, 40_000, {"clientOrderId": "mine-1"})
    same(named["clientOrderId"], "mine-1", "client order id")
    client.cancel_order(named["id"], SYMBOL, {"origClientOrderId": "mine-1"})
    same(client.create_order(SYMBOL, "limit", "buy", 0.01, 40_000, {"test": True})["id"], None, "test order")


def lists(client):
    """Pairs, for which ccxt has no call of its own, through its raw methods."""
    pair = {"symbol": "BTCUSDT", "side": "SELL", "quantity": "0.01"}
    old = client.private_post_order_oco({**pair, "price": "60000", "stopPrice": "40000"})
    same([report["type"] for report in old["orderReports"]], ["STOP_LOSS", "LIMIT_MAKER"], "older form")
    same(len(client.fetch_open_orders(SYMBOL)), 2, "orders of a list")
    same(client.private_get_openorderlist()[0]["orderListId"], old["orderListId"], "open lists")
    gone = client.private_delete_orderlist({"symbol": "BTCUSDT", "orderListId": old["orderListId"]})
    same(gone["listOrderStatus"], "ALL_DONE", "list taken back")
    legs = {"aboveType": "LIMIT_MAKER", "abovePrice": "60000", "belowType": "STOP_LOSS", "belowStopPrice": "40000"}
    new = client.private_post_orderlist_oco({**pair, **legs})
    same(client.private_get_orderlist({"orderListId": new["orderListId"]})["contingencyType"], "OCO", "list")
    client.cancel_order(new["orders"][0]["orderId"], SYMBOL)
    new = client.private_post_orderlist_oco({**pair, **legs})
    client.cancel_all_orders(SYMBOL)
    same(client.private_get_openorderlist(), [], "lists after cancel all")
    same(balances(client, "BTC")[1], 0.0, "BTC held for lists")


def history(client):
    """What is told of it afterwards."""
    all_orders = client.fetch_orders(SYMBOL)
    same(sorted({order["status"] for order in all_orders}), ["canceled", "closed", "expired"], "statuses")
    same(len(client.fetch_closed_orders(SYMBOL)), 5, "closed orders")
    trades = client.fetch_my_trades(SYMBOL)
    same({trade["fee"]["currency"] for trade in trades}, {"BTC", "USDT"}, "fees")
    same(trades[0]["takerOrMaker"], "taker", "taker")
    public = client.fetch_trades(SYMBOL, since=trades[0]["timestamp"])
    same([trade["id"] for trade in public], [trade["id"] for trade in trades], "trades of the market")
    same((public[0]["side"], public[0]["price"], public[0]["amount"]), ("buy", 50_000.0, 0.1), "trade of the market")
    volume = sum(trade["amount"] for trade in trades)
    assert abs(client.fetch_ticker(SYMBOL)["baseVolume"] - volume) < 1e-9
    assert abs(sum(candle[5] for candle in client.fetch_ohlcv(SYMBOL, "1m")) - volume) < 1e-9
    same(len(client.fetch_order_trades(trades[0]["order"], SYMBOL)), 1, "trades of an order")
    free, _, _ = balances(client, "BTC")
    ours = own("GET", "/balance/BTC")
    same(f"{free:.12f}", f"{float(ours['free']):.12f}", "BTC here and there")


def errors(client, recipe):
    """Each error, and the class that ccxt makes of it."""
    create = client.create_order
    fails("InsufficientFunds", create, SYMBOL, "limit", "buy", 1000, 40_000)
    fails("OrderImmediatelyFillable", create, SYMBOL, "limit", "buy", 0.01, 60_000, {"postOnly": True})
    fails("OrderImmediatelyFillable", create, SYMBOL, "limit", "sell", 0.01, 50_000, {"triggerPrice": 51_000})
    order = create(SYMBOL, "limit", "buy", 0.01, 40_000, {"clientOrderId": "twice"})
    fails("InvalidOrder", create, SYMBOL, "limit", "buy", 0.01, 40_000, {"clientOrderId": "twice"})
    client.cancel_order(order["id"], SYMBOL)
    fails("OrderNotFound", client.cancel_order, order["id"], SYMBOL)
    fails("OrderNotFound", client.fetch_order, "999999", SYMBOL)
    new = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "1", "price": "1"}
    post = client.private_post_order
    fails("BadSymbol", post, {**new, "symbol": "NONE"})
    fails("BadRequest", post, {**new, "type": "ICEBERG"})
    fails("BadRequest", post, {**new, "quantity": "0.123456789"})
    fails("BadRequest", post, {**new, "quantity": "many"})
    fails("BadRequest", post, {**new, "price": None})
    fails("BadRequest", post, {**new, "type": "MARKET"})
    fails("BadRequest", post, {**new, "newOrderRespType": "ALL"})
    fails("BadRequest", post, {**new, "type": "MARKET", "price": None, "timeInForce": None, "quoteOrderQty": "1"})
    fails("InvalidOrder", post, {**new, "quantity": "0"})
    fails("InvalidOrder", post, {**new, "price": "0"})
    fails("MarketClosed", post, {**new, "symbol": "NEWUSDT"})
    for change, kind in (
        ({"secret": "x" * 64}, "AuthenticationError"),
        ({"apiKey": "x" * 64}, "AuthenticationError"),
        ({"apiKey": "short"}, "AuthenticationError"),
    ):
        fails(kind, exchange(recipe, **change).private_get_account)
    late = exchange(recipe)
    late.nonce = lambda: late.milliseconds() - 70_000
    fails("InvalidNonce", late.private_get_account)
    early = exchange(recipe)
    early.nonce = lambda: early.milliseconds() + 5_000
    fails("InvalidNonce", early.private_get_account)


def main(recipe):
    client = exchange(recipe)
    look(client)
    orders(client)
    history(client)
    lists(client)
    if recipe == "all-bases":
        same(client.fetch_status()["status"], "ok", "status")
        fee = client.fetch_trading_fee(SYMBOL)
        same((fee["maker"], fee["taker"]), (0.001, 0.001), "fee")
        same(client.fetch_trading_fees()[SYMBOL]["taker"], 0.001, "fees")
        errors(client, recipe)
    print("ok", ccxt.__version__, recipe)


main(sys.argv[1])
