//! Who came too often, and who was counted without the store.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

use crate::rate_limits::{By, Operation};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Refusal {
    operation: &'static str,
    by: &'static str,
}

impl Refusal {
    const fn new(operation: Operation, by: By) -> Self {
        Self {
            operation: operation.as_str(),
            by: by.as_str(),
        }
    }
}

#[derive(Debug)]
pub(super) struct RateLimitMetrics {
    refused: Family<Refusal, Counter>,
    fallbacks: Counter,
}

impl RateLimitMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            refused: Family::default(),
            fallbacks: Counter::default(),
        };
        // Why: an alert cannot see the first of something that was not there before.
        for operation in Operation::ALL {
            for by in By::ALL {
                drop(metrics.refused.get_or_create(&Refusal::new(operation, by)));
            }
        }
        registry.register(
            "rate_limited",
            "Requests refused as there were too many, by what they asked for and who shares the quota",
            metrics.refused.clone(),
        );
        registry.register(
            "rate_limit_fallbacks",
            "Steps of rate limits that this process's own counters decided, as the store could not",
            metrics.fallbacks.clone(),
        );
        metrics
    }

    pub(super) fn refused(&self, operation: Operation, by: By) {
        self.refused
            .get_or_create(&Refusal::new(operation, by))
            .inc();
    }

    pub(super) fn on_fallback(&self) -> impl Fn() + Send + Sync + use<> {
        let fallbacks = self.fallbacks.clone();
        move || {
            fallbacks.inc();
        }
    }
}
