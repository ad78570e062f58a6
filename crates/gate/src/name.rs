//! The names that a site, its pages and its forms go by.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::Error;

/// The public name of a site: 1 to 64 characters of `A–Z a–z 0–9 . - _`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SiteKey(String);

impl SiteKey {
    /// The key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SiteKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
        if (1..=64).contains(&text.len()) && text.bytes().all(known) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::SiteKey)
        }
    }
}

impl fmt::Display for SiteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The private name of a site, with which its back end shows who it is: 16 to 256 printable ASCII
/// characters.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SecretKey(String);

impl SecretKey {
    /// The key's text, to be shown to the site's owner alone.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What the key is looked up by. A look-up's time may tell about the digest, which tells nothing of the
    /// key.
    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// Whether this is `other`, in time that does not depend on where they differ.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl FromStr for SecretKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if (16..=256).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::SecretKey)
        }
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

/// What a form is for (`sign-up`, `comment`), as its page says: 1 to 32 characters of `A–Z a–z 0–9 / - _`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action(String);

impl Action {
    /// The most characters that an action has.
    pub const MAX_CHARS: usize = 32;

    /// The action's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Action {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_');
        if (1..=Self::MAX_CHARS).contains(&text.len()) && text.bytes().all(known) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::Action)
        }
    }
}

/// What a page wants its back end to be told along with the verification: 1 to 255 characters of `A–Z a–z 0–9 - _`.
///
/// It says nothing that can be trusted: a visitor may send anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerData(String);

impl CustomerData {
    /// The most characters that there are.
    pub const MAX_CHARS: usize = 255;

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CustomerData {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        if (1..=Self::MAX_CHARS).contains(&text.len()) && text.bytes().all(known) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::CustomerData)
        }
    }
}

/// The host of a page: a domain name of at most 253 characters, an IPv4 address, or an IPv6 address in
/// brackets; lower case, without a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hostname(String);

impl Hostname {
    /// The host in `host`, `host:port` or `[address]:port`.
    ///
    /// # Errors
    /// [`Error::Hostname`] when there is none.
    pub fn from_authority(authority: &str) -> Result<Self, Error> {
        // Why: in brackets, a colon is part of an IPv6 address.
        let end = match authority.rfind(']') {
            Some(bracket) => bracket + 1,
            None => authority.find(':').unwrap_or(authority.len()),
        };
        authority.split_at(end).0.parse()
    }

    /// The hostname's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Hostname {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let malformed = || Error::Hostname(text.chars().take(64).collect());
        let host = text.strip_suffix('.').unwrap_or(text);
        if let Some(address) = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
            return address
                .parse::<std::net::Ipv6Addr>()
                .map(|address| Self(format!("[{address}]")))
                .map_err(|_| malformed());
        }
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        if host.len() <= 253 && host.split('.').all(label) {
            Ok(Self(host.to_ascii_lowercase()))
        } else {
            Err(malformed())
        }
    }
}

impl fmt::Display for Hostname {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Which hosts a site's pages are on: one host, or with `*.example.org` every host below one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostnamePattern {
    /// This host alone.
    Exactly(Hostname),
    /// Every host below this one, however deep, but not the host itself.
    Below(Hostname),
}

impl HostnamePattern {
    /// Whether `host` is one of them.
    pub fn matches(&self, host: &Hostname) -> bool {
        match self {
            Self::Exactly(own) => own == host,
            Self::Below(own) => host
                .as_str()
                .strip_suffix(own.as_str())
                .is_some_and(|sub| sub.len() > 1 && sub.ends_with('.')),
        }
    }
}

impl FromStr for HostnamePattern {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text.strip_prefix("*.") {
            Some(parent) => parent.parse().map(Self::Below),
            None => text.parse().map(Self::Exactly),
        }
    }
}

impl fmt::Display for HostnamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(host) => host.fmt(f),
            Self::Below(host) => write!(f, "*.{host}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostnames_are_normalised() {
        for (given, want) in [
            ("Example.ORG", "example.org"),
            ("example.org.", "example.org"),
            ("127.0.0.1", "127.0.0.1"),
            ("[0:0::1]", "[::1]"),
        ] {
            assert_eq!(given.parse::<Hostname>().unwrap().as_str(), want);
        }
        for bad in [
            "",
            "a b",
            "https://a",
            "a:80",
            "a/b",
            "[::1",
            "a..b",
            "[x]",
            "é.fr",
        ] {
            assert!(bad.parse::<Hostname>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_port_is_no_part_of_a_hostname() {
        for (given, want) in [
            ("example.org", "example.org"),
            ("example.org:8000", "example.org"),
            ("127.0.0.1:80", "127.0.0.1"),
            ("[::1]:80", "[::1]"),
        ] {
            assert_eq!(Hostname::from_authority(given).unwrap().as_str(), want);
        }
        for bad in ["", ":80", "::1", "]", "a b:80", "é]"] {
            assert!(Hostname::from_authority(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn patterns_match_whole_labels() {
        let below: HostnamePattern = "*.example.org".parse().unwrap();
        let host = |text: &str| text.parse::<Hostname>().unwrap();
        assert!(below.matches(&host("www.example.org")));
        assert!(below.matches(&host("a.b.example.org")));
        assert!(!below.matches(&host("example.org")));
        assert!(!below.matches(&host("badexample.org")));
        let exact: HostnamePattern = "example.org".parse().unwrap();
        assert!(exact.matches(&host("EXAMPLE.org")));
        assert!(!exact.matches(&host("www.example.org")));
    }

    #[test]
    fn secret_keys_do_not_show_in_debug_output() {
        let key: SecretKey = "a-secret-key-of-some-length".parse().unwrap();
        assert!(!format!("{key:?}").contains("secret-key"));
    }
}
