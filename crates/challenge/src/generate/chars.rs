use std::collections::BTreeSet;

use rand_core::Rng;
use unicode_normalization::UnicodeNormalization;

use super::{Question, check_covered};
use crate::image::Fonts;
use crate::random::pick;
use crate::{Case, ChallengeError, Prompt};

/// How [`Kind::Chars`](crate::Kind::Chars) is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct CharsOptions {
    /// How many characters: 1 to 32, by default 6.
    pub length: usize,
    /// Which characters: 2 to 4096 different ones. The default 24 leave out `0 O Q`, `1 I J`, `2`, `4`,
    /// `5`, `8`, `G` and `V`, which people take for each other or for one of the rest when they are turned and crossed.
    pub alphabet: String,
    /// Whether upper and lower case differ in the answer; by default they do not.
    pub case_sensitive: bool,
}

impl Default for CharsOptions {
    fn default() -> Self {
        Self {
            length: 6,
            alphabet: "ABCDEFHKLMNPRSTUWXYZ3679".to_owned(),
            case_sensitive: false,
        }
    }
}

impl CharsOptions {
    pub(super) fn generator(&self, fonts: &Fonts) -> Result<CharsGenerator, ChallengeError> {
        let case = if self.case_sensitive {
            Case::Exact
        } else {
            Case::Fold
        };
        let fields = Fields {
            length: "chars.length",
            alphabet: "chars.alphabet",
        };
        CharsGenerator::new(&fields, self.length, &self.alphabet, case, fonts)
    }
}

/// The options' names, for errors.
pub(super) struct Fields {
    pub(super) length: &'static str,
    pub(super) alphabet: &'static str,
}

/// Draws characters from an alphabet.
#[derive(Debug, Clone)]
pub(super) struct CharsGenerator {
    alphabet: Box<[char]>,
    length: usize,
    case: Case,
}

impl CharsGenerator {
    const MAX_LENGTH: usize = 32;
    const MAX_ALPHABET: usize = 4096;

    pub(super) fn new(
        fields: &Fields,
        length: usize,
        alphabet: &str,
        case: Case,
        fonts: &Fonts,
    ) -> Result<Self, ChallengeError> {
        const { assert!(Self::MAX_LENGTH <= Prompt::MAX_CHARS) };
        if !(1..=Self::MAX_LENGTH).contains(&length) {
            return Err(ChallengeError::option(
                fields.length,
                format!("1 to {}", Self::MAX_LENGTH),
            ));
        }
        let letters: BTreeSet<char> = alphabet.chars().take(Self::MAX_ALPHABET + 1).collect();
        let stands_alone = |c: &char| !c.is_control() && !c.is_whitespace() && c.nfc().eq([*c]);
        if !(2..=Self::MAX_ALPHABET).contains(&alphabet.chars().count())
            || letters.len() != alphabet.chars().count()
            || !letters.iter().all(stands_alone)
        {
            let allowed = format!(
                "2 to {} different characters, none of them a space or a control character",
                Self::MAX_ALPHABET
            );
            return Err(ChallengeError::option(fields.alphabet, allowed));
        }
        check_covered(fields.alphabet, alphabet, fonts)?;
        Ok(Self {
            alphabet: letters.into_iter().collect(),
            length,
            case,
        })
    }

    pub(super) fn longest(&self) -> usize {
        let widest = self.alphabet.iter().map(|c| c.len_utf8()).max();
        self.length * widest.unwrap_or(0)
    }

    pub(super) fn question(&self, rng: &mut (impl Rng + ?Sized)) -> Question {
        let prompt: String = (0..self.length)
            .filter_map(|_| pick(rng, &self.alphabet))
            .collect();
        Question {
            prompt,
            answer: None,
            case: self.case,
        }
    }
}
