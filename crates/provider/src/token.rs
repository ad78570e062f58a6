//! What a visitor's form brings along.

use std::fmt;
use std::str::FromStr;

use crate::Refused;
use crate::keys::is_visible;

/// A response token as a form brought it: 1 to 8,192 visible ASCII characters.
///
/// Turnstile's have at most 2,048. hCaptcha and reCAPTCHA promise no length; theirs have been seen with some 2,500, and
/// grow.
#[derive(Clone, PartialEq, Eq)]
pub struct ResponseToken(String);

impl ResponseToken {
    /// The most characters that a token of any provider has.
    pub const MAX_CHARS: usize = 8192;

    /// The token itself, which is for its provider alone: whoever has it can spend it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for ResponseToken {
    type Err = Refused;

    /// Takes what may be a token; whether it is one the provider says.
    fn from_str(text: &str) -> Result<Self, Refused> {
        if text.is_empty() {
            Err(Refused::missing())
        } else if text.len() <= Self::MAX_CHARS && is_visible(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Refused::invalid())
        }
    }
}

impl fmt::Debug for ResponseToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseToken(…)")
    }
}
