//! Inputs whose hashes begin with zeros, many small ones rather than a large one, so that the time they take varies less.

use chacha20::ChaCha20Rng;
use data_encoding::HEXLOWER;
use rand_core::Rng;
use sha2::{Digest, Sha256};

use super::begins_with_zeros;
use crate::ChallengeError;

/// The bytes of a salt.
const SALT: usize = 16;

/// A number of puzzles, each to find a nonce with which the SHA-256 of salt and nonce begins with some zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hashing {
    count: u16,
    zeros: u8,
}

impl Hashing {
    /// The most puzzles.
    pub const MAX_COUNT: u16 = 500;
    /// The most zeros. Each puzzle then takes some four thousand million hashes.
    pub const MAX_ZEROS: u8 = 8;

    /// `count` puzzles of `zeros` hexadecimal zeros each, which take 16 to the power of `zeros` hashes on average.
    ///
    /// # Errors
    /// [`ChallengeError::Option`] unless there are 1 to [`Self::MAX_COUNT`] puzzles of 1 to [`Self::MAX_ZEROS`] zeros.
    pub fn new(count: u16, zeros: u8) -> Result<Self, ChallengeError> {
        if !(1..=Self::MAX_COUNT).contains(&count) {
            return Err(ChallengeError::option(
                "count",
                format!("1 to {}", Self::MAX_COUNT),
            ));
        }
        if !(1..=Self::MAX_ZEROS).contains(&zeros) {
            return Err(ChallengeError::option(
                "zeros",
                format!("1 to {}", Self::MAX_ZEROS),
            ));
        }
        Ok(Self { count, zeros })
    }

    /// How many puzzles there are.
    pub const fn count(self) -> u16 {
        self.count
    }

    pub(super) fn puzzles(self, rng: &mut ChaCha20Rng) -> impl Iterator<Item = HashPuzzle> {
        (0..self.count).map(move |_| {
            let mut salt = [0; SALT];
            rng.fill_bytes(&mut salt);
            HashPuzzle {
                salt: HEXLOWER.encode(&salt),
                zeros: self.zeros,
            }
        })
    }
}

/// Find a nonce with which the SHA-256 of salt and nonce begins with some zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HashPuzzle {
    salt: String,
    zeros: u8,
}

impl HashPuzzle {
    /// What the nonce, in decimal, is appended to: 128 bits in hexadecimal.
    pub fn salt(&self) -> &str {
        &self.salt
    }

    /// How the hash begins in hexadecimal.
    pub fn target(&self) -> String {
        "0".repeat(self.zeros.into())
    }

    /// Whether the hash begins so with this nonce.
    pub fn accepts(&self, nonce: u64) -> bool {
        let hash = Sha256::new()
            .chain_update(&self.salt)
            .chain_update(nonce.to_string())
            .finalize();
        begins_with_zeros(&hash, self.zeros)
    }
}

#[cfg(test)]
mod tests {
    use rand_core::SeedableRng;

    use super::*;

    fn puzzles(count: u16, zeros: u8) -> Vec<HashPuzzle> {
        let mut rng = ChaCha20Rng::from_seed([3; 32]);
        Hashing::new(count, zeros)
            .unwrap()
            .puzzles(&mut rng)
            .collect()
    }

    #[test]
    fn what_is_accepted_begins_with_the_target() {
        for zeros in 1..=3 {
            for puzzle in puzzles(3, zeros) {
                for nonce in 0..5000 {
                    let hash = Sha256::digest(format!("{}{nonce}", puzzle.salt()));
                    let begins = HEXLOWER.encode(&hash).starts_with(&puzzle.target());
                    assert_eq!(puzzle.accepts(nonce), begins);
                }
            }
        }
    }

    #[test]
    fn every_salt_is_another() {
        let puzzles = puzzles(Hashing::MAX_COUNT, 1);
        let salts: std::collections::HashSet<_> = puzzles.iter().map(HashPuzzle::salt).collect();
        assert_eq!(salts.len(), puzzles.len());
        assert!(salts.iter().all(|salt| salt.len() == 32));
    }

    #[test]
    fn work_without_bounds_is_refused() {
        for (count, zeros) in [(0, 1), (501, 1), (1, 0), (1, 9)] {
            assert!(Hashing::new(count, zeros).is_err(), "{count} {zeros}");
        }
    }
}
