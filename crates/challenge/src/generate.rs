//! Makes challenges: one generator for each kind, made once from options and checked against the fonts.

mod chars;
mod list;
mod math;
mod unicode;
mod words;

use rand_core::Rng;

pub use chars::CharsOptions;
pub use math::{MathOptions, Operator};
pub use unicode::UnicodeOptions;
pub use words::WordsOptions;

use crate::image::Fonts;
use crate::{Answer, Case, Challenge, ChallengeError, Kind, Prompt};
use chars::CharsGenerator;
use math::MathGenerator;
use words::WordsGenerator;

/// How challenges of each kind are made.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct KindOptions {
    /// For [`Kind::Chars`].
    pub chars: CharsOptions,
    /// For [`Kind::Math`].
    pub math: MathOptions,
    /// For [`Kind::Words`].
    pub words: WordsOptions,
    /// For [`Kind::Unicode`].
    pub unicode: UnicodeOptions,
}

/// Makes challenges at random, each possible one of a kind equally likely.
#[derive(Debug, Clone)]
pub struct Generators {
    chars: Option<CharsGenerator>,
    math: Option<MathGenerator>,
    words: Option<WordsGenerator>,
    unicode: Option<CharsGenerator>,
}

impl Generators {
    /// Generators of every kind but [`Kind::Custom`].
    ///
    /// # Errors
    ///
    /// [`ChallengeError::Option`] for an option out of its bounds, [`ChallengeError::NotCovered`] for a character that
    /// none of the fonts can draw.
    pub fn new(options: &KindOptions, fonts: &Fonts) -> Result<Self, ChallengeError> {
        Self::for_kinds(&Kind::GENERATED, options, fonts)
    }

    /// Generators of some kinds only, so that fonts need not cover what is never asked.
    ///
    /// # Errors
    ///
    /// As [`Generators::new`], for the options of these kinds alone.
    pub fn for_kinds(
        kinds: &[Kind],
        options: &KindOptions,
        fonts: &Fonts,
    ) -> Result<Self, ChallengeError> {
        let wanted = |kind| kinds.contains(&kind);
        Ok(Self {
            chars: wanted(Kind::Chars)
                .then(|| options.chars.generator(fonts))
                .transpose()?,
            math: wanted(Kind::Math)
                .then(|| options.math.generator(fonts))
                .transpose()?,
            words: wanted(Kind::Words)
                .then(|| options.words.generator(fonts))
                .transpose()?,
            unicode: wanted(Kind::Unicode)
                .then(|| options.unicode.generator(fonts))
                .transpose()?,
        })
    }

    /// A new challenge of the kind.
    ///
    /// What is asked follows from the numbers drawn from `rng`, so it must be a cryptographic generator that nobody
    /// else can foresee wherever a challenge guards something.
    ///
    /// # Errors
    ///
    /// [`ChallengeError::NotGenerated`] for [`Kind::Custom`], and for a kind that was left out when these were made.
    pub fn generate(
        &self,
        kind: Kind,
        rng: &mut (impl Rng + ?Sized),
    ) -> Result<Challenge, ChallengeError> {
        let unavailable = ChallengeError::NotGenerated(kind);
        let question = match kind {
            Kind::Chars => self.chars.as_ref().ok_or(unavailable)?.question(rng),
            Kind::Math => self.math.as_ref().ok_or(unavailable)?.question(rng),
            Kind::Words => self.words.as_ref().ok_or(unavailable)?.question(rng),
            Kind::Unicode => self.unicode.as_ref().ok_or(unavailable)?.question(rng),
            Kind::Custom => return Err(unavailable),
        };
        let prompt = Prompt::new(question.prompt)?;
        let answer = question.answer.as_deref().unwrap_or(prompt.as_str());
        let answer = Answer::new(answer, question.case)?;
        Ok(Challenge::from_parts(kind, prompt, answer))
    }
}

impl Generators {
    /// The most bytes of UTF-8 that prompt and answer of this kind take, counted once where they are the same; `None`
    /// where [`Generators::generate`] would make none.
    pub fn longest(&self, kind: Kind) -> Option<usize> {
        match kind {
            Kind::Chars => self.chars.as_ref().map(CharsGenerator::longest),
            Kind::Math => self.math.as_ref().map(|_| MathGenerator::LONGEST),
            Kind::Words => self.words.as_ref().map(WordsGenerator::longest),
            Kind::Unicode => self.unicode.as_ref().map(CharsGenerator::longest),
            Kind::Custom => None,
        }
    }
}

/// What a generator has thought of.
struct Question {
    prompt: String,
    /// What has to be given, where it is not the prompt.
    answer: Option<String>,
    case: Case,
}

fn check_covered(field: &'static str, text: &str, fonts: &Fonts) -> Result<(), ChallengeError> {
    match fonts.missing(text) {
        Some(character) => Err(ChallengeError::NotCovered { field, character }),
        None => Ok(()),
    }
}
