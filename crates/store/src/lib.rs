//! What is spent: a store remembers an id for as long as the thing it names could be used again.
//!
//! Its one essential operation is [`Store::claim`]: the first caller to claim an id is told
//! [`Claim::First`], everyone after that [`Claim::Spent`], and however many claim it at the same moment,
//! exactly one is first.

mod clock;

pub use clock::{Clock, ManualClock, SystemClock, Timestamp};

use std::fmt;
use std::future::Future;
use std::time::Duration;

/// Names one thing that can be spent once. 128 bits, chosen at random by whoever made the thing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpentId([u8; 16]);

impl SpentId {
    /// The id with these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The id's bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for SpentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Why: an id is part of a key or a token, and those are not for logs.
        f.write_str("SpentId(…)")
    }
}

/// What became of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a claim that is not looked at lets everything through"]
pub enum Claim {
    /// Nobody had claimed the id before; now it is spent.
    First,
    /// The id was spent already.
    Spent,
}

/// Why a store could not decide. Whoever asked must refuse.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store holds as many live ids as it may. Raise the bound, or shorten what lives.
    #[error(
        "the store is full: it may hold {limit} live ids; raise the limit or wait until some expire"
    )]
    Full {
        /// The configured bound on live ids.
        limit: usize,
    },
    /// The store could not be reached, or failed. It may work again without a restart.
    #[error("the store is unavailable: {0}")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Remembers what is spent.
pub trait Store: Send + Sync + 'static {
    /// Spends `id` if nobody has, and remembers it for at least `ttl`.
    ///
    /// The decision is atomic: of any number of concurrent claims of one id exactly one gets
    /// [`Claim::First`]. A second claim does not lengthen the life of the first.
    ///
    /// # Errors
    /// [`StoreError`] when the store cannot decide; the id may then be spent or not, and the caller refuses.
    fn claim(
        &self,
        id: SpentId,
        ttl: Duration,
    ) -> impl Future<Output = Result<Claim, StoreError>> + Send;

    /// Whether a claim would be decided now. For readiness probes; spends nothing.
    ///
    /// # Errors
    /// [`StoreError`] as [`Store::claim`] would return it.
    fn ready(&self) -> impl Future<Output = Result<(), StoreError>> + Send;
}
