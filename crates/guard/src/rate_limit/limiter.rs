//! One limit.

use std::fmt;
use std::sync::Arc;

use cattlegrid_store::{Quota, RateKey, Store};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{Decision, Policy, Rates};
use crate::Error;

/// What subjects are hashed with, so that a store learns no address and no account from its keys. Processes that
/// share a store must have the same, else each counts by itself.
#[derive(Clone)]
pub struct Salt(Hmac<Sha256>);

impl Salt {
    /// A salt from 256 bits that nobody can guess.
    pub fn new(secret: &[u8; 32]) -> Self {
        // Why: so HMAC fills up a key that is shorter than a block of its hash (RFC 2104, 2).
        let mut key = [0; 64];
        key[..32].copy_from_slice(secret);
        Self(Hmac::new(&key.into()))
    }

    /// A hash that has begun with the name, and with where it ends.
    fn begun(&self, policy: &Policy) -> Hmac<Sha256> {
        let name = policy.name();
        let hash = self.0.clone();
        hash.chain_update([name.len() as u8]).chain_update(name)
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(…)")
    }
}

/// One limit: so many steps for each subject.
pub struct Limiter<S> {
    policy: Policy,
    keys: Hmac<Sha256>,
    rates: Arc<Rates<S>>,
}

impl<S> Clone for Limiter<S> {
    fn clone(&self) -> Self {
        Self {
            policy: self.policy.clone(),
            keys: self.keys.clone(),
            rates: Arc::clone(&self.rates),
        }
    }
}

impl<S> fmt::Debug for Limiter<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Limiter({:?})", self.policy)
    }
}

impl<S: Store> Limiter<S> {
    /// A limit of `quota` for each subject, which goes by `name` in headers. Limits of the same name and salt count
    /// together.
    ///
    /// # Errors
    /// [`Error::LimitName`] when the name is not 1 to 64 of `a–z 0–9 - _`.
    pub fn new(name: &str, quota: Quota, salt: &Salt, rates: Arc<Rates<S>>) -> Result<Self, Error> {
        let policy = Policy::new(name, quota)?;
        let keys = salt.begun(&policy);
        Ok(Self {
            policy,
            keys,
            rates,
        })
    }

    /// The limit's name and quota.
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Takes a step for the subject, if there is one left.
    pub async fn check(&self, subject: impl AsRef<[u8]>) -> Decision {
        let key = self.key(subject.as_ref());
        Decision {
            policy: self.policy.clone(),
            rate: self.rates.step(key, self.policy.quota()).await,
        }
    }

    /// HMAC-SHA-256 of name and subject (RFC 2104), its first 128 bits.
    fn key(&self, subject: &[u8]) -> RateKey {
        let hash = self
            .keys
            .clone()
            .chain_update(subject)
            .finalize()
            .into_bytes();
        let mut key = [0; 16];
        key.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        RateKey::from_bytes(key)
    }
}
