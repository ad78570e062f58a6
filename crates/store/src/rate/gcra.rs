//! The limiter itself, without a clock and without a place to keep its state.

use std::time::Duration;

use super::{Quota, Rate};
use crate::Timestamp;

/// A moment in microseconds since the Unix epoch. Below 2⁵³ until the year 2255, so that Lua's numbers hold it too.
pub(crate) type Micros = u64;

pub(crate) fn micros(at: Timestamp) -> Micros {
    at.as_millis().saturating_mul(1000)
}

/// Takes a step at `now` from the quota of a key that is whole again at `whole_at`; a key that is not known is whole
/// now, or ever since.
///
/// Returns what became of it, and when the quota is whole again from then on: what must be kept, until that moment.
/// After [`Rate::Over`] that is what was kept already, and need not be written.
pub(crate) fn step(quota: Quota, whole_at: Option<Micros>, now: Micros) -> (Rate, Micros) {
    let (interval, window) = (quota.interval_micros(), quota.window_micros());
    let whole_at = whole_at
        .unwrap_or(now)
        .max(now)
        // Why: a clock that went back, or a quota that was made smaller, locks nobody out for longer than its window.
        .min(now.saturating_add(window));
    let next = whole_at.saturating_add(interval);
    let rate = rate(quota, next - now);
    match rate {
        Rate::Within { .. } => (rate, next),
        Rate::Over { .. } => (rate, whole_at),
    }
}

/// What became of a step with which so many microseconds of the `quota`'s window are `used`.
pub(crate) fn rate(quota: Quota, used: Micros) -> Rate {
    let Some(left) = quota.window_micros().checked_sub(used) else {
        let retry_after = Duration::from_micros(used - quota.window_micros());
        return Rate::Over { retry_after };
    };
    Rate::Within {
        // Why it fits: it is less than the burst, which does.
        remaining: u32::try_from(left / quota.interval_micros()).unwrap_or(u32::MAX),
        full_after: Duration::from_micros(used),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Micros = 1_700_000_000_000_000;

    fn quota(count: u32, period: Duration) -> Quota {
        Quota::new(count, period).unwrap()
    }

    #[test]
    fn a_quota_is_taken_at_once_and_grows_back_one_by_one() {
        let quota = quota(3, Duration::from_secs(6));
        let mut whole_at = None;
        for left in [2, 1, 0] {
            let (rate, next) = step(quota, whole_at, NOW);
            assert!(matches!(rate, Rate::Within { remaining, .. } if remaining == left));
            whole_at = Some(next);
        }
        let (rate, next) = step(quota, whole_at, NOW);
        let retry_after = Duration::from_secs(2);
        assert_eq!(rate, Rate::Over { retry_after });
        assert_eq!(Some(next), whole_at);
        assert!(matches!(
            step(quota, whole_at, NOW + 1_999_999).0,
            Rate::Over { .. }
        ));
        let (rate, _) = step(quota, whole_at, NOW + 2_000_000);
        let full_after = Duration::from_secs(6);
        assert_eq!(
            rate,
            Rate::Within {
                remaining: 0,
                full_after
            }
        );
    }

    #[test]
    fn a_clock_that_goes_back_locks_nobody_out_for_longer_than_the_window() {
        let quota = quota(2, Duration::from_secs(2));
        let (rate, next) = step(quota, Some(NOW + 3_600_000_000), NOW);
        assert_eq!(
            rate,
            Rate::Over {
                retry_after: Duration::from_secs(1)
            }
        );
        assert_eq!(next, NOW + 2_000_000);
    }

    proptest! {
        /// Whatever the pace, no window of time sees more than the burst and what grows back in it.
        #[test]
        fn no_more_pass_than_the_quota_says(
            count in 1_u32..50,
            period in 1_u64..100_000,
            waits in prop::collection::vec(0_u64..5_000, 1..300),
        ) {
            let quota = quota(count, Duration::from_micros(period * u64::from(count)));
            let (mut now, mut whole_at, mut passed) = (NOW, None, Vec::new());
            for wait in waits {
                now += wait;
                let (rate, next) = step(quota, whole_at, now);
                match rate {
                    Rate::Within { .. } => { passed.push(now); whole_at = Some(next); }
                    Rate::Over { retry_after } => {
                        let wait = retry_after.as_micros() as u64;
                        prop_assert!(wait >= 1);
                        let over = matches!(step(quota, whole_at, now + wait - 1).0, Rate::Over { .. });
                        let within = matches!(step(quota, whole_at, now + wait).0, Rate::Within { .. });
                        prop_assert!(over && within);
                    }
                }
            }
            for (from, &start) in passed.iter().enumerate() {
                for (to, &end) in passed.iter().enumerate().skip(from) {
                    let most = u64::from(count) + (end - start) / period;
                    prop_assert!(((to - from) as u64) < most);
                }
            }
        }
    }
}
