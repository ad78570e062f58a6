//! The keys that a provider knows a site by.

use std::fmt;
use std::str::FromStr;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::ConfigError;

/// The secret with which a site's back end shows the provider who it is: 16 to 512 visible ASCII characters.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SecretKey(String);

impl SecretKey {
    /// The key itself, which is for the provider alone.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for SecretKey {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        if (16..=512).contains(&text.len()) && is_visible(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ConfigError::SecretKey)
        }
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

/// The public name of a site: 1 to 256 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteKey(String);

impl SiteKey {
    /// The key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SiteKey {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        if (1..=256).contains(&text.len()) && is_visible(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ConfigError::SiteKey)
        }
    }
}

/// Whether `text` is of visible ASCII characters alone: no space, no control.
pub(crate) fn is_visible(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}
