//! This project's own server.

use std::sync::Arc;
use std::time::Duration;

use super::{Judge, Provider, Question, Remote, Request, Says, Scoring, Statement};
use crate::reply::{Denial, Reply};
use crate::{Endpoint, SiteKey};

pub(super) const NAME: &str = "cattlegrid";

/// Longer than a server's tokens live unless it is told otherwise, which is 5 minutes.
const TOKEN_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// A server of this project. It says a score where the answers of the site have one; why that is below 1 is not read.
#[derive(Clone, Debug)]
pub struct Cattlegrid {
    endpoint: Endpoint,
    site_key: Option<SiteKey>,
    token_lifetime: Duration,
}

impl Cattlegrid {
    /// The server whose siteverify is at `endpoint`.
    pub fn at(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            site_key: None,
            token_lifetime: TOKEN_LIFETIME,
        }
    }

    /// Has the server refuse tokens of other sites.
    #[must_use]
    pub fn with_site_key(mut self, site_key: impl Into<Option<SiteKey>>) -> Self {
        self.site_key = site_key.into();
        self
    }

    /// For a server whose `token_ttl` is more than an hour.
    #[must_use]
    pub fn with_token_lifetime(mut self, lifetime: Duration) -> Self {
        self.token_lifetime = lifetime;
        self
    }
}

impl Provider for Cattlegrid {
    fn name(&self) -> &'static str {
        NAME
    }

    fn field(&self) -> &'static str {
        "cattlegrid-response"
    }

    fn judge(&self) -> Judge {
        Judge::Remote(Arc::new(self.clone()))
    }

    fn token_lifetime(&self) -> Duration {
        self.token_lifetime
    }

    fn max_token_chars(&self) -> usize {
        1024
    }

    fn says(&self) -> Says {
        Says {
            action: true,
            score: Scoring::Beside,
            ..Says::default()
        }
    }
}

impl Remote for Cattlegrid {
    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn request(&self, question: &Question<'_>) -> Request {
        Request::form(&question.fields_with(self.site_key.as_ref()))
    }

    fn read(&self, reply: &Reply) -> Result<Statement, Denial> {
        let said = reply.statement(&["store-unavailable", "internal-error"])?;
        Ok(Statement {
            action: reply.text("action")?,
            score: reply.score("score")?,
            ..said
        })
    }
}
