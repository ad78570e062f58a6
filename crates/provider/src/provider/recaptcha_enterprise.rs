//! reCAPTCHA Enterprise (<https://cloud.google.com/recaptcha/docs/create-assessment-website>).

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::recaptcha::{FIELD, TOKEN_LIFETIME};
use super::{Judge, Provider, Question, Remote, Request, Says, Scoring, Statement};
use crate::reply::{Denial, Reply};
use crate::{ConfigError, Endpoint, Refused, SiteKey};

pub(super) const NAME: &str = "recaptcha_enterprise";

/// reCAPTCHA Enterprise. The secret key is an API key of the project, and goes in a header, where no proxy's log has it.
///
/// All its keys give a score, so that there is always a least one. Its reasons for a score are not read.
#[derive(Clone, Debug)]
pub struct RecaptchaEnterprise {
    endpoint: Endpoint,
    site_key: SiteKey,
}

impl RecaptchaEnterprise {
    /// The assessments of a project in Google's cloud, by the project's id: 1 to 100 characters of `a–z 0–9 : . -`.
    ///
    /// # Errors
    /// [`ConfigError::Project`] for what can be no such id.
    pub fn of_project(project: &str, site_key: SiteKey) -> Result<Self, ConfigError> {
        let known = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b":.-".contains(&b);
        if !(1..=100).contains(&project.len()) || !project.bytes().all(known) {
            return Err(ConfigError::Project);
        }
        let endpoint =
            format!("https://recaptchaenterprise.googleapis.com/v1/projects/{project}/assessments");
        Ok(Self::at(endpoint.parse()?, site_key))
    }

    /// Something that speaks as reCAPTCHA Enterprise does, at `endpoint`.
    pub fn at(endpoint: Endpoint, site_key: SiteKey) -> Self {
        Self { endpoint, site_key }
    }
}

impl Provider for RecaptchaEnterprise {
    fn name(&self) -> &'static str {
        NAME
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

impl Remote for RecaptchaEnterprise {
    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    fn request(&self, question: &Question<'_>) -> Request {
        let mut event = json!({
            "token": question.token.expose(),
            "siteKey": self.site_key.as_str(),
        });
        let known = [
            ("expectedAction", question.action.map(|a| a.as_str().into())),
            ("userIpAddress", question.address().map(Into::into)),
            ("userAgent", question.user_agent.map(Into::into)),
        ];
        for (field, value) in known {
            if let Some(value) = value {
                event[field] = value;
            }
        }
        Request::json(&json!({ "event": event })).with_key_in("x-goog-api-key", question.secret_key)
    }

    fn read(&self, reply: &Reply) -> Result<Statement, Denial> {
        let token = reply.object("tokenProperties")?;
        if !token.flag("valid")? {
            let reason = token.text("invalidReason")?.map(|r| r.to_lowercase());
            return Err(Refused::by_provider(reason.iter().map(String::as_str)).into());
        }
        let risk = reply.object("riskAnalysis")?;
        // Why: a key that asks its visitors something calls the token of who failed valid.
        if risk.text("challenge")?.as_deref() == Some("FAILED") {
            return Err(Refused::because("challenge-failed").into());
        }
        Ok(Statement {
            challenge_ts: token.text("createTime")?,
            hostname: token.text("hostname")?,
            action: token.text("action")?,
            score: risk.score("score")?,
            ..Statement::default()
        })
    }
}
