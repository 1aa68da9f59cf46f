//! What somebody has set, and where: for comparing two readings of the configuration, and for showing it.

use super::error::Place;
use super::raw::Raw;

/// The settings that were made in the file, the environment, and on the command line; the last one of each key.
#[derive(Debug, Clone, Default)]
pub struct Written(pub(super) Raw);

impl Written {
    /// Each key with its value, which is not that of a secret, and its place; sorted by key.
    pub fn shown(&self) -> impl Iterator<Item = (&'static str, String, &Place)> {
        self.0
            .settings()
            .map(|setting| (setting.key, setting.shown(), &setting.place))
    }

    /// The same, but for these keys, which are as `other` has them.
    #[must_use]
    pub fn with(&self, other: &Written, keys: &[&str]) -> Written {
        let kept = self.0.settings().filter(|one| !keys.contains(&one.key));
        let taken = other.0.settings().filter(|one| keys.contains(&one.key));
        let mut raw = Raw::default();
        for setting in kept.chain(taken) {
            raw.put(setting.clone());
        }
        Written(raw)
    }

    /// The keys whose values differ from those of another reading, sorted.
    pub fn changed_since(&self, earlier: &Written) -> Vec<&'static str> {
        let value =
            |written: &Written, key| written.0.get(key).map(|setting| setting.value.clone());
        let both = self.0.settings().chain(earlier.0.settings());
        let mut keys: Vec<&'static str> = both
            .map(|setting| setting.key)
            .filter(|key| value(self, key) != value(earlier, key))
            .collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn written(text: &str) -> Written {
        Written(Raw::parse(text, Path::new("c.toml")).unwrap())
    }

    #[test]
    fn secrets_are_not_shown() {
        let written = written(
            "[server]\napi_key = \"k\"\nauth = true\n[oracle]\nvalkey_url = \"redis://:p@h\"\nsymbols = [\"A/B\"]\n",
        );
        let lines: Vec<String> = written
            .shown()
            .map(|(key, value, place)| format!("{key} = {value} ({place})"))
            .collect();
        assert_eq!(
            lines,
            [
                "oracle.symbols = [\"A/B\"] (c.toml:6)",
                "oracle.valkey_url = (not shown) (c.toml:5)",
                "server.api_key = (not shown) (c.toml:2)",
                "server.auth = true (c.toml:3)",
            ]
        );
    }

    #[test]
    fn what_changed_is_named_wherever_it_moved() {
        let earlier =
            written("[server]\napi_key = \"k\"\n[log]\nlevel = \"info\"\n[store]\ncache_mib = 4\n");
        let later =
            written("[log]\n\nlevel = \"info\"\n[store]\ncache_mib = 8\n[exchange]\nseed = 2\n");
        assert_eq!(
            later.changed_since(&earlier),
            ["exchange.seed", "server.api_key", "store.cache_mib"]
        );
        assert!(later.changed_since(&later).is_empty());
        let taken = earlier.with(&later, &["store.cache_mib", "server.api_key"]);
        assert_eq!(later.changed_since(&taken), ["exchange.seed"]);
    }
}
