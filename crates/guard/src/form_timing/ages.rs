//! How old a form may be.

use std::time::Duration;

use cattlegrid::CLOCK_SKEW;
use cattlegrid_store::Timestamp;

use crate::{Error, Refusal};

/// The least and the greatest age of a form that is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ages {
    least: Duration,
    greatest: Duration,
}

impl Ages {
    /// The greatest age that can be asked for, 30 days: a store remembers for as long which stamps are spent.
    pub const MAX: Duration = Duration::from_secs(30 * 24 * 3600);

    /// From `least` to `greatest`, both of them included.
    ///
    /// # Errors
    /// [`Error::Ages`] unless the least is less than the greatest, and that is at most [`Ages::MAX`].
    pub fn new(least: Duration, greatest: Duration) -> Result<Self, Error> {
        if least < greatest && greatest <= Self::MAX {
            Ok(Self { least, greatest })
        } else {
            Err(Error::Ages)
        }
    }

    /// The least age.
    pub const fn least(&self) -> Duration {
        self.least
    }

    /// The greatest age.
    pub const fn greatest(&self) -> Duration {
        self.greatest
    }

    /// For how long a form that was made then has to be remembered, if it may be sent now.
    pub(super) fn judge(&self, made_at: Timestamp, now: Timestamp) -> Result<Duration, Refusal> {
        if made_at > now.saturating_add(CLOCK_SKEW) {
            return Err(Refusal::UnknownStamp);
        }
        let age = now.saturating_since(made_at);
        if age < self.least {
            return Err(Refusal::TooEarly);
        }
        if age > self.greatest {
            return Err(Refusal::ExpiredStamp);
        }
        let last = made_at.saturating_add(self.greatest);
        // Why longer: by another node's clock it may be sent for that much longer.
        Ok(last.saturating_since(now).saturating_add(CLOCK_SKEW))
    }
}

impl Default for Ages {
    /// From two seconds to a day.
    fn default() -> Self {
        Self {
            least: Duration::from_secs(2),
            greatest: Duration::from_secs(24 * 3600),
        }
    }
}
