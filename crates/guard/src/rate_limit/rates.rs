//! What all limiters of a process share.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cattlegrid_store::memory::MemoryStore;
use cattlegrid_store::{Clock, Quota, Rate, RateKey, Store};

use super::outage::Outage;
use super::refusals::Refusals;

/// Whoever is refused for want of any answer tries again after this.
const LATER: Duration = Duration::from_secs(1);

/// The rates in a store, with this process's memory in front of it and its own counters behind it.
///
/// It outlives the limiters on it: a process has one, however often its limits change. The memory is of at most 65,536
/// refusals, the counters are of at most 131,072 keys.
pub struct Rates<S> {
    store: S,
    clock: Arc<dyn Clock>,
    refusals: Refusals,
    outage: Outage,
    own: MemoryStore,
    on_fallback: Box<dyn Fn() + Send + Sync>,
}

impl<S> fmt::Debug for Rates<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rates").finish_non_exhaustive()
    }
}

impl<S: Store> Rates<S> {
    /// The rates in `store`.
    pub fn new(store: S, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            refusals: Refusals::new(),
            outage: Outage::new(),
            // Why none: it is asked for rates alone.
            own: MemoryStore::new(0, Arc::clone(&clock)),
            clock,
            on_fallback: Box::new(|| {}),
        }
    }

    /// The same; `on_fallback` is called for each step that this process's own counters decide.
    #[must_use]
    pub fn on_fallback(self, on_fallback: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            on_fallback: Box::new(on_fallback),
            ..self
        }
    }

    pub(super) async fn step(&self, key: RateKey, quota: Quota) -> Rate {
        let now = self.clock.now();
        if let Some(retry_after) = self.refusals.recall(key, quota, now) {
            return Rate::Over { retry_after };
        }
        if self.outage.may_ask(now) {
            match self.store.step(key, quota).await {
                Ok(rate) => {
                    self.outage.ended();
                    if let Rate::Over { retry_after } = rate {
                        // Why from then: counted from before the store was asked, it never ends after the store's.
                        self.refusals.remember(key, quota, now, retry_after);
                    }
                    return rate;
                }
                Err(error) => self.outage.goes_on(self.clock.now(), &error),
            }
        }
        (self.on_fallback)();
        // Why: memory decides always; if it did not, nobody would be let through.
        let own = self.own.step(key, quota).await;
        own.unwrap_or(Rate::Over { retry_after: LATER })
    }
}
