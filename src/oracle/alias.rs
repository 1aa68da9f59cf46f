//! A venue's own names of assets beside the usual ones.
//!
//! A name may mean two things: at Bitfinex `LUNA` is what everybody else calls `LUNC`, and `LUNA2` is `LUNA`. So a name is
//! looked up once, in one direction, and never again in the other.

use crate::units::Asset;

/// Pairs of a venue's own name and the usual one.
pub(super) type Aliases = [(&'static str, &'static str)];

/// The usual name of what the venue calls `own`.
pub(super) fn usual<'a>(aliases: &Aliases, own: &'a str) -> &'a str {
    let alias = aliases.iter().find(|(name, _)| *name == own);
    alias.map_or(own, |(_, usual)| usual)
}

/// What the venue calls `asset`.
pub(super) fn own(aliases: &Aliases, asset: Asset) -> String {
    let alias = aliases.iter().find(|(_, usual)| *usual == asset.as_str());
    alias.map_or_else(|| asset.to_string(), |(name, _)| (*name).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_looked_up_once() {
        let aliases = [("LUNA", "LUNC"), ("LUNA2", "LUNA")];
        let own = |name| own(&aliases, Asset::parse(name).unwrap());
        for (theirs, ours) in [("LUNA", "LUNC"), ("LUNA2", "LUNA"), ("BTC", "BTC")] {
            assert_eq!(usual(&aliases, theirs), ours);
            assert_eq!(own(ours), theirs);
        }
    }
}
