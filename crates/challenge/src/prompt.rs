use std::fmt;

use unicode_normalization::UnicodeNormalization;

use crate::ChallengeError;

/// What is shown to the person: 1 to [`Prompt::MAX_CHARS`] characters.
///
/// It is held in Unicode Normalization Form C (UAX #15), so that an accented letter is one glyph of the font
/// where the font has it. `Debug` does not show the text.
#[derive(Clone, PartialEq, Eq)]
pub struct Prompt(String);

impl Prompt {
    /// The most characters that a prompt has.
    pub const MAX_CHARS: usize = 64;

    /// A prompt of the text.
    ///
    /// # Errors
    ///
    /// [`ChallengeError::Prompt`] if the text is blank, longer than [`Prompt::MAX_CHARS`] or has control characters.
    pub fn new(text: impl Into<String>) -> Result<Self, ChallengeError> {
        let text = text.into();
        if !is_short_visible_text(&text, Self::MAX_CHARS) {
            return Err(ChallengeError::Prompt);
        }
        let composed: String = text.nfc().collect();
        // Why: a few characters decompose even in NFC, so the count can grow.
        if composed.chars().count() > Self::MAX_CHARS {
            Err(ChallengeError::Prompt)
        } else {
            Ok(Self(composed))
        }
    }

    /// A prompt of what can be shown of any text, for pictures of text that somebody else has chosen.
    ///
    /// Control characters become spaces, what is beyond [`Prompt::MAX_CHARS`] is left out, and nothing may be to be seen.
    pub fn lossy(text: &str) -> Self {
        let shown = text.chars().map(|c| if c.is_control() { ' ' } else { c });
        Self(shown.nfc().take(Self::MAX_CHARS).collect())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prompt(..)")
    }
}

/// Whether the text has 1 to `max_chars` characters, not all of them space and none of them a control character.
pub(crate) fn is_short_visible_text(text: &str, max_chars: usize) -> bool {
    // Why: the length in bytes first, so that an enormous text is refused without walking through it.
    text.len() <= 4 * max_chars
        && text.chars().count() <= max_chars
        && !text.chars().all(char::is_whitespace)
        && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_cannot_be_shown() {
        for text in [
            "",
            "   ",
            "\u{3000}",
            "a\nb",
            "a\u{0}",
            &"x".repeat(65),
            &"x".repeat(1 << 20),
        ] {
            assert_eq!(
                Prompt::new(text),
                Err(ChallengeError::Prompt),
                "{text:.20?}"
            );
        }
        assert!(Prompt::new("x".repeat(64)).is_ok());
        assert!(Prompt::new("字".repeat(64)).is_ok());
    }

    #[test]
    fn makes_the_best_of_any_text() {
        assert_eq!(Prompt::lossy("").as_str(), "");
        assert_eq!(Prompt::lossy("a\nb\u{0}").as_str(), "a b ");
        assert_eq!(Prompt::lossy("e\u{301}t").as_str(), "ét");
        assert_eq!(
            Prompt::lossy(&"x".repeat(65)),
            Prompt::new("x".repeat(64)).unwrap()
        );
    }

    #[test]
    fn composes_accents_and_hides_from_debug() {
        let prompt = Prompt::new("e\u{301}t").unwrap();
        assert_eq!(prompt.as_str(), "ét");
        assert_eq!(format!("{prompt:?}"), "Prompt(..)");
    }
}
