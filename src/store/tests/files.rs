//! Files that are no sound store of ours are refused in one sentence, and left as they are.

use std::fs;
use std::path::Path;

use redb::{Database, TableDefinition};

use super::play::Play;
use super::{CACHE_BYTES, commit, wait};
use crate::store::tables::{FORMAT, META, META_FORMAT};
use crate::store::{Batch, FILE_NAME, OpenError, Store};

const FOREIGN: TableDefinition<'_, u64, &str> = TableDefinition::new("theirs");

/// Why a store is refused; checks that nothing was touched.
#[track_caller]
fn refusal(path: &Path) -> OpenError {
    let (bytes, changed) = (
        fs::read(path).ok(),
        path.metadata().unwrap().modified().unwrap(),
    );
    let error = Store::open(path, CACHE_BYTES).unwrap_err();
    assert_eq!(fs::read(path).ok(), bytes, "{error}");
    assert_eq!(path.metadata().unwrap().modified().unwrap(), changed);
    let names: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
    assert_eq!(names.len(), 1);
    let text = error.to_string();
    assert!(
        text.starts_with(path.to_str().unwrap()) && !text.contains('\n'),
        "{text}"
    );
    error
}

#[track_caller]
fn assert_damaged(path: &Path, reason: &str) {
    let error = refusal(path);
    let OpenError::Damaged { reason: found, .. } = &error else {
        panic!("{error:?}");
    };
    assert!(found.contains(reason), "{found}");
}

/// A file with a store that has seen some play.
fn played(path: &Path) -> Play {
    let (store, _) = Store::open(path, CACHE_BYTES).unwrap();
    let mut play = Play::new(11);
    for _ in 0..20 {
        play.steps(10);
        commit(&store, &mut play.exchange).unwrap();
    }
    wait(store.commit(Batch::prices(&play.exchange))).unwrap();
    play
}

#[test]
fn files_of_others_are_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(FILE_NAME);
    fs::write(&path, b"").unwrap();
    assert_damaged(&path, "the file is empty");
    fs::write(&path, b"hello").unwrap();
    assert_damaged(&path, "magic number");
    fs::write(&path, vec![0; 100_000]).unwrap();
    assert_damaged(&path, "magic number");
    fs::remove_file(&path).unwrap();
    drop(Database::create(&path).unwrap());
    assert_damaged(&path, "its tables are not those of a store");
    let database = Database::create(&path).unwrap();
    let transaction = database.begin_write().unwrap();
    transaction
        .open_table(FOREIGN)
        .unwrap()
        .insert(1, "one")
        .unwrap();
    transaction.commit().unwrap();
    drop(database);
    assert_damaged(&path, "its tables are not those of a store");
}

#[test]
fn stores_of_the_future_are_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(FILE_NAME);
    played(&path);
    let set_format = |bytes: &[u8]| {
        let database = Database::create(&path).unwrap();
        let transaction = database.begin_write().unwrap();
        transaction
            .open_table(META)
            .unwrap()
            .insert(META_FORMAT, bytes)
            .unwrap();
        transaction.commit().unwrap();
    };
    set_format(&(FORMAT + 1).to_le_bytes());
    let error = refusal(&path);
    assert!(matches!(error, OpenError::Newer { found, known: FORMAT, .. } if found == FORMAT + 1));
    set_format(&0u32.to_le_bytes());
    assert_damaged(&path, "unknown format 0");
    set_format(&[1]);
    assert_damaged(&path, "slice");
    set_format(&FORMAT.to_le_bytes());
    drop(Store::open(&path, CACHE_BYTES).unwrap());
}

#[test]
fn a_store_that_was_cut_short_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(FILE_NAME);
    played(&path);
    let bytes = fs::read(&path).unwrap();
    for length in [1, 9, 64, 320, 4096, 5000, bytes.len() / 2, bytes.len() - 1] {
        fs::write(&path, &bytes[..length]).unwrap();
        assert_damaged(&path, "");
    }
}

/// One bit anywhere: the store says so, or nothing that counts is different.
#[test]
fn a_flipped_bit_is_found_or_harmless() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(FILE_NAME);
    let play = played(&path);
    let mut bytes = fs::read(&path).unwrap();
    let mut chance = super::play::Chance::new(5);
    let mut found = 0;
    for _ in 0..150 {
        let at = usize::try_from(chance.below(bytes.len() as u64)).unwrap();
        let bit = 1 << chance.below(8);
        bytes[at] ^= bit;
        fs::write(&path, &bytes).unwrap();
        if let Ok((_, snapshot)) = Store::open(&path, CACHE_BYTES) {
            super::state::assert_same(&play.exchange, &snapshot, true);
        } else {
            assert_damaged(&path, "");
            found += 1;
        }
        bytes[at] ^= bit;
    }
    assert!(found > 2, "{found}");
}

#[test]
fn one_file_has_one_store() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(FILE_NAME);
    let (store, _) = Store::open(&path, CACHE_BYTES).unwrap();
    let error = Store::open(&path, CACHE_BYTES).unwrap_err();
    assert!(matches!(error, OpenError::InUse(_)), "{error:?}");
    // A store that is refused takes nothing away from the one that runs.
    commit(&store, &mut Play::new(1).exchange).unwrap();
    drop(store);
    drop(Store::open(&path, CACHE_BYTES).unwrap());
}

#[test]
fn a_store_is_made_under_another_name() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(FILE_NAME);
    // What a power cut at the first start leaves.
    let draft = directory.path().join(format!("{FILE_NAME}.new"));
    fs::write(&draft, b"half a store").unwrap();
    drop(Store::open(&path, CACHE_BYTES).unwrap());
    assert!(!draft.exists());
    // Somebody else's half-made store is not in the way of a whole one.
    fs::write(&draft, b"half a store").unwrap();
    drop(Store::open(&path, CACHE_BYTES).unwrap());
    assert!(draft.exists());
}

#[test]
fn a_place_where_no_store_can_be_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, b"").unwrap();
    // Not there, not a directory, a directory, and one where nobody may make files, whoever runs the tests.
    let paths = [
        directory.path().join("missing").join(FILE_NAME),
        file.join(FILE_NAME),
        directory.path().to_owned(),
        Path::new("/proc/self").join(FILE_NAME),
    ];
    for path in paths {
        let error = Store::open(&path, CACHE_BYTES).unwrap_err();
        assert!(matches!(error, OpenError::Unusable { .. }), "{error:?}");
        assert!(error.to_string().contains(path.to_str().unwrap()));
    }
}

#[cfg(unix)]
#[test]
fn a_directory_that_is_read_only_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(FILE_NAME);
    let set_mode =
        |mode| fs::set_permissions(directory.path(), fs::Permissions::from_mode(mode)).unwrap();
    set_mode(0o555);
    // Nothing is read-only to the superuser.
    if fs::write(directory.path().join("probe"), b"").is_err() {
        let error = Store::open(&path, CACHE_BYTES).unwrap_err();
        assert!(matches!(error, OpenError::Unusable { .. }), "{error:?}");
    }
    set_mode(0o755);
}
