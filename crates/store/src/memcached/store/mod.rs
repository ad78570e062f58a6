//! The store, over its servers.

mod cluster;
mod expiry;
mod rendezvous;
mod server;
mod steps;
mod warning;
mod wire;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::MemcachedOptions;
use crate::{Claim, Clock, OpenError, Quota, Rate, RateKey, SpentId, Store, StoreError};
use cluster::Cluster;
use expiry::Expiry;
use steps::Steps;

/// The most calls at once.
const CALLS: usize = 16_384;

/// Remembers ids on Memcached servers, which any number of nodes share.
///
/// # What it may forget
///
/// Memcached is a cache: an id that it forgets before its time is not spent any longer, and what it names can be used
/// once more. It forgets
///
/// - everything, when it is restarted or flushed;
/// - what has not been looked at for longest, when its memory is full. Started with `--disable-evictions` (`-M`) it
///   refuses instead, and so does this store, until expiry has made room.
///
/// Where that will not do, use another store. This one warns (by [`tracing`]) when it first reaches a server, and again
/// when [`Store::ready`] finds that the server has evicted something.
///
/// # Several servers
///
/// Each id lives on one of them, chosen by rendezvous hashing over the hosts as they are written (name and port); every
/// node must write them alike, in any order. While a server is down its ids are refused. They are never looked for on
/// another server, which would know of none that is spent. For the same reason a host that is added takes over its share
/// of the ids with nothing in it: add one as you would restart one.
///
/// # Time
///
/// Ids expire by the server's clock, at most two seconds after their ttl; ttls of 30 days and more by this node's clock
/// as well, and beyond January 2038, where the protocol ends, never. Rates go by the node's clock, so keep those of all
/// nodes together (NTP): by as much as they differ, a quota gives more or less.
///
/// # Connections
///
/// At most 16 to each server, made when they are needed and kept for the next call. One on which a call has timed out or
/// failed is closed. A server that cannot be reached is left alone for up to a second, and its calls fail at once
/// meanwhile. At most 16,384 calls wait at the same time; more are refused.
pub struct MemcachedStore {
    cluster: Arc<Cluster>,
    steps: Arc<Steps>,
    clock: Arc<dyn Clock>,
    calls: Semaphore,
}

impl MemcachedStore {
    /// A store on these servers, which it reaches when it is first used, inside a Tokio runtime with time and I/O.
    ///
    /// # Errors
    /// [`OpenError::File`] if the file with the password cannot be read, [`OpenError::Servers`] if there is a user without a
    /// password or a password without a user.
    pub fn open(options: &MemcachedOptions, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        let cluster = Arc::new(Cluster::new(options)?);
        Ok(Self {
            steps: Arc::new(Steps::new(Arc::clone(&cluster), Arc::clone(&clock))),
            cluster,
            clock,
            calls: Semaphore::new(CALLS),
        })
    }

    async fn call<T>(&self, work: impl Future<Output = io::Result<T>>) -> Result<T, StoreError> {
        let _call = self.calls.try_acquire().map_err(|_| {
            let why = format!("{CALLS} calls wait for Memcached; see whether it is overloaded");
            StoreError::Unavailable(why.into())
        })?;
        let outcome = self.cluster.in_time(work).await;
        outcome.map_err(|error| StoreError::Unavailable(error.into()))
    }
}

impl Store for MemcachedStore {
    async fn claim(&self, id: SpentId, ttl: Duration) -> Result<Claim, StoreError> {
        let name = self.cluster.name('s', id.as_bytes());
        let expiry = Expiry::after(ttl, self.clock.now());
        let server = self.cluster.server_of(id.as_bytes());
        let added = server.with(async |it| it.add(&name, expiry, "1").await);
        let is_first = self.call(added).await?;
        Ok(if is_first { Claim::First } else { Claim::Spent })
    }

    async fn is_spent(&self, id: SpentId) -> Result<bool, StoreError> {
        let name = self.cluster.name('s', id.as_bytes());
        let server = self.cluster.server_of(id.as_bytes());
        let held = self.call(server.with(async |it| it.get(&name).await));
        Ok(held.await?.is_some())
    }

    async fn step(&self, key: RateKey, quota: Quota) -> Result<Rate, StoreError> {
        self.call(self.steps.step(key, quota)).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        // Why like an id: a server has memory for each size apart.
        let name = self.cluster.name('p', &[0; 16]);
        let all = async {
            for server in self.cluster.servers() {
                server.probe(&name).await?;
            }
            Ok(())
        };
        self.call(all).await
    }
}
