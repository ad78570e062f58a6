//! Stores in SQL databases.

use std::time::Duration;

use crate::DEFAULT_LIMIT;
use crate::servers::Servers;

#[cfg(any(feature = "mysql", feature = "postgres", feature = "sqlite"))]
mod ask;
#[cfg(feature = "mysql")]
pub mod mysql;
#[cfg(any(feature = "mysql", feature = "postgres"))]
mod network;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "sqlite")]
pub mod sqlite;

/// How a store in a PostgreSQL, MySQL or `MariaDB` database is reached and used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseOptions {
    /// Where. Of several hosts the first that takes writes is used.
    pub servers: Servers,
    /// The database's name.
    pub database: String,
    /// How many connections decide claims and steps. 4 unless the URL says otherwise.
    pub connections: u32,
}

/// How an SQLite file is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SqliteOptions {
    /// The bound on live ids.
    pub limit: usize,
    /// What an acknowledged claim survives.
    pub synchronous: Synchronous,
    /// How long a claim may take; after that it is refused as unavailable. Also how long an id is kept beyond
    /// its ttl, for the claims that are still on their way.
    pub timeout: Duration,
}

impl SqliteOptions {
    /// [`DEFAULT_LIMIT`] ids, safe from the loss of power, two seconds.
    pub const DEFAULT: Self = Self {
        limit: DEFAULT_LIMIT,
        synchronous: Synchronous::Full,
        timeout: Duration::from_secs(2),
    };
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What an acknowledged claim survives; see SQLite's
/// [`PRAGMA synchronous`](https://www.sqlite.org/pragma.html#pragma_synchronous) in WAL mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Synchronous {
    /// A crash of the process, of the machine, and the loss of power.
    Full,
    /// A crash of the process. When the machine crashes or loses power, the last moments may be forgotten.
    /// Several times faster.
    Normal,
}
