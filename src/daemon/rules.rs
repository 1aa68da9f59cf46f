//! From the configuration to the rules of the exchange.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Fatal;
use crate::config::{self, Config};
use crate::exchange::{Fees, Rules};
use crate::oracle::read_rules;
use crate::units::Symbol;

/// What the exchange plays by, as the configuration says.
pub(super) fn rules(config: &Config) -> Result<Rules, Fatal> {
    let max_age = config.oracle.max_age;
    let config = &config.exchange;
    let market_rules = match &config.market_rules {
        config::MarketRules::Venue => None,
        config::MarketRules::Off => Some(BTreeMap::new()),
        config::MarketRules::File(path) => Some(read_rules(path)?),
    };
    Ok(Rules {
        cash_asset: config.cash_asset,
        fee_rate: config.commission,
        maker_rate: Some(config.maker_commission),
        symbol_fees: symbol_fees(config),
        max_age,
        tick_loop: config.tick_loop,
        market_delay_min: config.market_delay_min,
        market_delay_max: config.market_delay_max,
        fill_sigma_ppm: config.fill_sigma_ppm,
        match_limit_at_once: config.match_limit_at_once,
        expire_after: config.expire_after,
        prune_after: config.prune_after,
        prune_trades_after: config.prune_trades_after,
        prune_every: config.prune_every,
        market_rules: market_rules.map(Arc::new),
        seed: config.seed,
    })
}

fn symbol_fees(config: &config::Exchange) -> BTreeMap<Symbol, Fees> {
    let fees = config.symbol_commissions.iter();
    fees.map(|(&symbol, &(taker, maker))| (symbol, Fees { taker, maker }))
        .collect()
}
