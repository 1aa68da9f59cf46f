//! New orders.
//!
//! An order meets the market in the turn in which it is placed, so its answer tells the fills. One that cannot be paid for is
//! refused with an error and leaves no trace.

use super::fault::Fault;
use super::order_params::Draft;
use super::order_shape::{ORDER_BYTES, write_placed};
use super::route::Call;
use super::symbols;
use super::text::Text;
use crate::exchange::{Command, Event, Exchange, NewOrder, Order, Outcome, Trade};
use crate::shapes::json::document;
use crate::units::{Moment, OrderId};

/// `POST /api/v3/order`.
pub(super) async fn place(call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    let draft = Draft::read(&call.params, call.facade.terms())?;
    let unit = call.unit;
    let work = move |exchange: &mut Exchange, moment: Moment| {
        let symbol = symbols::find(exchange, &draft.symbol)?;
        let (order, trades) = placed(exchange, moment, draft.on(symbol))?;
        let mut out = Vec::with_capacity(ORDER_BYTES);
        write_placed(&mut out, &order, &trades, draft.told, unit);
        Ok(out)
    };
    call.facade.context.mailbox.act(work).await?
}

/// Places an order that can be paid for, and tells the trades that it has made.
pub(super) fn placed(
    exchange: &mut Exchange,
    moment: Moment,
    order: NewOrder,
) -> Result<(Order, Vec<Trade>), Fault> {
    let before = exchange.events().len();
    let Outcome::Placed(order) = exchange.handle(moment, Command::Place(order))? else {
        return Err(Fault::unknown());
    };
    let trades = trades_since(exchange, before, order.id);
    Ok((*order, trades))
}

/// The trades of an order among the latest events.
pub(super) fn trades_since(exchange: &Exchange, before: usize, id: OrderId) -> Vec<Trade> {
    let events = exchange.events().get(before..).unwrap_or_default();
    let trades = events.iter().filter_map(|event| match event {
        Event::Trade(trade) if trade.order == id => Some(**trade),
        Event::Trade(_)
        | Event::OrderOpen(_)
        | Event::OrderClosed(_)
        | Event::History(_)
        | Event::AccountChanged(_)
        | Event::TradesCounted(..)
        | Event::MarketTouched(_)
        | Event::Prune { .. }
        | Event::PruneTrades { .. }
        | Event::RulesChanged(_)
        | Event::Reset => None,
    });
    trades.collect()
}

/// `POST /api/v3/order/test`: whether the order could be placed now.
pub(super) async fn try_order(call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    let draft = Draft::read(&call.params, call.facade.terms())?;
    let rates = call.params.flag("computeCommissionRates")?;
    let look = move |exchange: &Exchange| {
        let symbol = symbols::find(exchange, &draft.symbol)?;
        exchange.check_order(draft.on(symbol))??;
        let fees = exchange.rules().fees(symbol);
        Ok(document(|members| {
            if rates {
                for (name, fees) in [
                    ("standardCommissionForOrder", Some(fees)),
                    ("taxCommissionForOrder", None),
                ] {
                    members.object(name, |rates| {
                        rates.put("maker", Text::from(fees.map(|fees| fees.maker)));
                        rates.put("taker", Text::from(fees.map(|fees| fees.taker)));
                    });
                }
            }
        }))
    };
    call.facade.context.mailbox.look(look).await?
}
