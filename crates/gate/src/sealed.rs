//! The sealed texts that travel between server, page and back end.

use std::fmt;
use std::str::FromStr;

use crate::Refusal;
use crate::content::{KEY_CHARS, MAX_TOKEN_CHARS, MAX_WORK_CHARS};

/// The name of a challenge, and the challenge itself: sealed, of 200 URL-safe characters.
#[derive(Clone, PartialEq, Eq)]
pub struct ChallengeKey(pub(crate) String);

impl ChallengeKey {
    /// The key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ChallengeKey {
    type Err = Refusal;

    /// Takes what may be a key; whether it is one shows when the gate opens it.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        if text.len() == KEY_CHARS && text.is_ascii() {
            Ok(Self(text.to_owned()))
        } else {
            Err(Refusal::UnknownKey)
        }
    }
}

impl fmt::Display for ChallengeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ChallengeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChallengeKey(…)")
    }
}

/// What a right answer earns: sealed, of at most 1024 URL-safe characters.
#[derive(Clone, PartialEq, Eq)]
pub struct ResponseToken(pub(crate) String);

impl ResponseToken {
    /// The token's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ResponseToken {
    type Err = Refusal;

    /// Takes what may be a token; whether it is one shows when the gate opens it.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        if text.len() <= MAX_TOKEN_CHARS && text.is_ascii() {
            Ok(Self(text.to_owned()))
        } else {
            Err(Refusal::InvalidToken)
        }
    }
}

impl fmt::Display for ResponseToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ResponseToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResponseToken(…)")
    }
}

/// The name of a proof of work, and all that its puzzles follow from: sealed, of at most 200 URL-safe characters.
#[derive(Clone, PartialEq, Eq)]
pub struct WorkKey(pub(crate) String);

impl WorkKey {
    /// The key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for WorkKey {
    type Err = Refusal;

    /// Takes what may be a key; whether it is one shows when the gate opens it.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        if text.len() <= MAX_WORK_CHARS && text.is_ascii() {
            Ok(Self(text.to_owned()))
        } else {
            Err(Refusal::UnknownKey)
        }
    }
}

impl fmt::Display for WorkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for WorkKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WorkKey(…)")
    }
}
