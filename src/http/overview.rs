//! What it is all worth: `/overview`.

use super::message::Response;
use super::names;
use super::orders;
use super::problem::Problem;
use super::router::Call;
use crate::exchange::{Exchange, Flow, Side, TradeTotals, Worth};
use crate::shapes::balance::row_members;
use crate::shapes::json::{Members, document};
use crate::units::{Amount, Asset, Exact, Price, Symbol};

/// `GET /overview/capital`.
pub(super) async fn capital(call: &Call<'_>) -> Result<Response, Problem> {
    let aggregated = call.query().flag("aggregation", true)?;
    let render = move |exchange: &Exchange| {
        document(|members| {
            if aggregated {
                put_capital(members, exchange);
            } else {
                members.object("balance", |rows| put_valued_rows(rows, exchange));
                members.object("investment_assets", |flows| put_flows(flows, exchange));
            }
        })
    };
    Ok(Response::json(
        200,
        call.context.mailbox.look(render).await?,
    ))
}

fn put_capital(members: &mut Members<'_>, exchange: &Exchange) {
    let capital = exchange.capital();
    members.put("equity", capital.equity);
    members.put("deposits", capital.deposits);
    members.put("withdrawals", capital.withdrawals);
    members.put("profit_loss", capital.profit_loss());
}

fn put_valued_rows(rows: &mut Members<'_>, exchange: &Exchange) {
    for row in exchange.asset_values() {
        rows.object(row.asset.as_str(), |members| {
            row_members(members, row.asset, &row.account);
            // Without a price it counts as 0.
            members.put("price", row.price.map_or(Exact::ZERO, Price::exact));
            members.put("value", row.value());
        });
    }
}

fn put_flows(flows: &mut Members<'_>, exchange: &Exchange) {
    let cash = exchange.rules().cash_asset;
    for (asset, account) in exchange.accounts() {
        let (deposits, withdrawals) = (account.deposits, account.withdrawals);
        if deposits == Flow::default() && withdrawals == Flow::default() {
            continue;
        }
        flows.object(asset.as_str(), |members| {
            put_flow(members, "deposits", deposits, asset, cash);
            put_flow(members, "withdrawals", withdrawals, asset, cash);
        });
    }
}

fn put_flow(members: &mut Members<'_>, name: &str, flow: Flow, asset: Asset, cash: Asset) {
    members.object(name, |figures| {
        if flow == Flow::default() {
            return;
        }
        match Symbol::new(asset, cash) {
            Ok(symbol) => figures.put("ref_symbol", symbol),
            // The cash asset is its own measure.
            Err(_) => figures.put("ref_symbol", asset),
        }
        figures.put("asset_quantity", flow.quantity);
        figures.put("ref_value", flow.value);
    });
}

/// `GET /overview/assets`: what the balances say beside what the open orders say.
pub(super) async fn assets(call: &Call<'_>) -> Result<Response, Problem> {
    let render = |exchange: &Exchange| document(|members| put_assets(members, exchange));
    Ok(Response::json(
        200,
        call.context.mailbox.look(render).await?,
    ))
}

fn put_assets(members: &mut Members<'_>, exchange: &Exchange) {
    let balances = exchange.valuation();
    let orders = exchange.value_of_holds();
    members.object("balance_source", |figures| {
        for (name, worth) in [("assets", balances.assets), ("cash", balances.cash)] {
            figures.put(&format!("{name}_free_value"), worth.free);
            figures.put(&format!("{name}_frozen_value"), worth.held);
            figures.put(&format!("{name}_total_value"), worth.total());
        }
        let all = balances.all();
        figures.put("total_free_value", all.free);
        figures.put("total_frozen_value", all.held);
        figures.put("total_equity", all.total());
    });
    let frozen = |assets: Worth, cash: Worth, all: Worth| {
        [
            ("assets_frozen_value", assets.held),
            ("cash_frozen_value", cash.held),
            ("total_frozen_value", all.held),
        ]
    };
    let by_orders = frozen(orders.assets, orders.cash, orders.all());
    let by_balances = frozen(balances.assets, balances.cash, balances.all());
    members.object("orders_source", |figures| {
        for (name, value) in by_orders {
            figures.put(name, value);
        }
    });
    members.object("misc", |misc| {
        misc.put("cash_asset", exchange.rules().cash_asset);
        misc.object("mismatch", |flags| {
            for ((name, one), (_, other)) in by_orders.into_iter().zip(by_balances) {
                flags.put(name, differ(one, other));
            }
        });
        misc.array("unpriced", |items| {
            for asset in balances.unpriced {
                items.put(asset);
            }
        });
    });
}

/// Whether two values are more than a thousandth of the cash asset apart.
fn differ(one: Amount, other: Amount) -> bool {
    let apart = one
        .exact()
        .plus_rounded(other.exact().negated())
        .magnitude();
    Exact::from_parts(1, 3).is_ok_and(|tolerance| apart > tolerance)
}

/// `GET /overview/trades`.
pub(super) async fn trades(call: &Call<'_>) -> Result<Response, Problem> {
    let query = call.query();
    let side = query
        .get("side")?
        .map(|word| orders::side(&word))
        .transpose()?;
    let mut bases: Vec<Asset> = Vec::new();
    for list in query.values("assets") {
        for name in list?
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            bases.push(names::asset("assets", name)?);
        }
    }
    let render = move |exchange: &Exchange| {
        document(|members| {
            for one in Side::ALL {
                if side.is_none_or(|wanted| wanted == one) {
                    let totals: Vec<(Symbol, TradeTotals)> = exchange
                        .trades()
                        .filter(|(side, symbol, _)| {
                            *side == one && (bases.is_empty() || bases.contains(&symbol.base()))
                        })
                        .map(|(_, symbol, totals)| (symbol, *totals))
                        .collect();
                    let name = one.as_str().to_ascii_uppercase();
                    members.object(&name, |figures| put_trades(figures, &totals));
                }
            }
        })
    };
    Ok(Response::json(
        200,
        call.context.mailbox.look(render).await?,
    ))
}

type Figure = fn(&TradeTotals) -> String;

fn put_trades(figures: &mut Members<'_>, totals: &[(Symbol, TradeTotals)]) {
    let kinds: [(&str, Figure); 4] = [
        ("count", |totals| totals.count.to_string()),
        ("amount", |totals| totals.amount.to_string()),
        ("notional", |totals| totals.notional.to_string()),
        ("fee", |totals| totals.fee.to_string()),
    ];
    for (name, figure) in kinds {
        figures.object(name, |bases| {
            // Totals come by symbol, so those of a base stand together.
            for same_base in totals.chunk_by(|(a, _), (b, _)| a.base() == b.base()) {
                let Some((first, _)) = same_base.first() else {
                    continue;
                };
                bases.object(first.base().as_str(), |quotes| {
                    for (symbol, totals) in same_base {
                        quotes.put(symbol.quote().as_str(), &figure(totals));
                    }
                    let paid = same_base.iter().map(|(_, totals)| totals.base_fee);
                    let paid = paid.fold(Amount::ZERO, Amount::plus_rounded);
                    if name == "fee" && !paid.is_zero() {
                        quotes.put(first.base().as_str(), &paid.to_string());
                    }
                });
            }
        });
    }
}
