//! The file: whose it is, what is in it, and how it is opened.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags, Transaction, TransactionBehavior};

use crate::OpenError;
use crate::sql::{SqliteOptions, Synchronous};

/// "CATG": says that a database is ours; see <https://www.sqlite.org/fileformat.html#application_id>.
const APPLICATION_ID: i64 = 0x4341_5447;

/// The schema's version, kept in `user_version`.
const VERSION: i64 = 1;

/// `expires_at` is the last millisecond, since the Unix epoch, at which an id is spent.
/// `held` is the number of rows in `spent`, and `swept_until` the time before which expired rows may be missing.
const SCHEMA: &str = "
    CREATE TABLE spent (
        id BLOB PRIMARY KEY NOT NULL CHECK (length(id) = 16),
        expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX spent_by_expiry ON spent (expires_at);
    CREATE TABLE state (
        the INTEGER PRIMARY KEY NOT NULL CHECK (the = 1),
        held INTEGER NOT NULL,
        swept_until INTEGER NOT NULL
    ) STRICT;
    INSERT INTO state (the, held, swept_until) VALUES (1, 0, 0);
";

/// The write-ahead log is cut back to this many bytes after a burst.
const LOG_BYTES: i64 = 16 << 20;

pub(super) fn open(path: &Path, options: SqliteOptions) -> Result<Connection, OpenError> {
    create(path).map_err(|source| OpenError::Unwritable {
        path: path.to_owned(),
        source: source.into(),
    })?;
    connect(path, options).map_err(|problem| problem.at(path))
}

/// Makes the file if there is none, or finds out why it cannot be written: the system says that more clearly
/// than SQLite does.
fn create(path: &Path) -> std::io::Result<()> {
    let mut file = OpenOptions::new();
    file.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut file, 0o600);
    file.open(path).map(drop)
}

fn connect(path: &Path, options: SqliteOptions) -> Result<Connection, Problem> {
    // Why: a name such as `:memory:` has a meaning of its own to SQLite; an absolute path has none.
    let path = std::path::absolute(path)?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    // Why half: so that a claim that waits for another process's lock is told so before its own time is up.
    connection.busy_handler(Some(wait(options.timeout / 2)))?;

    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    adopt(&transaction)?;
    transaction.commit()?;

    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(Problem::NoLog);
    }
    let synchronous = match options.synchronous {
        Synchronous::Full => "FULL",
        Synchronous::Normal => "NORMAL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
    Ok(connection)
}

/// What a connection does while another process has the lock: it waits a moment and tries again, until its patience ends.
///
/// Why not `SQLite`'s own way: that one waits longer each time, up to a tenth of a second, and beside a few busy processes,
/// which leave gaps of some microseconds, it hardly ever meets one.
fn wait(patience: Duration) -> impl FnMut(i32) -> bool + Send + 'static {
    const MOMENT: Duration = Duration::from_millis(1);
    let mut began = Instant::now();
    move |tries| {
        if tries == 0 {
            began = Instant::now();
        }
        thread::sleep(MOMENT);
        began.elapsed() < patience
    }
}

/// Makes sure that the database is ours, and gives it the schema if it is empty.
fn adopt(transaction: &Transaction<'_>) -> Result<(), Problem> {
    let pragma = |name| transaction.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let found = pragma("user_version")?;
    match pragma("application_id")? {
        APPLICATION_ID if found == VERSION => Ok(()),
        APPLICATION_ID if found > VERSION => Err(Problem::Newer { found }),
        0 if found == 0 && is_empty(transaction)? => {
            transaction.execute_batch(SCHEMA)?;
            transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
            transaction.pragma_update(None, "user_version", VERSION)?;
            Ok(())
        }
        _ => Err(Problem::Foreign),
    }
}

fn is_empty(transaction: &Transaction<'_>) -> rusqlite::Result<bool> {
    transaction.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| {
        row.get(0)
    })
}

/// What [`OpenError`] says, but for the path.
enum Problem {
    Io(std::io::Error),
    Database(rusqlite::Error),
    Foreign,
    Newer { found: i64 },
    NoLog,
}

impl From<std::io::Error> for Problem {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<rusqlite::Error> for Problem {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error)
    }
}

impl Problem {
    fn at(self, path: &Path) -> OpenError {
        let path = PathBuf::from(path);
        match self {
            Self::Foreign => OpenError::Foreign { path },
            Self::Newer { found } => OpenError::Newer {
                path,
                found,
                known: VERSION,
            },
            Self::NoLog => OpenError::Failed {
                path,
                source: "its file system has no shared memory for SQLite's write-ahead log".into(),
            },
            Self::Io(source) => OpenError::Failed {
                path,
                source: source.into(),
            },
            Self::Database(source) => match source.sqlite_error_code() {
                Some(ErrorCode::NotADatabase) => OpenError::Foreign { path },
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                    OpenError::Locked { path }
                }
                Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                    OpenError::Unwritable {
                        path,
                        source: source.into(),
                    }
                }
                _ => OpenError::Failed {
                    path,
                    source: source.into(),
                },
            },
        }
    }
}
