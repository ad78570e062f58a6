//! How often somebody may come: one step of a limiter, decided by a store.
//!
//! A [`Quota`] says how many steps there are at once and how fast they grow back, a [`RateKey`] whose steps are
//! counted, and [`Store::step`](crate::Store::step) takes one. The limiter is the generic cell rate algorithm, in its
//! virtual scheduling form (ITU-T I.371, annex A): all that is kept for a key is the one moment at which its quota is
//! whole again.

pub(crate) mod gcra;
mod quota;
mod table;

pub use quota::{Quota, QuotaError};
pub(crate) use table::RateTable;

use std::fmt;
use std::time::Duration;

/// Names what is counted: whose steps, under which limit. 128 bits; make it by hashing with a key, so that whoever
/// reads the store learns no address from it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RateKey([u8; 16]);

impl RateKey {
    /// The key with these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The key's bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for RateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RateKey(…)")
    }
}

/// What became of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a step that is not looked at limits nothing"]
pub enum Rate {
    /// There was a step left, and it was taken.
    Within {
        /// How many more could be taken now.
        remaining: u32,
        /// When all of the quota will be there again, if no more is taken.
        full_after: Duration,
    },
    /// There was none left; nothing was taken.
    Over {
        /// When there will be one, if nobody else takes it. At least a microsecond.
        retry_after: Duration,
    },
}
