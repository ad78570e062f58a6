//! Stores for the tests, and what tests ask of their servers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cattlegrid_services::command;
use cattlegrid_store::conformance::{Fixture, Shared};
use cattlegrid_store::{AnyStore, Claim, SpentId, Store, StoreError, SystemClock};

/// How long an id of these tests lives.
pub(crate) const TTL: Duration = Duration::from_secs(600);

/// The store that `url` names.
pub(crate) fn open(url: &str) -> AnyStore {
    AnyStore::open(&url.parse().unwrap(), Arc::new(SystemClock::new())).unwrap()
}

/// `url` with one parameter more.
pub(crate) fn with(url: &str, parameter: &str) -> String {
    let join = if url.contains('?') { '&' } else { '?' };
    format!("{url}{join}{parameter}")
}

/// `url` with a user and a password.
pub(crate) fn by(url: &str, login: &str) -> String {
    url.replace("://", &format!("://{login}@"))
}

/// An id that no test has used.
pub(crate) fn new_id() -> SpentId {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    SpentId::from_bytes(u128::from(number).to_be_bytes())
}

/// Claims an id that is new.
pub(crate) async fn claim_new(store: &AnyStore) -> Result<Claim, StoreError> {
    store.claim(new_id(), TTL).await
}

/// That the store refuses, and says why in these words.
pub(crate) fn refused<T: std::fmt::Debug>(outcome: Result<T, StoreError>, why: &str) {
    match outcome {
        Err(StoreError::Unavailable(failure)) => {
            let said = failure.to_string();
            assert!(said.contains(why), "{said}");
        }
        other => panic!("should have been refused because `{why}`: {other:?}"),
    }
}

/// Waits until the store claims again, and is ready.
pub(crate) async fn until_it_works(store: &AnyStore) {
    let since = Instant::now();
    loop {
        match (claim_new(store).await, store.ready().await) {
            (Ok(claim), Ok(())) => {
                assert_eq!(claim, Claim::First);
                return;
            }
            (claim, ready) if since.elapsed() > Duration::from_secs(60) => {
                panic!("it does not work again: {claim:?}, {ready:?}")
            }
            _ => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// What the server says to a command of an operator.
pub(crate) fn tell(server: SocketAddr, words: &[&str]) -> String {
    let port = server.port().to_string();
    let said = command("redis-cli")
        .args(["-h", "127.0.0.1", "-p", &port])
        .args(words)
        .output()
        .unwrap();
    String::from_utf8_lossy(&said.stdout).trim().to_owned()
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
        self.nodes(1).await.swap_remove(0)
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

impl Shared for Stores {
    async fn nodes(&self, count: usize) -> Vec<AnyStore> {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let url = with(&self.url, &format!("prefix=test{number}:"));
        (0..count).map(|_| open(&url)).collect()
    }
}
