//! The check of response tokens that a provider issued.

use std::future::Future;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use cattlegrid_provider as provider;
use cattlegrid_provider::provider::by_name;
use cattlegrid_provider::store::SystemClock;
use cattlegrid_provider::{
    ConfigError, Endpoint, Expected, Refused, ResponseToken, Score, SecretKey, Settings, SiteKey,
    Verification, Verify, Visit,
};
use pyo3::prelude::*;

use crate::error::Error;
use crate::passed::Passed;
use crate::process::PerProcess;
use crate::store::ForkStore;
use crate::text::bounded;
use crate::work;

/// Checks response tokens that a provider issued: with the provider, and then what it says of the page and the visitor.
///
/// Safe to share between threads, and to make before a server forks its workers. A token passes once, whatever the
/// provider says the second time.
///
/// `store` remembers spent tokens, and is a URL as for `Gate`. `url` is the address of siteverify where it is not the
/// provider's own; `cattlegrid`, `altcha_server` and `recaptcha_enterprise` need it. `hostnames` (`example.org`,
/// `*.example.org`) and `action` are what the provider must say of the page; without `hostnames` any page's token is taken.
/// `minimum_score`, 0 to 1, is for `recaptcha_v3` and `recaptcha_enterprise`, there 0.5 when it is None, and for
/// `cattlegrid`; other providers refuse to have one. `timeout` is in seconds and for the whole check, 0.1 to 60. Raises
/// `ConfigurationError`.
#[pyclass(frozen, module = "cattlegrid")]
pub(crate) struct Verifier {
    plan: Plan,
    verifier: PerProcess<Checker>,
}

pub(crate) type Checker = provider::Verifier<ForkStore>;

/// All that a verifier is made of, for each process to make its own: a connection is not for two.
struct Plan {
    provider: String,
    endpoint: Option<Endpoint>,
    site_key: Option<SiteKey>,
    secret_key: SecretKey,
    settings: Settings,
    store: ForkStore,
}

impl Plan {
    fn carry_out(&self) -> Result<Checker, ConfigError> {
        let provider = by_name(&self.provider, self.endpoint.clone(), self.site_key.clone())?;
        Checker::new(
            provider,
            self.secret_key.clone(),
            self.store.clone(),
            self.settings.clone(),
        )
    }
}

#[pymethods]
impl Verifier {
    #[new]
    #[pyo3(signature = (
        provider, *, secret_key, store, site_key = None, url = None, hostnames = None, action = None,
        minimum_score = None, timeout = 5.0,
    ))]
    #[pyo3(
        text_signature = "(provider, *, secret_key, store, site_key=None, url=None, hostnames=(), action=None, \
                             minimum_score=None, timeout=5.0)"
    )]
    #[allow(clippy::too_many_arguments, reason = "they are keywords in Python")]
    fn new(
        py: Python<'_>,
        provider: String,
        secret_key: &str,
        store: &str,
        site_key: Option<&str>,
        url: Option<&str>,
        hostnames: Option<Vec<String>>,
        action: Option<&str>,
        minimum_score: Option<f64>,
        timeout: f64,
    ) -> Result<Self, Error> {
        let expected = Expected {
            hostnames: hostnames
                .unwrap_or_default()
                .iter()
                .map(|hostname| hostname.parse())
                .collect::<Result<_, _>>()?,
            action: parsed(action)?,
            minimum_score: minimum_score.map(Score::new).transpose()?,
        };
        let timeout = Duration::try_from_secs_f64(timeout).map_err(|_| ConfigError::Timeout)?;
        let plan = Plan {
            provider,
            endpoint: parsed(url)?,
            site_key: parsed(site_key)?,
            secret_key: secret_key.parse()?,
            settings: Settings {
                expected,
                timeout,
                ..Settings::default()
            },
            store: ForkStore::at(py, store, Arc::new(SystemClock::new()))?,
        };
        let verifier = PerProcess::new();
        // Why now: so that whoever configures the site hears at once of what will not do.
        verifier.get(py, || plan.carry_out())?;
        Ok(Self { plan, verifier })
    }

    /// The provider's name.
    #[getter]
    pub(crate) fn provider(&self) -> &str {
        &self.plan.provider
    }

    /// Checks a token, and spends it if it passes.
    ///
    /// `remote_ip` is the visitor's address; what is no IP address is left out. `action` stands in for the one the
    /// verifier was made with; `ConfigurationError` where the provider does not say any. Raises `Refused` with the
    /// provider's own codes (`refused-without-reason` where it gave none) or with `hostname-mismatch`, `action-mismatch`,
    /// `score-too-low`, `already-seen-response`, `invalid-input-response`, `missing-input-response`; and `Unavailable`.
    #[pyo3(signature = (token, *, remote_ip = None, action = None))]
    fn verify(
        &self,
        py: Python<'_>,
        token: &Bound<'_, PyAny>,
        remote_ip: Option<&Bound<'_, PyAny>>,
        action: Option<&str>,
    ) -> Result<Passed, Error> {
        work::wait(py, self.verified(py, token, remote_ip, action))
    }

    /// `verify` for asynchronous callers, on the running asyncio loop.
    #[pyo3(signature = (token, *, remote_ip = None, action = None))]
    fn verify_async<'py>(
        &self,
        py: Python<'py>,
        token: &Bound<'py, PyAny>,
        remote_ip: Option<&Bound<'_, PyAny>>,
        action: Option<&str>,
    ) -> Result<Bound<'py, PyAny>, Error> {
        work::awaitable(py, self.verified(py, token, remote_ip, action))
    }

    /// Spends a token without asking the provider what it is worth.
    ///
    /// For a site that lets visitors through while the provider is unreachable: a token that got somebody through gets
    /// nobody through again, then or when the provider is back. Raises `Refused`: `already-seen-response`,
    /// `invalid-input-response`, `missing-input-response`; and `Unavailable`.
    fn claim(&self, py: Python<'_>, token: &Bound<'_, PyAny>) -> Result<(), Error> {
        work::wait(py, self.claimed(py, token))
    }

    /// `claim` for asynchronous callers, on the running asyncio loop.
    fn claim_async<'py>(
        &self,
        py: Python<'py>,
        token: &Bound<'py, PyAny>,
    ) -> Result<Bound<'py, PyAny>, Error> {
        work::awaitable(py, self.claimed(py, token))
    }

    fn __repr__(&self) -> String {
        format!("<cattlegrid.Verifier of {}>", self.plan.provider)
    }
}

impl Verifier {
    fn checker(&self, py: Python<'_>) -> Result<Arc<Checker>, ConfigError> {
        self.verifier.get(py, || self.plan.carry_out())
    }

    /// What checks tokens in this process, for a form that is for `action`.
    pub(crate) fn checker_for(
        &self,
        py: Python<'_>,
        action: Option<&str>,
    ) -> Result<Checker, ConfigError> {
        let checker = self.checker(py)?;
        match parsed(action)? {
            Some(action) => checker.with_action(action),
            None => Ok(Checker::clone(&checker)),
        }
    }

    fn verified(
        &self,
        py: Python<'_>,
        token: &Bound<'_, PyAny>,
        remote_ip: Option<&Bound<'_, PyAny>>,
        action: Option<&str>,
    ) -> impl Future<Output = Result<Passed, Error>> + Send + use<> {
        let visit = Visit::new().from_address(remote_ip.and_then(read_address));
        check(self.checker_for(py, action), read_token(token), visit)
    }

    fn claimed(
        &self,
        py: Python<'_>,
        token: &Bound<'_, PyAny>,
    ) -> impl Future<Output = Result<(), Error>> + Send + use<> {
        spend(self.checker(py), read_token(token), Visit::new())
    }
}

/// What becomes of a token.
pub(crate) async fn check(
    verify: Result<impl Verify, ConfigError>,
    token: Result<String, Refused>,
    visit: Visit,
) -> Result<Passed, Error> {
    match verify?.verify(&token?, visit).await? {
        Verification::Passed(passed) => Ok(passed.into()),
        Verification::Refused(refused) => Err(refused.into()),
    }
}

/// Spends a token unseen.
pub(crate) async fn spend(
    verify: Result<impl Verify, ConfigError>,
    token: Result<String, Refused>,
    visit: Visit,
) -> Result<(), Error> {
    Ok(verify?.claim(&token?, visit).await??)
}

/// A token as a form brought it, whatever it brought.
pub(crate) fn read_token(given: &Bound<'_, PyAny>) -> Result<String, Refused> {
    bounded(given, ResponseToken::MAX_CHARS).ok_or_else(Refused::invalid)
}

/// An address, as far as it is one.
pub(crate) fn read_address(given: &Bound<'_, PyAny>) -> Option<IpAddr> {
    const MAX_CHARS: usize = 64;
    bounded(given, MAX_CHARS)?.parse().ok()
}

pub(crate) fn parsed<T: FromStr<Err = ConfigError>>(
    text: Option<&str>,
) -> Result<Option<T>, ConfigError> {
    text.map(str::parse).transpose()
}

impl From<provider::Passed> for Passed {
    fn from(passed: provider::Passed) -> Self {
        Self {
            provider: passed.provider().to_owned(),
            challenge_ts: passed.challenge_ts().map(str::to_owned),
            hostname: passed.hostname().map(str::to_owned),
            action: passed.action().map(str::to_owned),
            score: passed.score().map(Score::get),
            decided: passed.decided(),
        }
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        Self::Refused {
            codes: refused.codes().map(str::to_owned).collect(),
            message: refused.to_string(),
        }
    }
}

impl From<provider::Error> for Error {
    fn from(error: provider::Error) -> Self {
        Self::unavailable(error.code(), &error)
    }
}

impl From<ConfigError> for Error {
    fn from(error: ConfigError) -> Self {
        Self::configuration(&error)
    }
}
