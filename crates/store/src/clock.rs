//! The time, as an argument.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A moment in milliseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The moment `millis` milliseconds after the Unix epoch.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// The moment in RFC 3339, UTC, to the millisecond. What is beyond the year 9999 is its end.
    pub fn to_rfc3339(self) -> String {
        let millis = i64::try_from(self.0).unwrap_or(i64::MAX);
        let moment = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::MAX);
        format!("{moment:.3}")
    }

    /// The moment `by` later, rounded up to a whole millisecond; the last representable moment if that
    /// overflows.
    #[must_use]
    pub fn saturating_add(self, by: Duration) -> Self {
        let millis = by.as_nanos().div_ceil(1_000_000);
        Self(
            self.0
                .saturating_add(u64::try_from(millis).unwrap_or(u64::MAX)),
        )
    }

    /// The moment `by` earlier, rounded down to a whole millisecond; the epoch if that is later.
    #[must_use]
    pub fn saturating_sub(self, by: Duration) -> Self {
        let millis = by.as_nanos().div_ceil(1_000_000);
        Self(
            self.0
                .saturating_sub(u64::try_from(millis).unwrap_or(u64::MAX)),
        )
    }

    /// How long from `earlier` until this moment; zero if `earlier` is not earlier.
    #[must_use]
    pub fn saturating_since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

/// Where the engine and its stores get the time from.
///
/// A clock never goes back. If it did, a key whose id a store has already forgotten would be fresh again.
pub trait Clock: Send + Sync + 'static {
    /// The time now; never earlier than what it returned before.
    fn now(&self) -> Timestamp;

    /// From here on, never returns a time before `floor`.
    ///
    /// A store that outlives the process calls this with the last time it knows of, so that a machine whose
    /// clock was set back over a restart does not revive what the store has swept.
    fn advance_to(&self, floor: Timestamp);
}

/// The machine's wall clock, made to go forward only.
///
/// When the wall clock is set back, this one goes on at the pace of the monotonic clock from where it was.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
    /// The largest (wall − monotonic) seen, in milliseconds.
    offset: AtomicI64,
}

impl SystemClock {
    /// A clock that starts at the machine's wall clock.
    pub fn new() -> Self {
        Self {
            started: Instant::now(),
            offset: AtomicI64::new(0),
        }
    }

    fn elapsed(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_millis()).unwrap_or(i64::MAX)
    }

    fn at_least(&self, wall: i64) -> Timestamp {
        let elapsed = self.elapsed();
        let seen = wall.saturating_sub(elapsed);
        let offset = self.offset.fetch_max(seen, Ordering::Relaxed).max(seen);
        Timestamp(u64::try_from(offset.saturating_add(elapsed)).unwrap_or(0))
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        // Why: a wall clock before 1970 is as good as none; the floor, or zero, holds then.
        let wall = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| {
                i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
            });
        self.at_least(wall)
    }

    fn advance_to(&self, floor: Timestamp) {
        self.at_least(i64::try_from(floor.0).unwrap_or(i64::MAX));
    }
}

/// A clock that a test moves by hand.
#[derive(Debug)]
pub struct ManualClock(AtomicU64);

impl ManualClock {
    /// A clock that stands at `now`.
    pub const fn new(now: Timestamp) -> Self {
        Self(AtomicU64::new(now.0))
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        self.advance_to(self.now().saturating_add(by));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }

    fn advance_to(&self, floor: Timestamp) {
        self.0.fetch_max(floor.0, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_in_utc_to_the_millisecond() {
        assert_eq!(
            Timestamp::from_millis(1_700_000_000_000).to_rfc3339(),
            "2023-11-14T22:13:20.000Z"
        );
        let last = Timestamp::from_millis(u64::MAX).to_rfc3339();
        assert!(last.starts_with("9999-"));
    }

    #[test]
    fn a_wall_clock_that_steps_back_does_not_take_this_one_along() {
        let clock = SystemClock::new();
        let ahead = clock.now().saturating_add(Duration::from_secs(3600));
        clock.advance_to(ahead);
        let next = clock.now();
        assert!(next >= ahead);
        assert!(next < ahead.saturating_add(Duration::from_secs(60)));
    }

    #[test]
    fn it_follows_the_wall_clock() {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let now = SystemClock::new().now();
        assert!(now.as_millis().abs_diff(wall.as_millis() as u64) < 5_000);
    }
}
