"""python-binance (DELETE with a body) and binance-connector (POST with a query) trade on mockx."""

from binance.client import Client
from binance.exceptions import BinanceAPIException
from binance.error import ClientError
from binance.spot import Spot

from daemon import API_KEY, BASE, SECRET, same


def python_binance():
    Client.API_URL = BASE + "/api"
    client = Client(API_KEY, SECRET)
    same(client.ping(), {}, "ping")
    same(client.get_symbol_info("BTCUSDT")["status"], "TRADING", "symbol")
    order = client.order_limit_buy(symbol="BTCUSDT", quantity="0.01", price="40000")
    same(order["status"], "NEW", "order")
    same([o["orderId"] for o in client.get_open_orders(symbol="BTCUSDT")], [order["orderId"]], "open")
    gone = client.cancel_order(symbol="BTCUSDT", orderId=order["orderId"])
    same(gone["status"], "CANCELED", "cancel")
    bought = client.order_market_buy(symbol="BTCUSDT", quoteOrderQty="500")
    same((bought["status"], bought["executedQty"]), ("FILLED", "0.01000000"), "market")
    same(client.get_asset_balance("BTC")["free"], "0.00999000", "balance")
    same(len(client.get_my_trades(symbol="BTCUSDT")), 1, "trades")
    same(client.create_test_order(symbol="BTCUSDT", side="SELL", type="MARKET", quantity="0.001"), {}, "test")
    try:
        client.cancel_order(symbol="BTCUSDT", orderId=order["orderId"])
    except BinanceAPIException as error:
        same((error.status_code, error.code, error.message), (400, -2011, "Unknown order sent."), "error")
    else:
        raise AssertionError("an order was canceled twice")


def binance_connector():
    client = Spot(api_key=API_KEY, api_secret=SECRET, base_url=BASE)
    order = {"symbol": "BTCUSDT", "side": "SELL", "type": "LIMIT", "timeInForce": "GTC"}
    placed = client.new_order(**order, quantity="0.005", price="60000", newClientOrderId="connector")
    same(placed["status"], "NEW", "order")
    asked = client.get_order("BTCUSDT", origClientOrderId="connector")
    same(asked["price"], "60000.00000000", "price")
    same(client.cancel_order("BTCUSDT", orderId=placed["orderId"])["status"], "CANCELED", "cancel")
    client.new_order(**order, quantity="0.005", price="60000")
    same(len(client.cancel_open_orders("BTCUSDT")), 1, "cancel all")
    same(client.account()["accountType"], "SPOT", "account")
    same(client.trade_fee(symbol="BTCUSDT")[0]["takerCommission"], "0.00100000", "fee")
    try:
        client.new_order(**order, quantity="1000", price="60000")
    except ClientError as error:
        same((error.status_code, error.error_code), (400, -2010), "error")
    else:
        raise AssertionError("more was sold than there is")


python_binance()
binance_connector()
print("ok")
