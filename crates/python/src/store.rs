//! A store that may be shared with processes forked later.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use cattlegrid::store::memory::MemoryStore;
use cattlegrid::store::{
    AnyStore, Claim, Clock, OpenError, Quota, Rate, RateKey, SpentId, Store, StoreError, StoreUrl,
};
use pyo3::prelude::*;

use crate::error::Error;
use crate::fork::{self, Busy, Closes};
use crate::process::Own;

/// The store that a URL names, in whichever process it is used: give a clone to whatever needs a [`Store`].
///
/// What processes share is opened by the first claim of each, and closed while it [forks](fork). What is in memory is one
/// process's alone, and unavailable in any other.
#[derive(Clone)]
pub(crate) enum ForkStore {
    Memory(Arc<Own<MemoryStore>>),
    Shared(Arc<Shared>),
}

impl ForkStore {
    /// The store that `url` names. One that processes share is opened and closed again, to know now that it can be: a file
    /// is then there, and servers have not been asked yet.
    ///
    /// # Errors
    /// [`Error::Configuration`] if the URL or a file will not do. A file that is merely locked may do later, and claims
    /// say if it does not.
    pub(crate) fn at(py: Python<'_>, url: &str, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let parsed: StoreUrl = url.parse().map_err(|error| wrong(&error))?;
        if let StoreUrl::Memory { limit } = parsed {
            let store = Arc::new(MemoryStore::new(limit, clock));
            return Ok(Self::Memory(Arc::new(Own::new(store))));
        }
        if let Some(shared) = Shared::known(py, url) {
            return Ok(Self::Shared(shared));
        }
        let counts_alone = matches!(parsed, StoreUrl::Sqlite { .. });
        let shared = Arc::new(Shared {
            url: parsed,
            clock,
            opened: Mutex::new(None),
            counters: counts_alone.then(Mutex::default),
        });
        match py.detach(|| shared.open().map(drop)) {
            Ok(()) | Err(OpenError::Locked { .. }) => {
                fork::close_on_fork(py, &shared);
                Shared::know(py, url, &shared);
                Ok(Self::Shared(shared))
            }
            Err(error) => Err(wrong(&error)),
        }
    }
}

fn wrong(error: &OpenError) -> Error {
    Error::Configuration(format!("`store`: {error}"))
}

impl Store for ForkStore {
    async fn claim(&self, id: SpentId, ttl: Duration) -> Result<Claim, StoreError> {
        match self {
            Self::Memory(own) => own.get().ok_or_else(elsewhere)?.claim(id, ttl).await,
            Self::Shared(shared) => {
                let busy = Busy::begin().await.ok_or_else(forking)?;
                shared.current(&busy).await?.claim(id, ttl).await
            }
        }
    }

    async fn is_spent(&self, id: SpentId) -> Result<bool, StoreError> {
        match self {
            Self::Memory(own) => own.get().ok_or_else(elsewhere)?.is_spent(id).await,
            Self::Shared(shared) => {
                let busy = Busy::begin().await.ok_or_else(forking)?;
                shared.current(&busy).await?.is_spent(id).await
            }
        }
    }

    async fn step(&self, key: RateKey, quota: Quota) -> Result<Rate, StoreError> {
        match self {
            Self::Memory(own) => own.get().ok_or_else(elsewhere)?.step(key, quota).await,
            Self::Shared(shared) => {
                let busy = Busy::begin().await.ok_or_else(forking)?;
                match shared.counters() {
                    Some(counters) => counters.step(key, quota).await,
                    None => shared.current(&busy).await?.step(key, quota).await,
                }
            }
        }
    }

    async fn ready(&self) -> Result<(), StoreError> {
        match self {
            Self::Memory(own) => own.get().ok_or_else(elsewhere)?.ready().await,
            Self::Shared(shared) => {
                let busy = Busy::begin().await.ok_or_else(forking)?;
                shared.current(&busy).await?.ready().await
            }
        }
    }
}

fn elsewhere() -> StoreError {
    let why = "a memory store is one process's alone; give `sqlite:PATH`, which all processes of a machine can share, or a store on a \
         server, which all machines can";
    StoreError::Unavailable(why.into())
}

fn forking() -> StoreError {
    StoreError::Unavailable("the process is forking, and does not come to an end with that".into())
}

/// Those that are in use, by their URLs: whatever names the same one shares its connections.
static KNOWN: Mutex<Vec<(String, Weak<Shared>)>> = Mutex::new(Vec::new());

/// A store that processes share, and open each for itself.
pub(crate) struct Shared {
    url: StoreUrl,
    clock: Arc<dyn Clock>,
    /// Locked for a moment at a time, and by none but those that are [`Busy`].
    opened: Mutex<Option<Own<AnyStore>>>,
    /// Each process's own, locked like the other, where processes do not count together. Why not the open store's: it would
    /// forget them whenever the process forks.
    counters: Option<Mutex<Option<Own<MemoryStore>>>>,
}

impl Shared {
    fn known(py: Python<'_>, url: &str) -> Option<Arc<Self>> {
        let known = Self::all(py);
        let (_, shared) = known.iter().find(|(known, _)| known == url)?;
        shared.upgrade()
    }

    fn know(py: Python<'_>, url: &str, shared: &Arc<Self>) {
        let mut known = Self::all(py);
        known.retain(|(other, shared)| other != url && shared.strong_count() > 0);
        known.push((url.to_owned(), Arc::downgrade(shared)));
    }

    /// Why `py`: see [`PerProcess`](crate::process::PerProcess).
    fn all(_py: Python<'_>) -> MutexGuard<'static, Vec<(String, Weak<Self>)>> {
        lock(&KNOWN)
    }

    /// The open store of this process.
    async fn current(self: &Arc<Self>, busy: &Busy) -> Result<Arc<AnyStore>, StoreError> {
        if let Some(store) = self.opened() {
            return Ok(store);
        }
        let (this, busy) = (Arc::clone(self), busy.clone());
        let open = move || {
            let opened = this.open().map(|store| this.keep(store));
            // Why: opening goes on when whoever claims has given up.
            drop(busy);
            opened
        };
        // Why: it may wait for the disk and for other processes.
        tokio::task::spawn_blocking(open)
            .await
            .map_err(unavailable)?
            .map_err(unavailable)
    }

    fn open(&self) -> Result<AnyStore, OpenError> {
        AnyStore::open(&self.url, Arc::clone(&self.clock))
    }

    fn opened(&self) -> Option<Arc<AnyStore>> {
        lock(&self.opened).as_ref().and_then(Own::get)
    }

    fn counters(&self) -> Option<Arc<MemoryStore>> {
        let mut counters = lock(self.counters.as_ref()?);
        let kept = counters.as_ref().and_then(Own::get);
        Some(kept.unwrap_or_else(|| {
            let made = Arc::new(MemoryStore::new(0, Arc::clone(&self.clock)));
            counters.replace(Own::new(Arc::clone(&made)));
            made
        }))
    }

    /// Keeps the store, unless another thread was first.
    fn keep(&self, store: AnyStore) -> Arc<AnyStore> {
        if let Some(first) = self.opened() {
            return first;
        }
        let store = Arc::new(store);
        lock(&self.opened).replace(Own::new(Arc::clone(&store)));
        store
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Closes for Shared {
    fn close(&self) {
        let opened = lock(&self.opened).take();
        drop(opened);
    }
}

fn unavailable(why: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Unavailable(why.into())
}
