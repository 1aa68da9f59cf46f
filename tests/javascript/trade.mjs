// ccxt for JavaScript trades on mockx, by each of the three recipes of docs/binance.md.

import assert from 'node:assert/strict';
import ccxt from 'ccxt';

const base = process.env.MOCKX_URL;
const SYMBOL = 'BTC/USDT';

function exchange(recipe) {
  const settings = { apiKey: process.env.MOCKX_API_KEY, secret: process.env.MOCKX_SECRET, timeout: 60_000 };
  const [v3, spot] = [base + '/api/v3', { fetchMarkets: ['spot'] }];
  if (recipe === 'portable') {
    const options = { ...spot, fetchCurrencies: false, fetchMargins: false };
    return new ccxt.binance({ ...settings, urls: { api: { public: v3, private: v3 } }, options });
  }
  if (recipe === 'all-bases') {
    const api = {
      public: v3, private: v3, sapi: base + '/sapi/v1', fapiPublic: base + '/fapi/v1', dapiPublic: base + '/dapi/v1',
    };
    return new ccxt.binance({ ...settings, urls: { api } });
  }
  const client = new ccxt.binance({ ...settings, urls: { test: { public: v3, private: v3, v1: v3 } }, options: spot });
  client.setSandboxMode(true);
  return client;
}

const recipe = process.argv[2];
const client = exchange(recipe);
await client.loadMarkets();
assert.equal(client.market(SYMBOL).active, true);
assert.equal((await client.fetchBidsAsks([SYMBOL]))[SYMBOL].bid, 50000);
assert.equal((await client.fetchBalance()).USDT.free, 100000);
assert.deepEqual((await client.fetchOrderBook(SYMBOL)).asks[0][0], 50000);
assert.equal((await client.fetchTicker(SYMBOL)).last, 50000);
assert.deepEqual(Object.keys(await client.fetchTickers()).sort(), ['BTC/USDT', 'ETH/BTC', 'ETH/USDT']);
assert.deepEqual((await client.fetchOHLCV(SYMBOL, '1m')).at(-1).slice(1), [50000, 50000, 50000, 50000, 0]);
const bought = await client.createOrder(SYMBOL, 'market', 'buy', 0.1);
assert.deepEqual([bought.status, bought.filled, bought.average], ['closed', 0.1, 50000]);
assert.deepEqual(bought.fee, { currency: 'BTC', cost: 0.0001 });
assert.deepEqual((await client.fetchTrades(SYMBOL)).map((trade) => [trade.side, trade.amount]), [['buy', 0.1]]);
const resting = await client.createOrder(SYMBOL, 'limit', 'buy', 0.1, 40000);
assert.deepEqual((await client.fetchOpenOrders(SYMBOL)).map((order) => order.id), [resting.id]);
assert.equal((await client.cancelOrder(resting.id, SYMBOL)).status, 'canceled');
const stop = await client.createOrder(SYMBOL, 'limit', 'sell', 0.01, 44900, { triggerPrice: 45000 });
assert.equal((await client.fetchOrder(stop.id, SYMBOL)).triggerPrice, 45000);
const edited = await client.editOrder(stop.id, SYMBOL, 'limit', 'sell', 0.02, 60000);
assert.deepEqual([edited.status, edited.amount, edited.price], ['open', 0.02, 60000]);
const sale = { symbol: 'BTCUSDT', side: 'SELL', quantity: '0.01' };
const legs = { aboveType: 'LIMIT_MAKER', abovePrice: '60000', belowType: 'STOP_LOSS', belowStopPrice: '40000' };
const list = await client.privatePostOrderListOco({ ...sale, ...legs });
assert.deepEqual((await client.privateGetOpenOrderList()).map((open) => open.orderListId), [list.orderListId]);
await client.privatePostOrderOco({ ...sale, price: '60000', stopPrice: '40000' });
await client.cancelAllOrders(SYMBOL);
assert.equal((await client.fetchOpenOrders(SYMBOL)).length, 0);
assert.deepEqual((await client.fetchMyTrades(SYMBOL)).map((trade) => trade.fee.currency), ['BTC']);
await assert.rejects(client.createOrder(SYMBOL, 'limit', 'buy', 1000, 40000), ccxt.InsufficientFunds);
await assert.rejects(client.cancelOrder(stop.id, SYMBOL), ccxt.OrderNotFound);
console.log('ok', ccxt.version, recipe);
