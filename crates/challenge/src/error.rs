use crate::Kind;

/// Why something cannot be asked or drawn as it was given, and what to do about it.
///
/// No variant holds a prompt or an answer, so an error can be logged as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChallengeError {
    /// The text cannot be a prompt.
    #[error("a prompt has 1 to {max} characters, no control characters and something to see: shorten or clean it", max = crate::Prompt::MAX_CHARS)]
    Prompt,

    /// The text cannot be an answer.
    #[error("an answer has 1 to {max} characters, no control characters and something besides space: shorten or clean it", max = crate::Answer::MAX_CHARS)]
    Answer,

    /// The word is not the name of a kind.
    #[error("a kind is one of chars, math, words, unicode and custom")]
    UnknownKind,

    /// An option has a value that it cannot have.
    #[error("`{field}` must be {allowed}")]
    Option {
        /// The option's path inside its options, such as `chars.length`.
        field: &'static str,
        /// What the option may be.
        allowed: String,
    },

    /// An option asks for a character that would be drawn as a blank box.
    #[error(
        "`{field}` has the character {character:?} (U+{code:04X}), which no font has: take it out or add a font that has it",
        code = u32::from(*character)
    )]
    NotCovered {
        /// The option's path inside its options, such as `unicode.alphabet`.
        field: &'static str,
        /// The first character that no font has.
        character: char,
    },

    /// A font file cannot be used.
    #[error("the font cannot be read ({reason}): give a TrueType or OpenType file (.ttf or .otf)")]
    Font {
        /// What the reader found wrong.
        reason: String,
    },

    /// A list of fonts is empty or too long.
    #[error("fonts must be a list of 1 to {max}", max = crate::image::Fonts::MAX)]
    FontCount,

    /// The kind cannot be generated: `custom` has no generator, or the generators were made without this kind.
    #[error(
        "no challenge of the kind `{0}` can be generated here: choose another kind, or give prompt and answer"
    )]
    NotGenerated(Kind),
}

impl ChallengeError {
    pub(crate) fn option(field: &'static str, allowed: impl Into<String>) -> Self {
        Self::Option {
            field,
            allowed: allowed.into(),
        }
    }
}
