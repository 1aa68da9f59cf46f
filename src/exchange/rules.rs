//! The settings that decide what the exchange does with an order.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::market_rules::MarketRules;
use crate::units::{Asset, Rate, Span, Symbol};

/// What the owner of the exchange has chosen; constant while it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Asset that everything is valued in.
    pub cash_asset: Asset,
    /// Fee of who takes what is on offer, as a share of the notional.
    pub fee_rate: Rate,
    /// Fee of whose order had rested in the book; `None` for the same.
    pub maker_rate: Option<Rate>,
    /// Symbols that have fees of their own.
    pub symbol_fees: BTreeMap<Symbol, Fees>,
    /// A ticker that arrived longer ago than this fills nothing; `None` where prices do not age.
    pub max_age: Option<Span>,
    /// How often the present ticker counts as a new tick, where that makes a difference; `None` for never.
    pub tick_loop: Option<Span>,
    /// Shortest delay of a market order.
    pub market_delay_min: Span,
    /// Longest delay of a market order.
    pub market_delay_max: Span,
    /// Sigma of the liquidity factor in millionths; 0 offers the whole quantity at every tick.
    pub fill_sigma_ppm: u32,
    /// Whether a limit order that crosses when it is placed is matched at once, and not by the next tick.
    pub match_limit_at_once: bool,
    /// Open orders that were not updated for this long expire; `None` for never.
    pub expire_after: Option<Span>,
    /// Closed orders older than this are pruned; `None` for never.
    pub prune_after: Option<Span>,
    /// Trades older than this are pruned; `None` for never.
    pub prune_trades_after: Option<Span>,
    /// How often pruning looks.
    pub prune_every: Span,
    /// What markets demand of orders, in the place of what venues say; markets that are not named demand nothing.
    pub market_rules: Option<Arc<BTreeMap<Symbol, MarketRules>>>,
    /// Seed of every draw.
    pub seed: u64,
}

/// Fees as shares of the notional.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fees {
    /// Of who takes what is on offer.
    pub taker: Rate,
    /// Of whose order had rested in the book.
    pub maker: Rate,
}

impl Rules {
    /// The fees of symbols that have none of their own.
    pub fn general_fees(&self) -> Fees {
        Fees {
            taker: self.fee_rate,
            maker: self.maker_rate.unwrap_or(self.fee_rate),
        }
    }

    /// What a market demands, of which its venue says `told`.
    pub(super) fn of_market<'a>(
        &'a self,
        symbol: Symbol,
        told: Option<&'a MarketRules>,
    ) -> Option<&'a MarketRules> {
        match &self.market_rules {
            Some(rules) => rules.get(&symbol),
            None => told,
        }
    }

    /// The fees of a symbol.
    pub fn fees(&self, symbol: Symbol) -> Fees {
        let own = self.symbol_fees.get(&symbol).copied();
        own.unwrap_or_else(|| self.general_fees())
    }
}

impl Default for Rules {
    fn default() -> Rules {
        Rules {
            // The literal is a valid name.
            cash_asset: Asset::parse("USDT").expect("USDT is a valid asset"),
            fee_rate: Rate::from_millionths(1000),
            maker_rate: None,
            symbol_fees: BTreeMap::new(),
            max_age: None,
            tick_loop: Some(Span::from_secs(10)),
            market_delay_min: Span::ZERO,
            market_delay_max: Span::from_secs(1),
            fill_sigma_ppm: 100_000,
            match_limit_at_once: false,
            expire_after: Some(Span::from_secs(24 * 3600)),
            prune_after: Some(Span::from_secs(2160 * 3600)),
            prune_trades_after: None,
            prune_every: Span::from_secs(3600),
            market_rules: None,
            seed: 1,
        }
    }
}
