//! The engine in this process.

mod plan;

use std::future::Future;
use std::str::FromStr;
use std::sync::Arc;

use cattlegrid::challenge::Answer;
use cattlegrid::challenge::image::{self, Scale};
use cattlegrid::store::SystemClock;
use cattlegrid::{
    Action, Ask, Attempt, ChallengeKey, Hostname, OsEntropy, Refusal, Secret, Secrets, Site,
    SiteKey,
};
use cattlegrid_guard::Error as GuardError;
use cattlegrid_guard::behaviour::{Scorer, WrongAnswers};
use cattlegrid_guard::captcha::GateVerifier;
use cattlegrid_guard::rate_limit::Salt;
use cattlegrid_provider as provider;
use cattlegrid_provider::{Refused, Score, Visit};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::arguments::{each_secret, read_all, wrong};
use crate::challenge::Challenge;
use crate::error::Error;
use crate::passed::Passed;
use crate::picture::Scaled;
use crate::process::PerProcess;
use crate::rates::{Counts, salt};
use crate::seen::Seen;
use crate::store::ForkStore;
use crate::style::Style;
use crate::text::bounded;
use crate::verifier::{check, read_token};
use crate::work;
use plan::{Plan, own_keys, read_kinds, ttl};

/// The engine in this process, for one site: issue, image, answer, verify. Needs no server.
///
/// Safe to share between threads, and to make before a server forks its workers.
///
/// The first of `kinds` (`chars` alone by default) is issued where none is asked for.
///
/// `secret` is what `generate_secret` gave; of several, the first seals and all open. `store` is a URL such as
/// `sqlite:/var/lib/site/captcha.sqlite3`, which all processes of the site share, `redis://HOST` and others of its kind,
/// which all machines do, or `memory:` for tests: a gate with that one raises `Unavailable` in a process that it was not
/// made in. `hostnames` are those of the site's pages; with none, any. Times to live are in seconds, 1 to 86,400. With
/// `minimum_score`, 0 to 1, tokens pass alone whose answers had at least that score. Raises `ConfigurationError`.
#[pyclass(frozen, module = "cattlegrid")]
pub(crate) struct Gate {
    engine: Arc<cattlegrid::Gate<ForkStore>>,
    /// One for each secret, the one that issues first.
    site_keys: Vec<SiteKey>,
    verifier: Arc<GateVerifier<ForkStore>>,
    salt: Salt,
    counts: Counts,
    scorer: PerProcess<Scorer<ForkStore>>,
}

#[pymethods]
impl Gate {
    #[new]
    #[pyo3(signature = (
        *, secret, store, kinds = None, style = None, hostnames = None, challenge_ttl = 300.0, token_ttl = 300.0,
        minimum_score = None,
    ))]
    #[pyo3(
        text_signature = "(*, secret, store, kinds=['chars'], style=None, hostnames=(), challenge_ttl=300.0, \
                             token_ttl=300.0, minimum_score=None)"
    )]
    #[allow(clippy::too_many_arguments, reason = "they are keywords in Python")]
    fn new(
        py: Python<'_>,
        secret: &Bound<'_, PyAny>,
        store: &str,
        kinds: Option<Vec<String>>,
        style: Option<&Bound<'_, Style>>,
        hostnames: Option<Vec<String>>,
        challenge_ttl: f64,
        token_ttl: f64,
        minimum_score: Option<f64>,
    ) -> Result<Self, Error> {
        let secrets = each_secret(secret)?;
        let keys = own_keys(&secrets)?;
        let plan = Plan {
            kinds: read_kinds(kinds)?,
            style: style.map_or_else(image::Style::hard, |style| style.get().0.clone()),
            hostnames: read_all("hostnames", hostnames.unwrap_or_default())?,
            challenge_ttl: ttl("challenge_ttl", challenge_ttl)?,
            token_ttl: ttl("token_ttl", token_ttl)?,
        };
        let sites = plan.sites(&keys)?;
        let clock = Arc::new(SystemClock::new());
        let store = ForkStore::at(py, store, clock.clone())?;
        let secrets = Secrets::new(secrets).map_err(|error| wrong("secret", error))?;
        let (salt, counts) = (salt(&secrets), Counts::over(store.clone(), clock.clone()));
        let gate = cattlegrid::Gate::new(&secrets, sites, store, clock, Arc::new(OsEntropy));
        let engine = Arc::new(gate);
        let verifier = GateVerifier::of_all(Arc::clone(&engine));
        let minimum_score = minimum_score.map(Score::new).transpose()?;
        Ok(Self {
            verifier: Arc::new(verifier.with_minimum_score(minimum_score)),
            engine,
            site_keys: keys.into_iter().map(|(site_key, _)| site_key).collect(),
            salt,
            counts,
            scorer: PerProcess::new(),
        })
    }

    /// Made from the secret; public.
    #[getter]
    fn site_key(&self) -> &str {
        self.site_keys.first().map_or("", SiteKey::as_str)
    }

    /// `gate`, as providers have a name.
    #[getter]
    #[allow(
        clippy::unused_self,
        reason = "it is an attribute in Python, as that of a verifier is"
    )]
    pub(crate) fn provider(&self) -> &'static str {
        GateVerifier::<ForkStore>::NAME
    }

    /// A new challenge. Writes nothing anywhere.
    ///
    /// `action` is what the form is for, 1 to 32 characters of `A-Z a-z 0-9 / - _`. Raises `Refused`: `kind-not-allowed`
    /// for a kind that the gate was not given, `invalid-action`.
    #[pyo3(signature = (*, kind = None, action = None))]
    fn issue(
        &self,
        kind: Option<&Bound<'_, PyAny>>,
        action: Option<&Bound<'_, PyAny>>,
    ) -> Result<Challenge, Error> {
        let ask = match kind {
            Some(kind) => Ask::kind(parsed(kind, 16).ok_or(Refusal::KindNotAllowed)?),
            None => Ask::any(),
        };
        let action = match action {
            Some(action) => Some(parsed(action, Action::MAX_CHARS).ok_or_else(invalid_action)?),
            None => None,
        };
        self.fresh(ask.with_action(action))
    }

    /// A fresh challenge of the kind and the action of another one, which may be expired or spent.
    ///
    /// Writes nothing anywhere. Raises `Refused`: `unknown-key`.
    fn renew(&self, key: &Bound<'_, PyAny>) -> Result<Challenge, Error> {
        let old = self.engine.inspect(&read_key(key)?)?;
        let ask = Ask::again(old.challenge.kind(), self.site()?);
        self.fresh(ask.with_action(old.action))
    }

    /// The picture of a challenge, as a PNG file, the same each time. Raises `Refused`: `unknown-key`, `expired-key`.
    #[pyo3(signature = (key, *, scale = Scaled(Scale::One)), text_signature = "($self, key, *, scale=1)")]
    fn image<'py>(
        &self,
        py: Python<'py>,
        key: &Bound<'py, PyAny>,
        scale: Scaled,
    ) -> Result<Bound<'py, PyBytes>, Error> {
        let key = read_key(key)?;
        let shown = py.detach(|| self.engine.image(&key, scale.0))?;
        Ok(PyBytes::new(py, &shown.image.png))
    }

    /// The response token that a right answer earns. Spends the key, whether the answer is right or wrong.
    ///
    /// `hostname` is that of the page the answer came from, if it came from a page; a port after it is ignored. With what
    /// is `seen` of the visitor, the answer has a score, which the verification tells. Raises `Refused`: `wrong-answer`,
    /// `spent-key`, `expired-key`, `unknown-key`, `wrong-site`; and `Unavailable`.
    #[pyo3(signature = (key, given, *, hostname = None, seen = None))]
    fn answer(
        &self,
        py: Python<'_>,
        key: &Bound<'_, PyAny>,
        given: &Bound<'_, PyAny>,
        hostname: Option<&Bound<'_, PyAny>>,
        seen: Option<&Bound<'_, Seen>>,
    ) -> Result<String, Error> {
        work::wait(py, self.answered(key, given, hostname, seen))
    }

    /// `answer` for asynchronous callers, on the running asyncio loop.
    #[pyo3(signature = (key, given, *, hostname = None, seen = None))]
    fn answer_async<'py>(
        &self,
        py: Python<'py>,
        key: &Bound<'py, PyAny>,
        given: &Bound<'py, PyAny>,
        hostname: Option<&Bound<'py, PyAny>>,
        seen: Option<&Bound<'py, Seen>>,
    ) -> Result<Bound<'py, PyAny>, Error> {
        work::awaitable(py, self.answered(key, given, hostname, seen))
    }

    /// Verifies a response token, and spends it. With `action`, it must have been earned for that one.
    ///
    /// Raises `Refused`: `invalid-input-response`, `expired-input-response`, `already-seen-response`, `action-mismatch`,
    /// `score-too-low`; and `Unavailable`.
    #[pyo3(signature = (token, *, action = None))]
    fn verify(
        &self,
        py: Python<'_>,
        token: &Bound<'_, PyAny>,
        action: Option<&Bound<'_, PyAny>>,
    ) -> Result<Passed, Error> {
        work::wait(py, self.verified(token, action))
    }

    /// `verify` for asynchronous callers, on the running asyncio loop.
    #[pyo3(signature = (token, *, action = None))]
    fn verify_async<'py>(
        &self,
        py: Python<'py>,
        token: &Bound<'py, PyAny>,
        action: Option<&Bound<'py, PyAny>>,
    ) -> Result<Bound<'py, PyAny>, Error> {
        work::awaitable(py, self.verified(token, action))
    }

    fn __repr__(&self) -> String {
        format!("<cattlegrid.Gate {}>", self.site_key())
    }
}

impl Gate {
    fn site(&self) -> Result<&Site, Refusal> {
        let sites = self.engine.sites();
        sites.get(self.site_key()).ok_or(Refusal::UnknownKey)
    }

    fn fresh(&self, ask: Ask) -> Result<Challenge, Error> {
        let issued = self.engine.issue(self.site()?, ask)?;
        Ok(issued.into())
    }

    fn answered(
        &self,
        key: &Bound<'_, PyAny>,
        given: &Bound<'_, PyAny>,
        hostname: Option<&Bound<'_, PyAny>>,
        seen: Option<&Bound<'_, Seen>>,
    ) -> impl Future<Output = Result<String, Error>> + Send + use<> {
        let gate = Arc::clone(&self.engine);
        let key = read_key(key);
        // Why empty: what is too long, or is no text, is as wrong as an answer that is none.
        let given = bounded(given, Answer::MAX_GIVEN_BYTES).unwrap_or_default();
        let host = hostname.map(read_host).transpose();
        let seen = seen.map(|seen| (seen.get().0, self.scorer(seen.py())));
        async move {
            let (key, host) = (key?, host?);
            let attempt = Attempt::new(&given).from_page(host.as_ref());
            let judged = match seen {
                Some((seen, scorer)) => scorer?.answer(&gate, &key, attempt, &seen).await.0,
                None => gate.answer(&key, attempt).await,
            };
            Ok(judged?.token.to_string())
        }
    }

    fn scorer(&self, py: Python<'_>) -> Result<Arc<Scorer<ForkStore>>, GuardError> {
        let wrong_answers = || WrongAnswers::new(&self.salt, self.counts.rates());
        self.scorer.get(py, || wrong_answers().map(Scorer::new))
    }

    fn verified(
        &self,
        token: &Bound<'_, PyAny>,
        action: Option<&Bound<'_, PyAny>>,
    ) -> impl Future<Output = Result<Passed, Error>> + Send + use<> {
        let wanted = action.map(|action| parsed::<provider::Action>(action, Action::MAX_CHARS));
        let other_action = matches!(wanted, Some(None));
        let visit = Visit::new().for_action(wanted.flatten());
        let checked = check(Ok(self.verifier()), read_token(token), visit);
        async move {
            if other_action {
                return Err(Refused::because("action-mismatch").into());
            }
            checked.await
        }
    }

    /// What checks tokens.
    pub(crate) fn verifier(&self) -> Arc<GateVerifier<ForkStore>> {
        Arc::clone(&self.verifier)
    }
}

/// A new secret for `Gate`, from the system's randomness, as text.
#[pyfunction]
pub(crate) fn generate_secret() -> Result<String, Error> {
    let secret = Secret::generate(&OsEntropy).map_err(Refusal::from)?;
    Ok(secret.expose().to_owned())
}

/// What a text that came from a page says, if it is one and short enough.
fn parsed<T: FromStr>(given: &Bound<'_, PyAny>, most: usize) -> Option<T> {
    bounded(given, most)?.parse().ok()
}

fn read_key(key: &Bound<'_, PyAny>) -> Result<ChallengeKey, Refusal> {
    parsed(key, 256).ok_or(Refusal::UnknownKey)
}

fn read_host(given: &Bound<'_, PyAny>) -> Result<Hostname, Refusal> {
    let given = bounded(given, 300).ok_or(Refusal::WrongSite)?;
    Hostname::from_authority(&given).map_err(|_| Refusal::WrongSite)
}

fn invalid_action() -> Error {
    Error::refused(
        "invalid-action",
        &"an action is 1 to 32 characters of A-Z a-z 0-9 / - _",
    )
}
