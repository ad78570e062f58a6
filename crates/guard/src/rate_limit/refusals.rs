//! Who is known to be over their quota, and until when.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use cattlegrid_store::{Quota, RateKey, Timestamp};
use lru::LruCache;

const SHARDS: usize = 16;
const MOST_PER_SHARD: usize = 4096;

/// How many that are over a new one clears away: more than it adds.
const FORGET_EACH_TIME: usize = 2;

/// Refusals of a store that still hold. At the bound it forgets the oldest, whom the store then refuses itself.
pub(super) struct Refusals {
    shards: Vec<Mutex<LruCache<RateKey, Refused>>>,
    hasher: RandomState,
}

#[derive(Clone, Copy)]
struct Refused {
    quota: Quota,
    until: Timestamp,
}

impl Refusals {
    pub(super) fn new() -> Self {
        Self {
            // Why unbounded: a bounded one takes all of its memory at once.
            shards: (0..SHARDS)
                .map(|_| Mutex::new(LruCache::unbounded()))
                .collect(),
            hasher: RandomState::new(),
        }
    }

    /// For how much longer a step of the key is refused.
    pub(super) fn recall(&self, key: RateKey, quota: Quota, now: Timestamp) -> Option<Duration> {
        let refused = self.with(key, |shard| shard.peek(&key).copied())?;
        // Why the quota: a limit that was changed may have room where it had none.
        let holds = refused.quota == quota && now < refused.until;
        holds.then(|| refused.until.saturating_since(now))
    }

    /// A step of the key at `now` was refused, and would be for as long as this.
    pub(super) fn remember(
        &self,
        key: RateKey,
        quota: Quota,
        now: Timestamp,
        retry_after: Duration,
    ) {
        // Why rounded down: what is refused here must be what the store would refuse.
        let millis = u64::try_from(retry_after.as_millis()).unwrap_or(u64::MAX);
        let until = Timestamp::from_millis(now.as_millis().saturating_add(millis));
        if until <= now {
            return;
        }
        self.with(key, |shard| {
            shard.put(key, Refused { quota, until });
            for _ in 0..FORGET_EACH_TIME {
                let is_full = shard.len() > MOST_PER_SHARD;
                let goes = |(_, oldest): (&_, &Refused)| is_full || oldest.until <= now;
                if !shard.peek_lru().is_some_and(goes) {
                    break;
                }
                shard.pop_lru();
            }
        });
    }

    fn with<T>(&self, key: RateKey, work: impl FnOnce(&mut LruCache<RateKey, Refused>) -> T) -> T {
        let hash = self.hasher.hash_one(key);
        // Why poison is passed over: an entry is whole at any time.
        let shard = self.shards[hash as usize % SHARDS].lock();
        work(&mut shard.unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn key(n: u128) -> RateKey {
        RateKey::from_bytes(n.to_be_bytes())
    }

    #[test]
    fn it_holds_no_more_than_its_bound_and_forgets_the_oldest() {
        let refusals = Refusals::new();
        let quota = Quota::new(1, SECOND).unwrap();
        let now = Timestamp::from_millis(1);
        let most = (SHARDS * MOST_PER_SHARD) as u128;
        for n in 0..2 * most {
            refusals.remember(key(n), quota, now, SECOND);
        }
        let held: usize = refusals
            .shards
            .iter()
            .map(|shard| shard.lock().unwrap().len())
            .sum();
        assert_eq!(held as u128, most);
        assert_eq!(refusals.recall(key(0), quota, now), None);
        assert_eq!(refusals.recall(key(2 * most - 1), quota, now), Some(SECOND));
    }

    #[test]
    fn what_is_over_is_forgotten() {
        let refusals = Refusals::new();
        let quota = Quota::new(1, SECOND).unwrap();
        for n in 0..10_000 {
            refusals.remember(
                key(n),
                quota,
                Timestamp::from_millis(n as u64 * 2000),
                SECOND,
            );
        }
        let held: usize = refusals
            .shards
            .iter()
            .map(|shard| shard.lock().unwrap().len())
            .sum();
        assert!(held <= 2 * SHARDS, "{held}");
    }

    #[test]
    fn another_quota_is_another_matter() {
        let refusals = Refusals::new();
        let now = Timestamp::from_millis(1);
        let (small, large) = (
            Quota::new(1, SECOND).unwrap(),
            Quota::new(2, SECOND).unwrap(),
        );
        refusals.remember(key(1), small, now, SECOND);
        assert_eq!(refusals.recall(key(1), large, now), None);
        assert_eq!(
            refusals.recall(key(1), small, Timestamp::from_millis(1000)),
            Some(Duration::from_millis(1))
        );
        assert_eq!(
            refusals.recall(key(1), small, Timestamp::from_millis(1001)),
            None
        );
    }
}
