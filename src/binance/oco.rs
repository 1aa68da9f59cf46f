//! New lists of orders: pairs of which one cancels the other.

use super::fault::Fault;
use super::list_shape::{LIST_BYTES, write_placed_list};
use super::order_params::{
    Told, Word, client_id, read_quantity, refuse_icebergs, refuse_pegs, refuse_unknown, side,
    told_of,
};
use super::order_shape::ORDER_BYTES;
use super::params::Params;
use super::route::Call;
use super::symbols;
use crate::exchange::{
    Command, Exchange, NewOrder, NewPair, OrderKind, Outcome, Rejection, Side, Strict, Terms,
    TriggerKind,
};
use crate::units::{ClientId, Moment, Quantity, Symbol};

/// What the parameters of an order of a list are called.
struct Names {
    price: String,
    stop: String,
    trailing: String,
    time: String,
    client: String,
    iceberg: String,
}

/// An order of a list, whose market is still a name.
#[derive(Debug, Clone, Copy)]
struct Leg {
    word: Word,
    kind: OrderKind,
    terms: Terms,
}

/// A list, whose market is still a name.
struct Draft {
    symbol: String,
    side: Side,
    quantity: Quantity,
    client_id: Option<ClientId>,
    told: Told,
    legs: [Leg; 2],
}

impl Leg {
    fn read(params: &Params<'_>, word: Word, names: &Names, plain: Terms) -> Result<Leg, Fault> {
        let kind = word.kind(params, &names.price)?;
        let time_in_force = word.time_in_force(params, &names.time, plain)?;
        let trigger = word.trigger(params, &names.stop, &names.trailing)?;
        refuse_icebergs(params, &names.iceberg)?;
        Ok(Leg {
            word,
            kind,
            terms: Terms {
                time_in_force,
                post_only: word == Word::LimitMaker,
                trigger,
                client_id: client_id(params, &names.client)?,
                ..plain
            },
        })
    }

    fn stops_loss(&self) -> bool {
        let trigger = self.terms.trigger;
        trigger.is_some_and(|trigger| trigger.kind == TriggerKind::StopLoss)
    }
}

/// `POST /api/v3/orderList/oco`: what is above the price and what is below it, each of a kind of its own.
pub(super) async fn place(call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    let params = &call.params;
    let read = |place: &str| {
        let name = |field: &str| format!("{place}{field}");
        let word = Word::read(params, &name("Type"))?;
        if matches!(word, Word::Limit | Word::Market) {
            return Err(Fault::new(-1158, "Order type not supported in OCO."));
        }
        let names = Names {
            price: name("Price"),
            stop: name("StopPrice"),
            trailing: name("TrailingDelta"),
            time: name("TimeInForce"),
            client: name("ClientOrderId"),
            iceberg: name("IcebergQty"),
        };
        refuse_pegs(params, &name("PegPriceType"))?;
        Leg::read(params, word, &names, call.facade.terms())
    };
    let (above, below) = (read("above")?, read("below")?);
    let legs = match (above.stops_loss(), below.stops_loss()) {
        (true, false) => [above, below],
        (false, true) => [below, above],
        (true, true) => return Err(combination()),
        (false, false) => {
            let both = "At least one OCO order must be contingent.";
            let limits = [above, below]
                .iter()
                .all(|leg| leg.word == Word::LimitMaker);
            return Err(if limits {
                Fault::new(-1168, both)
            } else {
                combination()
            });
        }
    };
    let draft = Draft::read(call, legs)?;
    let wrong = match draft.side {
        Side::Buy if !below.stops_loss() => None,
        Side::Sell if !above.stops_loss() => None,
        Side::Buy => Some((-1165, "A limit order in a buy OCO must be below.")),
        Side::Sell => Some((-1166, "A limit order in a sell OCO must be above.")),
    };
    match wrong {
        Some((code, text)) => Err(Fault::new(code, text)),
        None => draft.place(call).await,
    }
}

/// `POST /api/v3/order/oco`, the older form: a limit order, and a stop loss with or without a limit.
pub(super) async fn place_old(call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    let params = &call.params;
    let own = |field: &str| field.to_owned();
    let names = Names {
        price: own("stopLimitPrice"),
        stop: own("stopPrice"),
        trailing: own("trailingDelta"),
        time: own("stopLimitTimeInForce"),
        client: own("stopClientOrderId"),
        iceberg: own("stopIcebergQty"),
    };
    let word = match params.get(&names.price) {
        Some(_) => Word::StopLossLimit,
        None => Word::StopLoss,
    };
    let stop = Leg::read(params, word, &names, call.facade.terms())?;
    let names = Names {
        price: own("price"),
        client: own("limitClientOrderId"),
        iceberg: own("limitIcebergQty"),
        // A limit order that rests has none of these.
        stop: String::new(),
        trailing: String::new(),
        time: String::new(),
    };
    let limit = Leg::read(params, Word::LimitMaker, &names, call.facade.terms())?;
    Draft::read(call, [stop, limit])?.place(call).await
}

fn combination() -> Fault {
    Fault::new(-1128, "Combination of optional parameters invalid.")
}

impl Draft {
    fn read(call: &Call<'_>, legs: [Leg; 2]) -> Result<Draft, Fault> {
        let params = &call.params;
        refuse_unknown(params)?;
        let quantity = read_quantity(params, "quantity")?;
        Ok(Draft {
            symbol: symbols::checked(params.required("symbol")?)?.to_owned(),
            side: side(params)?,
            quantity: quantity.ok_or_else(|| Fault::missing("quantity"))?,
            client_id: client_id(params, "listClientOrderId")?,
            told: told_of(params, Told::Result)?,
            legs,
        })
    }

    fn on(&self, symbol: Symbol) -> NewPair {
        let order = |leg: Leg| NewOrder {
            symbol,
            side: self.side,
            kind: leg.kind,
            quantity: self.quantity,
            terms: leg.terms,
            strict: Strict {
                rules: true,
                funds: true,
            },
        };
        NewPair {
            orders: self.legs.map(order),
            client_id: self.client_id,
        }
    }

    async fn place(self, call: &Call<'_>) -> Result<Vec<u8>, Fault> {
        let unit = call.unit;
        let work = move |exchange: &mut Exchange, moment: Moment| {
            let symbol = symbols::find(exchange, &self.symbol)?;
            let command = Command::PlacePair(Box::new(self.on(symbol)));
            // An order that would trade or trigger now is on the wrong side of the price.
            let wrong_side = |why| matches!(why, Rejection::WouldMatch | Rejection::WouldTrigger);
            let placed = match exchange.handle(moment, command) {
                Err(why) if wrong_side(why) => Err(Rejection::PairPrices),
                placed => placed,
            };
            let Outcome::PairPlaced(orders) = placed? else {
                return Err(Fault::unknown());
            };
            let mut out = Vec::with_capacity(LIST_BYTES + 2 * ORDER_BYTES);
            write_placed_list(&mut out, orders.each_ref(), self.told, unit);
            Ok(out)
        };
        call.facade.context.mailbox.act(work).await?
    }
}
