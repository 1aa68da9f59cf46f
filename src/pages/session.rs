//! Who has entered the key: sessions, the tokens of their forms, and what was said to them last.
//!
//! A session is a random secret in a cookie; the key itself is in no cookie, page or address. Sessions live in memory: a
//! restart ends them all, and so does a bounded number of hours without a request.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::http::{ApiKey, Request};

/// Sessions at the same time; another one ends the one that was used longest ago.
const SESSIONS_MAX: usize = 64;
/// A session that is not used for this long ends.
const IDLE_MAX: Duration = Duration::from_secs(12 * 3600);
/// Results of actions that are remembered, to be said after a redirect.
const NOTES_MAX: usize = 64;
/// Bytes of a secret.
const SECRET_BYTES: usize = 32;
/// Wrong keys that are held back at the same time; then no key is looked at.
const WRONG_KEYS_MAX: usize = 8;
/// How long each of them is held back.
const WRONG_KEY_PAUSE: Duration = Duration::from_secs(1);

/// Everything that is remembered of visitors.
#[derive(Debug)]
pub(super) struct Sessions {
    /// The one used last stands last.
    live: RefCell<VecDeque<Session>>,
    /// The token of forms of visitors without a session.
    token: String,
    notes: RefCell<VecDeque<(String, String)>>,
    held_back: Cell<usize>,
    wrong: Cell<u64>,
}

#[derive(Debug)]
struct Session {
    secret: ApiKey,
    token: String,
    used: Instant,
}

/// What came of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Entry {
    /// It is right; this is the cookie's value.
    Right(String),
    Wrong,
    /// Too many wrong ones; it was not looked at.
    Busy,
}

/// A wrong key that is held back, counted also when its sender does not wait for the answer.
struct HeldBack<'a>(&'a Cell<usize>);

impl<'a> HeldBack<'a> {
    fn count(count: &'a Cell<usize>) -> HeldBack<'a> {
        count.set(count.get().saturating_add(1));
        HeldBack(count)
    }
}

impl Drop for HeldBack<'_> {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}

impl Sessions {
    pub(super) fn new() -> Sessions {
        Sessions {
            live: RefCell::default(),
            token: random(),
            notes: RefCell::default(),
            held_back: Cell::new(0),
            wrong: Cell::new(0),
        }
    }

    /// The token for forms of the session that a request belongs to.
    pub(super) fn of(&self, request: &Request) -> Option<String> {
        let given = cookie(request)?;
        let mut sessions = self.live.borrow_mut();
        let now = Instant::now();
        sessions.retain(|session| now.duration_since(session.used) < IDLE_MAX);
        let at = sessions
            .iter()
            .position(|session| session.secret.is(given))?;
        let mut session = sessions.remove(at)?;
        session.used = now;
        let token = session.token.clone();
        sessions.push_back(session);
        Some(token)
    }

    /// The token for forms of visitors without a session.
    pub(super) fn token(&self) -> &str {
        &self.token
    }

    /// Begins a session, if the key is right; a wrong one is held back for a while.
    pub(super) async fn enter(&self, key: &ApiKey, given: &str) -> Entry {
        if self.held_back.get() >= WRONG_KEYS_MAX {
            return Entry::Busy;
        }
        if !key.is(given) {
            let wrong = self.wrong.get().saturating_add(1);
            self.wrong.set(wrong);
            if wrong.is_power_of_two() {
                log::warn!("a wrong API key was entered on the pages; {wrong} so far");
            }
            let _held = HeldBack::count(&self.held_back);
            tokio::time::sleep(WRONG_KEY_PAUSE).await;
            return Entry::Wrong;
        }
        let secret = random();
        let Some(kept) = ApiKey::new(secret.clone()) else {
            return Entry::Busy;
        };
        let mut sessions = self.live.borrow_mut();
        while sessions.len() >= SESSIONS_MAX {
            sessions.pop_front();
        }
        sessions.push_back(Session {
            secret: kept,
            token: random(),
            used: Instant::now(),
        });
        Entry::Right(secret)
    }

    /// Ends the session of a request.
    pub(super) fn leave(&self, request: &Request) {
        if let Some(given) = cookie(request) {
            let mut sessions = self.live.borrow_mut();
            sessions.retain(|session| !session.secret.is(given));
        }
    }

    /// Remembers what is to be said after a redirect, and tells the name to ask for it by.
    pub(super) fn note(&self, text: String) -> String {
        let mut notes = self.notes.borrow_mut();
        while notes.len() >= NOTES_MAX {
            notes.pop_front();
        }
        let mut name = random();
        name.truncate(SECRET_BYTES / 2);
        notes.push_back((name.clone(), text));
        name
    }

    /// What is remembered by a name.
    pub(super) fn noted(&self, name: &str) -> Option<String> {
        let notes = self.notes.borrow();
        let found = notes.iter().find(|(known, _)| known == name);
        found.map(|(_, text)| text.clone())
    }
}

/// The name of the cookie. A browser sends cookies of a host to all its ports, so the port is part of it.
pub(super) fn cookie_name(request: &Request) -> String {
    let host = request.headers.get("host").unwrap_or_default();
    let port = host.rsplit_once(':').map_or("", |(_, port)| port);
    let plain = !port.is_empty() && port.bytes().all(|digit| digit.is_ascii_digit());
    format!("mockx{}", if plain { port } else { "" })
}

fn cookie(request: &Request) -> Option<&str> {
    let name = cookie_name(request);
    let lines = request
        .headers
        .iter()
        .filter(|(key, _)| key.eq_ignore_ascii_case("cookie"));
    lines
        .flat_map(|(_, line)| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

/// A secret in hexadecimal digits. Without a source of chance there is none, and nothing is let through.
fn random() -> String {
    let mut bytes = [0; SECRET_BYTES];
    if let Err(error) = getrandom::fill(&mut bytes) {
        log::error!("the system gives no random numbers, so the pages let nobody in: {error}");
        return String::new();
    }
    bytes.iter().fold(String::new(), |digits, byte| {
        digits + &format!("{byte:02x}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Method;

    fn visit(secret: &str) -> Request {
        Request::new(Method::Get, "/ui")
            .with_header("host", "localhost:8000")
            .with_header("cookie", &format!("a=b; mockx8000={secret}"))
    }

    #[tokio::test]
    async fn sessions_are_few_and_end() {
        let sessions = Sessions::new();
        let key = ApiKey::new("secret").unwrap();
        let mut first = None;
        for _ in 0..=SESSIONS_MAX {
            let Entry::Right(secret) = sessions.enter(&key, "secret").await else {
                panic!("the key is right");
            };
            first.get_or_insert(secret.clone());
            assert!(sessions.of(&visit(&secret)).is_some());
        }
        assert_eq!(sessions.live.borrow().len(), SESSIONS_MAX);
        assert_eq!(sessions.of(&visit(&first.unwrap())), None);
        let Entry::Right(secret) = sessions.enter(&key, "secret").await else {
            panic!("the key is right");
        };
        sessions.leave(&visit(&secret));
        assert_eq!(sessions.of(&visit(&secret)), None);
        assert_eq!(sessions.of(&visit("")), None);
    }

    #[tokio::test]
    async fn wrong_keys_wait_and_many_of_them_are_not_looked_at() {
        let sessions = Sessions::new();
        let key = ApiKey::new("secret").unwrap();
        sessions.held_back.set(WRONG_KEYS_MAX - 1);
        let begin = Instant::now();
        let (wrong, busy) = tokio::join!(sessions.enter(&key, "x"), sessions.enter(&key, "secret"));
        assert_eq!((wrong, busy), (Entry::Wrong, Entry::Busy));
        assert!(begin.elapsed() >= WRONG_KEY_PAUSE);
        assert!(matches!(
            sessions.enter(&key, "secret").await,
            Entry::Right(_)
        ));
    }

    #[test]
    fn notes_are_found_by_name() {
        let sessions = Sessions::new();
        let name = sessions.note("Done.".to_owned());
        assert_eq!(sessions.noted(&name).as_deref(), Some("Done."));
        assert_eq!(sessions.noted(""), None);
        assert_eq!(
            format!("{:?}", ApiKey::new(random()).unwrap()),
            "ApiKey(..)"
        );
    }
}
