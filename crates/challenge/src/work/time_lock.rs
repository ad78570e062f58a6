//! A number squared over and over, each time after the last, so that more processors do not make it faster.
//!
//! R. L. Rivest, A. Shamir, D. A. Wagner: "Time-lock puzzles and timed-release Crypto", MIT/LCS/TR-684, 1996.

use std::fmt;
use std::num::NonZero as NonZeroInt;
use std::sync::Arc;

use chacha20::ChaCha20Rng;
use crypto_bigint::modular::{FixedMontyForm, FixedMontyParams};
use crypto_bigint::{NonZero, Odd, U1024, U2048};
use crypto_primes::hazmat::SmallFactorsSieve;
use crypto_primes::{Flavor, is_prime};
use rand_core::{Rng, SeedableRng};

use crate::ChallengeError;

/// Hexadecimal digits of the largest residue.
const DIGITS: usize = 512;

/// Two primes of 1024 bits, and their product, which the squares are taken modulo.
///
/// Whoever knows the primes need not square: by Euler's theorem the exponent `2^t` may be reduced first. What is done with
/// them takes the same time whatever they are.
#[derive(Clone)]
pub struct TimeLockKey {
    p: Factor,
    q: Factor,
    modulus: NonZero<U2048>,
}

impl TimeLockKey {
    /// The key of this seed, always the same. Takes some tenths of a second.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        let mut rng = ChaCha20Rng::from_seed(seed);
        loop {
            let (p, q) = (prime(&mut rng), prime(&mut rng));
            let modulus: U2048 = p.as_ref().concatenating_mul(q.as_ref());
            let modulus = NonZero::new(modulus).into_option();
            if let (Some(p), Some(q), Some(modulus)) = (Factor::new(p), Factor::new(q), modulus) {
                return Self { p, q, modulus };
            }
        }
    }
}

impl fmt::Debug for TimeLockKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TimeLockKey(…)")
    }
}

impl PartialEq for TimeLockKey {
    fn eq(&self, other: &Self) -> bool {
        self.modulus == other.modulus
    }
}

impl Eq for TimeLockKey {}

/// The first prime from a number that is drawn.
fn prime(rng: &mut ChaCha20Rng) -> Odd<U1024> {
    const BITS: NonZeroInt<u32> = NonZeroInt::new(U1024::BITS).unwrap();
    loop {
        let mut bytes = [0; U1024::BYTES];
        rng.fill_bytes(&mut bytes);
        // Why: the product of two numbers that begin with 11 has all of 2048 bits.
        bytes[0] |= 0b1100_0000;
        let found = SmallFactorsSieve::new(U1024::from_be_slice(&bytes), BITS, false)
            .into_iter()
            .flatten()
            .find(|candidate| is_prime(Flavor::Any, candidate))
            .and_then(|prime| Odd::new(prime).into_option());
        if let Some(prime) = found {
            return prime;
        }
    }
}

/// A prime, and the order of its multiplicative group.
#[derive(Clone)]
struct Factor {
    prime: FixedMontyParams<{ U1024::LIMBS }>,
    order: NonZero<U1024>,
}

impl Factor {
    fn new(prime: Odd<U1024>) -> Option<Self> {
        let order = NonZero::new(prime.as_ref().wrapping_sub(&U1024::ONE)).into_option()?;
        let prime = FixedMontyParams::new(prime);
        Some(Self { prime, order })
    }

    /// What raises to the power of `2^squarings` in this group.
    fn exponent(&self, squarings: u32) -> U1024 {
        let bits = (0..u32::BITS - squarings.leading_zeros()).rev();
        bits.fold(U1024::ONE, |power, bit| {
            let square = power.square_mod(&self.order);
            if squarings >> bit & 1 == 1 {
                square.double_mod(&self.order)
            } else {
                square
            }
        })
    }

    fn reduce(&self, residue: &U2048) -> U1024 {
        residue.rem(self.prime.modulus().as_nz_ref())
    }

    fn power(&self, base: &U2048, exponent: &U1024) -> U1024 {
        FixedMontyForm::new(&self.reduce(base), &self.prime)
            .pow_amm(exponent)
            .retrieve()
    }
}

/// One puzzle, to square a number a number of times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeLock(Arc<Lock>);

/// A key, and how often is squared.
#[derive(PartialEq, Eq)]
struct Lock {
    key: Arc<TimeLockKey>,
    squarings: u32,
    exponents: [U1024; 2],
}

impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lock")
            .field("squarings", &self.squarings)
            .finish_non_exhaustive()
    }
}

impl TimeLock {
    /// The most squarings, which take a few seconds on a computer and tens of them on a telephone.
    pub const MAX_SQUARINGS: u32 = 1_000_000;

    /// One puzzle that takes this many squarings.
    ///
    /// # Errors
    /// [`ChallengeError::Option`] unless there are 1 to [`Self::MAX_SQUARINGS`].
    pub fn new(key: Arc<TimeLockKey>, squarings: u32) -> Result<Self, ChallengeError> {
        if !(1..=Self::MAX_SQUARINGS).contains(&squarings) {
            return Err(ChallengeError::option(
                "squarings",
                format!("1 to {}", Self::MAX_SQUARINGS),
            ));
        }
        let exponents = [&key.p, &key.q].map(|factor| factor.exponent(squarings));
        Ok(Self(Arc::new(Lock {
            key,
            squarings,
            exponents,
        })))
    }

    pub(super) fn puzzle(&self, rng: &mut ChaCha20Rng) -> TimeLockPuzzle {
        loop {
            let mut bytes = [0; U2048::BYTES];
            rng.fill_bytes(&mut bytes);
            let base = U2048::from_be_slice(&bytes);
            if base < *self.0.key.modulus.as_ref() {
                return TimeLockPuzzle {
                    base: Box::new(base),
                    lock: self.clone(),
                };
            }
        }
    }
}

/// Square a number a number of times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeLockPuzzle {
    base: Box<U2048>,
    lock: TimeLock,
}

impl TimeLockPuzzle {
    /// What the squares are taken modulo: 512 hexadecimal digits.
    pub fn modulus(&self) -> String {
        format!("{:x}", self.lock.0.key.modulus.as_ref())
    }

    /// What is squared: 512 hexadecimal digits.
    pub fn base(&self) -> String {
        format!("{:x}", *self.base)
    }

    /// How often.
    pub fn squarings(&self) -> u32 {
        self.lock.0.squarings
    }

    /// Whether squaring comes to this. Takes a few thousand squarings' time, however many were asked for.
    pub fn accepts(&self, solution: &Residue) -> bool {
        let Lock { key, exponents, .. } = &*self.lock.0;
        let [p, q] = exponents;
        let right = |factor: &Factor, exponent| {
            factor.power(&self.base, exponent) == factor.reduce(&solution.0)
        };
        *solution.0 < *key.modulus.as_ref() && right(&key.p, p) && right(&key.q, q)
    }
}

/// What squaring a number comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Residue(Box<U2048>);

impl Residue {
    /// The number of these hexadecimal digits, of which there may be 512: in either case, with or without `0x` or zeros
    /// before them. `None` for anything else.
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        let fits = (1..=DIGITS).contains(&digits.len());
        let hexadecimal = || digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        if !fits || !hexadecimal() {
            return None;
        }
        let number = U2048::from_str_radix_vartime(digits, 16).ok()?;
        Some(Self(Box::new(number)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;

    static KEY: LazyLock<Arc<TimeLockKey>> =
        LazyLock::new(|| Arc::new(TimeLockKey::from_seed([5; 32])));

    fn puzzle(squarings: u32, seed: u8) -> TimeLockPuzzle {
        let lock = TimeLock::new(Arc::clone(&KEY), squarings).unwrap();
        lock.puzzle(&mut ChaCha20Rng::from_seed([seed; 32]))
    }

    fn residue(number: U2048) -> Residue {
        Residue(Box::new(number))
    }

    /// Squares as a browser has to.
    fn square(puzzle: &TimeLockPuzzle) -> U2048 {
        let modulus = U2048::from_be_hex(&puzzle.modulus());
        let modulus = FixedMontyParams::new(Odd::new(modulus).unwrap());
        let base = U2048::from_be_hex(&puzzle.base());
        FixedMontyForm::new(&base, &modulus)
            .square_repeat_vartime(puzzle.squarings())
            .retrieve()
    }

    #[test]
    fn the_primes_are_primes_and_their_product_has_all_its_bits() {
        for factor in [&KEY.p, &KEY.q] {
            let prime = factor.prime.modulus().as_ref();
            assert!(is_prime(Flavor::Any, prime));
            assert_eq!(prime.bits(), 1024);
        }
        assert!(KEY.p.prime.modulus() != KEY.q.prime.modulus());
        assert_eq!(KEY.modulus.bits(), 2048);
    }

    #[test]
    fn a_key_follows_from_its_seed() {
        assert_eq!(TimeLockKey::from_seed([5; 32]), **KEY);
        assert_ne!(TimeLockKey::from_seed([6; 32]), **KEY);
    }

    #[test]
    fn the_short_way_and_the_long_way_come_to_the_same() {
        for squarings in [1, 2, 3, 64, 1000, 75_000] {
            for seed in 0..3 {
                let puzzle = puzzle(squarings, seed);
                let right = square(&puzzle);
                assert!(puzzle.accepts(&residue(right)));
                assert!(!puzzle.accepts(&residue(right.wrapping_add(&U2048::ONE))));
            }
        }
    }

    #[test]
    fn nothing_else_is_right() {
        let puzzle = puzzle(100, 1);
        let right = square(&puzzle);
        let modulus = puzzle.lock.0.key.modulus.as_ref();
        let too_large = right.wrapping_add(modulus);
        let right_for_one_factor = U2048::from(&KEY.p.reduce(&right));
        for wrong in [
            U2048::ZERO,
            U2048::ONE,
            *puzzle.base,
            too_large,
            modulus.wrapping_sub(&right),
            right_for_one_factor,
        ] {
            assert!(!puzzle.accepts(&residue(wrong)));
        }
        assert!(!puzzle.accepts(&residue(square(&self::puzzle(99, 1)))));
        assert!(!puzzle.accepts(&residue(square(&self::puzzle(100, 2)))));
    }

    #[test]
    fn a_number_is_read_as_browsers_write_it() {
        let number = U2048::from_u64(0xabc);
        for text in ["abc", "ABC", "0xabc", "000abc", &format!("{:0>512}", "abc")] {
            assert_eq!(Residue::from_hex(text), Some(residue(number)), "{text}");
        }
        for text in ["", "0x", "-1", "+1", " 1", "1_0", "g", "é", "0X1", "0x0x1"] {
            assert_eq!(Residue::from_hex(text), None, "{text}");
        }
        assert_eq!(
            Residue::from_hex(&"f".repeat(512)),
            Some(residue(U2048::MAX))
        );
        assert_eq!(Residue::from_hex(&"0".repeat(513)), None);
    }

    #[test]
    fn squarings_have_bounds() {
        for squarings in [0, TimeLock::MAX_SQUARINGS + 1] {
            assert!(TimeLock::new(Arc::clone(&KEY), squarings).is_err());
        }
    }
}
