"""The daemon of a test, as its owner speaks to it."""

import json
import os
import urllib.request

BASE = os.environ["MOCKX_URL"]
API_KEY = os.environ["MOCKX_API_KEY"]
SECRET = os.environ["MOCKX_SECRET"]

ALL_BASES = {
    "public": BASE + "/api/v3",
    "private": BASE + "/api/v3",
    "sapi": BASE + "/sapi/v1",
    "fapiPublic": BASE + "/fapi/v1",
    "dapiPublic": BASE + "/dapi/v1",
}


def own(method, path, body=None):
    """A request to mockx's own API."""
    request = urllib.request.Request(
        BASE + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"x-api-key": os.environ["MOCKX_OWN_KEY"], "content-type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def set_price(symbol, price, volume="1000"):
    """Sets the price of a symbol, with so much on offer at both sides."""
    body = {"price": price, "bid_volume": volume, "ask_volume": volume}
    return own("PATCH", f"/admin/tickers/{symbol.replace('/', '%2F')}/price", body)


def same(found, wanted, what=""):
    """Fails, with what was found, where it is not what was wanted."""
    if found != wanted:
        raise AssertionError(f"{what}: {found!r} is not {wanted!r}")
