//! Section `[binance]`: the Binance-compatible API.

use super::assemble::get;
use super::error::ConfigError;
use super::fees;
use super::raw::Raw;
use super::setting::Setting;
use super::{Binance, Expiry};

/// The settings of the API.
pub(super) fn binance(raw: &Raw) -> Result<Binance, ConfigError> {
    Ok(Binance {
        enabled: get(raw, "binance.enabled", Setting::truth)?.unwrap_or(true),
        fee_in_received: get(raw, "binance.fee_asset", fees::in_received)?.unwrap_or(true),
        limits: get(raw, "binance.limits", Setting::truth)?.unwrap_or(false),
        expiry: match get(raw, "binance.expire", Setting::truth)? {
            Some(true) => Expiry::LikeOthers,
            Some(false) | None => Expiry::Never,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn read(text: &str) -> Result<Binance, ConfigError> {
        let text = format!("[binance]\n{text}\n");
        binance(&Raw::parse(&text, Path::new("c.toml"))?)
    }

    #[test]
    fn the_api_is_on_and_takes_fees_as_its_clients_expect() {
        let default = read("").unwrap();
        assert!(default.enabled && default.fee_in_received && !default.limits);
        assert_eq!(default.expiry, Expiry::Never);
        let set =
            read("enabled = false\nfee_asset = \"quote\"\nlimits = true\nexpire = true").unwrap();
        assert!(!set.enabled && !set.fee_in_received && set.limits);
        assert_eq!(set.expiry, Expiry::LikeOthers);
        let error = read("fee_asset = \"BNB\"").unwrap_err().to_string();
        assert!(error.starts_with("c.toml:2: binance.fee_asset"), "{error}");
    }
}
