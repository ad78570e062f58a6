//! When Memcached is to forget something.

use std::fmt;
use std::time::Duration;

use crate::Timestamp;

/// The longest time that Memcached takes as one: more seconds are a moment since the Unix epoch.
const LONGEST: u64 = 30 * 24 * 60 * 60;

/// An expiry as Memcached's protocol writes it: 0 for never, then seconds from now, then a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Expiry(i32);

impl Expiry {
    pub(super) const NEVER: Self = Self(0);
    /// A minute.
    pub(super) const BRIEF: Self = Self(60);

    /// At least `ttl` from `now`, and two seconds more at most. What is beyond the protocol's last moment, in January
    /// 2038, never expires.
    pub(super) fn after(ttl: Duration, now: Timestamp) -> Self {
        // Why one more: the server counts its own whole seconds, of which the first has begun already.
        let seconds = ttl
            .as_secs()
            .saturating_add(u64::from(ttl.subsec_nanos() > 0))
            .saturating_add(1);
        let written = if seconds <= LONGEST {
            seconds
        } else {
            now.as_millis().div_ceil(1000).saturating_add(seconds)
        };
        i32::try_from(written).map_or(Self::NEVER, Self)
    }
}

impl fmt::Display for Expiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expiry_is_never_early_and_never_wraps() {
        let now = Timestamp::from_millis(1_700_000_000_500);
        let after = |ttl| Expiry::after(ttl, now).0;
        assert_eq!(after(Duration::ZERO), 1);
        assert_eq!(after(Duration::from_millis(1)), 2);
        assert_eq!(after(Duration::from_secs(300)), 301);
        assert_eq!(after(Duration::from_secs(LONGEST - 1)), 2_592_000);
        assert_eq!(after(Duration::from_secs(LONGEST)), 1_702_592_002);
        assert_eq!(after(Duration::from_secs(500_000_000)), 0);
        assert_eq!(after(Duration::MAX), 0);
    }
}
