//! Turnstile.

use std::time::Duration;

use super::{Provider, Says, Statement};
use crate::Endpoint;
use crate::reply::{Denial, Reply};

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

    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
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
            score: false,
        }
    }

    fn test_secret_keys(&self) -> &'static [&'static str] {
        &[
            "1x0000000000000000000000000000000AA",
            "2x0000000000000000000000000000000AA",
            "3x0000000000000000000000000000000AA",
        ]
    }

    fn read(&self, reply: &Reply) -> Result<Statement, Denial> {
        let said = reply.statement(&["internal-error"])?;
        Ok(Statement {
            action: reply.text("action")?,
            ..said
        })
    }
}
