use super::chars::{CharsGenerator, Fields};
use crate::image::Fonts;
use crate::{Case, ChallengeError};

/// How [`Kind::Unicode`](crate::Kind::Unicode) is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(default, deny_unknown_fields)
)]
pub struct UnicodeOptions {
    /// Which characters: 2 to 4096 different ones that the fonts have. By default 14 Cyrillic capitals that are
    /// like no Latin letter and unlike each other.
    pub alphabet: String,
    /// How many characters: 1 to 32, by default 5.
    pub length: usize,
}

impl Default for UnicodeOptions {
    fn default() -> Self {
        Self {
            alphabet: "БГДЖИЛПФЦЧШЭЮЯ".to_owned(),
            length: 5,
        }
    }
}

impl UnicodeOptions {
    pub(super) fn generator(&self, fonts: &Fonts) -> Result<CharsGenerator, ChallengeError> {
        let fields = Fields {
            length: "unicode.length",
            alphabet: "unicode.alphabet",
        };
        CharsGenerator::new(&fields, self.length, &self.alphabet, Case::Fold, fonts)
    }
}
