//! Where a provider is asked.

use std::fmt;
use std::str::FromStr;

use hyper::Uri;

use crate::ConfigError;

/// The address of a siteverify: a whole URL with a path.
///
/// `https`, or `http` for a server in the same private network: over plain `http`, whoever can listen learns the secret
/// key, and whoever can answer lets anybody through. The providers' own addresses are all `https`.
#[derive(Clone, PartialEq, Eq)]
pub struct Endpoint(Uri);

impl Endpoint {
    const MAX_CHARS: usize = 2048;

    /// The address of a provider that has one.
    pub(crate) fn of_provider(https: &'static str) -> Self {
        debug_assert!(https.starts_with("https://"));
        Self(Uri::from_static(https))
    }

    pub(crate) fn uri(&self) -> &Uri {
        &self.0
    }

    pub(crate) fn is_encrypted(&self) -> bool {
        self.0.scheme_str() == Some("https")
    }
}

impl FromStr for Endpoint {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let uri = Some(text)
            // Why: the parser drops a fragment without a word.
            .filter(|text| text.len() <= Self::MAX_CHARS && !text.contains('#'))
            .and_then(|text| text.parse::<Uri>().ok())
            .ok_or(ConfigError::Endpoint)?;
        let fetchable = matches!(uri.scheme_str(), Some("http" | "https"));
        let host = uri.host().is_some_and(|host| !host.is_empty());
        let user = uri
            .authority()
            .is_some_and(|authority| authority.as_str().contains('@'));
        // Why: the address of a server, where that of its siteverify is asked for, is the likeliest mistake.
        let path = uri.path().len() > 1;
        if fetchable && host && !user && path && uri.query().is_none() {
            Ok(Self(uri))
        } else {
            Err(ConfigError::Endpoint)
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Endpoint({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_whole() {
        for good in [
            "https://captcha.example.org/siteverify",
            "http://10.0.0.7:8080/captcha/siteverify",
            "http://[::1]:8080/siteverify",
        ] {
            assert_eq!(good.parse::<Endpoint>().unwrap().to_string(), good);
        }
        let long = format!("https://example.org/{}", "a".repeat(2048));
        for bad in [
            "",
            "/siteverify",
            "captcha.example.org/siteverify",
            "https://captcha.example.org",
            "https://captcha.example.org/",
            "https:///siteverify",
            "ftp://captcha.example.org/siteverify",
            "https://user:password@captcha.example.org/siteverify",
            "https://captcha.example.org/siteverify?secret=x",
            "https://captcha.example.org/siteverify#x",
            "https://captcha.example.org/site verify",
            &long,
        ] {
            assert!(bad.parse::<Endpoint>().is_err(), "{bad}");
        }
    }
}
