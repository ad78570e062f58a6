//! The hosts that a site's pages are on.

use std::fmt;
use std::str::FromStr;

use crate::ConfigError;

/// One host (`example.org`), or with `*.example.org` every host below one, however deep, but not the host itself.
///
/// International names are written as the browser sends them, in Punycode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostnamePattern {
    host: String,
    below: bool,
}

impl HostnamePattern {
    /// Whether `host`, as a provider says it, is one of them.
    pub fn matches(&self, host: &str) -> bool {
        let host = normal(host);
        if self.below {
            host.strip_suffix(&self.host)
                .is_some_and(|sub| sub.len() > 1 && sub.ends_with('.'))
        } else {
            host == self.host
        }
    }
}

fn normal(host: &str) -> String {
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

impl FromStr for HostnamePattern {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let (host, below) = match text.strip_prefix("*.") {
            Some(parent) => (normal(parent), true),
            None => (normal(text), false),
        };
        let address = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
        let is_host = match address {
            Some(address) => !below && address.parse::<std::net::Ipv6Addr>().is_ok(),
            None => {
                host.len() <= 253
                    && host.split('.').all(|label| {
                        (1..=63).contains(&label.len())
                            && label
                                .bytes()
                                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
                    })
            }
        };
        if is_host {
            Ok(Self { host, below })
        } else {
            Err(ConfigError::Hostname(text.chars().take(64).collect()))
        }
    }
}

impl fmt::Display for HostnamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.below { "*." } else { "" }, self.host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_whole_labels() {
        for (pattern, host, want) in [
            ("example.org", "example.org", true),
            ("Example.ORG.", "eXample.org", true),
            ("example.org", "example.org.", true),
            ("example.org", "www.example.org", false),
            ("example.org", "example.org.evil.net", false),
            ("example.org", "", false),
            ("*.example.org", "www.example.org", true),
            ("*.example.org", "a.b.EXAMPLE.org", true),
            ("*.example.org", "example.org", false),
            ("*.example.org", ".example.org", false),
            ("*.example.org", "badexample.org", false),
            ("127.0.0.1", "127.0.0.1", true),
            ("[::1]", "[::1]", true),
            ("localhost", "localhost", true),
        ] {
            let own: HostnamePattern = pattern.parse().unwrap();
            assert_eq!(own.matches(host), want, "{pattern} {host}");
        }
    }

    #[test]
    fn a_url_is_no_hostname() {
        let long = "a".repeat(64);
        for bad in [
            "",
            ".",
            "*",
            "*.",
            "https://a",
            "a:80",
            "a/b",
            "a b",
            "a..b",
            "[::1",
            "[x]",
            "é.fr",
            "*.*.org",
            "*.[::1]",
            &long,
        ] {
            assert!(bad.parse::<HostnamePattern>().is_err(), "{bad}");
        }
    }
}
