//! A text that must not be shown: not in logs, not in errors, not by `{:?}`.

use std::fmt;

/// Longest API key.
const KEY_LENGTH_MAX: usize = 256;

/// An API key, a password, or an address that holds one. The only way to its text is [`Secret::expose`], which is easy to search for.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Reads a key: visible ASCII without spaces, as it must fit into a header.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=KEY_LENGTH_MAX).contains(&text.len());
        let printable = text.bytes().all(|byte| byte.is_ascii_graphic());
        (fits && printable).then(|| Self(text.to_owned()))
    }

    /// Any text that is not empty: what a password may be is the business of who checks it.
    pub fn any(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_it() {
        let secret = Secret::parse("hunter2").unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(..)");
        assert_eq!(secret.expose(), "hunter2");
    }

    #[test]
    fn what_fits_no_header_is_refused() {
        for text in [
            "",
            "two words",
            "line\nbreak",
            "ключ",
            "tab\t",
            &"x".repeat(257),
        ] {
            assert!(Secret::parse(text).is_none(), "{text:?}");
        }
    }
}
