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
    same(client.get_klines(symbol="BTCUSDT", interval="1m")[-1][4], "50000.00000000", "candle")
    same(client.get_avg_price(symbol="BTCUSDT")["price"], "50000.00000000", "average")
    same(client.get_ticker(symbol="BTCUSDT")["lastPrice"], "50000.00000000", "ticker")
    same(client.get_recent_trades(symbol="BTCUSDT"), [], "trades")
    order = client.order_limit_buy(symbol="BTCUSDT", quantity="0.01", price="40000")
    same(order["status"], "NEW", "order")
    same([o["orderId"] for o in client.get_open_orders(symbol="BTCUSDT")], [order["orderId"]], "open")
    gone = client.cancel_order(symbol="BTCUSDT", orderId=order["orderId"])
    same(gone["status"], "CANCELED", "cancel")
    bought = client.order_market_buy(symbol="BTCUSDT", quoteOrderQty="500")
    same((bought["status"], bought["executedQty"]), ("FILLED", "0.01000000"), "market")
    same(client.get_asset_balance("BTC")["free"], "0.00999000", "balance")
    same(len(client.get_my_trades(symbol="BTCUSDT")), 1, "trades")
    legs = {"aboveType": "LIMIT_MAKER", "abovePrice": "60000", "belowType": "STOP_LOSS", "belowStopPrice": "40000"}
    pair = client.create_oco_order(symbol="BTCUSDT", side="SELL", quantity="0.002", **legs)
    same([o["orderListId"] for o in client.get_open_oco_orders()], [pair["orderListId"]], "lists")
    gone = client.cancel_order(symbol="BTCUSDT", orderId=pair["orders"][0]["orderId"])
    same(gone["listOrderStatus"], "ALL_DONE", "list")
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
    same(len(client.klines("BTCUSDT", "1d", limit=1)), 1, "candles")
    same(client.rolling_window_ticker(symbol="BTCUSDT", windowSize="1h")["count"], 1, "ticker of an hour")
    same([trade["p"] for trade in client.agg_trades("BTCUSDT")], ["50000.00000000"], "trades")
    placed = client.new_order(**order, quantity="0.005", price="60000", newClientOrderId="connector")
    same(placed["status"], "NEW", "order")
    asked = client.get_order("BTCUSDT", origClientOrderId="connector")
    same(asked["price"], "60000.00000000", "price")
    same(client.cancel_order("BTCUSDT", orderId=placed["orderId"])["status"], "CANCELED", "cancel")
    legs = {"abovePrice": "60000", "belowStopPrice": "40000"}
    pair = client.new_oco_order("BTCUSDT", "SELL", 0.002, "LIMIT_MAKER", "STOP_LOSS", **legs)
    same(client.get_oco_order(orderListId=pair["orderListId"])["listOrderStatus"], "EXECUTING", "list")
    same(len(client.get_oco_open_orders()), 1, "lists")
    same(client.cancel_oco_order("BTCUSDT", orderListId=pair["orderListId"])["listOrderStatus"], "ALL_DONE", "gone")
    placed = client.new_order(**order, quantity="0.005", price="60000")
    more = {"timeInForce": "GTC", "quantity": 0.004, "price": 61000, "cancelOrderId": placed["orderId"]}
    both = client.cancel_and_replace("BTCUSDT", "SELL", "LIMIT", "STOP_ON_FAILURE", **more)
    same((both["cancelResult"], both["newOrderResponse"]["status"]), ("SUCCESS", "NEW"), "replaced")
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
