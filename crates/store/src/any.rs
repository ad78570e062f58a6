//! The store that a URL names.

use std::sync::Arc;
use std::time::Duration;

use crate::memory::MemoryStore;
#[cfg(feature = "sqlite")]
use crate::sql::sqlite::SqliteStore;
use crate::{Claim, Clock, OpenError, SpentId, Store, StoreError, StoreUrl};

/// One of the stores of this crate, chosen at run time by a [`StoreUrl`].
#[non_exhaustive]
pub enum AnyStore {
    /// In memory.
    Memory(MemoryStore),
    /// In an SQLite file.
    #[cfg(feature = "sqlite")]
    Sqlite(SqliteStore),
}

impl AnyStore {
    /// Opens the store that `url` names.
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
        }
    }
}

impl Store for AnyStore {
    async fn claim(&self, id: SpentId, ttl: Duration) -> Result<Claim, StoreError> {
        match self {
            Self::Memory(store) => store.claim(id, ttl).await,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(store) => store.claim(id, ttl).await,
        }
    }

    async fn is_spent(&self, id: SpentId) -> Result<bool, StoreError> {
        match self {
            Self::Memory(store) => store.is_spent(id).await,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(store) => store.is_spent(id).await,
        }
    }

    async fn ready(&self) -> Result<(), StoreError> {
        match self {
            Self::Memory(store) => store.ready().await,
            #[cfg(feature = "sqlite")]
            Self::Sqlite(store) => store.ready().await,
        }
    }
}
