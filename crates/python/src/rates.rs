//! How often somebody may come.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cattlegrid::Secrets;
use cattlegrid::store::{Clock, Quota, SystemClock};
use cattlegrid_guard::rate_limit::{self, Decision, Rates, Salt};
use cattlegrid_guard::{AddressBlock, AddressPrefix, Error as GuardError};
use http::HeaderMap;
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::arguments::{read_secrets, wrong};
use crate::client_address::told;
use crate::error::Error;
use crate::process::PerProcess;
use crate::store::ForkStore;
use crate::work;

/// One limit: so many steps for each subject. Safe to share between threads, and to make before a server forks its
/// workers.
///
/// `name` goes into headers, 1 to 64 of `a-z 0-9 - _`; limits of the same name, secret and store count together, in all
/// processes if the store is on a server. `quota` is how many steps in how long, such as `5/1m`, `100/1h` or `30/10s`.
/// `secret` is what `generate_secret` gave; of several, the first counts. Subjects are kept under keyed hashes, so that
/// the store learns no address and no account. `store` is a URL as for `Gate`; where it cannot decide, this process's own
/// counters do until it can. An IPv6 address counts by its first `ipv6_prefix` bits. Raises `ConfigurationError`.
#[pyclass(frozen, module = "cattlegrid")]
pub(crate) struct RateLimiter {
    name: String,
    quota: Quota,
    salt: Salt,
    prefix: AddressPrefix,
    counts: Counts,
    limiter: PerProcess<Limiter>,
}

pub(crate) type Limiter = rate_limit::Limiter<ForkStore>;

#[pymethods]
impl RateLimiter {
    #[new]
    #[pyo3(signature = (name, quota, *, secret, store, ipv6_prefix = 64))]
    fn new(
        py: Python<'_>,
        name: String,
        quota: &str,
        secret: &Bound<'_, PyAny>,
        store: &str,
        ipv6_prefix: u8,
    ) -> Result<Self, Error> {
        let limiter = Self {
            name,
            quota: read_quota("quota", quota)?,
            salt: salt(&read_secrets(secret)?),
            prefix: AddressPrefix::new(32, ipv6_prefix)?,
            counts: Counts::at(py, store)?,
            limiter: PerProcess::new(),
        };
        // Why now: so that whoever configures the site hears at once of what will not do.
        limiter.limiter(py)?;
        Ok(limiter)
    }

    /// The name.
    #[getter]
    fn name(&self) -> &str {
        &self.name
    }

    /// For how many steps this process's own counters had to decide, since it was started.
    #[getter]
    fn fallbacks(&self) -> u64 {
        self.counts.fallbacks()
    }

    /// Takes a step for the subject, if there is one left.
    fn check(&self, py: Python<'_>, subject: &Bound<'_, PyString>) -> Result<RateDecision, Error> {
        work::wait(py, self.checked(py, read_subject(subject)))
    }

    /// `check` for asynchronous callers, on the running asyncio loop.
    fn check_async<'py>(
        &self,
        py: Python<'py>,
        subject: &Bound<'py, PyString>,
    ) -> Result<Bound<'py, PyAny>, Error> {
        work::awaitable(py, self.checked(py, read_subject(subject)))
    }

    /// Takes a step for a client's address. All of which nobody can tell the address (None, or no address) are one client.
    fn check_address(
        &self,
        py: Python<'_>,
        client: Option<&Bound<'_, PyAny>>,
    ) -> Result<RateDecision, Error> {
        work::wait(py, self.checked(py, self.block(client)))
    }

    /// `check_address` for asynchronous callers, on the running asyncio loop.
    fn check_address_async<'py>(
        &self,
        py: Python<'py>,
        client: Option<&Bound<'py, PyAny>>,
    ) -> Result<Bound<'py, PyAny>, Error> {
        work::awaitable(py, self.checked(py, self.block(client)))
    }

    fn __repr__(&self) -> String {
        format!("<cattlegrid.RateLimiter {}: {}>", self.name, self.quota)
    }
}

impl RateLimiter {
    fn limiter(&self, py: Python<'_>) -> Result<Arc<Limiter>, GuardError> {
        let make = || Limiter::new(&self.name, self.quota, &self.salt, self.counts.rates());
        self.limiter.get(py, make)
    }

    fn block(&self, client: Option<&Bound<'_, PyAny>>) -> AddressBlock {
        block(self.prefix, client)
    }

    fn checked<T: AsRef<[u8]> + Send>(
        &self,
        py: Python<'_>,
        subject: T,
    ) -> impl Future<Output = Result<RateDecision, Error>> + Send + use<T> {
        let limiter = self.limiter(py);
        async move { Ok(limiter?.check(subject).await.into()) }
    }
}

/// What a limiter says of one step.
#[pyclass(frozen, get_all, module = "cattlegrid")]
pub(crate) struct RateDecision {
    /// Whether there was no step left.
    refused: bool,
    /// For how many seconds there will be none; None if there was one.
    retry_after: Option<u64>,
    /// What a response says of it.
    headers: Vec<(String, String)>,
}

#[pymethods]
impl RateDecision {
    fn __repr__(&self) -> &'static str {
        if self.refused {
            "<cattlegrid.RateDecision: refused>"
        } else {
            "<cattlegrid.RateDecision: within>"
        }
    }
}

impl From<Decision> for RateDecision {
    fn from(decision: Decision) -> Self {
        let mut headers = HeaderMap::new();
        decision.tell(&mut headers);
        let text = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            (name.to_string(), value.into_owned())
        };
        Self {
            refused: decision.is_refusal(),
            retry_after: decision.retry_after(),
            headers: headers.iter().map(text).collect(),
        }
    }
}

/// A store to count in, and how often it could not.
pub(crate) struct Counts {
    store: ForkStore,
    clock: Arc<dyn Clock>,
    fallbacks: Arc<AtomicU64>,
}

impl Counts {
    pub(crate) fn at(py: Python<'_>, store: &str) -> Result<Self, Error> {
        let clock = Arc::new(SystemClock::new());
        Ok(Self::over(ForkStore::at(py, store, clock.clone())?, clock))
    }

    pub(crate) fn over(store: ForkStore, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            clock,
            fallbacks: Arc::default(),
        }
    }

    /// The rates in it, to be kept by one process: they have counters of their own, and locks.
    pub(crate) fn rates(&self) -> Arc<Rates<ForkStore>> {
        let fallbacks = Arc::clone(&self.fallbacks);
        let count = move || {
            fallbacks.fetch_add(1, Ordering::Relaxed);
        };
        let rates = Rates::new(self.store.clone(), Arc::clone(&self.clock));
        Arc::new(rates.on_fallback(count))
    }

    pub(crate) fn fallbacks(&self) -> u64 {
        self.fallbacks.load(Ordering::Relaxed)
    }
}

pub(crate) fn read_quota(name: &str, quota: &str) -> Result<Quota, Error> {
    quota.parse().map_err(|error| wrong(name, error))
}

/// What subjects are hashed with.
pub(crate) fn salt(secrets: &Secrets) -> Salt {
    Salt::new(&secrets.rate_limit_key())
}

/// The block of a client's address; one for all whose address nobody can tell.
pub(crate) fn block(prefix: AddressPrefix, client: Option<&Bound<'_, PyAny>>) -> AddressBlock {
    let client = client.and_then(told);
    prefix.block(client.unwrap_or(std::net::Ipv6Addr::UNSPECIFIED.into()))
}

fn read_subject(subject: &Bound<'_, PyString>) -> Vec<u8> {
    subject.to_string_lossy().into_owned().into_bytes()
}
