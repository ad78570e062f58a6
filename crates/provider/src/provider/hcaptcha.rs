//! hCaptcha.

use std::sync::Arc;
use std::time::Duration;

use super::{Judge, Provider, Question, Remote, Request};
use crate::test_keys::hcaptcha;
use crate::{Endpoint, SiteKey};

pub(super) const NAME: &str = "hcaptcha";

/// hCaptcha. The score that its enterprise replies carry is one of risk, and is not read.
#[derive(Clone, Debug)]
pub struct Hcaptcha {
    endpoint: Endpoint,
    site_key: Option<SiteKey>,
}

impl Hcaptcha {
    /// hCaptcha at its own address.
    pub fn new() -> Self {
        Self::at(Endpoint::of_provider("https://api.hcaptcha.com/siteverify"))
    }

    /// Something that speaks as hCaptcha does, at `endpoint`.
    pub fn at(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            site_key: None,
        }
    }

    /// Has hCaptcha refuse tokens of other sites of the same account.
    #[must_use]
    pub fn with_site_key(mut self, site_key: impl Into<Option<SiteKey>>) -> Self {
        self.site_key = site_key.into();
        self
    }
}

impl Default for Hcaptcha {
    fn default() -> Self {
        Self::new()
    }
}

impl Provider for Hcaptcha {
    fn name(&self) -> &'static str {
        NAME
    }

    fn field(&self) -> &'static str {
        "h-captcha-response"
    }

    fn judge(&self) -> Judge {
        Judge::Remote(Arc::new(self.clone()))
    }

    fn token_lifetime(&self) -> Duration {
        Duration::from_secs(120)
    }

    fn test_secret_keys(&self) -> &'static [&'static str] {
        &[hcaptcha::SECRET_KEY]
    }
}

impl Remote for Hcaptcha {
    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn request(&self, question: &Question<'_>) -> Request {
        Request::form(&question.fields_with(self.site_key.as_ref()))
    }
}
