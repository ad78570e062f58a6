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

/// Why the store could not decide.
#[derive(Clone, Copy, Debug)]
enum Reason {
    Full,
    Unavailable,
    Other,
}

impl Reason {
    const ALL: [Self; 3] = [Self::Full, Self::Unavailable, Self::Other];

    const fn of(error: &StoreError) -> Self {
        match error {
            StoreError::Full { .. } => Self::Full,
            StoreError::Unavailable(_) => Self::Unavailable,
            _ => Self::Other,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Unavailable => "unavailable",
            Self::Other => "other",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OperationLabel {
    operation: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ReasonLabel {
    reason: &'static str,
}

/// What the store's steps take, and where they fail. A clone counts the same.
#[derive(Clone, Debug)]
pub struct StoreMetrics {
    /// One for each [`Reason`].
    errors: [Counter; 3],
    /// One for each [`Operation`].
    latencies: [Histogram; 4],
}

impl StoreMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let errors = Family::<ReasonLabel, Counter>::default();
        let latencies = Family::<OperationLabel, Histogram>::new_with_constructor(|| {
            // 10 µs to 2.6 s
            Histogram::new(exponential_buckets(0.000_01, 4.0, 10))
        });
        registry.register(
            "store_errors",
            "Times that the store could not decide, by reason",
            errors.clone(),
        );
        registry.register(
            "store_duration_seconds",
            "Time from asking the store to what it says, by what it is asked",
            latencies.clone(),
        );
        // Why all of them now: an alert cannot see the first of something that was not there before, and a look-up for
        // each step would cost as much as the step of a store in memory.
        Self {
            errors: Reason::ALL.map(|reason| {
                let reason = reason.as_str();
                errors.get_or_create_owned(&ReasonLabel { reason })
            }),
            latencies: Operation::ALL.map(|operation| {
                let operation = operation.as_str();
                latencies.get_or_create_owned(&OperationLabel { operation })
            }),
        }
    }

    /// The store was asked.
    pub fn asked(&self, operation: Operation, took: Duration, error: Option<&StoreError>) {
        self.latencies[operation as usize].observe(took.as_secs_f64());
        if let Some(error) = error {
            self.errors[Reason::of(error) as usize].inc();
        }
    }
}
