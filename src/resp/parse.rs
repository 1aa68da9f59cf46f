//! From bytes to requests: arrays of bulk strings, and inline commands as people type them.
//!
//! Pure, and the same whatever pieces the bytes come in. What is kept is bounded: no more than one request that is not
//! whole yet, and what was fed since requests were last taken.

use std::ops::Range;

/// Arguments of one request.
pub const ARGUMENTS_MAX: usize = 10_000;
/// Bytes of the arguments of one request.
pub const REQUEST_BYTES_MAX: usize = 512 * 1024;
/// Bytes of an inline command.
pub const LINE_BYTES_MAX: usize = 64 * 1024;
/// Bytes of the line that says how many arguments, or how many bytes, come next.
const COUNT_BYTES_MAX: usize = 32;

/// The name of a command and its arguments.
pub type Request = Vec<Vec<u8>>;

/// Why the bytes are no request. Nothing that follows can be understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The number of arguments cannot be read, or is above [`ARGUMENTS_MAX`].
    #[error("invalid multibulk length")]
    Count,
    /// The length of an argument cannot be read, or all of them are longer than [`REQUEST_BYTES_MAX`].
    #[error("invalid bulk length")]
    Length,
    /// Something else than an argument.
    #[error("expected '$', got something else")]
    NoArgument,
    /// An argument that does not end where it should.
    #[error("an argument does not end with its length")]
    NoEnd,
    /// An inline command without an end.
    #[error("too big inline request")]
    TooLong,
    /// A quote that is not closed, or in which something follows it at once.
    #[error("unbalanced quotes in request")]
    Quotes,
}

/// Takes bytes as they come and gives requests.
#[derive(Debug, Default)]
pub struct Parser {
    bytes: Vec<u8>,
    /// Up to where the bytes have been used.
    at: usize,
    /// Up to where there is no end of a line behind `at`.
    scanned: usize,
    /// Arguments that are still to come, where a request has begun.
    missing: usize,
    /// Length of the argument that comes next, where it has been told.
    length: Option<usize>,
    request: Request,
    request_bytes: usize,
}

impl Parser {
    /// A parser that has seen nothing.
    pub fn new() -> Parser {
        Parser::default()
    }

    /// Takes more bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.at);
        self.scanned = self.scanned.saturating_sub(self.at);
        self.at = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// Whether a request has begun that is not whole.
    pub fn is_amid(&self) -> bool {
        self.missing > 0 || self.at < self.bytes.len()
    }

    /// The next request that is whole, if there is one. After an error there are no more.
    pub fn next_request(&mut self) -> Result<Option<Request>, Malformed> {
        loop {
            if self.missing > 0 {
                if !self.take_argument()? {
                    return Ok(None);
                }
                if self.missing == 0 {
                    self.request_bytes = 0;
                    return Ok(Some(std::mem::take(&mut self.request)));
                }
                continue;
            }
            let is_array = match self.bytes.get(self.at) {
                Some(byte) => *byte == b'*',
                None => return Ok(None),
            };
            if is_array {
                let Some(count) = self.take_number(b'*', Malformed::Count)? else {
                    return Ok(None);
                };
                let Ok(count) = usize::try_from(count) else {
                    // A request of less than nothing is none.
                    continue;
                };
                if count > ARGUMENTS_MAX {
                    return Err(Malformed::Count);
                }
                self.missing = count;
            } else {
                let Some(line) = self.take_line(LINE_BYTES_MAX, Malformed::TooLong)? else {
                    return Ok(None);
                };
                let request = split(self.bytes.get(line).unwrap_or_default())?;
                if !request.is_empty() {
                    return Ok(Some(request));
                }
            }
        }
    }

    /// Takes an argument, if it is whole.
    fn take_argument(&mut self) -> Result<bool, Malformed> {
        let Some(length) = self.take_length()? else {
            return Ok(false);
        };
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let Some((argument, end)) = rest.split_at_checked(length) else {
            return Ok(false);
        };
        let Some(end) = end.get(..2) else {
            return Ok(false);
        };
        if end != b"\r\n" {
            return Err(Malformed::NoEnd);
        }
        self.request.push(argument.to_vec());
        self.request_bytes += length;
        self.use_up(length + 2);
        self.length = None;
        self.missing -= 1;
        Ok(true)
    }

    /// The length of the argument that comes next, if that is known.
    fn take_length(&mut self) -> Result<Option<usize>, Malformed> {
        if self.length.is_some() {
            return Ok(self.length);
        }
        match self.bytes.get(self.at) {
            None => return Ok(None),
            Some(b'$') => {}
            Some(_) => return Err(Malformed::NoArgument),
        }
        let Some(length) = self.take_number(b'$', Malformed::Length)? else {
            return Ok(None);
        };
        let length = usize::try_from(length).map_err(|_| Malformed::Length)?;
        if length > REQUEST_BYTES_MAX.saturating_sub(self.request_bytes) {
            return Err(Malformed::Length);
        }
        self.length = Some(length);
        Ok(self.length)
    }

    /// The number in a line that begins with `sign`, if the line is whole.
    fn take_number(&mut self, sign: u8, why: Malformed) -> Result<Option<i64>, Malformed> {
        let Some(line) = self.take_line(COUNT_BYTES_MAX, why)? else {
            return Ok(None);
        };
        let line = self.bytes.get(line).unwrap_or_default();
        let digits = line.strip_prefix(&[sign]).ok_or(why)?;
        let plain = |byte: &u8| byte.is_ascii_digit() || *byte == b'-';
        let digits = Some(digits).filter(|digits| digits.iter().all(plain));
        let text = digits.and_then(|digits| str::from_utf8(digits).ok());
        text.and_then(|text| text.parse().ok()).map(Some).ok_or(why)
    }

    /// Where the next line is, without its end, if it is whole.
    fn take_line(
        &mut self,
        bytes_max: usize,
        why: Malformed,
    ) -> Result<Option<Range<usize>>, Malformed> {
        let start = self.at;
        let from = self.scanned.max(start);
        let unseen = self.bytes.get(from..).unwrap_or_default();
        let Some(found) = unseen.iter().position(|byte| *byte == b'\n') else {
            self.scanned = self.bytes.len();
            return if self.bytes.len() - start > bytes_max {
                Err(why)
            } else {
                Ok(None)
            };
        };
        let end = from + found;
        if end - start > bytes_max {
            return Err(why);
        }
        self.use_up(end + 1 - start);
        let line = self.bytes.get(start..end).unwrap_or_default();
        Ok(Some(if line.ends_with(b"\r") {
            start..end - 1
        } else {
            start..end
        }))
    }

    fn use_up(&mut self, bytes: usize) {
        self.at += bytes;
    }
}

/// The words of an inline command: between spaces, or in quotes.
fn split(line: &[u8]) -> Result<Request, Malformed> {
    let mut words = Request::new();
    let mut rest = line;
    loop {
        rest = rest.trim_ascii_start();
        if rest.is_empty() {
            return Ok(words);
        }
        if words.len() >= ARGUMENTS_MAX {
            return Err(Malformed::Count);
        }
        let (word, behind) = word(rest)?;
        words.push(word);
        rest = behind;
    }
}

/// The first word, and what is behind it.
fn word(text: &[u8]) -> Result<(Vec<u8>, &[u8]), Malformed> {
    let mut word = Vec::new();
    let mut rest = text;
    while let Some((&byte, behind)) = rest.split_first() {
        if byte.is_ascii_whitespace() {
            break;
        }
        rest = behind;
        if byte != b'"' && byte != b'\'' {
            word.push(byte);
            continue;
        }
        rest = quoted(byte, rest, &mut word)?;
        if rest.first().is_some_and(|next| !next.is_ascii_whitespace()) {
            return Err(Malformed::Quotes);
        }
    }
    Ok((word, rest))
}

/// Appends what is in quotes, and gives what is behind them.
fn quoted<'a>(quote: u8, text: &'a [u8], word: &mut Vec<u8>) -> Result<&'a [u8], Malformed> {
    let mut rest = text;
    loop {
        let (&byte, behind) = rest.split_first().ok_or(Malformed::Quotes)?;
        rest = behind;
        match (byte, quote, rest) {
            (byte, quote, _) if byte == quote => return Ok(rest),
            (b'\\', b'\'', [b'\'', behind @ ..]) => {
                word.push(b'\'');
                rest = behind;
            }
            (b'\\', b'"', [b'x', high, low, behind @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                word.push(hex(*high) << 4 | hex(*low));
                rest = behind;
            }
            (b'\\', b'"', [escaped, behind @ ..]) => {
                word.push(match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 8,
                    b'a' => 7,
                    other => *other,
                });
                rest = behind;
            }
            (byte, _, _) => word.push(byte),
        }
    }
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        letter => (letter | 0x20).saturating_sub(b'a' - 10) & 15,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the bytes are, fed in pieces of these lengths, and what ended them.
    fn parsed(bytes: &[u8], mut piece: impl FnMut() -> usize) -> (Vec<Request>, Option<Malformed>) {
        let (mut parser, mut requests, mut rest) = (Parser::new(), Vec::new(), bytes);
        loop {
            match parser.next_request() {
                Ok(Some(request)) => requests.push(request),
                Ok(None) if rest.is_empty() => return (requests, None),
                Ok(None) => {
                    let (now, later) = rest.split_at(piece().clamp(1, rest.len()));
                    parser.feed(now);
                    rest = later;
                    // One request that is not whole, and what was fed.
                    let kept = parser.bytes.len() + parser.request_bytes;
                    assert!(kept <= REQUEST_BYTES_MAX + LINE_BYTES_MAX + now.len());
                    assert!(parser.request.len() <= ARGUMENTS_MAX);
                }
                Err(why) => return (requests, Some(why)),
            }
        }
    }

    fn words(requests: &[Request]) -> Vec<String> {
        let shown = |request: &Request| {
            let words = request.iter().map(|word| String::from_utf8_lossy(word));
            words.collect::<Vec<_>>().join("|")
        };
        requests.iter().map(shown).collect()
    }

    #[test]
    fn requests_of_both_kinds() {
        for (bytes, expected, end) in [
            ("*1\r\n$4\r\nPING\r\n", &["PING"][..], None),
            ("*2\r\n$3\r\nGET\r\n$0\r\n\r\n", &["GET|"], None),
            ("*2\r\n$3\r\nGET\r\n$2\r\n\r\n\r\n", &["GET|\r\n"], None),
            ("PING\r\nget a\n\r\n\n", &["PING", "get|a"], None),
            ("  hget  a\tb \r\n", &["hget|a|b"], None),
            (
                "a \"b c\" 'd \"e\\'' \"\\x41\\n\\\"\"\r\n",
                &["a|b c|d \"e'|A\n\""],
                None,
            ),
            ("a \"\"\r\n", &["a|"], None),
            ("*0\r\n*-1\r\nPING\r\n", &["PING"], None),
            ("*1\r\n$4\r\nPI", &[], None),
            ("PING", &[], None),
            ("*x\r\n", &[], Some(Malformed::Count)),
            ("*+1\r\n", &[], Some(Malformed::Count)),
            ("*10001\r\n", &[], Some(Malformed::Count)),
            ("*99999999999999999999\r\n", &[], Some(Malformed::Count)),
            ("*1\r\n$-1\r\n", &[], Some(Malformed::Length)),
            ("*1\r\n$524289\r\n", &[], Some(Malformed::Length)),
            ("*1\r\n:4\r\n", &[], Some(Malformed::NoArgument)),
            ("*1\r\n$2\r\nabc\r\n", &[], Some(Malformed::NoEnd)),
            ("PING\r\na \"b\r\n", &["PING"], Some(Malformed::Quotes)),
            ("a \"b\"c\r\n", &[], Some(Malformed::Quotes)),
        ] {
            let (requests, why) = parsed(bytes.as_bytes(), || 1);
            assert_eq!(
                (words(&requests), why),
                (expected.iter().map(|&word| word.to_owned()).collect(), end),
                "{bytes:?}"
            );
        }
    }

    #[test]
    fn what_has_no_end_is_given_up() {
        let line = vec![b'a'; LINE_BYTES_MAX + 2];
        assert_eq!(parsed(&line, || 4096).1, Some(Malformed::TooLong));
        let count = [b"*".as_slice(), &[b'1'; 64]].concat();
        assert_eq!(parsed(&count, || 1).1, Some(Malformed::Count));
        // Together they are too long.
        let half = REQUEST_BYTES_MAX / 2 + 1;
        let argument = [
            format!("${half}\r\n").into_bytes(),
            vec![0; half],
            b"\r\n".to_vec(),
        ]
        .concat();
        let bytes = [b"*2\r\n".as_slice(), &argument, &argument].concat();
        assert_eq!(parsed(&bytes, || 16_384).1, Some(Malformed::Length));
        let many = "*10000\r\n".to_owned() + &"$1\r\na\r\n".repeat(10_000);
        assert_eq!(parsed(many.as_bytes(), || 1000).0[0].len(), 10_000);
    }

    /// A generator of its own, so that a failure repeats.
    fn draws(seed: u64) -> impl FnMut(u64) -> u64 {
        let mut state = seed;
        move |below| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        }
    }

    #[test]
    fn any_bytes_in_any_pieces_give_the_same() {
        let scraps: [&[u8]; 16] = [
            b"*",
            b"$",
            b"\r\n",
            b"\n",
            b"1",
            b"2",
            b"4",
            b"PING",
            b"*1\r\n$4\r\nPING\r\n",
            b"\"",
            b"'",
            b"\\x4",
            b" ",
            b"-",
            b"*2\r\n$1\r\na\r\n",
            b"$3\r\nabc\r\n",
        ];
        for seed in 0..3000 {
            let mut draw = draws(seed);
            let mut bytes = Vec::new();
            for _ in 0..draw(30) {
                if draw(4) == 0 {
                    bytes.push(u8::try_from(draw(256)).unwrap());
                } else {
                    bytes.extend(scraps[usize::try_from(draw(16)).unwrap()]);
                }
            }
            let whole = parsed(&bytes, || usize::MAX);
            let by_one = parsed(&bytes, || 1);
            let at_random = parsed(&bytes, || usize::try_from(draw(9)).unwrap());
            assert_eq!(whole, by_one, "{seed}");
            assert_eq!(whole, at_random, "{seed}");
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        let mut draw = draws(7);
        let mut bytes = Vec::new();
        let requests: Vec<Request> = (0..200)
            .map(|_| {
                let argument = |length: u64, draw: &mut dyn FnMut(u64) -> u64| -> Vec<u8> {
                    (0..length)
                        .map(|_| u8::try_from(draw(256)).unwrap())
                        .collect()
                };
                (0..=draw(5))
                    .map(|_| {
                        let length = draw(40);
                        argument(length, &mut draw)
                    })
                    .collect()
            })
            .collect();
        for request in &requests {
            bytes.extend(format!("*{}\r\n", request.len()).into_bytes());
            for argument in request {
                bytes.extend(format!("${}\r\n", argument.len()).into_bytes());
                bytes.extend(argument);
                bytes.extend(b"\r\n");
            }
        }
        assert_eq!(parsed(&bytes, || 7), (requests, None));
    }
}
