//! The stores that nodes can have, each a real one.

use std::{any::Any, fmt, path::Path};

use cattlegrid_services::{MariaDb, Memcached, Postgres, Redis, RedisCluster, Service};

use crate::{Error, Fleet};

/// A kind of store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The memory of one node, which cannot be shared
    Memory,
    /// A file that several processes of one machine share
    Sqlite,
    /// One Redis
    Redis,
    /// Three Redis masters with a replica each
    RedisCluster,
    /// `PostgreSQL`
    Postgres,
    /// `MariaDB`
    MariaDb,
    /// Memcached
    Memcached,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Memory,
        Self::Sqlite,
        Self::Redis,
        Self::RedisCluster,
        Self::Postgres,
        Self::MariaDb,
        Self::Memcached,
    ];

    /// Starts one with nothing in it.
    ///
    /// # Errors
    ///
    /// A program is missing or does not start.
    pub fn start(self) -> Result<Backend, Error> {
        let one = |service: Service| (service.url().to_owned(), Box::new(service) as Kept);
        let (url, kept): (String, Kept) = match self {
            Self::Memory => ("memory:".to_owned(), Box::new(())),
            Self::Sqlite => {
                let folder = tempfile::tempdir().map_err(Error::file("a temporary folder"))?;
                let file = folder.path().join("spent.db");
                (format!("sqlite:{}", file.display()), Box::new(folder))
            }
            Self::Redis => one(Redis::start()?),
            Self::RedisCluster => {
                let cluster = RedisCluster::start()?;
                (cluster.url(), Box::new(cluster))
            }
            Self::Postgres => one(Postgres::start()?),
            Self::MariaDb => one(MariaDb::start()?),
            Self::Memcached => one(Memcached::start()?),
        };
        Ok(Backend {
            kind: self,
            url,
            _kept: kept,
        })
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "memory, one node",
            Self::Sqlite => "SQLite",
            Self::Redis => "Redis",
            Self::RedisCluster => "Redis Cluster",
            Self::Postgres => "PostgreSQL",
            Self::MariaDb => "MariaDB",
            Self::Memcached => "Memcached",
        })
    }
}

type Kept = Box<dyn Any + Send>;

/// A store that runs until this is dropped.
pub struct Backend {
    kind: Kind,
    url: String,
    _kept: Kept,
}

impl Backend {
    /// Three nodes that share it; one, where it cannot be shared. `settings` are as for [`Fleet::start`].
    ///
    /// # Errors
    ///
    /// One that does not start.
    pub fn fleet(&self, program: &Path, settings: &str) -> Result<Fleet, Error> {
        let stores = [self.url.as_str(); 3];
        let nodes = if self.kind == Kind::Memory { 1 } else { 3 };
        Fleet::start(program, &stores[..nodes], settings)
    }
}
