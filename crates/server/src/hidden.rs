//! Text that must not be repeated.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error};

/// Text that no error and no log may repeat.
#[derive(Clone)]
pub struct Hidden(String);

impl Hidden {
    /// The text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Hidden {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden(…)")
    }
}

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Why: serde's own message would quote the value.
        String::deserialize(deserializer)
            .map(Self)
            .map_err(|_| D::Error::custom("expected a string"))
    }
}
