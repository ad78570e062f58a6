//! The store that a URL names.

use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "memcached")]
use crate::memcached::MemcachedStore;
use crate::memory::MemoryStore;
#[cfg(feature = "redis")]
use crate::redis::RedisStore;
#[cfg(feature = "mysql")]
use crate::sql::mysql::MysqlStore;
#[cfg(feature = "postgres")]
use crate::sql::postgres::PostgresStore;
#[cfg(feature = "sqlite")]
use crate::sql::sqlite::SqliteStore;
use crate::{Claim, Clock, OpenError, Quota, Rate, RateKey, SpentId, Store, StoreError, StoreUrl};

/// One of the stores of this crate, chosen at run time by a [`StoreUrl`].
#[non_exhaustive]
pub enum AnyStore {
    /// In memory.
    Memory(MemoryStore),
    /// In an SQLite file.
    #[cfg(feature = "sqlite")]
    Sqlite(SqliteStore),
    /// On Redis or Valkey.
    #[cfg(feature = "redis")]
    Redis(RedisStore),
    /// On Memcached servers.
    #[cfg(feature = "memcached")]
    Memcached(MemcachedStore),
    /// In a `PostgreSQL` database.
    #[cfg(feature = "postgres")]
    Postgres(PostgresStore),
    /// In a MySQL or `MariaDB` database.
    #[cfg(feature = "mysql")]
    Mysql(MysqlStore),
}

impl AnyStore {
    /// Opens the store that `url` names. One on servers is reached when it is first used, inside a Tokio runtime.
    ///
    /// # Errors
    /// [`OpenError`], as the store's own constructor gives it, or because the store was left out of this build.
    pub fn open(url: &StoreUrl, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        match url {
            StoreUrl::Memory { limit } => Ok(Self::Memory(MemoryStore::new(*limit, clock))),
            #[cfg(feature = "sqlite")]
            StoreUrl::Sqlite { path, options } => {
                SqliteStore::open(path, *options, clock).map(Self::Sqlite)
            }
            #[cfg(not(feature = "sqlite"))]
            StoreUrl::Sqlite { .. } => Err(OpenError::LeftOut { feature: "sqlite" }),
            #[cfg(feature = "redis")]
            StoreUrl::Redis(options) => RedisStore::open(options).map(Self::Redis),
            #[cfg(not(feature = "redis"))]
            StoreUrl::Redis(_) => Err(OpenError::LeftOut { feature: "redis" }),
            #[cfg(feature = "postgres")]
            StoreUrl::Postgres(options) => PostgresStore::open(options).map(Self::Postgres),
            #[cfg(not(feature = "postgres"))]
            StoreUrl::Postgres(_) => Err(OpenError::LeftOut {
                feature: "postgres",
            }),
            #[cfg(feature = "mysql")]
            StoreUrl::Mysql(options) => MysqlStore::open(options).map(Self::Mysql),
            #[cfg(not(feature = "mysql"))]
            StoreUrl::Mysql(_) => Err(OpenError::LeftOut { feature: "mysql" }),
            #[cfg(feature = "memcached")]
            StoreUrl::Memcached(options) => {
                MemcachedStore::open(options, clock).map(Self::Memcached)
            }
            #[cfg(not(feature = "memcached"))]
            StoreUrl::Memcached(_) => Err(OpenError::LeftOut {
                feature: "memcached",
            }),
        }
    }
}

/// Hands a call to the store that this is.
macro_rules! whichever {
    ($any:expr, $store:ident => $call:expr) => {
        match $any {
            AnyStore::Memory($store) => $call,
            #[cfg(feature = "sqlite")]
            AnyStore::Sqlite($store) => $call,
            #[cfg(feature = "redis")]
            AnyStore::Redis($store) => $call,
            #[cfg(feature = "memcached")]
            AnyStore::Memcached($store) => $call,
            #[cfg(feature = "postgres")]
            AnyStore::Postgres($store) => $call,
            #[cfg(feature = "mysql")]
            AnyStore::Mysql($store) => $call,
        }
    };
}

impl Store for AnyStore {
    async fn claim(&self, id: SpentId, ttl: Duration) -> Result<Claim, StoreError> {
        whichever!(self, store => store.claim(id, ttl).await)
    }

    async fn is_spent(&self, id: SpentId) -> Result<bool, StoreError> {
        whichever!(self, store => store.is_spent(id).await)
    }

    async fn step(&self, key: RateKey, quota: Quota) -> Result<Rate, StoreError> {
        whichever!(self, store => store.step(key, quota).await)
    }

    async fn ready(&self) -> Result<(), StoreError> {
        whichever!(self, store => store.ready().await)
    }
}
