//! What belongs to one process.
//!
//! A web server that forks its workers after it has loaded the site gives each of them a copy of everything but the
//! threads: a runtime without its workers, a pool of connections that two processes would write to. So whatever holds
//! threads, connections or descriptors is kept in a [`PerProcess`], and is made again where it is asked for in another
//! process:
//!
//! ```ignore
//! static RUNTIME: PerProcess<Runtime> = PerProcess::new();
//! let runtime = RUNTIME.get(py, || Runtime::new())?;
//! ```
//!
//! What is found in the wrong process is leaked, never dropped: dropping would wait for threads that do not exist here, or
//! say good-bye on connections that the other process still uses.

use std::mem;
use std::process;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pyo3::prelude::*;

/// A value that each process makes for itself.
///
/// Why every access takes the `py` token: a process forks while it holds the global interpreter lock, so that a lock which
/// is held along with that one, and only then, is never somebody else's at that moment. A child would wait for it for ever.
pub(crate) struct PerProcess<T>(Mutex<Option<Own<T>>>);

/// A value that belongs to the process it was made in: in any other there is none, and it is leaked.
pub(crate) struct Own<T> {
    process: u32,
    value: Option<Arc<T>>,
}

impl<T> Own<T> {
    /// This process's own.
    pub(crate) fn new(value: Arc<T>) -> Self {
        Self {
            process: process::id(),
            value: Some(value),
        }
    }

    /// The value, if it is this process's.
    pub(crate) fn get(&self) -> Option<Arc<T>> {
        self.value
            .as_ref()
            .filter(|_| self.process == process::id())
            .map(Arc::clone)
    }
}

impl<T> Drop for Own<T> {
    fn drop(&mut self) {
        if self.process != process::id() {
            mem::forget(self.value.take());
        }
    }
}

impl<T> PerProcess<T> {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// This process's value. If there is none yet, `make` makes it, without the global interpreter lock; where several
    /// threads do so at once, one value is kept and the others are dropped.
    ///
    /// # Errors
    /// What `make` returns.
    pub(crate) fn get<E: Send>(
        &self,
        py: Python<'_>,
        make: impl FnOnce() -> Result<T, E> + Send,
    ) -> Result<Arc<T>, E>
    where
        T: Send + Sync,
    {
        if let Some(value) = self.current(py) {
            return Ok(value);
        }
        let own = Arc::new(py.detach(make)?);
        if let Some(first) = self.current(py) {
            py.detach(|| drop(own));
            return Ok(first);
        }
        self.lock(py).replace(Own::new(Arc::clone(&own)));
        Ok(own)
    }

    fn current(&self, py: Python<'_>) -> Option<Arc<T>> {
        self.lock(py).as_ref().and_then(Own::get)
    }

    fn lock(&self, _py: Python<'_>) -> MutexGuard<'_, Option<Own<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
