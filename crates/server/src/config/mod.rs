//! What an operator decides: one TOML file, environment variables over it, flags over those.
//!
//! Every key can be set in the environment: `CATTLEGRID_` and the key in capitals, with `__` for each level
//! (`log.level` is `CATTLEGRID_LOG__LEVEL`, the first site's secret key `CATTLEGRID_SITES__0__SECRET`). What is
//! not known is refused, in the file and in the environment alike: a bound that was misspelt is no bound.

mod altcha;
mod behaviour;
mod cap;
mod client_address;
mod fixed;
mod forward_auth;
mod provider;
mod rate_limits;
mod sites;
mod telemetry;
mod tree;
mod values;

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread::available_parallelism;

use cattlegrid::store::StoreUrl;
use serde::Deserialize;

pub use altcha::AltchaConfig;
pub use behaviour::BehaviourConfig;
pub(crate) use cap::TimeLockKeys;
pub use cap::{CapConfig, Protocol};
pub use client_address::{ClientAddress, Header};
pub use forward_auth::{
    Binding, CookieName, ForwardAuthConfig, NoCookieName, PassConfig, RuleConfig,
};
pub use provider::{ProviderConfig, WhenUnreachable};
pub use rate_limits::{Limit, Quotas, RateLimits, SiteRateLimits};
pub use sites::SiteConfig;
pub use telemetry::{Endpoint, NoEndpoint, Telemetry};
use tree::Node;
pub use values::{Count, Ratio, Span};

use crate::Error;
use crate::hidden::Hidden;

const PREFIX: &str = "CATTLEGRID_";
/// Names the file itself, so it is no key in it.
pub(crate) const FILE_VARIABLE: &str = "CATTLEGRID_CONFIG";

/// Everything that can be configured, with its default.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The address to listen on; port 0 takes a free one. Default `127.0.0.1:8080`.
    #[serde(deserialize_with = "listen")]
    pub listen: SocketAddr,
    /// The directory of the secret and of the embedded store. Default: where the platform keeps such data.
    pub data: Option<PathBuf>,
    /// Where spent ids and rates are kept, as a [`StoreUrl`]. Default: an SQLite file in the data directory.
    #[serde(deserialize_with = "store")]
    pub store: Option<StoreUrl>,
    /// The secrets in force, separated by commas or white space: the first seals, all open. Default: the file
    /// `secret` in the data directory, made when it is missing.
    pub secret: Option<Hidden>,
    /// A file with the secrets in force, instead of `secret`.
    pub secret_file: Option<PathBuf>,
    /// Whether there is a demo site with its pages. Default: when no other site is configured.
    pub demo: Option<bool>,
    /// Whether the keys that hCaptcha, reCAPTCHA and Turnstile publish for tests work here as there, which lets anybody
    /// through who uses them. Default: with the demo site.
    pub test_keys: Option<bool>,
    /// What is logged, and how.
    pub log: Log,
    /// Where traces go, if anywhere.
    pub telemetry: Telemetry,
    /// The bounds on everything.
    pub limits: Limits,
    /// How the server knows whose request it is.
    pub client_address: ClientAddress,
    /// How often somebody may come.
    pub rate_limits: RateLimits,
    /// The sites that reverse proxies ask about, one or more. Default: none.
    #[serde(deserialize_with = "values::one_or_more")]
    pub forward_auth: Vec<ForwardAuthConfig>,
    /// The sites.
    pub sites: Vec<SiteConfig>,
    /// Where relative paths in the file start from.
    #[serde(skip)]
    pub base: PathBuf,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            data: None,
            store: None,
            secret: None,
            secret_file: None,
            demo: None,
            test_keys: None,
            log: Log::default(),
            telemetry: Telemetry::default(),
            limits: Limits::default(),
            client_address: ClientAddress::default(),
            rate_limits: RateLimits::default(),
            forward_auth: Vec::new(),
            sites: Vec::new(),
            base: PathBuf::new(),
        }
    }
}

/// What is logged, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// The least severe level that is logged. Default `info`.
    pub level: LogLevel,
    /// Default `text`.
    pub format: LogFormat,
}

/// How severe an event is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogLevel {
    /// Something is broken.
    Error,
    /// Something an operator should look at.
    Warn,
    /// Starts and stops.
    #[default]
    Info,
    /// Every request.
    Debug,
    /// Everything.
    Trace,
}

/// How events are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// A line for people.
    #[default]
    Text,
    /// A line of JSON.
    Json,
}

/// The bounds on everything that callers could make grow.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The largest request body, in bytes. Default 65536.
    pub body: Count<1024, 1_048_576>,
    /// Connections at a time; more wait to be accepted. Default 900, as many systems
    /// give a process 1024 files.
    pub connections: Count<1, 1_000_000>,
    /// How long a request's head may take to arrive, and how long a connection may idle. Default `10s`.
    pub header_timeout: Span<1, 300>,
    /// How long a request may take, its body included, and how long a client may not read. Default `10s`.
    pub request_timeout: Span<1, 300>,
    /// How long the server goes on as before after it was asked to stop, saying that it is not ready, so that a load
    /// balancer sends its requests elsewhere. Default `0s`.
    pub drain_time: Span<0, 300>,
    /// How long requests that have begun may go on when the server stops. Default `10s`.
    pub shutdown_timeout: Span<0, 300>,
    /// Pictures drawn at the same time. Default: one for each processor.
    pub drawing_threads: Option<Count<1, 1024>>,
    /// Pictures that wait to be drawn; more are refused with 503. Default 64.
    pub drawing_queue: Count<0, 100_000>,
}

impl Limits {
    /// How many pictures are drawn at the same time.
    pub fn drawing_threads(&self) -> usize {
        self.drawing_threads.map_or_else(
            || available_parallelism().map_or(1, NonZero::get),
            Count::get,
        )
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: Count::clamped(64 * 1024),
            connections: Count::clamped(900),
            header_timeout: Span::clamped(10),
            request_timeout: Span::clamped(10),
            drain_time: Span::clamped(0),
            shutdown_timeout: Span::clamped(10),
            drawing_threads: None,
            drawing_queue: Count::clamped(64),
        }
    }
}

impl Config {
    /// The configuration from `file`, the variables of `environment` that start with `CATTLEGRID_` over it, and
    /// `flags` (key and value) over both.
    ///
    /// # Errors
    /// [`Error::Config`] when a key is unknown or a value is not what it may be, with the key's full name.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: impl IntoIterator<Item = (&'static str, String)>,
    ) -> Result<Self, Error> {
        let mut root = match file {
            Some(path) => Node::from(read(path)?),
            None => Node::empty(),
        };
        let variables: Vec<Variable> = environment
            .into_iter()
            .filter(|(name, _)| name.starts_with(PREFIX) && name != FILE_VARIABLE)
            .map(Variable::from)
            .collect();
        for variable in &variables {
            root.overlay(&variable.path, rooted(&variable.path, &variable.value))
                .map_err(|error| Error::config(&variable.name, error))?;
        }
        for (key, value) in flags {
            let path: Vec<_> = key.split('.').map(str::to_owned).collect();
            let value = rooted(&path, &value);
            root.overlay(&path, value)
                .map_err(|error| Error::config(key, error))?;
        }
        let mut config: Self = serde_path_to_error::deserialize(root).map_err(|error| {
            let key = error.path().to_string();
            let place = variables
                .iter()
                .find(|variable| variable.is(error.path()))
                .map(|variable| variable.name.clone());
            let place = place.or_else(|| file.map(|path| path.display().to_string()));
            let place = place.map_or(String::new(), |place| format!(" (in {place})"));
            Error::config(&format!("{key}{place}"), error.into_inner())
        })?;
        if config.secret.is_some() && config.secret_file.is_some() {
            let problem = "is given beside `secret`; give one of the two";
            return Err(Error::config("secret_file", problem));
        }
        if config.client_address.proxy_protocol && config.client_address.trusted_proxies.is_empty()
        {
            let problem =
                "needs `trusted_proxies`: only those may say where a connection comes from";
            return Err(Error::config("client_address.proxy_protocol", problem));
        }
        forward_auth::check(&config)?;
        config.base = file
            .and_then(Path::parent)
            .map_or_else(PathBuf::new, Path::to_owned);
        Ok(config)
    }

    /// `path` as the configuration means it: relative to the file it stands in.
    pub fn resolve(&self, path: &Path) -> PathBuf {
        self.base.join(path)
    }

    /// Logs what is allowed and yet may be a mistake.
    pub(crate) fn warn(&self) {
        if self.has_test_keys() && !self.sites.is_empty() {
            tracing::warn!(
                "test_keys is on beside sites that are configured: anybody passes with those keys"
            );
        }
        if !self.sites.is_empty()
            && self.rate_limits.has_any_by_address()
            && self.hears_no_addresses()
        {
            tracing::warn!(
                "the server listens on loopback alone and no proxy is trusted: no limit by address applies; name the \
                 proxy in client_address.trusted_proxies"
            );
        }
        self.forward_auth.iter().for_each(ForwardAuthConfig::warn);
    }

    /// Whether all requests come from this machine, though no proxy is named that would send them on, so that nobody's
    /// address is known.
    pub(crate) fn hears_no_addresses(&self) -> bool {
        self.listen.ip().is_loopback() && self.client_address.trusted_proxies.is_empty()
    }

    /// Whether there is a demo site.
    pub fn has_demo(&self) -> bool {
        self.demo.unwrap_or(self.sites.is_empty())
    }

    /// Whether the providers' published test keys work.
    pub fn has_test_keys(&self) -> bool {
        self.test_keys.unwrap_or_else(|| self.has_demo())
    }
}

/// The value, made absolute if it is a path: outside the file, paths start from the working directory.
fn rooted(key: &[String], value: &str) -> String {
    let is_path = matches!(key, [key] if key == "data" || key == "secret_file")
        || matches!(key, [.., provider, key] if provider == "provider" && key.ends_with("_file"));
    match std::path::absolute(value) {
        Ok(path) if is_path => path.display().to_string(),
        _ => value.to_owned(),
    }
}

fn read(path: &Path) -> Result<toml::Table, Error> {
    let text = std::fs::read_to_string(path).map_err(|source| Error::ReadFile {
        path: path.to_owned(),
        source,
    })?;
    toml::from_str(&text).map_err(|error: toml::de::Error| {
        // Why: the error's own rendering quotes the line, which may hold a secret.
        let line = error
            .span()
            .and_then(|span| text.get(..span.start))
            .map_or(1, |before| before.matches('\n').count() + 1);
        Error::config(&format!("{} line {line}", path.display()), error.message())
    })
}

/// An environment variable, and the key it sets.
struct Variable {
    name: String,
    path: Vec<String>,
    value: String,
}

impl From<(String, String)> for Variable {
    fn from((name, value): (String, String)) -> Self {
        let path = name[PREFIX.len()..]
            .to_lowercase()
            .split("__")
            .map(str::to_owned)
            .collect();
        Self { name, path, value }
    }
}

impl Variable {
    /// Whether what is wrong at `place` was set by this variable.
    fn is(&self, place: &serde_path_to_error::Path) -> bool {
        use serde_path_to_error::Segment;
        let place: Vec<_> = place
            .iter()
            .map(|segment| match segment {
                Segment::Seq { index } => index.to_string(),
                other => other.to_string(),
            })
            .collect();
        place.starts_with(&self.path)
    }
}

fn listen<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(|_| {
        serde::de::Error::custom(
            "expected an address and port, such as `127.0.0.1:8080` or `[::]:8080`",
        )
    })
}

fn store<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<StoreUrl>, D::Error> {
    values::parsed(deserializer).map(Some)
}
