//! Keys of the Binance-compatible API: who may trade, who may only look, and whether a request was signed by who says so.
//!
//! A key has two halves. The API key goes over the wire with every request and is kept as a SHA-256 digest only: whoever reads
//! the file cannot present it. The secret never goes over the wire; it is the key of an HMAC, which both sides must compute, so
//! it has to be kept as it is. The file is its owner's alone (mode 0600), and neither half is ever logged or shown again.
//!
//! Reads are made from memory. A change is on the disk before it is told, and counts at once.

use std::cell::RefCell;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use ring::{digest, hmac};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use tokio::sync::Mutex;

use crate::private_file::{self, OWNER_MODE};
use crate::units::Timestamp;

/// Name of the file in the data directory.
pub const KEYS_FILE: &str = "trading-keys.json";
/// The most keys.
pub const KEYS_MAX: usize = 100;
/// The longest name, in characters.
pub const NAME_LENGTH_MAX: usize = 40;

/// Version of the file.
const VERSION: u32 = 1;
/// Characters of an API key and of a secret, as on Binance.
const KEY_LENGTH: usize = 64;
/// Characters of the id: the first of the API key.
const ID_LENGTH: usize = 8;
/// The largest file that is read.
const FILE_BYTES_MAX: u64 = 1 << 20;
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Why the keys cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file cannot be written; nothing has changed.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file holds something else.
    #[error("{} holds no keys of this version: {why}", path.display())]
    Unsound {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The system gives no random bytes.
    #[error("cannot make a key: {0}")]
    NoChance(getrandom::Error),
    /// There are too many.
    #[error("at most {KEYS_MAX} keys can be kept: revoke one first")]
    TooMany,
    /// Another key has the name.
    #[error("another key has this name")]
    Taken,
    /// The name cannot be one.
    #[error("must be a line of 1 to {NAME_LENGTH_MAX} characters")]
    Name,
}

/// What can be told of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Described {
    /// What it is revoked by: the first characters of the API key.
    pub id: String,
    /// For people.
    pub name: Option<String>,
    /// Whether it may not trade.
    pub read_only: bool,
    /// When it was made, in milliseconds.
    pub created: u64,
}

/// A key that was just made: the only time that both halves are told.
pub struct NewKey {
    /// What is told of it later.
    pub described: Described,
    /// Goes over the wire.
    pub api_key: String,
    /// Signs.
    pub secret: String,
}

impl fmt::Debug for NewKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("NewKey");
        shown.field("described", &self.described);
        shown.finish_non_exhaustive()
    }
}

/// A key as the file has it.
#[derive(Clone, Serialize, Deserialize)]
struct Row {
    #[serde(flatten)]
    described: Described,
    /// SHA-256 of the API key, in hexadecimal.
    digest: String,
    secret: String,
}

#[derive(Serialize, Deserialize)]
struct File {
    version: u32,
    keys: Vec<Row>,
}

/// A key that requests are held against.
pub struct Key {
    row: Row,
    digest: [u8; digest::SHA256_OUTPUT_LEN],
    signer: hmac::Key,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Key").field(&self.row.described).finish()
    }
}

impl Key {
    fn of(row: Row) -> Option<Key> {
        let digest = unhex(&row.digest)?;
        let signer = hmac::Key::new(hmac::HMAC_SHA256, row.secret.as_bytes());
        Some(Key {
            row,
            digest,
            signer,
        })
    }

    /// Whether it may not trade.
    pub fn is_read_only(&self) -> bool {
        self.row.described.read_only
    }

    /// Whether `signature`, in hexadecimal of either case, is that of the parts of a message; takes the same time for every
    /// wrong one.
    pub fn has_signed(&self, message: &[&[u8]], signature: &str) -> bool {
        let Some(signature) = unhex(signature) else {
            return false;
        };
        let mut context = hmac::Context::with_key(&self.signer);
        for part in message {
            context.update(part);
        }
        context.sign().as_ref().ct_eq(&signature).into()
    }
}

/// All keys.
#[derive(Debug)]
pub struct Keyring {
    path: PathBuf,
    keys: RefCell<Vec<Rc<Key>>>,
    /// Held while the file is written: one change at a time.
    change: Mutex<()>,
}

impl Keyring {
    /// The keys of a data directory; without a file there are none.
    pub fn open(directory: &Path) -> Result<Keyring, KeyError> {
        let path = directory.join(KEYS_FILE);
        let rows = match read(&path) {
            Ok(text) => rows_of(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(source) => return Err(KeyError::Read { path, source }),
        };
        let keys = rows.and_then(|rows| {
            let keys = rows.into_iter().map(|row| Key::of(row).map(Rc::new));
            let keys: Option<Vec<Rc<Key>>> = keys.collect();
            keys.ok_or_else(|| "a digest is no SHA-256 in hexadecimal".to_owned())
        });
        match keys {
            Ok(keys) => Ok(Keyring {
                path,
                keys: RefCell::new(keys),
                change: Mutex::new(()),
            }),
            Err(why) => Err(KeyError::Unsound { path, why }),
        }
    }

    /// Whether a text has the form of an API key.
    pub fn is_well_formed(api_key: &str) -> bool {
        api_key.len() == KEY_LENGTH && api_key.bytes().all(|b| b.is_ascii_alphanumeric())
    }

    /// The key with this API key. Every one is compared, each in constant time.
    pub fn find(&self, api_key: &str) -> Option<Rc<Key>> {
        let given = digest::digest(&digest::SHA256, api_key.as_bytes());
        let mut found = None;
        for key in self.keys.borrow().iter() {
            if key.digest.as_slice().ct_eq(given.as_ref()).into() {
                found = Some(Rc::clone(key));
            }
        }
        found
    }

    /// What can be told of all keys, in the order in which they were made.
    pub fn list(&self) -> Vec<Described> {
        let keys = self.keys.borrow();
        keys.iter().map(|key| key.row.described.clone()).collect()
    }

    /// Makes a key.
    pub async fn create(
        &self,
        name: Option<&str>,
        read_only: bool,
        now: Timestamp,
    ) -> Result<NewKey, KeyError> {
        if !name.is_none_or(is_name) {
            return Err(KeyError::Name);
        }
        let _alone = self.change.lock().await;
        let mut keys = self.keys.borrow().clone();
        if keys.len() >= KEYS_MAX {
            return Err(KeyError::TooMany);
        }
        let is_taken = |key: &Rc<Key>| name.is_some() && key.row.described.name.as_deref() == name;
        if keys.iter().any(is_taken) {
            return Err(KeyError::Taken);
        }
        let api_key = loop {
            let made = random_text().map_err(KeyError::NoChance)?;
            let id = id_of(&made);
            // Two keys with the same first characters would be one to who revokes.
            if keys.iter().all(|key| key.row.described.id != id) {
                break made;
            }
        };
        let secret = random_text().map_err(KeyError::NoChance)?;
        let digest = digest::digest(&digest::SHA256, api_key.as_bytes());
        let described = Described {
            id: id_of(&api_key),
            name: name.map(str::to_owned),
            read_only,
            created: now.as_millis(),
        };
        let row = Row {
            described: described.clone(),
            digest: hex(digest.as_ref()),
            secret: secret.clone(),
        };
        keys.extend(Key::of(row).map(Rc::new));
        self.write(keys).await?;
        Ok(NewKey {
            described,
            api_key,
            secret,
        })
    }

    /// Takes a key back by its id or its name; tells what it was, or that there is none.
    pub async fn revoke(&self, id: &str) -> Result<Option<Described>, KeyError> {
        let _alone = self.change.lock().await;
        let mut keys = self.keys.borrow().clone();
        let by_id = |key: &Rc<Key>| key.row.described.id == id;
        let by_name = |key: &Rc<Key>| key.row.described.name.as_deref() == Some(id);
        let found = keys.iter().position(by_id);
        let Some(at) = found.or_else(|| keys.iter().position(by_name)) else {
            return Ok(None);
        };
        let revoked = keys.remove(at).row.described.clone();
        self.write(keys).await?;
        Ok(Some(revoked))
    }

    /// Writes the file where that may wait for a disk; only then the keys count.
    async fn write(&self, keys: Vec<Rc<Key>>) -> Result<(), KeyError> {
        let file = File {
            version: VERSION,
            keys: keys.iter().map(|key| key.row.clone()).collect(),
        };
        let path = self.path.clone();
        let written = tokio::task::spawn_blocking(move || {
            let text = serde_json::to_string_pretty(&file)?;
            private_file::replace(&path, &text, OWNER_MODE)
        });
        let written = written.await.unwrap_or_else(|lost| Err(lost.into()));
        written.map_err(|source| KeyError::Write {
            path: self.path.clone(),
            source,
        })?;
        *self.keys.borrow_mut() = keys;
        Ok(())
    }
}

fn read(path: &Path) -> io::Result<String> {
    if fs::metadata(path)?.len() > FILE_BYTES_MAX {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "it is too large",
        ));
    }
    fs::read_to_string(path)
}

fn rows_of(text: &str) -> Result<Vec<Row>, String> {
    let file: File = serde_json::from_str(text).map_err(|error| {
        // The parser's words could hold a part of a secret.
        format!("line {}, column {}", error.line(), error.column())
    })?;
    if file.version == VERSION {
        Ok(file.keys)
    } else {
        Err(format!("version {}", file.version))
    }
}

fn is_name(name: &str) -> bool {
    let length = name.chars().count();
    (1..=NAME_LENGTH_MAX).contains(&length) && !name.chars().any(char::is_control)
}

fn id_of(api_key: &str) -> String {
    api_key.chars().take(ID_LENGTH).collect()
}

/// Letters and digits, each as likely as the others.
fn random_text() -> Result<String, getrandom::Error> {
    let mut text = String::with_capacity(KEY_LENGTH);
    let mut bytes = [0; KEY_LENGTH];
    while text.len() < KEY_LENGTH {
        getrandom::fill(&mut bytes)?;
        // Of 64 values two stand for nothing.
        let letters = bytes.iter().map(|byte| usize::from(byte & 63));
        let letters = letters.filter_map(|at| ALPHABET.get(at).copied().map(char::from));
        text.extend(letters.take(KEY_LENGTH - text.len()));
    }
    Ok(text)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |digits, byte| {
        digits + &format!("{byte:02x}")
    })
}

/// 32 bytes in hexadecimal.
fn unhex(text: &str) -> Option<[u8; 32]> {
    let nibble = |digit: u8| char::from(digit).to_digit(16);
    let digits: &[u8; 64] = text.as_bytes().try_into().ok()?;
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let &[high, low] = pair else { return None };
        *byte = u8::try_from(nibble(high)? << 4 | nibble(low)?).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
    }

    #[test]
    fn keys_are_made_found_listed_and_revoked() {
        let directory = tempfile::tempdir().unwrap();
        let ring = Keyring::open(directory.path()).unwrap();
        let work = async {
            let now = Timestamp::from_millis(5);
            let one = ring.create(Some("bot"), false, now).await.unwrap();
            let two = ring.create(None, true, now).await.unwrap();
            (one, two)
        };
        let (one, two) = runtime().block_on(work);
        for text in [&one.api_key, &one.secret, &two.api_key, &two.secret] {
            assert!(Keyring::is_well_formed(text), "{text}");
        }
        assert_ne!(one.secret, two.secret);
        // Another process sees the same.
        let again = Keyring::open(directory.path()).unwrap();
        for ring in [&ring, &again] {
            assert!(!ring.find(&one.api_key).unwrap().is_read_only());
            assert!(ring.find(&two.api_key).unwrap().is_read_only());
            assert!(ring.find(&one.secret).is_none());
            assert_eq!(ring.list(), [one.described.clone(), two.described.clone()]);
        }
        let revoked = runtime().block_on(ring.revoke(&one.described.id)).unwrap();
        assert_eq!(revoked, Some(one.described.clone()));
        assert!(ring.find(&one.api_key).is_none());
        assert_eq!(runtime().block_on(ring.revoke("nobody")).unwrap(), None);
        assert_eq!(Keyring::open(directory.path()).unwrap().list().len(), 1);
    }

    #[test]
    fn the_file_is_its_owners_and_has_no_api_key() {
        let directory = tempfile::tempdir().unwrap();
        let ring = Keyring::open(directory.path()).unwrap();
        let key = runtime()
            .block_on(ring.create(None, false, Timestamp::default()))
            .unwrap();
        let path = directory.path().join(KEYS_FILE);
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(&key.secret) && !text.contains(&key.api_key));
        let shown = format!("{key:?} {ring:?}");
        assert!(!shown.contains(&key.secret) && !shown.contains(&key.api_key));
    }

    #[test]
    fn signatures_are_those_of_the_rfc() {
        // RFC 4231, test case 2.
        let row = Row {
            described: Described {
                id: String::new(),
                name: None,
                read_only: false,
                created: 0,
            },
            digest: "00".repeat(32),
            secret: "Jefe".to_owned(),
        };
        let key = Key::of(row).unwrap();
        let signature = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let message: [&[u8]; 2] = [b"what do ya want ", b"for nothing?"];
        assert!(key.has_signed(&message, signature));
        assert!(key.has_signed(&message, &signature.to_uppercase()));
        assert!(!key.has_signed(&[b"what do ya want for nothing!"], signature));
        for wrong in [
            "",
            "5b",
            &signature.replace('5', "g"),
            &format!("{signature}00"),
        ] {
            assert!(!key.has_signed(&message, wrong), "{wrong}");
        }
    }

    #[test]
    fn what_is_no_key_file_is_left_and_told_without_its_text() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(KEYS_FILE);
        for text in ["{\"secret\": sesame}", "{\"version\":2,\"keys\":[]}"] {
            fs::write(&path, text).unwrap();
            let error = Keyring::open(directory.path()).unwrap_err().to_string();
            assert!(error.contains("holds no keys"), "{error}");
            assert!(!error.contains("sesame"), "{error}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn names_are_bounded_and_so_are_keys() {
        let directory = tempfile::tempdir().unwrap();
        let ring = Keyring::open(directory.path()).unwrap();
        let now = Timestamp::default();
        let make = |name: Option<&str>| runtime().block_on(ring.create(name, false, now));
        for name in ["", "a\nb", &"x".repeat(NAME_LENGTH_MAX + 1)] {
            assert!(matches!(make(Some(name)), Err(KeyError::Name)), "{name:?}");
        }
        make(Some("bot")).unwrap();
        assert!(matches!(make(Some("bot")), Err(KeyError::Taken)));
        runtime().block_on(ring.revoke("bot")).unwrap().unwrap();
        for _ in 0..KEYS_MAX {
            make(None).unwrap();
        }
        assert!(matches!(make(None), Err(KeyError::TooMany)));
    }
}
