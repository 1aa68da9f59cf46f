//! Patterns of `KEYS` and `MATCH`: `*`, `?`, `[abc]`, `[^a-z]`, and `\` before what means only itself.

/// Whether the whole text is as the pattern says. Takes at most as many steps as both are long, multiplied.
pub(super) fn matches(pattern: &[u8], text: &[u8]) -> bool {
    let (mut pattern, mut text) = (pattern, text);
    // Behind the last star, and the text that it has not swallowed yet.
    let mut star: Option<(&[u8], &[u8])> = None;
    loop {
        if let Some(rest) = pattern.strip_prefix(b"*") {
            star = Some((rest, text));
            pattern = rest;
            continue;
        }
        let fits = match text.split_first() {
            None if pattern.is_empty() => return true,
            None => return false,
            Some((&byte, behind)) => one(pattern, byte).map(|rest| (rest, behind)),
        };
        match (fits, star) {
            (Some((rest, behind)), _) => (pattern, text) = (rest, behind),
            // The star swallows one more.
            (None, Some((rest, from))) => {
                let from = from.get(1..).unwrap_or_default();
                star = Some((rest, from));
                (pattern, text) = (rest, from);
            }
            (None, None) => return false,
        }
    }
}

/// What is left of the pattern if its first element is a byte.
fn one(pattern: &[u8], byte: u8) -> Option<&[u8]> {
    match pattern {
        [] => None,
        [b'?', rest @ ..] => Some(rest),
        [b'\\', escaped, rest @ ..] => (*escaped == byte).then_some(rest),
        [b'[', set @ ..] => one_of(set, byte),
        [plain, rest @ ..] => (*plain == byte).then_some(rest),
    }
}

/// The same for a set, behind its bracket.
fn one_of(set: &[u8], byte: u8) -> Option<&[u8]> {
    let (negated, mut set) = match set.strip_prefix(b"^") {
        Some(set) => (true, set),
        None => (false, set),
    };
    let mut found = false;
    loop {
        match set {
            // One that is not closed ends with the pattern.
            [] => return (found != negated).then_some(set),
            [b']', rest @ ..] => return (found != negated).then_some(rest),
            [b'\\', escaped, rest @ ..] => {
                found |= *escaped == byte;
                set = rest;
            }
            [low, b'-', high, rest @ ..] => {
                found |= (*low.min(high)..=*low.max(high)).contains(&byte);
                set = rest;
            }
            [plain, rest @ ..] => {
                found |= *plain == byte;
                set = rest;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_they_mean_to_redis() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("*", "open:set", true),
            ("open:*", "open:set", true),
            ("open:*", "orders", false),
            ("*:set", "open:set", true),
            ("*e*e*", "open:set", true),
            ("*e*e*e", "open:set", false),
            ("o?en:set", "open:set", true),
            ("o?en", "oen", false),
            ("[ob]pen", "open", true),
            ("[^o]pen", "open", false),
            ("[^x]pen", "open", true),
            ("[a-c]x", "bx", true),
            ("[c-a]x", "bx", true),
            ("[a-c]x", "dx", false),
            ("\\*", "*", true),
            ("\\*", "a", false),
            ("[\\]]", "]", true),
            ("[ab", "b", true),
            ("", "", true),
            ("", "a", false),
            ("a", "", false),
            ("a\\", "a\\", true),
        ] {
            assert_eq!(
                matches(pattern.as_bytes(), text.as_bytes()),
                expected,
                "{pattern} {text}"
            );
        }
    }

    #[test]
    fn stars_do_not_make_it_slow() {
        let (pattern, text) = ("a*".repeat(2000) + "b", "a".repeat(4000));
        let begun = std::time::Instant::now();
        assert!(!matches(pattern.as_bytes(), text.as_bytes()));
        assert!(begun.elapsed() < std::time::Duration::from_secs(5));
    }
}
