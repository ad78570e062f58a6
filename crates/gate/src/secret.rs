//! The server's secrets, and the keys derived from them.

use std::fmt;

use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::challenge::work::TimeLockKey;
use crate::{Entropy, Error, NoEntropy};

/// What the seal, and everything else that follows from a secret, is derived for.
///
/// One secret gives unrelated keys for each purpose (HKDF-SHA256, RFC 5869), so that a token can never be
/// taken for a key, nor a demo site's secret tell anything about either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    ChallengeKey,
    ResponseToken,
    WorkKey,
    DemoSiteKey,
    DemoSecretKey,
    OwnSiteKey,
    OwnSecretKey,
    TimeLock,
    RateLimits,
    /// Envelopes of this label.
    Envelope(&'static str),
}

impl Purpose {
    /// The two parts of its name, which follow one another.
    const fn info(self) -> [&'static [u8]; 2] {
        let name: &[u8] = match self {
            Self::ChallengeKey => b"challenge-key",
            Self::ResponseToken => b"response-token",
            Self::WorkKey => b"work-key",
            Self::DemoSiteKey => b"demo/site-key",
            Self::DemoSecretKey => b"demo/secret-key",
            Self::OwnSiteKey => b"own/site-key",
            Self::OwnSecretKey => b"own/secret-key",
            Self::TimeLock => b"time-lock",
            Self::RateLimits => b"rate-limits",
            Self::Envelope(label) => return [b"cattlegrid/1/envelope/", label.as_bytes()],
        };
        [b"cattlegrid/1/", name]
    }
}

/// One master secret of the server: 43 to 256 characters of `A–Z a–z 0–9 - _`, at least 256 bits of
/// randomness when they were drawn at random.
///
/// The 43 characters of [`Secret::generate`], and what `openssl rand -hex 32` prints, are both of this form.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret(String);

impl Secret {
    const MIN_CHARS: usize = 43;
    const MAX_CHARS: usize = 256;

    /// Takes a secret from its text. White space around it is ignored.
    ///
    /// # Errors
    /// [`Error::Secret`] when the text is too short, too long, or has other characters.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let fits = (Self::MIN_CHARS..=Self::MAX_CHARS).contains(&text.len());
        let url_safe = text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if fits && url_safe {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::Secret)
        }
    }

    /// Draws a new secret of 256 bits.
    ///
    /// # Errors
    /// [`NoEntropy`] when the source fails.
    pub fn generate(entropy: &dyn Entropy) -> Result<Self, NoEntropy> {
        let mut bytes = [0; 32];
        entropy.fill(&mut bytes)?;
        let secret = Self(data_encoding::BASE64URL_NOPAD.encode(&bytes));
        bytes.zeroize();
        Ok(secret)
    }

    /// The text of the secret, to be written where only the server can read it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    pub(crate) fn derive(&self, purpose: Purpose) -> [u8; 32] {
        let mut key = [0; 32];
        // Why: HKDF-SHA256 fails only for outputs over 8,160 bytes.
        let expanded = Hkdf::<Sha256>::new(None, self.0.as_bytes())
            .expand_multi_info(&purpose.info(), &mut key);
        debug_assert!(expanded.is_ok());
        key
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The secrets in force: the first seals, all open.
///
/// To rotate, put the new secret first, wait until everything sealed under the old one has expired (ten
/// minutes by default), then take the old one away.
#[derive(Clone, Debug)]
pub struct Secrets(Vec<Secret>);

impl Secrets {
    /// The most secrets that may be in force at a time. Each one costs an attempt at opening a forged key.
    pub const MAX: usize = 8;

    /// The secrets in force, the one that seals first.
    ///
    /// # Errors
    /// [`Error::Secrets`] when there is none, or more than [`Secrets::MAX`].
    pub fn new(secrets: Vec<Secret>) -> Result<Self, Error> {
        if (1..=Self::MAX).contains(&secrets.len()) {
            Ok(Self(secrets))
        } else {
            Err(Error::Secrets)
        }
    }

    /// Takes the secrets from text: separated by commas, spaces or line breaks.
    ///
    /// # Errors
    /// [`Error::Secret`] when one of them is malformed, [`Error::Secrets`] when there are none or too many.
    pub fn parse(text: &str) -> Result<Self, Error> {
        text.split(|c: char| c == ',' || c.is_whitespace())
            .filter(|part| !part.is_empty())
            .take(Self::MAX + 1)
            .map(Secret::parse)
            .collect::<Result<Vec<_>, _>>()
            .and_then(Self::new)
    }

    /// The key of time locks that follows from each secret, in their order, so that all who hold it agree, and nothing about
    /// the secret follows from it. Takes some tenths of a second for each.
    pub fn time_lock_keys(&self) -> Vec<TimeLockKey> {
        let seeds = self.iter().map(|secret| secret.derive(Purpose::TimeLock));
        seeds.map(TimeLockKey::from_seed).collect()
    }

    /// What subjects of rate limits are hashed with: 256 bits that follow from the secret that seals, so that all who hold
    /// it count together.
    pub fn rate_limit_key(&self) -> [u8; 32] {
        self.derive(Purpose::RateLimits)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Secret> {
        self.0.iter()
    }

    /// A key derived from the secret that seals.
    pub(crate) fn derive(&self, purpose: Purpose) -> [u8; 32] {
        self.0
            .first()
            .map_or([0; 32], |secret| secret.derive(purpose))
    }
}

impl From<Secret> for Secrets {
    /// One secret, which seals and opens.
    fn from(secret: Secret) -> Self {
        Self(vec![secret])
    }
}
