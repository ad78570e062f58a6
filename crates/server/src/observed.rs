//! A store that is watched: what it takes, and where it fails.

use std::time::{Duration, Instant};

use cattlegrid::store::rate::{Quota, Rate, RateKey};
use cattlegrid::store::{Claim, SpentId, Store, StoreError};

use tracing::Instrument;

use crate::metrics::{Operation, StoreMetrics};
use crate::seldom::Seldom;
use crate::traces;

/// The store, each of whose steps is timed, and counted and logged where it fails.
pub struct Observed<S> {
    store: S,
    metrics: StoreMetrics,
    log: Seldom,
}

impl<S: Store> Observed<S> {
    /// What `store` does is counted by `metrics`.
    pub fn new(store: S, metrics: StoreMetrics) -> Self {
        Self {
            store,
            metrics,
            log: Seldom::new(),
        }
    }

    async fn ask<T>(
        &self,
        operation: Operation,
        step: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let started = Instant::now();
        let span = traces::store(operation);
        let said = step.instrument(span.clone()).await;
        let error = said.as_ref().err();
        self.metrics.asked(operation, started.elapsed(), error);
        if let Some(error) = error {
            traces::failed(&span);
            // Why seldom: a store that is gone fails every request.
            if let Some(unsaid) = self.log.again() {
                let operation = operation.as_str();
                tracing::error!(operation, unsaid, %error, "the store cannot decide");
            }
        }
        said
    }
}

impl<S: Store> Store for Observed<S> {
    async fn claim(&self, id: SpentId, ttl: Duration) -> Result<Claim, StoreError> {
        self.ask(Operation::Claim, self.store.claim(id, ttl)).await
    }

    async fn is_spent(&self, id: SpentId) -> Result<bool, StoreError> {
        self.ask(Operation::Look, self.store.is_spent(id)).await
    }

    async fn step(&self, key: RateKey, quota: Quota) -> Result<Rate, StoreError> {
        self.ask(Operation::Step, self.store.step(key, quota)).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.ask(Operation::Ready, self.store.ready()).await
    }
}
