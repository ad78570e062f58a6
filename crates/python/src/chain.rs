//! Several verifiers, for when a provider is down.

use std::future::Future;
use std::sync::Arc;

use cattlegrid_provider as provider;
use cattlegrid_provider::{Action, ConfigError, Verify, Visit, WhenDown};
use pyo3::prelude::*;

use crate::error::Error;
use crate::gate::Gate;
use crate::passed::Passed;
use crate::verifier::{Verifier, check, parsed, read_address, read_token, spend};
use crate::work;

/// Whoever can check tokens.
#[derive(FromPyObject, IntoPyObject)]
pub(crate) enum Link {
    Verifier(Py<Verifier>),
    Gate(Py<Gate>),
}

impl Link {
    fn name(&self) -> &str {
        match self {
            Self::Verifier(verifier) => verifier.get().provider(),
            Self::Gate(gate) => gate.get().provider(),
        }
    }

    /// As this process has it, for a form that is for `action`.
    fn verify(&self, py: Python<'_>, action: Option<&str>) -> Result<Arc<dyn Verify>, ConfigError> {
        Ok(match self {
            Self::Verifier(verifier) => Arc::new(verifier.get().checker_for(py, action)?),
            Self::Gate(gate) => gate.get().verifier(),
        })
    }

    fn clone_ref(&self, py: Python<'_>) -> Self {
        match self {
            Self::Verifier(verifier) => Self::Verifier(verifier.clone_ref(py)),
            Self::Gate(gate) => Self::Gate(gate.clone_ref(py)),
        }
    }
}

/// Several verifiers, in order of preference, of which the next counts while those before it are unreachable.
///
/// A `Gate` may be among them, and is always there. A token is good at the provider whose widget made it, and nobody else
/// sees it: it goes to the verifiers whose provider has the form field that it came in, in their order. A token in the field
/// of a later verifier counts only while those before it are unreachable, and is refused with `unexpected-provider` while
/// they answer.
///
/// `when_unreachable` is what becomes of a visitor whom no provider can be asked about: `refuse`, or `allow`, which lets
/// them through undecided and spends their token. Safe to share as its verifiers are. Raises `ConfigurationError`.
#[pyclass(frozen, module = "cattlegrid")]
pub(crate) struct Chain {
    first: Link,
    others: Vec<Link>,
    when_down: WhenDown,
}

#[pymethods]
impl Chain {
    #[new]
    #[pyo3(signature = (verifiers, *, when_unreachable = "refuse"))]
    fn new(verifiers: Vec<Link>, when_unreachable: &str) -> Result<Self, Error> {
        let when_down = match when_unreachable {
            "refuse" => WhenDown::Refuse,
            "allow" => WhenDown::LetThrough,
            _ => {
                let why = "`when_unreachable` is one of `refuse`, `allow`";
                return Err(Error::configuration(&why));
            }
        };
        let mut verifiers = verifiers.into_iter();
        let first = verifiers
            .next()
            .ok_or_else(|| Error::configuration(&"`verifiers` is empty: give one at least"))?;
        Ok(Self {
            first,
            others: verifiers.collect(),
            when_down,
        })
    }

    /// The first verifier whose provider can be reached, whose widget a page shows now; the first of all if none can.
    ///
    /// A provider that nobody has heard of for ten seconds is asked about a token that is none, which takes until its
    /// `timeout` where it does not answer.
    fn current(&self, py: Python<'_>) -> Result<Link, Error> {
        work::wait(py, self.reached(py))
    }

    /// `current` for asynchronous callers, on the running asyncio loop.
    fn current_async<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyAny>, Error> {
        work::awaitable(py, self.reached(py))
    }

    /// Checks a token as `Verifier.verify` does, and spends it if it passes.
    ///
    /// `field` is the form field that it came in; that of the first verifier when it is None. `action` has to be one that
    /// every provider says. Raises what `Verifier.verify` raises, and `Refused` with `unexpected-provider`.
    #[pyo3(signature = (token, *, field = None, remote_ip = None, action = None))]
    fn verify(
        &self,
        py: Python<'_>,
        token: &Bound<'_, PyAny>,
        field: Option<String>,
        remote_ip: Option<&Bound<'_, PyAny>>,
        action: Option<&str>,
    ) -> Result<Passed, Error> {
        work::wait(py, self.verified(py, token, field, remote_ip, action))
    }

    /// `verify` for asynchronous callers, on the running asyncio loop.
    #[pyo3(signature = (token, *, field = None, remote_ip = None, action = None))]
    fn verify_async<'py>(
        &self,
        py: Python<'py>,
        token: &Bound<'py, PyAny>,
        field: Option<String>,
        remote_ip: Option<&Bound<'_, PyAny>>,
        action: Option<&str>,
    ) -> Result<Bound<'py, PyAny>, Error> {
        work::awaitable(py, self.verified(py, token, field, remote_ip, action))
    }

    /// Spends a token without asking anybody what it is worth, as `Verifier.claim` does.
    #[pyo3(signature = (token, *, field = None))]
    fn claim(
        &self,
        py: Python<'_>,
        token: &Bound<'_, PyAny>,
        field: Option<String>,
    ) -> Result<(), Error> {
        work::wait(py, self.claimed(py, token, field))
    }

    /// `claim` for asynchronous callers, on the running asyncio loop.
    #[pyo3(signature = (token, *, field = None))]
    fn claim_async<'py>(
        &self,
        py: Python<'py>,
        token: &Bound<'py, PyAny>,
        field: Option<String>,
    ) -> Result<Bound<'py, PyAny>, Error> {
        work::awaitable(py, self.claimed(py, token, field))
    }

    fn __repr__(&self) -> String {
        let links = std::iter::once(&self.first).chain(&self.others);
        let names: Vec<_> = links.map(Link::name).collect();
        format!("<cattlegrid.Chain of {}>", names.join(", "))
    }
}

impl Chain {
    /// The chain as this process has it, for a form that is for `action`.
    fn chain(&self, py: Python<'_>, action: Option<&str>) -> Result<provider::Chain, ConfigError> {
        let first = provider::Chain::new(self.first.verify(py, action)?).when_down(self.when_down);
        self.others
            .iter()
            .try_fold(first, |chain, next| Ok(chain.or(next.verify(py, action)?)))
    }

    fn reached(&self, py: Python<'_>) -> impl Future<Output = Result<Link, Error>> + Send + use<> {
        let chain = self.chain(py, None);
        let first = self.first.clone_ref(py);
        let others: Vec<_> = self.others.iter().map(|v| v.clone_ref(py)).collect();
        async move {
            let current = chain?.current().await;
            // Why: the first is the one before the others.
            let later = current
                .checked_sub(1)
                .and_then(|n| others.into_iter().nth(n));
            Ok(later.unwrap_or(first))
        }
    }

    fn verified(
        &self,
        py: Python<'_>,
        token: &Bound<'_, PyAny>,
        field: Option<String>,
        remote_ip: Option<&Bound<'_, PyAny>>,
        action: Option<&str>,
    ) -> impl Future<Output = Result<Passed, Error>> + Send + use<> {
        let (chain, action) = match parsed::<Action>(action) {
            Ok(read) => (self.chain(py, action), read),
            Err(error) => (Err(error), None),
        };
        let visit = visit(field)
            .from_address(remote_ip.and_then(read_address))
            .for_action(action);
        check(chain, read_token(token), visit)
    }

    fn claimed(
        &self,
        py: Python<'_>,
        token: &Bound<'_, PyAny>,
        field: Option<String>,
    ) -> impl Future<Output = Result<(), Error>> + Send + use<> {
        spend(self.chain(py, None), read_token(token), visit(field))
    }
}

fn visit(field: Option<String>) -> Visit {
    match field {
        Some(field) => Visit::new().in_field(field),
        None => Visit::new(),
    }
}
