//! Keys that begin with zeros, one of which is found by deriving many: ALTCHA's proof of work, version 2
//! (<https://altcha.org/docs/v2/proof-of-work-captcha>).
//!
//! Judging a solution takes one derivation, finding it some 16 to the power of the zeros.

use chacha20::ChaCha20Rng;
use pbkdf2::hmac::EagerHash;
use pbkdf2::pbkdf2_hmac;
use rand_core::Rng;
use sha2::{Digest, Sha256, Sha384, Sha512};

use super::begins_with_zeros;
use crate::ChallengeError;

/// How a key is derived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize, serde::Serialize))]
pub enum Algorithm {
    /// SHA-256, of its own output again and again.
    #[cfg_attr(feature = "serde", serde(rename = "SHA-256"))]
    Sha256,
    /// SHA-384, of its own output again and again.
    #[cfg_attr(feature = "serde", serde(rename = "SHA-384"))]
    Sha384,
    /// SHA-512, of its own output again and again.
    #[cfg_attr(feature = "serde", serde(rename = "SHA-512"))]
    Sha512,
    /// PBKDF2 (RFC 8018) with HMAC-SHA-256.
    #[default]
    #[cfg_attr(feature = "serde", serde(rename = "PBKDF2/SHA-256"))]
    Pbkdf2Sha256,
    /// PBKDF2 with HMAC-SHA-384.
    #[cfg_attr(feature = "serde", serde(rename = "PBKDF2/SHA-384"))]
    Pbkdf2Sha384,
    /// PBKDF2 with HMAC-SHA-512.
    #[cfg_attr(feature = "serde", serde(rename = "PBKDF2/SHA-512"))]
    Pbkdf2Sha512,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Sha256,
        Self::Sha384,
        Self::Sha512,
        Self::Pbkdf2Sha256,
        Self::Pbkdf2Sha384,
        Self::Pbkdf2Sha512,
    ];

    /// The algorithm's name, as ALTCHA has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
            Self::Pbkdf2Sha256 => "PBKDF2/SHA-256",
            Self::Pbkdf2Sha384 => "PBKDF2/SHA-384",
            Self::Pbkdf2Sha512 => "PBKDF2/SHA-512",
        }
    }

    /// The bytes of a key.
    ///
    /// As many as the hash has, where ALTCHA's widget and its libraries would shorten a key at different times; else as
    /// many as a browser derives at most.
    pub const fn key_bytes(self) -> usize {
        match self {
            Self::Sha256 | Self::Pbkdf2Sha256 | Self::Pbkdf2Sha384 | Self::Pbkdf2Sha512 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    fn derive(self, password: &[u8], salt: &[u8], cost: u32) -> Vec<u8> {
        match self {
            Self::Sha256 => hashed::<Sha256>(password, salt, cost),
            Self::Sha384 => hashed::<Sha384>(password, salt, cost),
            Self::Sha512 => hashed::<Sha512>(password, salt, cost),
            Self::Pbkdf2Sha256 => self.stretched::<Sha256>(password, salt, cost),
            Self::Pbkdf2Sha384 => self.stretched::<Sha384>(password, salt, cost),
            Self::Pbkdf2Sha512 => self.stretched::<Sha512>(password, salt, cost),
        }
    }

    fn stretched<D: EagerHash<Core: Sync>>(
        self,
        password: &[u8],
        salt: &[u8],
        cost: u32,
    ) -> Vec<u8> {
        let mut key = vec![0; self.key_bytes()];
        pbkdf2_hmac::<D>(password, salt, cost, &mut key);
        key
    }
}

fn hashed<D: Digest>(password: &[u8], salt: &[u8], cost: u32) -> Vec<u8> {
    let mut hash = D::new_with_prefix(salt).chain_update(password).finalize();
    for _ in 1..cost {
        hash = D::digest(&hash);
    }
    hash.to_vec()
}

/// One key, of a number of hexadecimal zeros and then anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Derivation {
    algorithm: Algorithm,
    cost: u32,
    zeros: u8,
}

impl Derivation {
    /// The most iterations of a derivation, which is what it costs to judge a solution: some 13 milliseconds
    /// with PBKDF2 and SHA-256, and 55 with SHA-512.
    pub const MAX_COST: u32 = 100_000;
    /// The most zeros. They take some 17 million derivations.
    pub const MAX_ZEROS: u8 = 6;

    /// A key derived in `cost` iterations that begins with `zeros` hexadecimal zeros, which is one in 16 to the power of
    /// `zeros`.
    ///
    /// # Errors
    /// [`ChallengeError::Option`] unless there are 1 to [`Self::MAX_COST`] iterations and 1 to [`Self::MAX_ZEROS`] zeros.
    pub fn new(algorithm: Algorithm, cost: u32, zeros: u8) -> Result<Self, ChallengeError> {
        if !(1..=Self::MAX_COST).contains(&cost) {
            let allowed = format!("1 to {}", Self::MAX_COST);
            return Err(ChallengeError::option("cost", allowed));
        }
        if !(1..=Self::MAX_ZEROS).contains(&zeros) {
            let allowed = format!("1 to {}", Self::MAX_ZEROS);
            return Err(ChallengeError::option("zeros", allowed));
        }
        Ok(Self {
            algorithm,
            cost,
            zeros,
        })
    }

    pub(super) fn puzzle(self, rng: &mut ChaCha20Rng) -> DerivationPuzzle {
        let (mut nonce, mut salt) = ([0; 16], [0; 16]);
        rng.fill_bytes(&mut nonce);
        rng.fill_bytes(&mut salt);
        DerivationPuzzle {
            task: self,
            nonce,
            salt,
        }
    }
}

/// Find a counter such that the key derived from nonce and counter begins with some zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DerivationPuzzle {
    task: Derivation,
    nonce: [u8; 16],
    salt: [u8; 16],
}

impl DerivationPuzzle {
    /// How the key is derived.
    pub const fn algorithm(&self) -> Algorithm {
        self.task.algorithm
    }

    /// In how many iterations.
    pub const fn cost(&self) -> u32 {
        self.task.cost
    }

    /// What the password begins with; the counter follows, as four bytes with the highest first.
    pub const fn nonce(&self) -> &[u8; 16] {
        &self.nonce
    }

    /// The salt.
    pub const fn salt(&self) -> &[u8; 16] {
        &self.salt
    }

    /// How the key begins in hexadecimal.
    pub fn target(&self) -> String {
        "0".repeat(self.task.zeros.into())
    }

    /// The key of this counter, if it begins as it should.
    pub fn derive(&self, counter: u32) -> Option<Vec<u8>> {
        let mut password = [0; 20];
        password[..16].copy_from_slice(&self.nonce);
        password[16..].copy_from_slice(&counter.to_be_bytes());
        let key = self
            .task
            .algorithm
            .derive(&password, &self.salt, self.task.cost);
        begins_with_zeros(&key, self.task.zeros).then_some(key)
    }

    /// Whether this is the key of this counter, and begins as it should.
    pub fn accepts(&self, counter: u32, key: &[u8]) -> bool {
        // Why the length first: it costs nothing to refuse, and a derivation does.
        key.len() == self.task.algorithm.key_bytes()
            && self.derive(counter).is_some_and(|derived| derived == key)
    }
}

#[cfg(test)]
mod tests {
    use altcha::{
        Challenge, ChallengeParameters, HmacAlgorithm, SolveChallengeOptions,
        VerifySolutionOptions, sign_challenge, solve_challenge, verify_solution,
    };
    use data_encoding::HEXLOWER;
    use proptest::prelude::*;
    use rand_core::SeedableRng;

    use super::*;

    fn puzzle(algorithm: Algorithm, cost: u32, zeros: u8, seed: u8) -> DerivationPuzzle {
        let mut rng = ChaCha20Rng::from_seed([seed; 32]);
        Derivation::new(algorithm, cost, zeros)
            .unwrap()
            .puzzle(&mut rng)
    }

    /// The puzzle as ALTCHA's own library has it, signed.
    fn theirs(puzzle: &DerivationPuzzle) -> Challenge {
        let mut parameters = ChallengeParameters {
            algorithm: puzzle.algorithm().as_str().to_owned(),
            cost: puzzle.cost(),
            data: None,
            expires_at: None,
            key_length: puzzle.algorithm().key_bytes(),
            key_prefix: puzzle.target(),
            key_signature: None,
            memory_cost: None,
            nonce: HEXLOWER.encode(puzzle.nonce()),
            parallelism: None,
            salt: HEXLOWER.encode(puzzle.salt()),
        };
        sign_challenge(
            &HmacAlgorithm::Sha256,
            &mut parameters,
            None,
            "secret",
            None,
        )
        .unwrap()
    }

    /// The first solutions of one puzzle, as altcha-lib 2.8.0 (npm) and its Python port 2.3.0 find them.
    #[test]
    fn the_keys_are_those_of_the_published_libraries() {
        let bytes = |from: u8| std::array::from_fn(|i| from + i as u8);
        for (algorithm, counter, key) in [
            (
                Algorithm::Sha256,
                309,
                "0073d7bab996704ef4b06034c1c207311ed497627cd13e3abeee6b68dde06aeb",
            ),
            (
                Algorithm::Sha384,
                317,
                "006420f258f619992197473c33c8e74459f8757f780f3e0c949fabcc3b646a11d077f82861d801a839c2e2debc40b83d",
            ),
            (
                Algorithm::Sha512,
                32,
                "0048e064b556db78f3986f3e4d29746d951eb0aff8a9c8f1267975d018d388e5c363e8587729785144c01fcb3013b219628533a1b8e4d7b16d6d86b8637fe1fd",
            ),
            (
                Algorithm::Pbkdf2Sha256,
                1056,
                "0043f7115985b64bcd5b0473604cfdeef7e27f1f9f7dd7ea489bc94256bea60b",
            ),
            (
                Algorithm::Pbkdf2Sha384,
                48,
                "00a9214521bca65d1b154ed41fbfb3c4dd3327d39f0b83a85ef4b1150c8de882",
            ),
            (
                Algorithm::Pbkdf2Sha512,
                271,
                "00db55c08ab8e32f2d94a34f414d92abea19804240b82b3c37eda717acce8b26",
            ),
        ] {
            let puzzle = DerivationPuzzle {
                task: Derivation::new(algorithm, 10, 2).unwrap(),
                nonce: bytes(0),
                salt: bytes(16),
            };
            let first = (0..).find_map(|counter| Some((counter, puzzle.derive(counter)?)));
            let (found, derived) = first.unwrap();
            assert_eq!(found, counter, "{algorithm:?}");
            assert_eq!(HEXLOWER.encode(&derived), key, "{algorithm:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn what_the_published_library_solves_is_accepted_and_nothing_else(
            algorithm in proptest::sample::select(&Algorithm::ALL),
            cost in 1_u32..20,
            zeros in 1_u8..=2,
            seed: u8,
            other: u32,
            place in 0..32_usize,
        ) {
            let puzzle = puzzle(algorithm, cost, zeros, seed);
            let challenge = theirs(&puzzle);
            let solution = solve_challenge(SolveChallengeOptions::new(&challenge)).unwrap().unwrap();
            let key = HEXLOWER.decode(solution.derived_key.as_bytes()).unwrap();
            prop_assert!(puzzle.accepts(solution.counter, &key));
            prop_assert_eq!(puzzle.accepts(other, &key), other == solution.counter);
            prop_assert!(!puzzle.accepts(solution.counter, &key[1..]));
            prop_assert!(!puzzle.accepts(solution.counter, &[]));
            let mut altered = key.clone();
            altered[place] ^= 1;
            prop_assert!(!puzzle.accepts(solution.counter, &altered));
        }

        #[test]
        fn what_is_found_here_is_right_for_the_published_library(
            algorithm in proptest::sample::select(&Algorithm::ALL),
            cost in 1_u32..20,
            zeros in 1_u8..=3,
            seed: u8,
        ) {
            let puzzle = puzzle(algorithm, cost, zeros, seed);
            let (counter, key) =
                (0..).find_map(|counter| Some((counter, puzzle.derive(counter)?))).unwrap();
            prop_assert!(HEXLOWER.encode(&key).starts_with(&puzzle.target()));
            let challenge = theirs(&puzzle);
            let solution = altcha::Solution {
                counter,
                derived_key: HEXLOWER.encode(&key),
                time: None,
            };
            let options = VerifySolutionOptions::new(&challenge, &solution, "secret");
            prop_assert!(verify_solution(options).unwrap().verified);
        }
    }

    #[test]
    fn every_puzzle_is_another() {
        let of = |seed| puzzle(Algorithm::Sha256, 1, 1, seed);
        assert_eq!(of(1), of(1));
        for (one, other) in [(of(1), of(2)), (of(2), of(3))] {
            assert_ne!(one.nonce(), other.nonce());
            assert_ne!(one.salt(), other.salt());
            assert_ne!(one.nonce(), one.salt());
        }
    }

    #[test]
    fn work_without_bounds_is_refused() {
        for (cost, zeros) in [(0, 1), (Derivation::MAX_COST + 1, 1), (1, 0), (1, 7)] {
            assert!(
                Derivation::new(Algorithm::Sha256, cost, zeros).is_err(),
                "{cost} {zeros}"
            );
        }
    }
}
