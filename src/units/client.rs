//! The id that a client gives its order, so that it finds it again and never places it twice.

use std::fmt;

/// The longest client order id, in bytes; what clients of venues are used to.
pub const CLIENT_ID_LENGTH_MAX: usize = 36;

/// Why a text is no client order id; completes a sentence that begins with the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidClientId {
    /// No characters at all.
    #[error("must not be empty")]
    Empty,
    /// Too many characters.
    #[error("may have at most {CLIENT_ID_LENGTH_MAX} characters")]
    TooLong,
    /// A character that is not allowed.
    #[error("may hold only letters, digits, '-', '_', '.', ':', '/' and spaces")]
    BadCharacter,
}

/// A client order id: 1 to [`CLIENT_ID_LENGTH_MAX`] characters, kept in place, sorted as text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId {
    // Padded with zero bytes, which sort before every allowed character: the order is that of the text.
    bytes: [u8; CLIENT_ID_LENGTH_MAX],
}

impl ClientId {
    /// Reads an id as it stands.
    pub fn parse(text: &str) -> Result<ClientId, InvalidClientId> {
        if text.is_empty() {
            return Err(InvalidClientId::Empty);
        }
        let allowed = |b: u8| {
            b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':' | b'/' | b' ')
        };
        if !text.bytes().all(allowed) {
            return Err(InvalidClientId::BadCharacter);
        }
        let mut bytes = [0; CLIENT_ID_LENGTH_MAX];
        let room = bytes
            .get_mut(..text.len())
            .ok_or(InvalidClientId::TooLong)?;
        room.copy_from_slice(text.as_bytes());
        Ok(ClientId { bytes })
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        let end = self.bytes.iter().position(|&b| b == 0);
        self.bytes
            .get(..end.unwrap_or(CLIENT_ID_LENGTH_MAX))
            .and_then(|text| std::str::from_utf8(text).ok())
            .unwrap_or("")
    }

    /// The id padded with zero bytes.
    pub fn as_bytes(&self) -> &[u8; CLIENT_ID_LENGTH_MAX] {
        &self.bytes
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back_and_what_is_none_is_named() {
        let longest = "x".repeat(CLIENT_ID_LENGTH_MAX);
        for text in ["a", "x-R4BD3S82_0.1:2/3 z", longest.as_str()] {
            assert_eq!(ClientId::parse(text).unwrap().to_string(), text);
        }
        let longer = format!("{longest}x");
        for (text, why) in [
            ("", InvalidClientId::Empty),
            (longer.as_str(), InvalidClientId::TooLong),
            ("a\"b", InvalidClientId::BadCharacter),
            ("é", InvalidClientId::BadCharacter),
            ("a\0", InvalidClientId::BadCharacter),
        ] {
            assert_eq!(ClientId::parse(text), Err(why), "{text:?}");
        }
    }
}
