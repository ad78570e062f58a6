//! hCaptcha.

use std::time::Duration;

use super::{Provider, Question};
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

    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn token_lifetime(&self) -> Duration {
        Duration::from_secs(120)
    }

    fn test_secret_keys(&self) -> &'static [&'static str] {
        &["0x0000000000000000000000000000000000000000"]
    }

    fn form(&self, question: &Question<'_>) -> Vec<(&'static str, String)> {
        question.fields_with(self.site_key.as_ref())
    }
}
