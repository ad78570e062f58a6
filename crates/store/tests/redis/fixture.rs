//! Stores for the tests.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cattlegrid_store::conformance::Fixture;
use cattlegrid_store::{AnyStore, SystemClock};

/// The store that `url` names.
pub(crate) fn open(url: &str) -> AnyStore {
    AnyStore::open(&url.parse().unwrap(), Arc::new(SystemClock::new())).unwrap()
}

/// `url` with one parameter more.
pub(crate) fn with(url: &str, parameter: &str) -> String {
    let join = if url.contains('?') { '&' } else { '?' };
    format!("{url}{join}{parameter}")
}

/// Stores of one server for the suite, each with keys of its own.
pub(crate) struct Stores {
    url: String,
    made: AtomicU32,
}

impl Stores {
    pub(crate) fn of(url: &str) -> Self {
        // Why so patient: the suite asks for thousands of things at once, on whatever machine it runs.
        let url = with(url, "timeout_ms=20000");
        Self {
            url,
            made: AtomicU32::new(0),
        }
    }
}

impl Fixture for Stores {
    type Store = AnyStore;

    async fn store(&self, _limit: usize) -> AnyStore {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        open(&with(&self.url, &format!("prefix=test{number}:")))
    }

    async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    fn ttl(&self) -> Duration {
        Duration::from_secs(4)
    }

    fn lag(&self) -> Duration {
        Duration::from_millis(1900)
    }
}
