//! The providers: what each is asked, and how its reply is read.

mod altcha;
mod cattlegrid;
mod friendly_captcha;
mod hcaptcha;
mod recaptcha;
mod recaptcha_enterprise;
mod turnstile;

use std::sync::Arc;
use std::time::Duration;

use cattlegrid_store::Timestamp;

pub use crate::question::{Question, Request};
pub use altcha::{Altcha, AltchaServer};
pub use cattlegrid::Cattlegrid;
pub use friendly_captcha::FriendlyCaptcha;
pub use hcaptcha::Hcaptcha;
pub use recaptcha::{RecaptchaV2, RecaptchaV3};
pub use recaptcha_enterprise::RecaptchaEnterprise;
pub use turnstile::Turnstile;

use crate::reply::{Denial, Reply};
use crate::{ConfigError, Endpoint, Refused, ResponseToken, Score, SecretKey, SiteKey};

/// Somebody who issues response tokens.
pub trait Provider: Send + Sync + 'static {
    /// The provider's name, as [`by_name`] takes it.
    fn name(&self) -> &'static str;

    /// The form field that its widget puts tokens in.
    fn field(&self) -> &'static str;

    /// Who says what a token is worth. Called once, when a verifier is made.
    fn judge(&self) -> Judge;

    /// How long a token may be verified after it was issued.
    fn token_lifetime(&self) -> Duration;

    /// The most characters that a token has.
    fn max_token_chars(&self) -> usize {
        ResponseToken::MAX_CHARS
    }

    /// What the provider says beyond that somebody passed.
    fn says(&self) -> Says {
        Says::default()
    }

    /// The secret keys that the provider published for tests. With one of these the same dummy token is good again and
    /// again, so it is never spent; nothing is lost, as such a key lets everybody through anyway.
    fn test_secret_keys(&self) -> &'static [&'static str] {
        &[]
    }
}

/// Who says what a token is worth.
#[derive(Clone)]
pub enum Judge {
    /// Somebody who is asked.
    Remote(Arc<dyn Remote>),
    /// Whoever has the secret key, by computing.
    Local(Arc<dyn Local>),
}

/// Somebody who is asked by one `POST`, and answers with a JSON object: by default as siteverify does, which reCAPTCHA
/// began and most others speak.
pub trait Remote: Send + Sync + 'static {
    /// Where.
    fn endpoint(&self) -> &Endpoint;

    /// What is posted.
    fn request(&self, question: &Question<'_>) -> Request {
        Request::form(&question.fields())
    }

    /// The statuses that come with an answer.
    fn statuses(&self) -> &'static [u16] {
        &[200]
    }

    /// What a reply says.
    ///
    /// # Errors
    /// [`Denial`] where it does not say that somebody passed.
    fn read(&self, reply: &Reply) -> Result<Statement, Denial> {
        reply.statement(&[])
    }

    /// Whether the same question may be asked again when there was no answer, because its idempotency key says that it is
    /// the same. Elsewhere the first may have spent the token, and the second would refuse somebody who passed.
    fn may_be_asked_again(&self) -> bool {
        false
    }
}

/// Somebody who needs nobody else.
pub trait Local: Send + Sync + 'static {
    /// What a token is worth at `now`.
    ///
    /// # Errors
    /// [`Refused`] where it does not show that somebody passed.
    fn judge(
        &self,
        secret_key: &SecretKey,
        token: &ResponseToken,
        now: Timestamp,
    ) -> Result<Statement, Refused>;
}

/// Which of the things that not every provider says one says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Says {
    /// The host of the page.
    pub hostname: bool,
    /// What the form was for.
    pub action: bool,
    /// How sure it is.
    pub score: Scoring,
}

/// What a provider's score is to its word that somebody passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scoring {
    /// There is none.
    None,
    /// It comes beside that word, or may: a least one is checked where the site expects one.
    Beside,
    /// It comes in place of that word, as everybody passes: there is always a least one.
    Instead,
}

impl Default for Says {
    /// The host alone, which nearly all say.
    fn default() -> Self {
        Self {
            hostname: true,
            action: false,
            score: Scoring::None,
        }
    }
}

/// What a provider said of somebody who passed. None is what it did not say.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statement {
    /// When the visitor passed.
    pub challenge_ts: Option<String>,
    /// The host of the page.
    pub hostname: Option<String>,
    /// What the form was for.
    pub action: Option<String>,
    /// How sure it is.
    pub score: Option<Score>,
    /// What the token is spent as, where the same token can be written in many ways.
    pub spent_as: Option<String>,
}

/// The names of the providers that [`by_name`] makes.
pub const NAMES: [&str; 10] = [
    altcha::SOLUTION,
    altcha::SERVER,
    altcha::SIGNATURE,
    cattlegrid::NAME,
    friendly_captcha::NAME,
    hcaptcha::NAME,
    recaptcha_enterprise::NAME,
    recaptcha::V2,
    recaptcha::V3,
    turnstile::NAME,
];

/// The provider that a configuration names.
///
/// `endpoint` stands in for the provider's own address. `site_key` is for those that take one; others do without.
///
/// # Errors
/// [`ConfigError::Provider`] for another name, [`ConfigError::NoEndpoint`] where the provider has no address of its own,
/// [`ConfigError::NotAsked`] where it needs none, [`ConfigError::NoSiteKey`] where it needs one.
pub fn by_name(
    name: &str,
    endpoint: Option<Endpoint>,
    site_key: Option<SiteKey>,
) -> Result<Box<dyn Provider>, ConfigError> {
    Ok(match name {
        altcha::SOLUTION => Box::new(unasked(
            altcha::SOLUTION,
            endpoint.as_ref(),
            Altcha::solutions(),
        )?),
        altcha::SIGNATURE => Box::new(unasked(
            altcha::SIGNATURE,
            endpoint.as_ref(),
            Altcha::signatures(),
        )?),
        altcha::SERVER => Box::new(AltchaServer::at(needed(
            altcha::SERVER,
            endpoint,
            "https://captcha.example.org/altcha/siteverify",
        )?)),
        cattlegrid::NAME => {
            let example = "https://captcha.example.org/siteverify";
            let endpoint = needed(cattlegrid::NAME, endpoint, example)?;
            Box::new(Cattlegrid::at(endpoint).with_site_key(site_key))
        }
        friendly_captcha::NAME => {
            let friendly = endpoint.map_or_else(FriendlyCaptcha::new, FriendlyCaptcha::at);
            Box::new(friendly.with_site_key(site_key))
        }
        hcaptcha::NAME => {
            let hcaptcha = endpoint.map_or_else(Hcaptcha::new, Hcaptcha::at);
            Box::new(hcaptcha.with_site_key(site_key))
        }
        recaptcha_enterprise::NAME => {
            let provider = recaptcha_enterprise::NAME;
            let example =
                "https://recaptchaenterprise.googleapis.com/v1/projects/MY-PROJECT/assessments";
            let endpoint = needed(provider, endpoint, example)?;
            let site_key = site_key.ok_or(ConfigError::NoSiteKey { provider })?;
            Box::new(RecaptchaEnterprise::at(endpoint, site_key))
        }
        recaptcha::V2 => Box::new(endpoint.map_or_else(RecaptchaV2::new, RecaptchaV2::at)),
        recaptcha::V3 => Box::new(endpoint.map_or_else(RecaptchaV3::new, RecaptchaV3::at)),
        turnstile::NAME => Box::new(endpoint.map_or_else(Turnstile::new, Turnstile::at)),
        _ => {
            return Err(ConfigError::Provider {
                given: name.chars().take(64).collect(),
                known: NAMES.join(", "),
            });
        }
    })
}

fn needed(
    provider: &'static str,
    endpoint: Option<Endpoint>,
    example: &'static str,
) -> Result<Endpoint, ConfigError> {
    endpoint.ok_or(ConfigError::NoEndpoint { provider, example })
}

fn unasked<P>(
    provider: &'static str,
    endpoint: Option<&Endpoint>,
    judge: P,
) -> Result<P, ConfigError> {
    match endpoint {
        None => Ok(judge),
        Some(_) => Err(ConfigError::NotAsked { provider }),
    }
}
