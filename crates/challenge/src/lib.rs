//! What is asked: prompts, answers, and the pictures that show them.

mod answer;
mod challenge;
mod error;
pub mod generate;
pub mod image;
mod kind;
mod prompt;
mod random;

pub use answer::{Answer, Case};
pub use challenge::Challenge;
pub use error::ChallengeError;
pub use generate::{CharsOptions, Generators, KindOptions, MathOptions, Operator, UnicodeOptions, WordsOptions};
pub use kind::Kind;
pub use prompt::Prompt;
