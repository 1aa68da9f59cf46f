//! The present prices: `ticker/price`, `ticker/bookTicker`, `depth`.

use super::fault::Fault;
use super::general::{markets, names};
use super::route::Call;
use super::symbols::{self, name_of};
use super::text::Text;
use crate::exchange::{Exchange, Ticker};
use crate::shapes::json::{Members, array, document, object};
use crate::units::Price;

/// Writes one market of an answer.
type Write = fn(&mut Members<'_>, &Ticker);

/// `GET /api/v3/ticker/price`.
pub(super) async fn last(call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    answer(call, |members, ticker| {
        members.put("symbol", &name_of(ticker.symbol));
        members.put("price", Text::from(ticker.last));
    })
    .await
}

/// `GET /api/v3/ticker/bookTicker`. Where the source tells no sizes they are zero.
pub(super) async fn book(call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    answer(call, |members, ticker| {
        members.put("symbol", &name_of(ticker.symbol));
        members.put("bidPrice", Text::from(ticker.bid_or_last()));
        members.put("bidQty", Text::from(ticker.bid_quantity));
        members.put("askPrice", Text::from(ticker.ask_or_last()));
        members.put("askQty", Text::from(ticker.ask_quantity));
    })
    .await
}

/// An object for `symbol`, a list for `symbols` or for all. A market without a price has nothing to tell: it is left out of a list.
async fn answer(call: &Call<'_>, write: Write) -> Result<Vec<u8>, Fault> {
    let wanted = names(call)?;
    let single = call.params.get("symbol").is_some();
    let look = move |exchange: &Exchange| {
        let found = markets(exchange, wanted.as_deref())?;
        let mut tickers = found
            .into_iter()
            .filter_map(|symbol| exchange.market(symbol)?.ticker);
        if single {
            let ticker = tickers.next().ok_or_else(Fault::symbol)?;
            return Ok(document(|members| write(members, &ticker)));
        }
        let mut out = Vec::new();
        array(&mut out, |items| {
            for ticker in tickers {
                object(items.next(), |members| write(members, &ticker));
            }
        });
        Ok(out)
    };
    call.facade.context.mailbox.look(look).await?
}

/// `GET /api/v3/depth`: the venue's own book where more than a level is asked for and it tells, else the best bid and ask, which
/// are what orders meet; where the source tells no sizes they are zero.
pub(super) async fn depth(call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    let name = symbols::checked(call.params.required("symbol")?)?.to_owned();
    let levels = call.params.limit(100, 5000)?;
    let context = &call.facade.context;
    if levels > 1 && context.has_venue() {
        let name = name.clone();
        let look = move |exchange: &Exchange| symbols::find(exchange, &name);
        let symbol = context.mailbox.look(look).await??;
        if let Some(book) = context.book(symbol, levels).await {
            let side = |side: Vec<_>| side.into_iter().map(level).collect();
            return Ok(told(book.number, &[side(book.bids), side(book.asks)]));
        }
    }
    let look = move |exchange: &Exchange| {
        let symbol = symbols::find(exchange, &name)?;
        let market = exchange.market(symbol);
        let ticks = market.map_or(0, |market| market.ticks);
        let ticker = market.and_then(|market| market.ticker);
        let best = |level: fn(Ticker) -> Level| ticker.map(level).into_iter().collect();
        let bids = best(|ticker| level((ticker.bid_or_last(), ticker.bid_quantity)));
        let asks = best(|ticker| level((ticker.ask_or_last(), ticker.ask_quantity)));
        Ok(told(ticks, &[bids, asks]))
    };
    context.mailbox.look(look).await?
}

/// A price, and what is on offer there.
type Level = [Text; 2];

fn level<Q: Into<Text>>((price, quantity): (Price, Q)) -> Level {
    [price.into(), quantity.into()]
}

/// A book: bids and asks, the best first.
fn told(number: u64, sides: &[Vec<Level>; 2]) -> Vec<u8> {
    document(|members| {
        members.put("lastUpdateId", number);
        for (name, side) in ["bids", "asks"].into_iter().zip(sides) {
            members.array(name, |levels| {
                for &level in side {
                    array(levels.next(), |figures| {
                        for figure in level {
                            figures.put(figure);
                        }
                    });
                }
            });
        }
    })
}
