//! A store in this process's memory.

mod shard;
mod slab;

use std::hash::{BuildHasher, RandomState};
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::rate::{RateTable, gcra};
use crate::{Claim, Clock, Quota, Rate, RateKey, SpentId, Store, StoreError, Timestamp};
use shard::Shard;

/// Enough that threads rarely wait for one another, few enough that an idle store is small.
const SHARDS: usize = 32;

/// A claim forgets up to this many expired ids of its shard: more than it adds, so that a backlog drains, and
/// few, so that no claim waits long.
const FORGET_PER_CLAIM: usize = 8;

/// How many keys' rates are kept.
const RATES: NonZero<usize> = NonZero::new(131_072).unwrap();

/// Remembers ids in this process's memory, and forgets them all when it ends.
///
/// An id takes at most 64 bytes. Ids expire by the second: one is remembered for its ttl and up to a second
/// longer. Nothing runs in the background: each claim clears away a few ids that have expired.
///
/// It keeps the rates of 131,072 keys, of about a hundred bytes each, and beyond that forgets those it has not seen for
/// longest.
///
/// For a single process whose challenges may all become answerable again when it restarts; if that will not
/// do, use a store that outlives the process.
pub struct MemoryStore {
    shards: Vec<Mutex<Shard>>,
    hasher: RandomState,
    /// Entries in all shards together, expired ones that are not yet forgotten included.
    held: AtomicUsize,
    limit: usize,
    rates: RateTable,
    clock: Arc<dyn Clock>,
    start: Timestamp,
}

impl MemoryStore {
    /// An empty store that holds at most `limit` live ids. More than 2³² − 1 are never held.
    pub fn new(limit: usize, clock: Arc<dyn Clock>) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::new(Shard::new())).collect(),
            hasher: RandomState::new(),
            held: AtomicUsize::new(0),
            limit: limit.min(u32::MAX as usize),
            rates: RateTable::new(RATES),
            start: clock.now(),
            clock,
        }
    }

    fn shard(&self, hash: u64) -> MutexGuard<'_, Shard> {
        // Why these bits: the shard's own table goes by the lowest and the highest.
        lock(&self.shards[(hash >> 40) as usize % SHARDS])
    }

    /// The claim's outcome, or nothing if there is no room for one more id.
    fn try_claim(&self, id: SpentId, ttl: Duration) -> Option<Claim> {
        let hash = self.hasher.hash_one(id);
        let mut shard = self.shard(hash);
        // Why here: under the lock, no claim of this shard sees an earlier time than one before it did.
        let now = self.clock.now();
        self.forget(&mut shard, now, FORGET_PER_CLAIM);
        if shard.holds(hash, id, self.tick(now)) {
            return Some(Claim::Spent);
        }
        self.held
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |held| {
                (held < self.limit).then_some(held + 1)
            })
            .ok()?;
        let leaves = self.tick(now.saturating_add(ttl)).saturating_add(1);
        shard.insert(&self.hasher, hash, id, leaves);
        Some(Claim::First)
    }

    fn forget_all_expired(&self) {
        for shard in &self.shards {
            self.forget(&mut lock(shard), self.clock.now(), usize::MAX);
        }
    }

    fn forget(&self, shard: &mut Shard, now: Timestamp, at_most: usize) {
        let forgotten = shard.forget(&self.hasher, self.tick(now), at_most);
        self.held.fetch_sub(forgotten, Ordering::Relaxed);
    }

    /// Whole seconds since the store was made. The last one, after 136 years, never comes.
    fn tick(&self, at: Timestamp) -> u32 {
        let seconds = at.saturating_since(self.start).as_secs();
        u32::try_from(seconds).unwrap_or(u32::MAX).min(u32::MAX - 1)
    }
}

/// Why poison is passed over: a thread that panicked held no shard half-changed, and a store that answers is
/// better than one that takes every later claim down.
fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store for MemoryStore {
    async fn claim(&self, id: SpentId, ttl: Duration) -> Result<Claim, StoreError> {
        if let Some(claim) = self.try_claim(id, ttl) {
            return Ok(claim);
        }
        self.forget_all_expired();
        self.try_claim(id, ttl)
            .ok_or(StoreError::Full { limit: self.limit })
    }

    async fn is_spent(&self, id: SpentId) -> Result<bool, StoreError> {
        let hash = self.hasher.hash_one(id);
        let shard = self.shard(hash);
        Ok(shard.holds(hash, id, self.tick(self.clock.now())))
    }

    async fn step(&self, key: RateKey, quota: Quota) -> Result<Rate, StoreError> {
        Ok(self
            .rates
            .step(key, quota, || gcra::micros(self.clock.now())))
    }

    async fn ready(&self) -> Result<(), StoreError> {
        if self.held.load(Ordering::Relaxed) >= self.limit {
            self.forget_all_expired();
            if self.held.load(Ordering::Relaxed) >= self.limit {
                return Err(StoreError::Full { limit: self.limit });
            }
        }
        Ok(())
    }
}
