//! What a provider must say of the page and the visitor, beyond that somebody passed.

use std::fmt;
use std::str::FromStr;

use crate::provider::Statement;
use crate::{ConfigError, HostnamePattern, Refused};

/// What a form is for (`sign-up`, `comment`), as its page told the provider: 1 to 100 characters of
/// `A–Z a–z 0–9 / - _`.
///
/// Turnstile and Cattlegrid take up to 32 characters; reCAPTCHA no `-`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action(String);

impl Action {
    /// The action's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Action {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_');
        if (1..=100).contains(&text.len()) && text.bytes().all(known) {
            Ok(Self(text.to_owned()))
        } else {
            Err(ConfigError::Action)
        }
    }
}

/// How sure a provider is that the visitor is a person: 0 (surely not) to 1 (surely).
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Score(f64);

impl Score {
    /// What reCAPTCHA advises to ask for at first.
    pub const HALF: Self = Self(0.5);

    /// The score of this value.
    ///
    /// # Errors
    /// [`ConfigError::Score`] for what is not from 0 to 1.
    pub fn new(value: f64) -> Result<Self, ConfigError> {
        if (0.0..=1.0).contains(&value) {
            Ok(Self(value))
        } else {
            Err(ConfigError::Score)
        }
    }

    /// The score's value.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a provider must say beyond that somebody passed. Where it does not say what is asked for, the token is refused.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// The hosts that the site's pages are on; with none, a token from any page is taken, so that whoever may use the
    /// site key elsewhere can bring its tokens here. Only for providers that [say](crate::provider::Says::hostname) it.
    pub hostnames: Vec<HostnamePattern>,
    /// What the form is for. Only for providers that [say](crate::provider::Says::action) it.
    pub action: Option<Action>,
    /// The least score. Only for providers that [give](crate::provider::Says::score) one; [`Score::HALF`] when it is none
    /// and the score is [all](crate::provider::Scoring::Instead) that they say.
    pub minimum_score: Option<Score>,
}

impl Expected {
    /// What is expected of a form for `action`, where that is not the same for all forms.
    pub(crate) fn of_form(&self, action: Option<Action>) -> Self {
        Self {
            action: action.or_else(|| self.action.clone()),
            ..self.clone()
        }
    }

    /// What the provider said, if it is what is expected.
    ///
    /// # Errors
    /// [`Refused`] with `hostname-mismatch`, `action-mismatch` or `score-too-low`.
    pub(crate) fn check(&self, said: Statement) -> Result<Checked, Refused> {
        let host = || said.hostname.as_deref();
        if !self.hostnames.is_empty()
            && !host().is_some_and(|host| self.hostnames.iter().any(|own| own.matches(host)))
        {
            return Err(Refused::because("hostname-mismatch"));
        }
        if let Some(action) = &self.action
            && said.action.as_deref() != Some(action.as_str())
        {
            return Err(Refused::because("action-mismatch"));
        }
        if let Some(minimum) = self.minimum_score
            && !said.score.is_some_and(|score| score >= minimum)
        {
            return Err(Refused::because("score-too-low"));
        }
        Ok(Checked(said))
    }
}

/// What a provider said, and what was expected of it.
pub(crate) struct Checked(Statement);

impl Checked {
    pub(crate) fn into_statement(self) -> Statement {
        self.0
    }
}
