//! What became of a token.

use std::borrow::Cow;
use std::fmt;

use crate::Score;
use crate::expected::{Checked, Expected};
use crate::provider::Statement;
use crate::spending::FirstTime;

/// What became of a token.
#[derive(Clone, Debug, PartialEq)]
#[must_use = "a verification that is not looked at lets everybody through"]
pub enum Verification {
    /// The provider says that a person passed, all that is expected holds, and the token is here for the first time.
    Passed(Passed),
    /// Not to be let through, and why.
    Refused(Refused),
}

impl From<Result<Passed, Refused>> for Verification {
    fn from(outcome: Result<Passed, Refused>) -> Self {
        outcome.map_or_else(Self::Refused, Self::Passed)
    }
}

impl From<Refused> for Verification {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

/// What is known of somebody who passed. None is what the provider did not say.
///
/// There is no way to come by one but to have a token [verified](crate::Verify::verify): by then its page, form and score are
/// what the site expects, and it is spent.
///
/// ```compile_fail
/// let forged = cattlegrid_provider::Passed { provider: "nobody", decided: true, ..todo!() };
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Passed {
    provider: &'static str,
    said: Statement,
    decided: bool,
}

impl Passed {
    /// Somebody whose token is what is expected, and is here for the first time.
    pub(crate) fn new(provider: &'static str, checked: Checked, _: FirstTime) -> Self {
        Self::staged(provider, checked.into_statement())
    }

    /// Somebody whom a site's tests let through.
    pub(crate) fn staged(provider: &'static str, said: Statement) -> Self {
        Self {
            provider,
            said,
            decided: true,
        }
    }

    /// Somebody whom a [`Verify`](crate::Verify) of one's own lets through, which has spent the token itself, if what it
    /// says of them is what is expected.
    ///
    /// # Errors
    /// [`Refused`] with `hostname-mismatch`, `action-mismatch` or `score-too-low`.
    pub fn vouched(
        provider: &'static str,
        said: Statement,
        expected: &Expected,
    ) -> Result<Self, Refused> {
        let checked = expected.check(said)?;
        Ok(Self::staged(provider, checked.into_statement()))
    }

    /// Somebody whom nobody has decided about, let through because the site would have it so.
    pub(crate) fn undecided(provider: &'static str) -> Self {
        Self {
            provider,
            said: Statement::default(),
            decided: false,
        }
    }

    /// The provider's name.
    pub const fn provider(&self) -> &'static str {
        self.provider
    }

    /// When the visitor passed, as the provider writes it (mostly RFC 3339).
    pub fn challenge_ts(&self) -> Option<&str> {
        self.said.challenge_ts.as_deref()
    }

    /// The host of the page.
    pub fn hostname(&self) -> Option<&str> {
        self.said.hostname.as_deref()
    }

    /// What the form was for.
    pub fn action(&self) -> Option<&str> {
        self.said.action.as_deref()
    }

    /// How sure the provider is.
    pub const fn score(&self) -> Option<Score> {
        self.said.score
    }

    /// False for who was let through because no provider could be reached, by a site that [would have it
    /// so](crate::WhenDown::LetThrough).
    pub const fn decided(&self) -> bool {
        self.decided
    }
}

/// Why somebody is not let through: 1 to 8 codes of 1 to 64 characters `a–z 0–9 - _`.
///
/// The provider's own codes, or one of `hostname-mismatch`, `action-mismatch`, `score-too-low`,
/// `already-seen-response`, `invalid-input-response`, `missing-input-response`, `unexpected-provider` (a
/// [`Chain`](crate::Chain)'s), `challenge-failed` (reCAPTCHA Enterprise), `expired-input-response`, `expires-too-late`,
/// `missing-code` and `not-verified` (ALTCHA), and `refused-without-reason` where the provider gave no code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused(Vec<Cow<'static, str>>);

impl Refused {
    const MAX_CODES: usize = 8;
    const MAX_CODE_CHARS: usize = 64;

    /// For the reason that this code names.
    pub fn because(code: &'static str) -> Self {
        Self(vec![Cow::Borrowed(code)])
    }

    /// No token. `missing-input-response`.
    pub fn missing() -> Self {
        Self::because("missing-input-response")
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
