//! Where secrets come from.

/// A source of randomness fit for secrets.
pub trait Entropy: Send + Sync + 'static {
    /// Fills all of `buffer` with unpredictable bytes.
    ///
    /// # Errors
    /// [`NoEntropy`] when the source has none; nothing may then be sealed.
    fn fill(&self, buffer: &mut [u8]) -> Result<(), NoEntropy>;
}

/// The source of randomness failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the source of randomness failed; try again, and look at the operating system if it goes on"
)]
pub struct NoEntropy;

/// The operating system's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), NoEntropy> {
        getrandom::fill(buffer).map_err(|_| NoEntropy)
    }
}
