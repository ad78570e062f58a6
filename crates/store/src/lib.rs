//! What is spent, and how often somebody has come: what nodes must know of one another, and nothing else.
//!
//! The one essential operation of a store is [`Store::claim`]: the first caller to claim an id is told
//! [`Claim::First`], everyone after that [`Claim::Spent`], and however many claim it at the same moment,
//! exactly one is first. Its second is [`Store::step`], one step of a [rate limiter](rate). When a store cannot decide
//! it says so, and whoever asked refuses.
//!
//! | store | remembers through | for |
//! |---|---|---|
//! | [`memory::MemoryStore`] | nothing: a restart forgets all | tests, and processes that may forget |
//! | [`sql::sqlite::SqliteStore`] | restarts, `kill -9`, the loss of power | one machine |
//! | `redis::RedisStore` | what its servers are set to keep | any number of machines |
//! | `sql::postgres::PostgresStore` | what `synchronous_commit` says | any number of machines |
//! | `sql::mysql::MysqlStore` | what `innodb_flush_log_at_trx_commit` says | any number of machines |
//! | `memcached::MemcachedStore` | what nodes do, but not what befalls its servers | nodes that may forget |
//!
//! [`AnyStore`] is whichever of them a [`StoreUrl`] names. All of them pass the one suite in [`conformance`], and so
//! should a store of your own.
//!
//! # Time
//!
//! Stores get the time from a [`Clock`] that never goes back, because a clock that does makes an id fresh again that
//! was forgotten. A store that outlives its process also remembers up to when it has forgotten ids, and moves the
//! clock there when it is opened. An id is kept for at least its ttl: times are rounded up, never down.
//!
//! # Bounds
//!
//! A store holds a bounded number of live ids. At the bound it refuses new ones with [`StoreError::Full`], and never
//! makes room by forgetting one that lives. Rates are another matter: where there is a bound, those of whom nobody has
//! seen for longest are forgotten.
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! use cattlegrid_store::{AnyStore, Claim, SpentId, Store, SystemClock};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let store = AnyStore::open(&"memory:?limit=1000".parse()?, Arc::new(SystemClock::new()))?;
//!
//! let id = SpentId::from_bytes([7; 16]);
//! let lifetime = Duration::from_secs(300);
//! assert_eq!(store.claim(id, lifetime).await?, Claim::First);
//! assert_eq!(store.claim(id, lifetime).await?, Claim::Spent);
//! # Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]

mod any;
#[cfg(any(
    feature = "redis",
    feature = "postgres",
    feature = "mysql",
    feature = "memcached"
))]
mod chance;
mod clock;
pub mod conformance;
mod error;
pub mod memcached;
pub mod memory;
pub mod rate;
pub mod redis;
pub mod servers;
pub mod sql;
#[cfg(any(feature = "mysql", feature = "postgres", feature = "redis"))]
mod tls;
mod url;

pub use any::AnyStore;
pub use clock::{Clock, ManualClock, SystemClock, Timestamp};
pub use error::{OpenError, StoreError};
pub use rate::{Quota, QuotaError, Rate, RateKey};
pub use url::StoreUrl;

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

/// How many live ids a store may hold unless its URL says otherwise.
pub const DEFAULT_LIMIT: usize = 1_000_000;

/// Names one thing that can be spent once. 128 bits, chosen at random by whoever made the thing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpentId([u8; 16]);

impl SpentId {
    /// The id with these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The id's bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for SpentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Why: an id is part of a key or a token, and those are not for logs.
        f.write_str("SpentId(…)")
    }
}

/// What became of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a claim that is not looked at lets everything through"]
pub enum Claim {
    /// Nobody had claimed the id before; now it is spent.
    First,
    /// The id was spent already.
    Spent,
}

/// Remembers what is spent, and how often somebody has come.
pub trait Store: Send + Sync + 'static {
    /// Spends `id` if nobody has, and remembers it for at least `ttl`.
    ///
    /// The decision is atomic: of any number of concurrent claims of one id exactly one gets
    /// [`Claim::First`]. A second claim does not lengthen the life of the first.
    ///
    /// Whoever refuses a thing that has expired reads the clock before the claim, and the store reads it after
    /// that. So let `ttl` reach beyond the thing's last moment by as long as may lie between the two.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot decide; the id may then be spent or not, and the caller refuses.
    fn claim(
        &self,
        id: SpentId,
        ttl: Duration,
    ) -> impl Future<Output = Result<Claim, StoreError>> + Send;

    /// Whether `id` has been claimed, and for how long it was has not passed. Spends nothing.
    ///
    /// Never a substitute for a claim: between this and one, anybody may come first.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot tell.
    fn is_spent(&self, id: SpentId) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Takes one step from the `quota` of `key`, if there is one left.
    ///
    /// The decision is atomic: of any number of concurrent steps as many are [`Rate::Within`] as the quota has. A key
    /// that comes with another quota than before goes on from where it was. Steps that are refused cost nothing, so
    /// that whoever waits for as long as [`Rate::Over`] says is within.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot decide; the step may then be taken or not.
    fn step(
        &self,
        key: RateKey,
        quota: Quota,
    ) -> impl Future<Output = Result<Rate, StoreError>> + Send;

    /// Whether a claim would be decided now. For readiness probes; spends nothing.
    ///
    /// # Errors
    /// [`StoreError`] as [`Store::claim`] would return it.
    fn ready(&self) -> impl Future<Output = Result<(), StoreError>> + Send;
}

impl<S: Store> Store for Arc<S> {
    async fn claim(&self, id: SpentId, ttl: Duration) -> Result<Claim, StoreError> {
        S::claim(self, id, ttl).await
    }

    async fn is_spent(&self, id: SpentId) -> Result<bool, StoreError> {
        S::is_spent(self, id).await
    }

    async fn step(&self, key: RateKey, quota: Quota) -> Result<Rate, StoreError> {
        S::step(self, key, quota).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        S::ready(self).await
    }
}
