//! Friendly Captcha, version 2 (<https://developer.friendlycaptcha.com/docs/v2/api/siteverify>).

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::{Judge, Provider, Question, Remote, Request, Statement};
use crate::reply::{Denial, Reply};
use crate::{Broken, Endpoint, Refused, SiteKey};

pub(super) const NAME: &str = "friendly_captcha";

/// Longer than tokens are likely to live, which Friendly Captcha does not tell.
const TOKEN_LIFETIME: Duration = Duration::from_secs(60 * 60);

/// Friendly Captcha, version 2. The secret key is an API key of the account.
#[derive(Clone, Debug)]
pub struct FriendlyCaptcha {
    endpoint: Endpoint,
    site_key: Option<SiteKey>,
}

impl FriendlyCaptcha {
    /// Friendly Captcha at its global address.
    pub fn new() -> Self {
        Self::at(Endpoint::of_provider(
            "https://global.frcapi.com/api/v2/captcha/siteverify",
        ))
    }

    /// Friendly Captcha at its address in the European Union, for accounts that may use it.
    pub fn in_europe() -> Self {
        Self::at(Endpoint::of_provider(
            "https://eu.frcapi.com/api/v2/captcha/siteverify",
        ))
    }

    /// Something that speaks as Friendly Captcha does, at `endpoint`.
    pub fn at(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            site_key: None,
        }
    }

    /// Has Friendly Captcha refuse tokens of other sites of the same account.
    #[must_use]
    pub fn with_site_key(mut self, site_key: impl Into<Option<SiteKey>>) -> Self {
        self.site_key = site_key.into();
        self
    }
}

impl Default for FriendlyCaptcha {
    fn default() -> Self {
        Self::new()
    }
}

impl Provider for FriendlyCaptcha {
    fn name(&self) -> &'static str {
        NAME
    }

    fn field(&self) -> &'static str {
        "frc-captcha-response"
    }

    fn judge(&self) -> Judge {
        Judge::Remote(Arc::new(self.clone()))
    }

    fn token_lifetime(&self) -> Duration {
        TOKEN_LIFETIME
    }
}

impl Remote for FriendlyCaptcha {
    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn request(&self, question: &Question<'_>) -> Request {
        let mut body = json!({ "response": question.token.expose() });
        if let Some(site_key) = &self.site_key {
            body["sitekey"] = site_key.as_str().into();
        }
        Request::json(&body).with_key_in("x-api-key", question.secret_key)
    }

    /// With 400 and 401 it says what is wrong with the question.
    fn statuses(&self) -> &'static [u16] {
        &[200, 400, 401]
    }

    fn read(&self, reply: &Reply) -> Result<Statement, Denial> {
        if !reply.flag("success")? {
            let code = reply.object("error")?.text("error_code")?;
            return Err(Refused::by_provider(code.iter().map(String::as_str)).into());
        }
        let challenge = reply.object("data")?.object("challenge")?;
        let origin = challenge.text("origin")?;
        Ok(Statement {
            challenge_ts: challenge.text("timestamp")?,
            hostname: origin.as_deref().map(host).transpose()?,
            ..Statement::default()
        })
    }
}

/// The host of `https://example.org:8443`, or of `example.org`.
fn host(origin: &str) -> Result<String, Broken> {
    let whole = if origin.contains("://") {
        origin
    } else {
        &format!("https://{origin}")
    };
    whole
        .parse::<hyper::Uri>()
        .ok()
        .and_then(|uri| Some(uri.host()?.to_owned()))
        .ok_or(Broken::Field("origin"))
}
