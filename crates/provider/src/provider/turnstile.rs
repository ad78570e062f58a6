//! Turnstile.

use std::sync::Arc;
use std::time::Duration;

use super::{Judge, Provider, Question, Remote, Request, Says, Statement};
use crate::Endpoint;
use crate::reply::{Denial, Reply};
use crate::test_keys::turnstile;

pub(super) const NAME: &str = "turnstile";

/// Turnstile.
#[derive(Clone, Debug)]
pub struct Turnstile {
    endpoint: Endpoint,
}

impl Turnstile {
    /// Turnstile at its own address.
    pub fn new() -> Self {
        Self::at(Endpoint::of_provider(
            "https://challenges.cloudflare.com/turnstile/v0/siteverify",
        ))
    }

    /// Something that speaks as Turnstile does, at `endpoint`.
    pub fn at(endpoint: Endpoint) -> Self {
        Self { endpoint }
    }
}

impl Default for Turnstile {
    fn default() -> Self {
        Self::new()
    }
}

impl Provider for Turnstile {
    fn name(&self) -> &'static str {
        NAME
    }

    fn field(&self) -> &'static str {
        "cf-turnstile-response"
    }

    fn judge(&self) -> Judge {
        Judge::Remote(Arc::new(self.clone()))
    }

    fn token_lifetime(&self) -> Duration {
        Duration::from_secs(300)
    }

    fn max_token_chars(&self) -> usize {
        2048
    }

    fn says(&self) -> Says {
        Says {
            action: true,
            ..Says::default()
        }
    }

    fn test_secret_keys(&self) -> &'static [&'static str] {
        &turnstile::SECRET_KEYS
    }
}

impl Remote for Turnstile {
    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn request(&self, question: &Question<'_>) -> Request {
        let mut fields = question.fields();
        let key = question.idempotency_key;
        fields.extend(key.map(|key| ("idempotency_key", key.to_string())));
        Request::form(&fields)
    }

    fn read(&self, reply: &Reply) -> Result<Statement, Denial> {
        let said = reply.statement(&["internal-error"])?;
        Ok(Statement {
            action: reply.text("action")?,
            ..said
        })
    }

    fn may_be_asked_again(&self) -> bool {
        true
    }
}
