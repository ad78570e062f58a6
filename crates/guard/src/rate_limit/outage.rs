//! A store that cannot decide, and when to ask it again.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use cattlegrid_store::{StoreError, Timestamp};

/// How long a store that has failed is left alone.
const PAUSE: Duration = Duration::from_secs(1);
const NONE: u64 = 0;

/// Whether the store has failed, and if so from when on one request may ask it again, in milliseconds.
#[derive(Debug)]
pub(super) struct Outage(AtomicU64);

impl Outage {
    pub(super) const fn new() -> Self {
        Self(AtomicU64::new(NONE))
    }

    /// Whether the store may be asked: by anybody while it answers, else by one after each pause.
    pub(super) fn may_ask(&self, now: Timestamp) -> bool {
        let again_at = self.0.load(Ordering::Relaxed);
        if again_at == NONE {
            return true;
        }
        let exchange = |then| {
            self.0
                .compare_exchange(again_at, then, Ordering::Relaxed, Ordering::Relaxed)
        };
        again_at <= now.as_millis() && exchange(after_a_pause(now)).is_ok()
    }

    /// The store has failed.
    pub(super) fn goes_on(&self, now: Timestamp, error: &StoreError) {
        if self.0.swap(after_a_pause(now), Ordering::Relaxed) == NONE {
            tracing::warn!(%error, "the store cannot decide; rate limits go by this process's own counters until it can");
        }
    }

    /// The store has answered.
    pub(super) fn ended(&self) {
        // Why two steps: nearly always there is nothing to write, and all threads would write it.
        if self.0.load(Ordering::Relaxed) != NONE && self.0.swap(NONE, Ordering::Relaxed) != NONE {
            tracing::info!("the store decides again; rate limits go by it");
        }
    }
}

fn after_a_pause(now: Timestamp) -> u64 {
    now.saturating_add(PAUSE).as_millis()
}
