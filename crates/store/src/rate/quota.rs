//! How many, and how fast they grow back.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The longest time in which a quota may become whole again.
const LONGEST: Duration = Duration::from_secs(31 * 24 * 60 * 60);

/// So many steps at once, and one more each so often.
///
/// Written as a count, a slash and a length of time: `30/1m` (or `30/m`) is thirty at once, and one more every two
/// seconds. `30/1m burst 5` grows back as fast, but gives five at once at most.
///
/// ```
/// use std::time::Duration;
/// use cattlegrid_store::Quota;
///
/// let quota: Quota = "30/m burst 5".parse()?;
/// assert_eq!(quota.burst(), 5);
/// assert_eq!(quota.interval(), Duration::from_secs(2));
/// assert_eq!(quota.window(), Duration::from_secs(10));
/// assert_eq!(quota.to_string(), "5/10s");
/// # Ok::<(), cattlegrid_store::QuotaError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Quota {
    burst: u32,
    /// Whole microseconds; at least one.
    interval: u64,
}

/// Why there is no such quota.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QuotaError {
    /// The text is not written as a quota is.
    #[error(
        "`{given}` is no quota; write a count, a slash and a length of time, such as `30/1m` or `30/1m burst 5`"
    )]
    Syntax {
        /// The text.
        given: String,
    },
    /// A quota of nothing, one of more than a step a microsecond, or one that takes longer than 31 days to be whole.
    #[error(
        "a quota is of 1 to 4294967295 steps, at most one a microsecond, and is whole again within 31 days"
    )]
    Range,
}

impl Quota {
    /// `count` steps at once, which grow back evenly over `period`.
    ///
    /// # Errors
    /// [`QuotaError::Range`].
    pub fn new(count: u32, period: Duration) -> Result<Self, QuotaError> {
        // Why rounded up: a quota gives never more than it says.
        let interval = period.as_micros().div_ceil(u128::from(count.max(1)));
        let interval = u64::try_from(interval).map_err(|_| QuotaError::Range)?;
        Self {
            burst: count,
            interval,
        }
        .checked()
    }

    /// The same pace, with at most `burst` steps at once.
    ///
    /// # Errors
    /// [`QuotaError::Range`].
    pub fn with_burst(self, burst: u32) -> Result<Self, QuotaError> {
        Self { burst, ..self }.checked()
    }

    fn checked(self) -> Result<Self, QuotaError> {
        let window = u128::from(self.interval) * u128::from(self.burst);
        if (1..=LONGEST.as_micros()).contains(&window) {
            Ok(self)
        } else {
            Err(QuotaError::Range)
        }
    }

    /// The most steps at once.
    pub const fn burst(self) -> u32 {
        self.burst
    }

    /// How long until one step more.
    pub const fn interval(self) -> Duration {
        Duration::from_micros(self.interval)
    }

    /// How long until a quota of which nothing is left is whole again.
    pub const fn window(self) -> Duration {
        Duration::from_micros(self.window_micros())
    }

    pub(crate) const fn interval_micros(self) -> u64 {
        self.interval
    }

    pub(crate) const fn window_micros(self) -> u64 {
        self.interval * self.burst as u64
    }
}

impl FromStr for Quota {
    type Err = QuotaError;

    fn from_str(text: &str) -> Result<Self, QuotaError> {
        let syntax = || QuotaError::Syntax {
            given: text.to_owned(),
        };
        let (rate, burst) = match text.split_once("burst") {
            Some((rate, burst)) => (rate, Some(burst)),
            None => (text, None),
        };
        let (count, period) = rate.split_once('/').ok_or_else(syntax)?;
        let count = count.trim().parse().map_err(|_| syntax())?;
        let quota = Self::new(count, span(period.trim()).ok_or_else(syntax)?)?;
        match burst {
            Some(burst) => quota.with_burst(burst.trim().parse().map_err(|_| syntax())?),
            None => Ok(quota),
        }
    }
}

/// A length of time; without a number, one of the unit.
fn span(text: &str) -> Option<Duration> {
    let text = match text.bytes().next()? {
        b'0'..=b'9' => text.to_owned(),
        _ => format!("1{text}"),
    };
    let span: jiff::SignedDuration = text.parse().ok()?;
    Duration::try_from(span).ok()
}

impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |period: Duration| {
            jiff::SignedDuration::try_from(period)
                .map_or_else(|_| format!("{period:?}"), |span| format!("{span:#}"))
        };
        if self.window().subsec_nanos() == 0 {
            write!(f, "{}/{}", self.burst, whole(self.window()))
        } else {
            write!(f, "1/{} burst {}", whole(self.interval()), self.burst)
        }
    }
}
