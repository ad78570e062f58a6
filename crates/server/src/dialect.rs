//! The protocols that sites speak.

use std::time::Duration;

use cattlegrid::Site;
use serde::Deserialize;

/// The protocol that a site's pages and back end were written for.
///
/// What is the same in all of them is answered to any site. A site's own dialect decides where they differ: which
/// `siteverify` it means, whether a verification has a `score`, how long its tokens live unless it says otherwise, and
/// whether work without a picture may earn a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// The native API.
    #[default]
    Cattlegrid,
    /// hCaptcha's.
    Hcaptcha,
    /// reCAPTCHA's version 2, with a box to tick or invisible.
    RecaptchaV2,
    /// reCAPTCHA's version 3, which has scores.
    RecaptchaV3,
    /// Turnstile's.
    Turnstile,
    /// django-rest-captcha's.
    DjangoRestCaptcha,
    /// django-simple-captcha's.
    DjangoSimpleCaptcha,
    /// That of ALTCHA's widget.
    Altcha,
    /// That of Cap's widget.
    Cap,
}

impl Dialect {
    /// The dialect's name, as the configuration has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cattlegrid => "cattlegrid",
            Self::Hcaptcha => "hcaptcha",
            Self::RecaptchaV2 => "recaptcha-v2",
            Self::RecaptchaV3 => "recaptcha-v3",
            Self::Turnstile => "turnstile",
            Self::DjangoRestCaptcha => "django-rest-captcha",
            Self::DjangoSimpleCaptcha => "django-simple-captcha",
            Self::Altcha => "altcha",
            Self::Cap => "cap",
        }
    }

    /// Whether back ends verify tokens of whatever origin in it, rather than what its own widget has made.
    pub(crate) const fn verifies_any_token(self) -> bool {
        matches!(
            self,
            Self::Cattlegrid
                | Self::Hcaptcha
                | Self::RecaptchaV2
                | Self::RecaptchaV3
                | Self::Turnstile
        )
    }

    /// How long the provider's challenges live; five minutes where no provider says otherwise.
    pub const fn challenge_ttl(self) -> Duration {
        match self {
            // Why: Cap's widget may keep work for a while before it begins.
            Self::Cap => Duration::from_secs(600),
            _ => Site::DEFAULT_TTL,
        }
    }

    /// How long the provider's tokens live; five minutes where no provider says otherwise.
    pub const fn token_ttl(self) -> Duration {
        match self {
            Self::Hcaptcha | Self::RecaptchaV2 | Self::RecaptchaV3 => Duration::from_secs(120),
            Self::Cap => Duration::from_secs(1200),
            _ => Site::DEFAULT_TTL,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::de::IntoDeserializer;
    use serde::de::value::{Error, StrDeserializer};

    use super::*;

    #[test]
    fn a_name_is_read_as_it_is_written() {
        for dialect in [
            Dialect::Cattlegrid,
            Dialect::Hcaptcha,
            Dialect::RecaptchaV2,
            Dialect::RecaptchaV3,
            Dialect::Turnstile,
            Dialect::DjangoRestCaptcha,
            Dialect::DjangoSimpleCaptcha,
            Dialect::Altcha,
            Dialect::Cap,
        ] {
            let name: StrDeserializer<'_, Error> = dialect.as_str().into_deserializer();
            assert_eq!(Dialect::deserialize(name), Ok(dialect));
        }
    }
}
