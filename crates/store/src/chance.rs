//! Chance, for what nothing depends on but that others are unlikely to do the same. Never for secrets.

#![cfg_attr(
    not(all(
        feature = "redis",
        feature = "postgres",
        feature = "mysql",
        feature = "memcached"
    )),
    allow(dead_code, reason = "each store takes of this what it needs")
)]

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// A number that is hardly ever the same.
pub(crate) fn random() -> u64 {
    // Why this: it is the standard library's only source of chance, and of every state the next has other keys.
    RandomState::new().build_hasher().finish()
}

/// A part of `most`.
pub(crate) fn jitter(most: Duration) -> Duration {
    most.mul_f64(random() as f64 / u64::MAX as f64)
}

/// How long to leave a server alone that has failed, and had failed this often before: twice as long each time, from
/// `first` to `longest`, less up to a half, so that nodes which lost it together do not come back together.
pub(crate) fn pause(failures: u32, first: Duration, longest: Duration) -> Duration {
    let pause = first.saturating_mul(1 << failures.min(16)).min(longest);
    pause / 2 + jitter(pause / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_differ() {
        let (first, longest) = (Duration::from_millis(50), Duration::from_secs(1));
        for failures in [0, 1, 2, 5, 100, u32::MAX] {
            let most = first.saturating_mul(1 << failures.min(16)).min(longest);
            for _ in 0..100 {
                let pause = pause(failures, first, longest);
                assert!(pause >= most / 2 && pause <= most, "{failures}: {pause:?}");
            }
        }
        assert_ne!(pause(9, first, longest), pause(9, first, longest));
    }
}
