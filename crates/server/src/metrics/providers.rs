//! What other providers' checks of tokens take, and what becomes of them.

use cattlegrid_provider::observer::{Check, Observer};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Checked {
    provider: &'static str,
    outcome: &'static str,
}

/// What other providers' checks take, by what becomes of them. A clone counts the same.
#[derive(Clone, Debug)]
pub struct ProviderMetrics {
    latencies: Family<Checked, Histogram, fn() -> Histogram>,
}

impl ProviderMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let latencies: Family<_, _, fn() -> Histogram> = Family::new_with_constructor(|| {
            // 1 ms to 66 s
            Histogram::new(exponential_buckets(0.001, 4.0, 9))
        });
        registry.register(
            "provider_duration_seconds",
            "Time that another provider's check of a token took, by provider and outcome",
            latencies.clone(),
        );
        Self { latencies }
    }
}

impl Observer for ProviderMetrics {
    fn checked(&self, check: &Check) {
        let labels = Checked {
            provider: check.provider,
            outcome: check.outcome.as_str(),
        };
        self.latencies
            .get_or_create(&labels)
            .observe(check.took.as_secs_f64());
    }
}
