use chacha20::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use super::Seed;
use crate::random;

/// The random choices of one part of a picture.
///
/// Letters and noise each have a `ChaCha8` stream of their own, so nothing that can be read off the noise tells how the
/// letters were set.
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    pub(super) fn for_letters(seed: &Seed) -> Self {
        Self::stream(seed, 0)
    }

    pub(super) fn for_noise(seed: &Seed) -> Self {
        Self::stream(seed, 1)
    }

    /// For the noise of one of the frames, which are counted from 0.
    pub(super) fn for_noise_of_frame(seed: &Seed, frame: usize) -> Self {
        Self::stream(seed, 2 + frame as u64)
    }

    fn stream(seed: &Seed, stream: u64) -> Self {
        let mut key = *b"................cattlegrid-image";
        key[..16].copy_from_slice(seed.as_bytes());
        let mut rng = ChaCha8Rng::from_seed(key);
        rng.set_stream(stream);
        Self(rng)
    }

    /// A number in `0.0..1.0`.
    pub(super) fn unit(&mut self) -> f32 {
        // Why: 24 bits are what an f32 holds exactly, so the largest is below 1.
        (self.0.next_u32() >> 8) as f32 * (1.0 / 16_777_216.0)
    }

    /// A number from `low` to `high`.
    pub(super) fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// A number from `-most` to `most`.
    pub(super) fn around_zero(&mut self, most: f32) -> f32 {
        self.between(-most, most)
    }

    /// A number in `0..bound`, or 0 if the bound is 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        random::below(&mut self.0, bound as u32) as usize
    }
}
