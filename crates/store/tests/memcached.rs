//! A store on Memcached servers that run here.

#![cfg(feature = "memcached")]
#![allow(
    clippy::unwrap_used,
    reason = "clippy knows only test functions as tests, not what they call"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cattlegrid_services::{Memcached, Service};
use cattlegrid_store::conformance::{self, Fixture, Shared};
use cattlegrid_store::{AnyStore, SystemClock};

/// Servers, and what follows their hosts in the URLs of stores on them.
struct Servers {
    running: Vec<Service>,
    stores: AtomicU32,
}

impl Servers {
    fn start(count: usize) -> Self {
        Self {
            running: (0..count).map(|_| Memcached::start().unwrap()).collect(),
            stores: AtomicU32::new(0),
        }
    }

    fn url(&self, parameters: &str) -> String {
        let hosts: Vec<_> = self
            .running
            .iter()
            .map(|it| it.address().to_string())
            .collect();
        format!("memcached://{}?{parameters}", hosts.join(","))
    }
}

fn open(url: &str) -> AnyStore {
    AnyStore::open(&url.parse().unwrap(), Arc::new(SystemClock::new())).unwrap()
}

impl Servers {
    /// The URL of a store that nobody else uses.
    fn fresh(&self) -> String {
        let number = self.stores.fetch_add(1, Ordering::Relaxed);
        self.url(&format!("prefix=store{number}:&timeout_ms=10000"))
    }
}

impl Fixture for Servers {
    type Store = AnyStore;

    async fn store(&self, _limit: usize) -> AnyStore {
        open(&self.fresh())
    }

    async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    fn ttl(&self) -> Duration {
        Duration::from_secs(5)
    }

    /// A second by rounding, and one of the server's clock.
    fn lag(&self) -> Duration {
        Duration::from_millis(2200)
    }
}

impl Shared for Servers {
    async fn nodes(&self, count: usize) -> Vec<AnyStore> {
        let url = self.fresh();
        (0..count).map(|_| open(&url)).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_server_passes_the_suite() {
    let servers = Servers::start(1);
    conformance::run(&servers).await;
    conformance::run_shared(&servers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_servers_pass_the_suite() {
    let servers = Servers::start(3);
    conformance::run(&servers).await;
    conformance::run_shared(&servers).await;
}
