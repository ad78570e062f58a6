//! The hashes that ALTCHA signs and derives keys with. SHA-1, which its first version also knew, is none of them.

use data_encoding::HEXLOWER;
use hmac::{EagerHash, Hmac, KeyInit, Mac};
use pbkdf2::pbkdf2_hmac;
use serde::Deserialize;
use sha2::{Digest, Sha256, Sha384, Sha512};

use crate::SecretKey;

#[derive(Clone, Copy, Deserialize)]
pub(super) enum Hash {
    #[serde(rename = "SHA-256")]
    Sha256,
    #[serde(rename = "SHA-384")]
    Sha384,
    #[serde(rename = "SHA-512")]
    Sha512,
}

impl Hash {
    pub(super) fn digest(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(message).to_vec(),
            Self::Sha384 => Sha384::digest(message).to_vec(),
            Self::Sha512 => Sha512::digest(message).to_vec(),
        }
    }

    /// Whether the owner of `key` has signed `message`. Takes the same time wherever the signatures differ.
    pub(super) fn is_signed(self, key: &SecretKey, message: &[u8], signature: &str) -> bool {
        match self {
            Self::Sha256 => is_signed::<Hmac<Sha256>>(key, message, signature),
            Self::Sha384 => is_signed::<Hmac<Sha384>>(key, message, signature),
            Self::Sha512 => is_signed::<Hmac<Sha512>>(key, message, signature),
        }
    }

    /// The hash of salt and password, hashed again and again.
    pub(super) fn hashed(self, password: &[u8], salt: &[u8], times: u32) -> Vec<u8> {
        let mut key = self.digest(&[salt, password].concat());
        for _ in 1..times {
            key = self.digest(&key);
        }
        key
    }

    /// PBKDF2 (RFC 8018) with the HMAC of this hash.
    pub(super) fn stretched(self, password: &[u8], salt: &[u8], times: u32, key: &mut [u8]) {
        match self {
            Self::Sha256 => stretched::<Sha256>(password, salt, times, key),
            Self::Sha384 => stretched::<Sha384>(password, salt, times, key),
            Self::Sha512 => stretched::<Sha512>(password, salt, times, key),
        }
    }
}

fn is_signed<M: Mac + KeyInit>(key: &SecretKey, message: &[u8], signature: &str) -> bool {
    let Ok(signature) = HEXLOWER.decode(signature.as_bytes()) else {
        return false;
    };
    <M as KeyInit>::new_from_slice(key.expose().as_bytes())
        .is_ok_and(|mac| mac.chain_update(message).verify_slice(&signature).is_ok())
}

fn stretched<D: EagerHash<Core: Sync>>(password: &[u8], salt: &[u8], times: u32, key: &mut [u8]) {
    pbkdf2_hmac::<D>(password, salt, times, key);
}
