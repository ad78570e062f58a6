//! Payloads that a server is asked about.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::{FIELD, LONGEST_LIFE, SERVER};
use crate::provider::{Judge, Provider, Question, Remote, Request, Says, Statement};
use crate::reply::{Denial, Reply};
use crate::{Endpoint, Refused};

/// What ALTCHA Sentinel (`/v1/verify/signature`), or a server of this project (`/altcha/siteverify`), says of a payload:
/// ALTCHA's `verifyServer`.
///
/// A payload can be written in many ways, of which each is another token here: that it passes once is up to the server that
/// is asked, and both of them see to it. A server of this project says host and action, Sentinel neither.
#[derive(Clone, Debug)]
pub struct AltchaServer {
    endpoint: Endpoint,
}

impl AltchaServer {
    /// The server that verifies payloads at `endpoint`.
    pub fn at(endpoint: Endpoint) -> Self {
        Self { endpoint }
    }
}

impl Provider for AltchaServer {
    fn name(&self) -> &'static str {
        SERVER
    }

    fn field(&self) -> &'static str {
        FIELD
    }

    fn judge(&self) -> Judge {
        Judge::Remote(Arc::new(self.clone()))
    }

    fn token_lifetime(&self) -> Duration {
        LONGEST_LIFE
    }

    fn says(&self) -> Says {
        Says {
            action: true,
            ..Says::default()
        }
    }
}

impl Remote for AltchaServer {
    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn request(&self, question: &Question<'_>) -> Request {
        Request::json(&json!({
            "payload": question.token.expose(),
            "secret": question.secret_key.expose(),
        }))
    }

    /// With 400, Sentinel says what is wrong with the payload.
    fn statuses(&self) -> &'static [u16] {
        &[200, 400]
    }

    fn read(&self, reply: &Reply) -> Result<Statement, Denial> {
        if let Some(error) = reply.text("error")? {
            return Err(Refused::by_provider(std::iter::once(error.as_str())).into());
        }
        if !reply.flag("verified")? {
            let reason = reply.text("reason")?.map(|reason| reason.to_lowercase());
            let reason = reason.as_deref();
            return Err(match reason {
                Some("store-unavailable" | "internal-error" | "overloaded") => {
                    crate::Broken::Undecided.into()
                }
                _ => Refused::by_provider(reason.into_iter()).into(),
            });
        }
        Ok(Statement {
            challenge_ts: reply.text("challenge_ts")?,
            hostname: reply.text("hostname")?,
            action: reply.text("action")?,
            ..Statement::default()
        })
    }
}
