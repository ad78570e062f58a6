//! What else goes through a visitor's hands, sealed.

use std::fmt;
use std::sync::Arc;

use crate::seal::{NONCE_LEN, Sealer};
use crate::secret::{Purpose, Secrets};
use crate::store::SpentId;
use crate::{Entropy, NoEntropy};

/// Seals what a visitor carries from one page to the next and may neither read nor change: the stamp of a form, the
/// link in a letter, a pass.
///
/// What one label seals, no other opens, nor does a gate. An envelope has no expiry of its own: it belongs inside, with
/// whatever else the envelope is bound to.
///
/// ```
/// use std::sync::Arc;
///
/// use cattlegrid::{Envelopes, OsEntropy, Secret};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let secrets = Secret::generate(&OsEntropy)?.into();
/// let links = Envelopes::new(&secrets, "link", Arc::new(OsEntropy));
/// let sealed = links.seal(b"user 4711")?;
/// assert_eq!(links.open(&sealed).ok_or("forged")?.content, b"user 4711");
///
/// let stamps = Envelopes::new(&secrets, "stamp", Arc::new(OsEntropy));
/// assert!(stamps.open(&sealed).is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Envelopes {
    sealer: Arc<Sealer>,
    entropy: Arc<dyn Entropy>,
}

/// What was in an envelope.
pub struct Opened {
    /// The id under which a store spends the envelope. No other envelope has it.
    pub id: SpentId,
    /// What was sealed.
    pub content: Vec<u8>,
}

impl Envelopes {
    /// The most characters that an envelope may have to be opened.
    pub const MAX_CHARS: usize = 4096;

    /// Those of `label`. The first secret seals, all open.
    pub fn new(secrets: &Secrets, label: &'static str, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            sealer: Arc::new(Sealer::new(secrets, Purpose::Envelope(label))),
            entropy,
        }
    }

    /// Seals `content` in characters of `A–Z a–z 0–9 - _`: four for each three bytes, and 55 more. What is longer than
    /// about 3,000 bytes is not opened again.
    ///
    /// # Errors
    /// [`NoEntropy`] when the source of randomness fails.
    pub fn seal(&self, content: &[u8]) -> Result<String, NoEntropy> {
        let mut nonce = [0; NONCE_LEN];
        self.entropy.fill(&mut nonce)?;
        self.sealer.seal(nonce, content.to_vec()).ok_or(NoEntropy)
    }

    /// Opens an envelope; none for anything else, without saying why.
    pub fn open(&self, sealed: &str) -> Option<Opened> {
        if sealed.len() > Self::MAX_CHARS {
            return None;
        }
        let opened = self.sealer.open(sealed)?;
        Some(Opened {
            id: opened.id,
            content: opened.content,
        })
    }
}

impl fmt::Debug for Envelopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Envelopes(…)")
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opened(…)")
    }
}
