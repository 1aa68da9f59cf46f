//! Lines of a stream, each kept up to a bound: what is beyond it is read and let go.

use std::io::{self, BufRead as _, BufReader, Read};

const BUFFER_BYTES: usize = 16 * 1024;

/// The lines of what a program writes.
#[derive(Debug)]
pub(super) struct Lines<R> {
    input: BufReader<R>,
    max: usize,
    kept: Vec<u8>,
}

/// A line without its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// What was kept of it.
    pub(super) text: &'a [u8],
    /// Whether it was longer.
    pub(super) is_cut: bool,
}

impl<R: Read> Lines<R> {
    /// Lines of which `max` bytes are kept.
    pub(super) fn new(input: R, max: usize) -> Lines<R> {
        Lines {
            input: BufReader::with_capacity(BUFFER_BYTES, input),
            max,
            kept: Vec::new(),
        }
    }

    /// The next line; none at the end. Blocks.
    pub(super) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.kept.clear();
        let (mut is_cut, mut any) = (false, false);
        loop {
            let bytes = match self.input.fill_buf() {
                Err(why) if why.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            let end = bytes.iter().position(|&byte| byte == b'\n');
            let taken = end.unwrap_or(bytes.len());
            let part = bytes.get(..taken).unwrap_or_default();
            let room = self.max.saturating_sub(self.kept.len());
            is_cut |= part.len() > room;
            self.kept
                .extend_from_slice(part.get(..room).unwrap_or(part));
            any |= !bytes.is_empty();
            let at_end = bytes.is_empty();
            self.input
                .consume(taken.saturating_add(usize::from(end.is_some())));
            if end.is_some() || at_end {
                break;
            }
        }
        let text = self.kept.strip_suffix(b"\r").unwrap_or(&self.kept);
        Ok(any.then_some(Line { text, is_cut }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str, max: usize) -> Vec<(String, bool)> {
        let mut lines = Lines::new(text.as_bytes(), max);
        let mut all = Vec::new();
        while let Some(line) = lines.next().unwrap() {
            all.push((str::from_utf8(line.text).unwrap().to_owned(), line.is_cut));
        }
        all
    }

    #[test]
    fn lines_end_where_they_should() {
        let line = |text: &str| (text.to_owned(), false);
        assert_eq!(all("a\r\n\nbc", 9), [line("a"), line(""), line("bc")]);
        assert_eq!(all("", 9), []);
        assert_eq!(all("\n", 9), [line("")]);
    }

    #[test]
    fn a_long_line_is_cut_and_the_next_one_is_whole() {
        let text = format!("{}\nabc\n", "x".repeat(3 * BUFFER_BYTES));
        assert_eq!(
            all(&text, 3),
            [("xxx".to_owned(), true), ("abc".to_owned(), false)]
        );
        let mut lines = Lines::new(text.as_bytes(), 3);
        lines.next().unwrap();
        assert!(lines.kept.capacity() < 64);
    }
}
