//! The providers: what each is asked, and how its reply is read.

mod cattlegrid;
mod hcaptcha;
mod recaptcha;
mod turnstile;

use std::net::IpAddr;
use std::time::Duration;

pub use cattlegrid::Cattlegrid;
pub use hcaptcha::Hcaptcha;
pub use recaptcha::{RecaptchaV2, RecaptchaV3};
pub use turnstile::Turnstile;

use crate::reply::{Denial, Reply};
use crate::{ConfigError, Endpoint, ResponseToken, Score, SecretKey, SiteKey};

/// Somebody who issues response tokens and says what they are worth: a siteverify that is asked with a form and answers
/// with a JSON object.
pub trait Provider: Send + Sync + 'static {
    /// The provider's name, as [`by_name`] takes it.
    fn name(&self) -> &'static str;

    /// Where it is asked.
    fn endpoint(&self) -> &Endpoint;

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

    /// The fields of the form that it is asked with.
    fn form(&self, question: &Question<'_>) -> Vec<(&'static str, String)> {
        question.fields()
    }

    /// What a reply says.
    ///
    /// # Errors
    /// [`Denial`] where it does not say that somebody passed.
    fn read(&self, reply: &Reply) -> Result<Statement, Denial> {
        reply.statement(&[])
    }
}

/// Which of the things that not every provider says one says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Says {
    /// What the form was for.
    pub action: bool,
    /// How sure it is.
    pub score: bool,
}

/// What a provider is asked.
pub struct Question<'a> {
    /// The site's secret key.
    pub secret_key: &'a SecretKey,
    /// The token.
    pub token: &'a ResponseToken,
    /// The visitor's address, if it is known.
    pub remote_ip: Option<IpAddr>,
}

impl Question<'_> {
    /// The fields that all providers take: `secret`, `response`, and `remoteip` if it is known.
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = vec![
            ("secret", self.secret_key.expose().to_owned()),
            ("response", self.token.expose().to_owned()),
        ];
        // Why canonical: a socket that takes both says `::ffff:203.0.113.7` where it means `203.0.113.7`.
        let address = self.remote_ip.map(|address| address.to_canonical());
        fields.extend(address.map(|address| ("remoteip", address.to_string())));
        fields
    }

    /// These fields and `sitekey`, with which a provider refuses the tokens of its other sites.
    fn fields_with(&self, site_key: Option<&SiteKey>) -> Vec<(&'static str, String)> {
        let mut fields = self.fields();
        fields.extend(site_key.map(|key| ("sitekey", key.as_str().to_owned())));
        fields
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
}

/// The names of the providers that [`by_name`] makes.
pub const NAMES: [&str; 5] = [
    cattlegrid::NAME,
    hcaptcha::NAME,
    recaptcha::V2,
    recaptcha::V3,
    turnstile::NAME,
];

/// The provider that a configuration names.
///
/// `endpoint` stands in for the provider's own address. `site_key` is for those that take one; others do without.
///
/// # Errors
/// [`ConfigError::Provider`] for another name, [`ConfigError::NoEndpoint`] where the provider has no address of its own.
pub fn by_name(
    name: &str,
    endpoint: Option<Endpoint>,
    site_key: Option<SiteKey>,
) -> Result<Box<dyn Provider>, ConfigError> {
    Ok(match name {
        cattlegrid::NAME => {
            let endpoint = endpoint.ok_or(ConfigError::NoEndpoint {
                provider: cattlegrid::NAME,
            })?;
            Box::new(Cattlegrid::at(endpoint).with_site_key(site_key))
        }
        hcaptcha::NAME => {
            let hcaptcha = endpoint.map_or_else(Hcaptcha::new, Hcaptcha::at);
            Box::new(hcaptcha.with_site_key(site_key))
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
