//! The proof that a token was verified.

use std::fmt;
use std::sync::Arc;

use cattlegrid_provider::{Passed, Score, Verify};

/// The proof that the token of a request was verified, and what is known of whoever earned it.
///
/// Nothing but [`Captcha::verify`](super::Captcha::verify) makes one. It is in the request's extensions behind a
/// [`CaptchaLayer`](super::CaptchaLayer), and with the feature `axum` an extractor. A clone is the same proof.
#[derive(Clone)]
#[must_use = "a handler that does not hold on to its proof runs for everybody"]
pub struct Verified {
    by: Arc<dyn Verify>,
    passed: Arc<Passed>,
}

impl Verified {
    pub(super) fn new(by: &Arc<dyn Verify>, passed: Passed) -> Self {
        Self {
            by: Arc::clone(by),
            passed: Arc::new(passed),
        }
    }

    /// Whether it was this one that verified the token.
    pub(super) fn is_by(&self, verify: &Arc<dyn Verify>) -> bool {
        Arc::ptr_eq(&self.by, verify)
    }

    /// Whether the token was earned for this, or there is no token whose word counts.
    pub(super) fn is_for(&self, action: &str) -> bool {
        self.action() == Some(action) || !self.decided()
    }

    /// Who issued the token.
    pub fn provider(&self) -> &'static str {
        self.passed.provider()
    }

    /// The host of the page that it was earned on.
    pub fn hostname(&self) -> Option<&str> {
        self.passed.hostname()
    }

    /// What the form was for.
    pub fn action(&self) -> Option<&str> {
        self.passed.action()
    }

    /// How sure the provider is that it was a person.
    pub fn score(&self) -> Option<Score> {
        self.passed.score()
    }

    /// When it was earned (mostly RFC 3339).
    pub fn challenge_ts(&self) -> Option<&str> {
        self.passed.challenge_ts()
    }

    /// False where nobody could be asked, and the site would have everybody let through then.
    pub fn decided(&self) -> bool {
        self.passed.decided()
    }
}

impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Verified").field(&self.passed).finish()
    }
}
