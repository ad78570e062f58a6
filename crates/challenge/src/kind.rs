use std::fmt;
use std::str::FromStr;

use crate::ChallengeError;

/// What sort of question a challenge asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "lowercase")
)]
pub enum Kind {
    /// Letters and digits to be typed as they are.
    Chars,
    /// A small sum to be worked out.
    Math,
    /// A word to be typed.
    Words,
    /// Characters of any alphabet that the fonts cover.
    Unicode,
    /// A prompt and an answer that the caller gives.
    Custom,
}

impl Kind {
    /// Every kind there is.
    pub const ALL: [Self; 5] = [
        Self::Chars,
        Self::Math,
        Self::Words,
        Self::Unicode,
        Self::Custom,
    ];

    /// The kinds that [`Generators`](crate::Generators) make: all but [`Kind::Custom`].
    pub const GENERATED: [Self; 4] = [Self::Chars, Self::Math, Self::Words, Self::Unicode];

    /// The kind's name, in lower case, as configuration and protocols write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chars => "chars",
            Self::Math => "math",
            Self::Words => "words",
            Self::Unicode => "unicode",
            Self::Custom => "custom",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Kind {
    type Err = ChallengeError;

    /// Reads the name that [`Kind::as_str`] writes.
    ///
    /// # Errors
    ///
    /// [`ChallengeError::UnknownKind`] for any other word.
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == name)
            .ok_or(ChallengeError::UnknownKind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_back_from_its_name() {
        for kind in Kind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        assert_eq!("Chars".parse::<Kind>(), Err(ChallengeError::UnknownKind));
    }
}
