//! What the SQLite store does with files, restarts, clocks, locks and crowds.

#![cfg(feature = "sqlite")]
#![allow(
    clippy::unwrap_used,
    reason = "clippy knows only test functions as tests, not what they call"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use cattlegrid_store::sql::SqliteOptions;
use cattlegrid_store::sql::sqlite::SqliteStore;
use cattlegrid_store::{
    AnyStore, Claim, Clock, ManualClock, OpenError, SpentId, Store, StoreError, StoreUrl, Timestamp,
};
use rusqlite::Connection;
use tempfile::TempDir;

const START: Timestamp = Timestamp::from_millis(1_700_000_000_123);
const TTL: Duration = Duration::from_secs(60);

/// Long enough for a slow disk.
const PATIENT: SqliteOptions = SqliteOptions {
    timeout: Duration::from_secs(20),
    ..SqliteOptions::DEFAULT
};

/// Short enough to wait for.
const HASTY: SqliteOptions = SqliteOptions {
    timeout: Duration::from_millis(100),
    ..SqliteOptions::DEFAULT
};

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(START))
}

fn a_path() -> (TempDir, PathBuf) {
    let files = tempfile::tempdir().unwrap();
    let path = files.path().join("spent.db");
    (files, path)
}

fn open(path: &Path, clock: &Arc<ManualClock>) -> SqliteStore {
    SqliteStore::open(path, PATIENT, clock.clone()).unwrap()
}

fn refusal(path: impl AsRef<Path>) -> OpenError {
    match SqliteStore::open(path, HASTY, clock()) {
        Ok(_) => panic!("the store should not open"),
        Err(error) => error,
    }
}

const fn id(n: u8) -> SpentId {
    SpentId::from_bytes([n; 16])
}

async fn claim(store: &SqliteStore, n: u8) -> Claim {
    store.claim(id(n), TTL).await.unwrap()
}

#[tokio::test]
async fn a_restart_forgets_nothing() {
    let (_files, path) = a_path();
    let clock = clock();
    let store = open(&path, &clock);
    assert_eq!(claim(&store, 1).await, Claim::First);
    drop(store);
    let store = open(&path, &clock);
    assert_eq!(claim(&store, 1).await, Claim::Spent);
    assert_eq!(claim(&store, 2).await, Claim::First);
}

#[tokio::test]
async fn a_clock_set_back_over_a_restart_revives_nothing() {
    let (_files, path) = a_path();
    let before = clock();
    let store = open(&path, &before);
    assert_eq!(claim(&store, 1).await, Claim::First);
    before.advance(TTL + PATIENT.timeout + Duration::from_secs(1));
    // Why: claims sweep, so this one makes the store forget the first.
    assert_eq!(claim(&store, 2).await, Claim::First);
    drop(store);

    let set_back = clock();
    let _store = open(&path, &set_back);
    let id_1_expired = START.saturating_add(TTL);
    assert!(
        set_back.now() > id_1_expired,
        "whatever the id named must still be too old for whoever checks its expiry"
    );
}

#[tokio::test]
async fn expired_ids_leave_the_file_while_nobody_claims() {
    let (_files, path) = a_path();
    let clock = clock();
    let store = open(&path, &clock);
    for n in 0..100 {
        assert_eq!(claim(&store, n).await, Claim::First);
    }
    let rows = || -> i64 {
        Connection::open(&path)
            .unwrap()
            .query_row("SELECT count(*) FROM spent", [], |row| row.get(0))
            .unwrap()
    };
    assert_eq!(rows(), 100);
    clock.advance(TTL + PATIENT.timeout + Duration::from_secs(1));
    tokio::time::timeout(Duration::from_secs(60), async {
        while rows() > 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await
    .expect("the expired ids should be deleted");
}

#[tokio::test]
async fn two_stores_share_a_file() {
    let (_files, path) = a_path();
    let clock = clock();
    let (one, other) = (open(&path, &clock), open(&path, &clock));
    assert_eq!(claim(&one, 1).await, Claim::First);
    assert_eq!(claim(&other, 1).await, Claim::Spent);
    assert_eq!(claim(&other, 2).await, Claim::First);
    assert_eq!(claim(&one, 2).await, Claim::Spent);
}

#[tokio::test]
async fn a_store_whose_clock_is_behind_its_neighbour_s_refuses_and_catches_up() {
    let (_files, path) = a_path();
    let (ahead, behind) = (clock(), clock());
    let (one, other) = (open(&path, &ahead), open(&path, &behind));
    assert_eq!(claim(&one, 1).await, Claim::First);
    ahead.advance(TTL + PATIENT.timeout + Duration::from_secs(1));
    assert_eq!(claim(&one, 2).await, Claim::First);
    // The first id is swept, yet by the other clock it should be spent.
    let late = other.claim(id(1), TTL).await;
    assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");
    assert!(behind.now() > START.saturating_add(TTL));
    assert_eq!(claim(&other, 3).await, Claim::First);
}

#[tokio::test]
async fn while_another_process_holds_the_lock_claims_are_refused_and_then_they_work_again() {
    let (_files, path) = a_path();
    let store = SqliteStore::open(&path, SqliteOptions::DEFAULT, clock()).unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = store.claim(id(1), TTL).await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable(_))),
        "{refused:?}"
    );
    assert!(matches!(
        store.ready().await,
        Err(StoreError::Unavailable(_))
    ));
    other.execute_batch("ROLLBACK").unwrap();
    store.ready().await.unwrap();
    assert_eq!(store.claim(id(1), TTL).await.unwrap(), Claim::First);
}

#[tokio::test]
async fn more_claims_than_may_wait_are_refused_at_once() {
    let (_files, path) = a_path();
    let store = Arc::new(SqliteStore::open(&path, PATIENT, clock()).unwrap());
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let mut claims = tokio::task::JoinSet::new();
    for n in 0..20_000_u128 {
        let store = Arc::clone(&store);
        claims.spawn(async move { store.claim(SpentId::from_bytes(n.to_be_bytes()), TTL).await });
    }
    let first_back = claims.join_next().await.unwrap().unwrap();
    let error = first_back.unwrap_err().to_string();
    assert!(error.contains("too many claims are waiting"), "{error}");
    other.execute_batch("ROLLBACK").unwrap();
    let decided = claims.join_all().await.iter().flatten().count();
    assert!(
        decided >= 1000,
        "{decided} of those that could wait were decided"
    );
}

#[test]
fn a_locked_file_is_not_opened() {
    let (_files, path) = a_path();
    drop(open(&path, &clock()));
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let error = refusal(&path);
    assert!(matches!(error, OpenError::Locked { .. }), "{error}");
}

#[test]
fn a_file_of_another_kind_is_not_opened_and_not_changed() {
    let (_files, path) = a_path();
    let text = "this is no database, and it is longer than the header of one; ".repeat(4);
    std::fs::write(&path, &text).unwrap();
    let error = refusal(&path);
    assert!(matches!(error, OpenError::Foreign { .. }), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn another_program_s_database_is_not_opened_and_not_changed() {
    let (_files, path) = a_path();
    let other = Connection::open(&path).unwrap();
    other
        .execute_batch("CREATE TABLE notes (note TEXT)")
        .unwrap();
    drop(other);
    let before = std::fs::read(&path).unwrap();
    let error = refusal(&path);
    assert!(matches!(error, OpenError::Foreign { .. }), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_later_release_s_file_is_not_opened() {
    let (_files, path) = a_path();
    drop(open(&path, &clock()));
    let other = Connection::open(&path).unwrap();
    other.pragma_update(None, "user_version", 7).unwrap();
    drop(other);
    let error = refusal(&path).to_string();
    assert!(
        error.contains("schema version 7, and this release knows versions up to 1"),
        "{error}"
    );
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let files = tempfile::tempdir().unwrap();
    for path in [
        files.path().join("missing/spent.db"),
        files.path().to_owned(),
    ] {
        let error = refusal(&path);
        assert!(matches!(error, OpenError::Unwritable { .. }), "{error}");
        assert!(
            error.to_string().contains(path.to_str().unwrap()),
            "{error}"
        );
    }
}

/// Not even the superuser may make a file there.
#[cfg(target_os = "linux")]
#[test]
fn a_read_only_directory_is_named() {
    let error = refusal("/sys/kernel/spent.db");
    assert!(matches!(error, OpenError::Unwritable { .. }), "{error}");
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_may_read_the_files() {
    use std::os::unix::fs::PermissionsExt;

    let (files, path) = a_path();
    let store = open(&path, &clock());
    assert_eq!(claim(&store, 1).await, Claim::First);
    let mut seen = 0;
    for file in std::fs::read_dir(&files).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", file.path().display());
        seen += 1;
    }
    assert!(seen >= 2, "the database and its log");
}

#[tokio::test]
async fn a_name_that_means_something_to_sqlite_is_a_file_like_any_other() {
    let files = tempfile::tempdir().unwrap();
    for name in [":memory:", "file:spent.db?mode=memory", "50%?#.db"] {
        let path = files.path().join(name);
        let store = open(&path, &clock());
        assert_eq!(claim(&store, 1).await, Claim::First);
        drop(store);
        assert_eq!(claim(&open(&path, &clock()), 1).await, Claim::Spent);
        assert!(path.is_file());
    }
}

#[tokio::test]
async fn a_url_opens_the_store_that_it_names() {
    let (_files, path) = a_path();
    for (url, outlives) in [
        (StoreUrl::memory(), Claim::First),
        (StoreUrl::sqlite(&path), Claim::Spent),
    ] {
        let store = AnyStore::open(&url, clock()).unwrap();
        store.ready().await.unwrap();
        assert_eq!(store.claim(id(1), TTL).await.unwrap(), Claim::First);
        assert_eq!(store.claim(id(1), TTL).await.unwrap(), Claim::Spent);
        drop(store);
        let store = AnyStore::open(&url, clock()).unwrap();
        assert_eq!(store.claim(id(1), TTL).await.unwrap(), outlives);
    }
}
