//! What is asked: of people, prompts and the pictures that show them; of machines, [`work`].
//!
//! A challenge has a [`Kind`], a [`Prompt`] that is shown and an [`Answer`] that has to be given. [`Generators`] make
//! challenges from options that were checked once, [`image::draw`] shows a prompt, and [`Answer::matches`] judges what
//! a person gave.
//!
//! ```
//! use cattlegrid_challenge::image::{Fonts, Scale, Seed, Style, draw};
//! use cattlegrid_challenge::{ChallengeError, Generators, Kind, KindOptions};
//! use chacha20::ChaCha8Rng;
//! use rand_core::{Rng, SeedableRng};
//!
//! # fn main() -> Result<(), ChallengeError> {
//! let generators = Generators::new(&KindOptions::default(), &Fonts::embedded())?;
//! // A fixed seed, for the example: a site takes one from the operating system, or people could foresee what it asks.
//! let mut rng = ChaCha8Rng::from_seed([1; 32]);
//!
//! let challenge = generators.generate(Kind::Math, &mut rng)?;
//! let mut seed = [0; 16];
//! rng.fill_bytes(&mut seed);
//! let picture = draw(challenge.prompt(), &Style::hard(), &Seed::from_bytes(seed), Scale::One);
//! assert!(picture.png.starts_with(b"\x89PNG"));
//!
//! assert!(challenge.answer().matches(&format!(" {} ", challenge.answer().as_str())));
//! assert!(!challenge.answer().matches("a guess"));
//! # Ok(())
//! # }
//! ```
//!
//! # Design
//!
//! Everything here is a function of its arguments: no clock, no file, no network, and no random numbers but those of
//! the generator or the seed that the caller hands in. So a picture can be drawn again from its seed instead of being
//! kept, on any machine and to the byte, and every behaviour can be tested exactly.
//!
//! What comes from outside is bounded before it is worked on. Prompts and answers have at most 64 characters, options
//! are checked when generators and styles are made and refused by name, a given answer longer than
//! [`Answer::MAX_GIVEN_BYTES`] is refused unread, and neither judging nor drawing can fail. Prompts, answers and seeds
//! stay out of `Debug` and of errors.
//!
//! # Features
//!
//! `serde`: options, kinds, colours and sizes can be read from and written to configuration.

mod answer;
mod challenge;
mod error;
pub mod generate;
pub mod image;
mod kind;
mod prompt;
mod random;
pub mod work;

pub use answer::{Answer, Case};
pub use challenge::Challenge;
pub use error::ChallengeError;
pub use generate::{
    CharsOptions, Generators, KindOptions, MathOptions, Operator, UnicodeOptions, WordsOptions,
};
pub use kind::Kind;
pub use prompt::Prompt;
