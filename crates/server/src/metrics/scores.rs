//! What scores right answers have, and why.

use cattlegrid::{Reason, Score};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::{Histogram, linear_buckets};
use prometheus_client::registry::Registry;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Why {
    reason: &'static str,
}

impl Why {
    const fn of(reason: Reason) -> Self {
        Self {
            reason: reason.as_str(),
        }
    }
}

#[derive(Debug)]
pub(super) struct ScoreMetrics {
    scores: Histogram,
    reasons: Family<Why, Counter>,
}

impl ScoreMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            // 0 to 0.9; what is above has no bucket of its own
            scores: Histogram::new(linear_buckets(0.0, 0.1, 10)),
            reasons: Family::default(),
        };
        registry.register("score", "Scores of right answers", metrics.scores.clone());
        registry.register(
            "score_reasons",
            "Right answers whose score is lower for a reason, by reason",
            metrics.reasons.clone(),
        );
        metrics
    }

    pub(super) fn observe(&self, score: Score) {
        self.scores.observe(f64::from(score.hundredths()) / 100.0);
        for reason in score.reasons() {
            self.reasons.get_or_create(&Why::of(reason)).inc();
        }
    }
}
