//! Writes JSON straight into a buffer: no tree in between, no float anywhere.

use super::number::{push_exact, push_seconds, push_whole};
use crate::units::{Amount, Asset, Exact, Price, Quantity, Rate, Symbol, Timestamp};

/// Anything that can be the value of a member.
pub(crate) trait Value {
    /// Appends the value.
    fn push(self, out: &mut Vec<u8>);
}

/// The members of an object that is being written.
#[derive(Debug)]
pub(crate) struct Members<'a> {
    out: &'a mut Vec<u8>,
    any: bool,
}

/// The items of an array that is being written.
#[derive(Debug)]
pub(crate) struct Items<'a> {
    out: &'a mut Vec<u8>,
    any: bool,
}

/// Appends an object.
pub(crate) fn object(out: &mut Vec<u8>, fill: impl FnOnce(&mut Members<'_>)) {
    out.push(b'{');
    fill(&mut Members {
        out: &mut *out,
        any: false,
    });
    out.push(b'}');
}

/// Appends an array.
pub(crate) fn array(out: &mut Vec<u8>, fill: impl FnOnce(&mut Items<'_>)) {
    out.push(b'[');
    fill(&mut Items {
        out: &mut *out,
        any: false,
    });
    out.push(b']');
}

/// An object in a buffer of its own.
pub(crate) fn document(fill: impl FnOnce(&mut Members<'_>)) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    object(&mut out, fill);
    out
}

impl Members<'_> {
    /// Begins a member whose name needs no escapes; the caller appends its value.
    pub(crate) fn name(&mut self, name: &str) -> &mut Vec<u8> {
        self.comma();
        self.out.push(b'"');
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.out
    }

    /// Begins a member with any name.
    pub(crate) fn any_name(&mut self, name: &str) -> &mut Vec<u8> {
        self.comma();
        name.push(self.out);
        self.out.push(b':');
        self.out
    }

    /// A member.
    pub(crate) fn put(&mut self, name: &str, value: impl Value) {
        value.push(self.name(name));
    }

    /// A member that is an object.
    pub(crate) fn object(&mut self, name: &str, fill: impl FnOnce(&mut Members<'_>)) {
        object(self.name(name), fill);
    }

    /// A member that is an array.
    pub(crate) fn array(&mut self, name: &str, fill: impl FnOnce(&mut Items<'_>)) {
        array(self.name(name), fill);
    }

    fn comma(&mut self) {
        if self.any {
            self.out.push(b',');
        }
        self.any = true;
    }
}

impl Items<'_> {
    /// Begins an item; the caller appends its value.
    pub(crate) fn next(&mut self) -> &mut Vec<u8> {
        if self.any {
            self.out.push(b',');
        }
        self.any = true;
        self.out
    }

    /// An item.
    pub(crate) fn put(&mut self, value: impl Value) {
        value.push(self.next());
    }

    /// Bytes in the buffer so far.
    pub(crate) fn length(&self) -> usize {
        self.out.len()
    }
}

impl Value for &str {
    fn push(self, out: &mut Vec<u8>) {
        out.push(b'"');
        let plain = |b: u8| b >= b' ' && b != b'"' && b != b'\\';
        if self.bytes().all(plain) {
            out.extend_from_slice(self.as_bytes());
        } else {
            push_escaped(out, self);
        }
        out.push(b'"');
    }
}

fn push_escaped(out: &mut Vec<u8>, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            0..b' ' => {
                out.extend_from_slice(b"\\u00");
                out.push(HEX[usize::from(byte >> 4)]);
                out.push(HEX[usize::from(byte & 15)]);
            }
            _ => out.push(byte),
        }
    }
}

impl Value for &String {
    fn push(self, out: &mut Vec<u8>) {
        self.as_str().push(out);
    }
}

impl Value for bool {
    fn push(self, out: &mut Vec<u8>) {
        out.extend_from_slice(if self { b"true" } else { b"false" });
    }
}

impl Value for u64 {
    fn push(self, out: &mut Vec<u8>) {
        push_whole(out, self);
    }
}

impl Value for u32 {
    fn push(self, out: &mut Vec<u8>) {
        push_whole(out, u64::from(self));
    }
}

impl Value for usize {
    fn push(self, out: &mut Vec<u8>) {
        // No target has a usize of more than 64 bits.
        push_whole(out, u64::try_from(self).unwrap_or(u64::MAX));
    }
}

impl Value for i64 {
    fn push(self, out: &mut Vec<u8>) {
        if self < 0 {
            out.push(b'-');
        }
        push_whole(out, self.unsigned_abs());
    }
}

impl Value for Exact {
    fn push(self, out: &mut Vec<u8>) {
        push_exact(out, self);
    }
}

macro_rules! exact_value {
    ($($unit:ty),+) => {
        $(impl Value for $unit {
            fn push(self, out: &mut Vec<u8>) {
                push_exact(out, self.exact());
            }
        })+
    };
}

exact_value!(Price, Quantity, Amount, Rate);

impl Value for Timestamp {
    fn push(self, out: &mut Vec<u8>) {
        push_whole(out, self.as_millis());
    }
}

/// A time that is shown in seconds with a fraction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seconds(pub(crate) Timestamp);

impl Value for Seconds {
    fn push(self, out: &mut Vec<u8>) {
        push_seconds(out, self.0);
    }
}

impl Value for Asset {
    fn push(self, out: &mut Vec<u8>) {
        // Names hold nothing that needs an escape.
        out.push(b'"');
        out.extend_from_slice(self.as_str().as_bytes());
        out.push(b'"');
    }
}

impl Value for Symbol {
    fn push(self, out: &mut Vec<u8>) {
        out.push(b'"');
        out.extend_from_slice(self.base().as_str().as_bytes());
        out.push(b'/');
        out.extend_from_slice(self.quote().as_str().as_bytes());
        out.push(b'"');
    }
}

impl<T: Value> Value for Option<T> {
    fn push(self, out: &mut Vec<u8>) {
        match self {
            Some(value) => value.push(out),
            None => out.extend_from_slice(b"null"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let text = "quote \" slash \\ line\n tab\t bell\u{7} umlaut ü";
        let body = document(|members| {
            members.put("text", text);
            members.put("none", None::<u64>);
            members.object("inner", |inner| inner.put("yes", true));
            members.array("list", |items| {
                items.put(1u64);
                items.put(-2i64);
            });
            true.push(members.any_name("odd \"name\""));
        });
        let read: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            read,
            serde_json::json!({
                "text": text, "none": null, "inner": {"yes": true}, "list": [1, -2], "odd \"name\"": true
            })
        );
    }
}
