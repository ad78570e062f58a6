//! What can go wrong: [`ConfigError`] at start, [`Error`] afterwards.

use std::fmt;
use std::path::PathBuf;

use cattlegrid_store::StoreError;

/// Why a verifier, or a part of it, cannot be built. All of these are for whoever configures the site.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// There is no such provider.
    #[error("there is no provider `{given}`; there are: {known}")]
    Provider {
        /// The beginning of the name.
        given: String,
        /// The names there are.
        known: String,
    },
    /// A secret key is malformed.
    #[error(
        "a secret key is 16 to 512 visible ASCII characters; take it from where the provider shows the site's keys"
    )]
    SecretKey,
    /// A site key is malformed.
    #[error(
        "a site key is 1 to 256 visible ASCII characters; take it from where the provider shows the site's keys"
    )]
    SiteKey,
    /// An action is malformed.
    #[error("an action is 1 to 100 characters of A-Z a-z 0-9 / - _")]
    Action,
    /// A score is out of bounds.
    #[error("a score is a number from 0 (surely a robot) to 1 (surely a person)")]
    Score,
    /// A hostname is malformed.
    #[error(
        "`{0}` is no hostname: give example.org, *.example.org for what is below it, 127.0.0.1 or [::1]; no scheme, port or path"
    )]
    Hostname(String),
    /// An address is not one that a verification can be posted to.
    #[error(
        "the address of siteverify is a whole URL, such as https://captcha.example.org/siteverify: http or https, a path, no user, no query"
    )]
    Endpoint,
    /// The provider has no address of its own, and none is given.
    #[error("{provider} needs the address that it is asked at, such as {example}")]
    NoEndpoint {
        /// The provider's name.
        provider: &'static str,
        /// What the address may look like.
        example: &'static str,
    },
    /// The provider is not asked anywhere, and an address is given.
    #[error("{provider} is not asked anywhere; leave the address out")]
    NotAsked {
        /// The provider's name.
        provider: &'static str,
    },
    /// The provider cannot be asked without a site key, and none is given.
    #[error("{provider} needs the site key; take it from where the provider shows the site's keys")]
    NoSiteKey {
        /// The provider's name.
        provider: &'static str,
    },
    /// The name of a project is malformed.
    #[error(
        "the project is named by its id, which is 1 to 100 characters of a-z 0-9 : . - and stands in the cloud console's address"
    )]
    Project,
    /// The provider does not say the page's host, so that every token would be refused.
    #[error("{provider} does not say the page's host; leave the hostnames out")]
    NoHostname {
        /// The provider's name.
        provider: &'static str,
    },
    /// The provider does not say what a form was for, so that every token would be refused.
    #[error("{provider} does not say an action; leave the action out")]
    NoAction {
        /// The provider's name.
        provider: &'static str,
    },
    /// The provider gives no score, so that every token would be refused.
    #[error("{provider} gives no score; leave the minimum score out")]
    NoScore {
        /// The provider's name.
        provider: &'static str,
    },
    /// The name of a form field is malformed.
    #[error("the name of a form field is 1 to 100 visible ASCII characters")]
    Field,
    /// A timeout is out of bounds.
    #[error("the timeout is 0.1 to 60 seconds")]
    Timeout,
    /// The environment names a proxy that cannot be used.
    #[error(
        "the proxy that HTTPS_PROXY or ALL_PROXY names cannot be used: give http://HOST:PORT, or put the provider's host into NO_PROXY"
    )]
    Proxy,
    /// The file of root certificates cannot be used.
    #[error("{}: {source}; give a PEM file with at least one certificate", .path.display())]
    Roots {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Connections cannot be encrypted.
    #[error(
        "no TLS: {0}; install the system's root certificates (the package is often called ca-certificates)"
    )]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Why nobody could decide about a token. Whoever asked lets nobody through, unless the site has chosen otherwise for
/// [`Error::Unreachable`].
///
/// No variant holds a secret key or a token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The provider gave no answer, or not in time. The token may be spent or not.
    #[error("{provider} cannot be reached: {why}")]
    Unreachable {
        /// The provider's name.
        provider: &'static str,
        /// What happened.
        why: Unreachable,
    },
    /// The provider gave an answer that decides nothing.
    ///
    /// Not a reason to let anybody through: visitors may be able to bring this about with a token of their own making.
    #[error("{provider} gave no answer to go by: {why}")]
    Broken {
        /// The provider's name.
        provider: &'static str,
        /// What was wrong with it.
        why: Broken,
    },
    /// The store could not decide whether the token is spent.
    #[error("the store of spent tokens cannot decide: {0}")]
    Store(#[from] StoreError),
}

impl Error {
    /// The stable code of this error: `provider-unreachable`, `provider-broken` or `store-unavailable`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "provider-unreachable",
            Self::Broken { .. } => "provider-broken",
            Self::Store(_) => "store-unavailable",
        }
    }
}

/// Why no answer came.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unreachable {
    /// The timeout passed first.
    #[error("no answer in time")]
    Timeout,
    /// What stands in front of the provider answered in its place: 502, 503 or 504.
    #[error("status {0} of what stands in front of it")]
    Gateway(u16),
    /// It was not asked, because it gave no answer again and again, the last time just now.
    #[error("it gave no answer several times, and is left alone for a moment")]
    LeftAlone,
    /// There was no connection, or it ended before the answer did.
    #[error("{}", Causes(&**.0))]
    Connection(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What is wrong with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Broken {
    /// It is not HTTP.
    #[error("it is not HTTP")]
    NotHttp,
    /// It has another status than 200.
    #[error("status {0}")]
    Status(u16),
    /// It is larger than any answer should be.
    #[error("it is larger than {} bytes", crate::transport::MAX_REPLY_BYTES)]
    TooLarge,
    /// It is not a JSON object.
    #[error("it is not a JSON object")]
    NotJson,
    /// A field is missing or of another type than it should be.
    #[error("its field `{0}` is not as it should be")]
    Field(&'static str),
    /// The provider says that it failed itself.
    #[error("it could not decide, it says")]
    Undecided,
    /// Too many tokens wait to be judged here.
    #[error("too many tokens wait to be judged here")]
    Overloaded,
}

/// An error with all that caused it, on one line.
struct Causes<'a>(&'a (dyn std::error::Error + 'static));

impl fmt::Display for Causes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut error = self.0;
        while let Some(source) = error.source() {
            write!(f, ": {source}")?;
            error = source;
        }
        Ok(())
    }
}
