//! Whether somebody reads the mail of the address that they gave.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cattlegrid::OsEntropy;
use cattlegrid::store::{Quota, SystemClock};
use cattlegrid_guard::email::{self, EmailAddress, Links, Refusal};
use cattlegrid_guard::rate_limit::Salt;
use cattlegrid_guard::{AddressPrefix, Error as GuardError};
use pyo3::prelude::*;

use crate::arguments::read_secrets;
use crate::error::Error;
use crate::process::PerProcess;
use crate::rates::{Counts, Limiter, RateDecision, block, read_quota, salt};
use crate::store::ForkStore;
use crate::text::bounded;
use crate::work;

/// An e-mail address that a letter can be sent to, in one way of writing it: an international domain as DNS has it
/// (`xn--...`), in small letters, and no white space around it.
///
/// Raises `Refused`: `email-invalid` for what is no `local@domain`, `email-local-part` where what is before the `@` is
/// quoted or beyond ASCII, which few mail servers take.
#[pyfunction]
pub(crate) fn email_address(given: &Bound<'_, PyAny>) -> Result<String, Error> {
    Ok(read_address(given)?.to_string())
}

/// Makes the links that confirm addresses, and hears them once. Safe to share between threads, and to make before a
/// server forks its workers.
///
/// All is in the link, sealed under `secret`, which is what `generate_secret` gave; of several, the first seals and all
/// open. `purpose` names the site and what an address is for, such as `shop.example sign-up`; no other purpose's links
/// work for it. `store` is a URL as for `Gate`, and remembers which links are spent. `lifetime` is how long a link works,
/// in seconds: a minute to 30 days. Raises `ConfigurationError`.
#[pyclass(frozen, module = "cattlegrid")]
pub(crate) struct EmailLinks {
    links: Arc<Links<ForkStore>>,
}

#[pymethods]
impl EmailLinks {
    #[new]
    #[pyo3(signature = (purpose, *, secret, store, lifetime = 86_400.0))]
    fn new(
        py: Python<'_>,
        purpose: String,
        secret: &Bound<'_, PyAny>,
        store: &str,
        lifetime: f64,
    ) -> Result<Self, Error> {
        let secrets = read_secrets(secret)?;
        let clock = Arc::new(SystemClock::new());
        let store = ForkStore::at(py, store, clock.clone())?;
        let lifetime =
            Duration::try_from_secs_f64(lifetime).map_err(|_| GuardError::LinkLifetime)?;
        let links = Links::new(&secrets, purpose, store, clock, Arc::new(OsEntropy));
        Ok(Self {
            links: Arc::new(links.with_lifetime(lifetime)?),
        })
    }

    /// How long a link works, in seconds.
    #[getter]
    fn lifetime(&self) -> f64 {
        self.links.lifetime().as_secs_f64()
    }

    /// A link that confirms `address`. Writes nothing anywhere.
    ///
    /// `subject` is what the site needs to know again then, such as the account's id; it comes back as it is, and nobody
    /// else can read it. Raises `Refused`: `email-invalid`, `email-local-part`, `too-long` where address, subject and
    /// purpose are of more than some 900 bytes together.
    #[pyo3(signature = (address, subject = ""))]
    fn make(&self, address: &Bound<'_, PyAny>, subject: &str) -> Result<EmailLink, Error> {
        Ok(EmailLink(
            self.links.make(&read_address(address)?, subject)?,
        ))
    }

    /// What a link would confirm. Spends nothing: this is for the page that the link leads to, which programs that look
    /// through mail open before any person does. Raises `Refused`: `unknown-link`, `expired-link`.
    fn look(&self, token: &Bound<'_, PyAny>) -> Result<EmailSubject, Error> {
        let email::Pending {
            address, subject, ..
        } = self.links.look(&read_token(token)?)?;
        Ok(EmailSubject::new(&address, subject))
    }

    /// Confirms the link's address, and spends the link. For what the page's button sends, never for a `GET`.
    ///
    /// Raises `Refused`: `unknown-link`, `expired-link`, `spent-link`; and `Unavailable`.
    fn confirm(&self, py: Python<'_>, token: &Bound<'_, PyAny>) -> Result<EmailSubject, Error> {
        work::wait(py, self.confirmed(token))
    }

    /// `confirm` for asynchronous callers, on the running asyncio loop.
    fn confirm_async<'py>(
        &self,
        py: Python<'py>,
        token: &Bound<'py, PyAny>,
    ) -> Result<Bound<'py, PyAny>, Error> {
        work::awaitable(py, self.confirmed(token))
    }
}

impl EmailLinks {
    fn confirmed(
        &self,
        token: &Bound<'_, PyAny>,
    ) -> impl Future<Output = Result<EmailSubject, Error>> + Send + use<> {
        let links = Arc::clone(&self.links);
        let token = read_token(token);
        async move {
            let email::Confirmed {
                address, subject, ..
            } = links.confirm(&token?).await?;
            Ok(EmailSubject::new(&address, subject))
        }
    }
}

/// A link to be sent, and to nobody but the address that it confirms.
#[pyclass(frozen, module = "cattlegrid")]
pub(crate) struct EmailLink(email::Link);

#[pymethods]
impl EmailLink {
    /// What the page is sent: at most 1,500 characters of `A-Z a-z 0-9 - _`.
    #[getter]
    fn token(&self) -> &str {
        self.0.token()
    }

    /// Until when the link works, in UTC.
    #[getter]
    fn expires_at(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(self.0.expires_at().as_millis())
    }

    /// The link to `page`, with the token as the parameter `token`.
    ///
    /// `page` is the site's own configured address, never made from a request: whoever sends the request writes its
    /// `Host`, and would get the token of whomever the letter goes to.
    fn to(&self, page: &str) -> String {
        self.0.to(page)
    }
}

/// Whom a link is about: the address that the letter went to, and what the site gave when it made the link.
#[pyclass(frozen, get_all, module = "cattlegrid")]
pub(crate) struct EmailSubject {
    address: String,
    subject: String,
}

#[pymethods]
impl EmailSubject {}

impl EmailSubject {
    fn new(address: &EmailAddress, subject: String) -> Self {
        Self {
            address: address.to_string(),
            subject,
        }
    }
}

/// The limits on letters: by the client that asks for them, and by the address that gets them. Addresses that most mail
/// servers deliver to one person (`ada+1@...`, `Ada@...`) count as one.
///
/// `name` is that of what the letters are for, 1 to 53 of `a-z 0-9 - _`; quotas, `secret` and `store` are as for
/// `RateLimiter`. Raises `ConfigurationError`.
#[pyclass(frozen, module = "cattlegrid")]
pub(crate) struct LetterLimits {
    plan: Plan,
    counts: Counts,
    limits: PerProcess<email::LetterLimits<ForkStore>>,
}

struct Plan {
    name: String,
    by_client: Quota,
    by_address: Quota,
    salt: Salt,
    prefix: AddressPrefix,
}

impl Plan {
    fn carry_out(&self, counts: &Counts) -> Result<email::LetterLimits<ForkStore>, GuardError> {
        let rates = counts.rates();
        let limiter = |of: &str, quota| {
            let name = format!("{}-{of}", self.name);
            Limiter::new(&name, quota, &self.salt, Arc::clone(&rates))
        };
        Ok(email::LetterLimits::new(
            limiter("by-client", self.by_client)?,
            limiter("by-address", self.by_address)?,
        ))
    }
}

#[pymethods]
impl LetterLimits {
    #[new]
    #[pyo3(signature = (
        name, *, secret, store, by_client = "10/1h", by_address = "3/1h", ipv6_prefix = 64,
    ))]
    #[allow(clippy::too_many_arguments, reason = "they are keywords in Python")]
    fn new(
        py: Python<'_>,
        name: String,
        secret: &Bound<'_, PyAny>,
        store: &str,
        by_client: &str,
        by_address: &str,
        ipv6_prefix: u8,
    ) -> Result<Self, Error> {
        let plan = Plan {
            name,
            by_client: read_quota("by_client", by_client)?,
            by_address: read_quota("by_address", by_address)?,
            salt: salt(&read_secrets(secret)?),
            prefix: AddressPrefix::new(32, ipv6_prefix)?,
        };
        let counts = Counts::at(py, store)?;
        let limits = PerProcess::new();
        // Why now: so that whoever configures the site hears at once of what will not do.
        limits.get(py, || plan.carry_out(&counts))?;
        Ok(Self {
            plan,
            counts,
            limits,
        })
    }

    /// For how many steps this process's own counters had to decide, since it was started.
    #[getter]
    fn fallbacks(&self) -> u64 {
        self.counts.fallbacks()
    }

    /// Takes a step for a letter, the first one as any other: of the client's address (None: one client for all of whom
    /// nobody can tell it), and if there was one, of the address that the letter would go to.
    ///
    /// What is decided of the address holds for one that nobody has an account with as for any, so it may be told. Raises
    /// `Refused`: `email-invalid`, `email-local-part`.
    fn check(
        &self,
        py: Python<'_>,
        client: Option<&Bound<'_, PyAny>>,
        address: &Bound<'_, PyAny>,
    ) -> Result<RateDecision, Error> {
        work::wait(py, self.checked(py, client, address))
    }

    /// `check` for asynchronous callers, on the running asyncio loop.
    fn check_async<'py>(
        &self,
        py: Python<'py>,
        client: Option<&Bound<'py, PyAny>>,
        address: &Bound<'py, PyAny>,
    ) -> Result<Bound<'py, PyAny>, Error> {
        work::awaitable(py, self.checked(py, client, address))
    }

    fn __repr__(&self) -> String {
        format!("<cattlegrid.LetterLimits {}>", self.plan.name)
    }
}

impl LetterLimits {
    fn checked(
        &self,
        py: Python<'_>,
        client: Option<&Bound<'_, PyAny>>,
        address: &Bound<'_, PyAny>,
    ) -> impl Future<Output = Result<RateDecision, Error>> + Send + use<> {
        let limits = self.limits.get(py, || self.plan.carry_out(&self.counts));
        let client = block(self.plan.prefix, client);
        let address = read_address(address);
        async move { Ok(limits?.check(client, &address?).await.into()) }
    }
}

fn read_address(given: &Bound<'_, PyAny>) -> Result<EmailAddress, Refusal> {
    const MAX_CHARS: usize = 1024;
    bounded(given, MAX_CHARS).ok_or(Refusal::Address)?.parse()
}

fn read_token(given: &Bound<'_, PyAny>) -> Result<String, Refusal> {
    const MAX_CHARS: usize = 4096;
    bounded(given, MAX_CHARS).ok_or(Refusal::InvalidLink)
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let code = refusal.code();
        match refusal {
            Refusal::StoreUnavailable(_) | Refusal::NoEntropy(_) => {
                Self::unavailable(code, &refusal)
            }
            _ => Self::refused(code, &refusal),
        }
    }
}
