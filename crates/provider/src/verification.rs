//! What became of a token.

use std::borrow::Cow;
use std::fmt;

use crate::Score;
use crate::provider::Statement;

/// What became of a token.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a verification that is not looked at lets everybody through"]
pub enum Verification {
    /// The provider says that a person passed, all that is expected holds, and the token is here for the first time.
    Passed(Passed),
    /// Not to be let through, and why.
    Refused(Refused),
}

/// What is known of somebody who passed. None is what the provider did not say.
#[derive(Clone, Debug, PartialEq)]
pub struct Passed {
    /// The provider's name.
    pub provider: &'static str,
    /// When the visitor passed, as the provider writes it (RFC 3339).
    pub challenge_ts: Option<String>,
    /// The host of the page.
    pub hostname: Option<String>,
    /// What the form was for.
    pub action: Option<String>,
    /// How sure the provider is.
    pub score: Option<Score>,
}

impl Passed {
    pub(crate) fn new(provider: &'static str, said: Statement) -> Self {
        Self {
            provider,
            challenge_ts: said.challenge_ts,
            hostname: said.hostname,
            action: said.action,
            score: said.score,
        }
    }
}

/// Why somebody is not let through: 1 to 8 codes of 1 to 64 characters `a–z 0–9 - _`.
///
/// The provider's own codes, or one of `hostname-mismatch`, `action-mismatch`, `score-too-low`,
/// `already-seen-response`, `invalid-input-response`, `missing-input-response`, and `refused-without-reason` where the
/// provider gave no code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(Vec<Cow<'static, str>>);

impl Refused {
    const MAX_CODES: usize = 8;
    const MAX_CODE_CHARS: usize = 64;

    pub(crate) fn because(code: &'static str) -> Self {
        Self(vec![Cow::Borrowed(code)])
    }

    /// What could not be a token. `invalid-input-response`.
    pub fn invalid() -> Self {
        Self::because("invalid-input-response")
    }

    /// What got somebody through before. `already-seen-response`.
    pub(crate) fn already_seen() -> Self {
        Self::because("already-seen-response")
    }

    /// With those of the provider's codes that are codes: what it says ends up in logs and in replies to visitors.
    pub(crate) fn by_provider<'a>(codes: impl Iterator<Item = &'a str>) -> Self {
        let is_code = |code: &&str| {
            (1..=Self::MAX_CODE_CHARS).contains(&code.len())
                && code.bytes().all(|b| {
                    b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_')
                })
        };
        let codes: Vec<_> = codes
            .filter(is_code)
            .take(Self::MAX_CODES)
            .map(|code| Cow::Owned(code.to_owned()))
            .collect();
        if codes.is_empty() {
            Self::because("refused-without-reason")
        } else {
            Self(codes)
        }
    }

    /// The codes; there is always one.
    pub fn codes(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(AsRef::as_ref)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "refused: {}", self.0.join(", "))
    }
}

impl std::error::Error for Refused {}
