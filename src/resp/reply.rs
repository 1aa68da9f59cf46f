//! Answers in bytes, in the second and the third version of the protocol.

use crate::units::OrderId;

/// The version of the protocol that a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Protocol {
    /// RESP 2.
    #[default]
    Two,
    /// RESP 3: knows maps, sets and null.
    Three,
}

/// Writes answers.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) out: Vec<u8>,
    protocol: Protocol,
}

impl Reply {
    pub(super) fn new(protocol: Protocol) -> Reply {
        Reply {
            out: Vec::new(),
            protocol,
        }
    }

    /// A short word such as `OK`.
    pub(super) fn simple(&mut self, word: &str) {
        self.line(b'+', word);
    }

    /// An error: a code in capitals, and why. Line ends, which a client may have sent, become spaces.
    pub(super) fn error(&mut self, text: &str) {
        self.line(b'-', &text.replace(['\r', '\n'], " "));
    }

    pub(super) fn whole(&mut self, number: u64) {
        self.line(b':', &number.to_string());
    }

    pub(super) fn signed(&mut self, number: i64) {
        self.line(b':', &number.to_string());
    }

    /// 1 or 0.
    pub(super) fn truth(&mut self, truth: bool) {
        self.whole(u64::from(truth));
    }

    pub(super) fn bulk(&mut self, bytes: &[u8]) {
        self.line(b'$', &bytes.len().to_string());
        self.out.extend_from_slice(bytes);
        self.out.extend_from_slice(b"\r\n");
    }

    /// Several.
    pub(super) fn bulks<T: AsRef<[u8]>>(&mut self, all: impl IntoIterator<Item = T>) {
        for bytes in all {
            self.bulk(bytes.as_ref());
        }
    }

    /// A set of ids of orders.
    pub(super) fn ids(&mut self, ids: &[OrderId]) {
        self.set(ids.len());
        self.bulks(ids.iter().map(OrderId::to_string));
    }

    /// The head of the answer to a scan, which goes on at `next`; the array that follows is of what was found.
    pub(super) fn scanned(&mut self, next: u64) {
        self.array(2);
        self.bulk(next.to_string().as_bytes());
    }

    pub(super) fn null(&mut self) {
        self.out.extend_from_slice(match self.protocol {
            Protocol::Two => b"$-1\r\n",
            Protocol::Three => b"_\r\n",
        });
    }

    /// Bytes, or null.
    pub(super) fn maybe(&mut self, bytes: Option<&[u8]>) {
        match bytes {
            Some(bytes) => self.bulk(bytes),
            None => self.null(),
        }
    }

    /// So many answers follow.
    pub(super) fn array(&mut self, length: usize) {
        self.line(b'*', &length.to_string());
    }

    /// So many names and values follow.
    pub(super) fn map(&mut self, pairs: usize) {
        match self.protocol {
            Protocol::Two => self.array(pairs * 2),
            Protocol::Three => self.line(b'%', &pairs.to_string()),
        }
    }

    /// So many members follow, each once.
    pub(super) fn set(&mut self, length: usize) {
        match self.protocol {
            Protocol::Two => self.array(length),
            Protocol::Three => self.line(b'~', &length.to_string()),
        }
    }

    /// A longer text.
    pub(super) fn text(&mut self, text: &str) {
        match self.protocol {
            Protocol::Two => self.bulk(text.as_bytes()),
            Protocol::Three => {
                self.line(b'=', &(text.len() + 4).to_string());
                self.out.extend_from_slice(b"txt:");
                self.out.extend_from_slice(text.as_bytes());
                self.out.extend_from_slice(b"\r\n");
            }
        }
    }

    fn line(&mut self, sign: u8, text: &str) {
        self.out.push(sign);
        self.out.extend_from_slice(text.as_bytes());
        self.out.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_write_what_they_know() {
        let write = |protocol| {
            let mut reply = Reply::new(protocol);
            reply.simple("OK");
            reply.error("ERR a\r\nb");
            reply.signed(-1);
            reply.bulk(b"a\r\n");
            reply.null();
            reply.map(1);
            reply.set(2);
            reply.text("x");
            String::from_utf8(reply.out).unwrap()
        };
        let same = "+OK\r\n-ERR a  b\r\n:-1\r\n$3\r\na\r\n\r\n";
        assert_eq!(
            write(Protocol::Two),
            format!("{same}$-1\r\n*2\r\n*2\r\n$1\r\nx\r\n")
        );
        assert_eq!(
            write(Protocol::Three),
            format!("{same}_\r\n%1\r\n~2\r\n=5\r\ntxt:x\r\n")
        );
    }
}
