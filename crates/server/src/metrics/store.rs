//! What the store's steps take, and where they fail.

use std::time::Duration;

use cattlegrid::store::StoreError;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// What the store is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// To spend an id.
    Claim,
    /// Whether an id is spent.
    Look,
    /// To take a step of a rate limiter.
    Step,
    /// Whether a claim would be decided now.
    Ready,
}

impl Operation {
    const ALL: [Self; 4] = [Self::Claim, Self::Look, Self::Step, Self::Ready];

    /// The name, in metrics, traces and the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::Look => "look",
            Self::Step => "step",
            Self::Ready => "ready",
        }
    }

    /// The name of its spans.
    pub(crate) const fn span(self) -> &'static str {
        match self {
            Self::Claim => "store claim",
            Self::Look => "store look",
            Self::Step => "store step",
            Self::Ready => "store ready",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabel {
    operation: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Reason {
    reason: &'static str,
}

/// The reasons that a store has for not deciding.
const REASONS: [&str; 3] = ["full", "unavailable", "other"];

const fn reason(error: &StoreError) -> &'static str {
    let [full, unavailable, other] = REASONS;
    match error {
        StoreError::Full { .. } => full,
        StoreError::Unavailable(_) => unavailable,
        _ => other,
    }
}

/// What the store's steps take, and where they fail. A clone counts the same.
#[derive(Clone, Debug)]
pub struct StoreMetrics {
    errors: Family<Reason, Counter>,
    latencies: Family<OperationLabel, Histogram, fn() -> Histogram>,
}

impl StoreMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            errors: Family::default(),
            latencies: Family::new_with_constructor(|| {
                // 10 µs to 2.6 s
                Histogram::new(exponential_buckets(0.000_01, 4.0, 10))
            }),
        };
        // Why: an alert cannot see the first of something that was not there before.
        for reason in REASONS {
            drop(metrics.errors.get_or_create(&Reason { reason }));
        }
        for operation in Operation::ALL.map(Operation::as_str) {
            drop(
                metrics
                    .latencies
                    .get_or_create(&OperationLabel { operation }),
            );
        }
        registry.register(
            "store_errors",
            "Times that the store could not decide, by reason",
            metrics.errors.clone(),
        );
        registry.register(
            "store_duration_seconds",
            "Time from asking the store to what it says, by what it is asked",
            metrics.latencies.clone(),
        );
        metrics
    }

    /// The store was asked.
    pub fn asked(&self, operation: Operation, took: Duration, error: Option<&StoreError>) {
        let operation = operation.as_str();
        self.latencies
            .get_or_create(&OperationLabel { operation })
            .observe(took.as_secs_f64());
        if let Some(error) = error {
            let reason = reason(error);
            self.errors.get_or_create(&Reason { reason }).inc();
        }
    }
}
