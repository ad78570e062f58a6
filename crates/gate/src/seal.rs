//! Authenticated encryption of what a key or a token holds.
//!
//! Sealed is `version ‖ nonce ‖ ciphertext ‖ tag` in unpadded base64url (RFC 4648), where the cipher is
//! XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03): its 192-bit nonce can be drawn at random for every
//! message without a count of them. The version is authenticated with the rest.

use chacha20poly1305::aead::{AeadInOut, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroize;

use crate::secret::{Purpose, Secrets};
use crate::store::SpentId;

const VERSION: u8 = 1;
pub(crate) const NONCE_LEN: usize = 24;
const TAG_LEN: usize = 16;

/// How many bytes a seal adds to what it holds.
pub(crate) const OVERHEAD: usize = 1 + NONCE_LEN + TAG_LEN;

/// Seals and opens for one purpose.
pub(crate) struct Sealer {
    /// The first seals, all open.
    ciphers: Vec<XChaCha20Poly1305>,
}

/// What was in a seal, and the id that it is spent under.
pub(crate) struct Opened {
    pub(crate) id: SpentId,
    /// Which of the secrets sealed it.
    pub(crate) secret: usize,
    pub(crate) content: Vec<u8>,
}

impl Sealer {
    pub(crate) fn new(secrets: &Secrets, purpose: Purpose) -> Self {
        let ciphers = secrets
            .iter()
            .map(|secret| {
                let mut key = secret.derive(purpose);
                let cipher = XChaCha20Poly1305::new(&key.into());
                key.zeroize();
                cipher
            })
            .collect();
        Self { ciphers }
    }

    /// Seals `content`. The nonce must be fresh from a source fit for secrets.
    pub(crate) fn seal(&self, nonce: [u8; NONCE_LEN], mut content: Vec<u8>) -> Option<String> {
        let cipher = self.ciphers.first()?;
        cipher
            .encrypt_in_place(&XNonce::from(nonce), &[VERSION], &mut content)
            .ok()?;
        let mut sealed = Vec::with_capacity(1 + NONCE_LEN + content.len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(&content);
        Some(BASE64URL_NOPAD.encode(&sealed))
    }

    /// Opens what one of the secrets sealed; `None` for anything else, without saying why.
    ///
    /// The caller bounds the length of `sealed`.
    pub(crate) fn open(&self, sealed: &str) -> Option<Opened> {
        let bytes = BASE64URL_NOPAD.decode(sealed.as_bytes()).ok()?;
        let (&version, rest) = bytes.split_first()?;
        if version != VERSION {
            return None;
        }
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_LEN>()?;
        // Why: the nonce is random, authenticated, and never used twice, which is all that an id has to be.
        let id = SpentId::from_bytes(*nonce.first_chunk()?);
        self.ciphers
            .iter()
            .enumerate()
            .find_map(|(secret, cipher)| {
                let mut content = ciphertext.to_vec();
                cipher
                    .decrypt_in_place(&XNonce::from(*nonce), &[version], &mut content)
                    .ok()?;
                Some(Opened {
                    id,
                    secret,
                    content,
                })
            })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Secret;

    fn secrets(chars: &str) -> Secrets {
        Secrets::new(
            chars
                .chars()
                .map(|c| Secret::parse(&c.to_string().repeat(43)).unwrap())
                .collect(),
        )
        .unwrap()
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_again(nonce: [u8; 24], content: Vec<u8>) {
            let sealer = Sealer::new(&secrets("a"), Purpose::ChallengeKey);
            let sealed = sealer.seal(nonce, content.clone()).unwrap();
            prop_assert_eq!(sealed.len(), ((content.len() + OVERHEAD) * 4).div_ceil(3));
            let opened = sealer.open(&sealed).unwrap();
            prop_assert_eq!(opened.content, content);
            prop_assert_eq!(&opened.id.as_bytes()[..], &nonce[..16]);
        }

        #[test]
        fn one_changed_character_closes_it(nonce: [u8; 24], content: Vec<u8>, at: prop::sample::Index, to in "[A-Za-z0-9_-]") {
            let sealer = Sealer::new(&secrets("a"), Purpose::ChallengeKey);
            let sealed = sealer.seal(nonce, content).unwrap();
            let at = at.index(sealed.len());
            let altered = format!("{}{to}{}", &sealed[..at], &sealed[at + 1..]);
            prop_assume!(altered != sealed);
            prop_assert!(sealer.open(&altered).is_none());
        }

        #[test]
        fn anything_else_is_refused(text: String) {
            prop_assert!(Sealer::new(&secrets("a"), Purpose::ChallengeKey).open(&text).is_none());
        }
    }

    #[test]
    fn purposes_do_not_open_each_others_seals() {
        let key = Sealer::new(&secrets("a"), Purpose::ChallengeKey);
        let token = Sealer::new(&secrets("a"), Purpose::ResponseToken);
        let sealed = key.seal([7; 24], vec![1, 2, 3]).unwrap();
        assert!(token.open(&sealed).is_none());
    }

    #[test]
    fn a_rotated_secret_opens_and_only_the_first_seals() {
        let old = Sealer::new(&secrets("a"), Purpose::ChallengeKey);
        let both = Sealer::new(&secrets("ba"), Purpose::ChallengeKey);
        let new = Sealer::new(&secrets("b"), Purpose::ChallengeKey);
        assert!(both.open(&old.seal([1; 24], vec![1]).unwrap()).is_some());
        let sealed = both.seal([2; 24], vec![2]).unwrap();
        assert!(new.open(&sealed).is_some());
        assert!(old.open(&sealed).is_none());
    }
}
