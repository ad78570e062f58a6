//! Rates in this process's memory, at most so many.

use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use lru::LruCache;

use super::gcra::{self, Micros};
use super::{Quota, Rate, RateKey};

const SHARDS: usize = 16;

/// How many whole keys a step clears away: more than it adds.
const FORGET_PER_STEP: usize = 2;

/// For each key when its quota is whole again. At the bound it forgets whom it has not seen for longest: whoever
/// comes from ever new addresses wins nothing by it but what each new address has anyway.
pub(crate) struct RateTable {
    shards: Vec<Mutex<LruCache<RateKey, Micros>>>,
    hasher: RandomState,
    limit_per_shard: usize,
}

impl RateTable {
    /// An empty table of at most about `limit` keys.
    pub(crate) fn new(limit: NonZeroUsize) -> Self {
        Self {
            // Why unbounded: a bounded one takes all of its memory at once.
            shards: (0..SHARDS)
                .map(|_| Mutex::new(LruCache::unbounded()))
                .collect(),
            hasher: RandomState::new(),
            limit_per_shard: limit.get().div_ceil(SHARDS),
        }
    }

    pub(crate) fn step(&self, key: RateKey, quota: Quota, now: impl FnOnce() -> Micros) -> Rate {
        let hash = self.hasher.hash_one(key);
        let shard = &self.shards[hash as usize % SHARDS];
        // Why poison is passed over: a step changes one entry, which is whole at any time.
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        let now = now();
        let (rate, whole_at) = gcra::step(quota, shard.get(&key).copied(), now);
        if let Rate::Within { .. } = rate {
            shard.put(key, whole_at);
        }
        for _ in 0..FORGET_PER_STEP {
            let is_full = shard.len() > self.limit_per_shard;
            if !shard
                .peek_lru()
                .is_some_and(|(_, &whole_at)| is_full || whole_at <= now)
            {
                break;
            }
            shard.pop_lru();
        }
        rate
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn it_never_holds_more_than_its_bound() {
        let table = RateTable::new(NonZeroUsize::new(SHARDS * 10).unwrap());
        let quota = Quota::new(1, Duration::from_secs(60)).unwrap();
        for n in 0..10_000_u128 {
            let rate = table.step(RateKey::from_bytes(n.to_be_bytes()), quota, || 1);
            assert!(matches!(rate, Rate::Within { .. }));
        }
        let held: usize = table
            .shards
            .iter()
            .map(|shard| shard.lock().unwrap().len())
            .sum();
        assert_eq!(held, SHARDS * 10);
        let last = RateKey::from_bytes(9_999_u128.to_be_bytes());
        assert!(matches!(table.step(last, quota, || 2), Rate::Over { .. }));
    }

    #[test]
    fn what_is_whole_again_is_forgotten() {
        let table = RateTable::new(NonZeroUsize::MAX);
        let quota = Quota::new(1, Duration::from_micros(10)).unwrap();
        for n in 0..10_000_u128 {
            let _ = table.step(RateKey::from_bytes(n.to_be_bytes()), quota, || {
                n as Micros * 100
            });
        }
        let held: usize = table
            .shards
            .iter()
            .map(|shard| shard.lock().unwrap().len())
            .sum();
        assert!(held <= 2 * SHARDS, "{held}");
    }
}
