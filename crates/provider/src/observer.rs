//! What a site's metrics are made of.

use std::time::Duration;

use crate::{Error, Verification};

/// Is told of every check of a token, to count it.
///
/// It is called on the task that asked, when the check is over, so it must not block. Nothing that it is told names a
/// visitor, a token or a key.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// use cattlegrid_provider::observer::{Check, Observer, Outcome};
///
/// #[derive(Default)]
/// struct Outages(AtomicU64);
///
/// impl Observer for Outages {
///     fn checked(&self, check: &Check) {
///         if check.outcome == Outcome::Unreachable {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
/// ```
pub trait Observer: Send + Sync + 'static {
    /// A check is over.
    fn checked(&self, check: &Check);
}

/// One that does not look.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nobody;

impl Observer for Nobody {
    fn checked(&self, _: &Check) {}
}

/// A check that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Check {
    /// The provider's name.
    pub provider: &'static str,
    /// What became of it.
    pub outcome: Outcome,
    /// How long it took, with all that was waited for.
    pub took: Duration,
}

/// What becomes of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Outcome {
    /// [`Verification::Passed`].
    Passed,
    /// [`Verification::Refused`].
    Refused,
    /// [`Error::Unreachable`].
    Unreachable,
    /// [`Error::Broken`].
    Broken,
    /// [`Error::Store`].
    StoreUnavailable,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Passed,
        Self::Refused,
        Self::Unreachable,
        Self::Broken,
        Self::StoreUnavailable,
    ];

    /// What became of a check that ended so.
    pub const fn of(check: &Result<Verification, Error>) -> Self {
        match check {
            Ok(Verification::Passed(_)) => Self::Passed,
            Ok(Verification::Refused(_)) => Self::Refused,
            Err(Error::Unreachable { .. }) => Self::Unreachable,
            Err(Error::Broken { .. }) => Self::Broken,
            Err(Error::Store(_)) => Self::StoreUnavailable,
        }
    }

    /// The outcome in a word, as a label of a metric: `passed`, `refused`, or the [error's code](Error::code).
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Refused => "refused",
            Self::Unreachable => "provider-unreachable",
            Self::Broken => "provider-broken",
            Self::StoreUnavailable => "store-unavailable",
        }
    }
}
