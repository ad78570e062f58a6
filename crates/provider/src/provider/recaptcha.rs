//! reCAPTCHA: v2, whose visitors tick a box or solve a puzzle, and v3, which only gives a score.

use std::sync::Arc;
use std::time::Duration;

use super::{Judge, Provider, Remote, Says, Scoring, Statement};
use crate::Endpoint;
use crate::reply::{Denial, Reply};
use crate::test_keys::recaptcha_v2;

pub(super) const V2: &str = "recaptcha_v2";
pub(super) const V3: &str = "recaptcha_v3";

/// Where reCAPTCHA's widgets put tokens, whichever version they are of.
pub(super) const FIELD: &str = "g-recaptcha-response";

pub(super) const TOKEN_LIFETIME: Duration = Duration::from_secs(120);

fn own_endpoint() -> Endpoint {
    Endpoint::of_provider("https://www.google.com/recaptcha/api/siteverify")
}

/// reCAPTCHA v2, the invisible one included. A score or an action in its reply is not read.
#[derive(Clone, Debug)]
pub struct RecaptchaV2 {
    endpoint: Endpoint,
}

impl RecaptchaV2 {
    /// reCAPTCHA at its own address.
    pub fn new() -> Self {
        Self::at(own_endpoint())
    }

    /// Something that speaks as reCAPTCHA v2 does, at `endpoint`; or reCAPTCHA's other address, at `www.recaptcha.net`.
    pub fn at(endpoint: Endpoint) -> Self {
        Self { endpoint }
    }
}

impl Default for RecaptchaV2 {
    fn default() -> Self {
        Self::new()
    }
}

impl Provider for RecaptchaV2 {
    fn name(&self) -> &'static str {
        V2
    }

    fn field(&self) -> &'static str {
        FIELD
    }

    fn judge(&self) -> Judge {
        Judge::Remote(Arc::new(self.clone()))
    }

    fn token_lifetime(&self) -> Duration {
        TOKEN_LIFETIME
    }

    fn test_secret_keys(&self) -> &'static [&'static str] {
        &[recaptcha_v2::SECRET_KEY]
    }
}

impl Remote for RecaptchaV2 {
    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }
}

/// reCAPTCHA v3. Everybody gets a token; it is the score that tells people from robots, so that there is always a least
/// one.
#[derive(Clone, Debug)]
pub struct RecaptchaV3 {
    endpoint: Endpoint,
}

impl RecaptchaV3 {
    /// reCAPTCHA at its own address.
    pub fn new() -> Self {
        Self::at(own_endpoint())
    }

    /// Something that speaks as reCAPTCHA v3 does, at `endpoint`; or reCAPTCHA's other address, at `www.recaptcha.net`.
    pub fn at(endpoint: Endpoint) -> Self {
        Self { endpoint }
    }
}

impl Default for RecaptchaV3 {
    fn default() -> Self {
        Self::new()
    }
}

impl Provider for RecaptchaV3 {
    fn name(&self) -> &'static str {
        V3
    }

    fn field(&self) -> &'static str {
        FIELD
    }

    fn judge(&self) -> Judge {
        Judge::Remote(Arc::new(self.clone()))
    }

    fn token_lifetime(&self) -> Duration {
        TOKEN_LIFETIME
    }

    fn says(&self) -> Says {
        Says {
            action: true,
            score: Scoring::Instead,
            ..Says::default()
        }
    }
}

impl Remote for RecaptchaV3 {
    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn read(&self, reply: &Reply) -> Result<Statement, Denial> {
        let said = reply.statement(&[])?;
        Ok(Statement {
            action: reply.text("action")?,
            score: reply.score("score")?,
            ..said
        })
    }
}
