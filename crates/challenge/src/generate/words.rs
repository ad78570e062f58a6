use std::collections::BTreeSet;

use rand_core::Rng;

use super::list::WORDS;
use super::{Question, check_covered};
use crate::image::Fonts;
use crate::random::pick;
use crate::{Case, ChallengeError};

/// How [`Kind::Words`](crate::Kind::Words) is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct WordsOptions {
    /// The words to choose from, at most 1,000,000; by default some hundreds of common English nouns that come with
    /// the crate. Words outside the lengths below are passed over.
    pub list: Option<Vec<String>>,
    /// The fewest characters of a word: 1 to 32, by default 4.
    pub min_length: usize,
    /// The most characters of a word: `min_length` to 32, by default 8.
    pub max_length: usize,
}

impl Default for WordsOptions {
    fn default() -> Self {
        Self {
            list: None,
            min_length: 4,
            max_length: 8,
        }
    }
}

impl WordsOptions {
    const MAX_LENGTH: usize = 32;
    const MAX_WORDS: usize = 1_000_000;

    pub(super) fn generator(&self, fonts: &Fonts) -> Result<WordsGenerator, ChallengeError> {
        if !(1..=Self::MAX_LENGTH).contains(&self.min_length) {
            return Err(ChallengeError::option(
                "words.min_length",
                format!("1 to {}", Self::MAX_LENGTH),
            ));
        }
        if !(self.min_length..=Self::MAX_LENGTH).contains(&self.max_length) {
            let allowed = format!("min_length ({}) to {}", self.min_length, Self::MAX_LENGTH);
            return Err(ChallengeError::option("words.max_length", allowed));
        }
        let words = match &self.list {
            Some(list) => self.fitting(list.iter().map(String::as_str))?,
            None => self.fitting(WORDS.split_ascii_whitespace())?,
        };
        for word in &words {
            check_covered("words.list", word, fonts)?;
        }
        Ok(WordsGenerator { words })
    }

    fn fitting<'a>(
        &self,
        list: impl Iterator<Item = &'a str>,
    ) -> Result<Box<[Box<str>]>, ChallengeError> {
        let lengths = self.min_length..=self.max_length;
        let mut words = BTreeSet::new();
        for (place, word) in list.map(str::trim).enumerate() {
            if place == Self::MAX_WORDS || word.contains(char::is_control) {
                let allowed = format!(
                    "at most {} words without control characters",
                    Self::MAX_WORDS
                );
                return Err(ChallengeError::option("words.list", allowed));
            }
            if lengths.contains(&word.chars().count()) {
                words.insert(Box::from(word));
            }
        }
        if words.len() < 2 {
            let allowed = format!(
                "a list with at least two different words of {} to {} characters",
                self.min_length, self.max_length
            );
            return Err(ChallengeError::option("words.list", allowed));
        }
        Ok(words.into_iter().collect())
    }
}

/// Chooses words.
#[derive(Debug, Clone)]
pub(super) struct WordsGenerator {
    words: Box<[Box<str>]>,
}

impl WordsGenerator {
    pub(super) fn longest(&self) -> usize {
        self.words.iter().map(|word| word.len()).max().unwrap_or(0)
    }

    pub(super) fn question(&self, rng: &mut (impl Rng + ?Sized)) -> Question {
        let word = pick(rng, &self.words).map_or("", |word| word);
        Question {
            prompt: word.to_owned(),
            answer: None,
            case: Case::Fold,
        }
    }
}
