//! What every handler shares.

use std::cell::LazyCell;
use std::collections::HashMap;
use std::sync::Arc;

use axum::http::StatusCode;
use cattlegrid::challenge::image::{Fonts, Style};
use cattlegrid::challenge::{Generators, Kind, KindOptions};
use cattlegrid::store::{AnyStore, Clock};
use cattlegrid::{
    Ask, Attempt, ChallengeKey, Gate, Hostname, Issued, OsEntropy, Refusal, Secrets, Site, SiteKey,
    Sites, Solved,
};

use tracing::Instrument;

use crate::Error;
use crate::config::{Config, Limits, TimeLockKeys};
use crate::dialect::Dialect;
use crate::drawing::NotDrawn;
use crate::metrics::Metrics;
use crate::observed::Observed;
use crate::problem::Problem;
use crate::standing::Standing;
use crate::{test_keys, traces};

/// The kinds that a page may ask of the demo site. `custom` is none of them: its answer would be the page's.
const DEMO_KINDS: [Kind; 4] = [Kind::Chars, Kind::Math, Kind::Words, Kind::Unicode];

/// The server as one configuration describes it: its gate, and what stands around it.
pub struct App {
    standing: Arc<Standing>,
    gate: Gate<Arc<Observed<AnyStore>>>,
    demo: Option<Site>,
    dialects: HashMap<SiteKey, Dialect>,
    test_keys: bool,
    limits: Limits,
}

impl App {
    /// What `config` makes of the server that stands.
    ///
    /// # Errors
    /// [`Error::Config`] and [`Error::ReadFile`] when a site cannot be built.
    pub fn new(config: &Config, secrets: &Secrets, standing: Arc<Standing>) -> Result<Self, Error> {
        let demo = demo(config, secrets)?;
        let mut dialects: HashMap<_, _> = config
            .sites
            .iter()
            .map(|site| (site.key.clone(), site.dialect))
            .collect();
        let test_site = config
            .has_test_keys()
            .then(test_keys::asking_site)
            .transpose()?;
        if let Some(site) = &test_site {
            dialects.insert(site.key().clone(), Dialect::Turnstile);
        }
        let sites = sites(config, secrets, demo.clone().into_iter().chain(test_site))?;
        Ok(Self {
            gate: Gate::new(
                secrets,
                sites,
                Arc::clone(&standing.store),
                Arc::clone(&standing.clock),
                Arc::new(OsEntropy),
            ),
            standing,
            demo,
            dialects,
            test_keys: config.has_test_keys(),
            limits: config.limits,
        })
    }

    /// The engine.
    pub const fn gate(&self) -> &Gate<Arc<Observed<AnyStore>>> {
        &self.gate
    }

    /// What outlives the configuration.
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// The time.
    pub fn clock(&self) -> &dyn Clock {
        &*self.standing.clock
    }

    /// The demo site, if there is one.
    pub const fn demo(&self) -> Option<&Site> {
        self.demo.as_ref()
    }

    /// The protocol that `site` speaks; the demo site speaks the native one.
    pub fn dialect(&self, site: &Site) -> Dialect {
        self.dialects.get(site.key()).copied().unwrap_or_default()
    }

    /// The site of a request that names none: the only one that speaks `dialect`, else the demo site.
    pub fn unnamed(&self, dialect: Dialect) -> Option<&Site> {
        let mut speakers = self
            .gate
            .sites()
            .iter()
            .filter(|site| self.dialect(site) == dialect);
        match (speakers.next(), speakers.next()) {
            (Some(site), None) => Some(site),
            (None, _) => self.demo(),
            (Some(_), Some(_)) => None,
        }
    }

    /// The site that a request is for: the one that it names, else the one that [`App::unnamed`] says.
    ///
    /// # Errors
    /// The problem `unknown-site`.
    pub fn site(&self, named: Option<&str>, dialect: Dialect) -> Result<&Site, Problem> {
        let (site, detail) = match named {
            Some(key) => (self.gate.sites().get(key), "no site has this site key"),
            None => (
                self.unnamed(dialect),
                "name the site, as in `?sitekey=…`: not exactly one speaks this dialect",
            ),
        };
        site.ok_or_else(|| Problem::new(StatusCode::BAD_REQUEST, "unknown-site", detail))
    }

    /// A new challenge of `site` for a page on this host, counted.
    ///
    /// # Errors
    /// [`Refusal::WrongSite`], and those of [`Gate::issue`].
    pub fn issue(&self, site: &Site, host: Option<&Hostname>, ask: Ask) -> Result<Issued, Refusal> {
        if !site.allows(host) {
            return Err(Refusal::WrongSite);
        }
        let issued = self.gate.issue(site, ask).inspect_err(refused)?;
        self.metrics().issued(issued.kind);
        Ok(issued)
    }

    /// What the gate makes of an attempt, counted.
    ///
    /// # Errors
    /// Those of [`Gate::answer`].
    pub async fn answer(
        &self,
        key: &ChallengeKey,
        attempt: Attempt<'_>,
    ) -> Result<Solved, Refusal> {
        let judged = self.gate.answer(key, attempt).await.inspect_err(refused);
        let code = judged.as_ref().err().map(Refusal::code);
        self.metrics().answered(code);
        judged
    }

    /// Whether the keys that other providers publish for tests work here.
    pub const fn has_test_keys(&self) -> bool {
        self.test_keys
    }

    /// What `draw` returns, on the threads for pictures once it was its turn; counts what there was no place for.
    ///
    /// # Errors
    /// [`NotDrawn`].
    pub async fn draw<T: Send + 'static>(
        &self,
        draw: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NotDrawn> {
        let drawn = self.standing.drawing.run(draw);
        drawn
            .instrument(traces::drawing())
            .await
            .inspect_err(|error| {
                if *error == NotDrawn::Overloaded {
                    self.metrics().overloaded();
                }
            })
    }

    /// What is counted.
    pub fn metrics(&self) -> &Metrics {
        &self.standing.metrics
    }

    /// The bounds.
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }
}

/// Logs a refusal to issue that an operator should know of.
pub(crate) fn refused(refusal: &Refusal) {
    if let Refusal::NoEntropy(_) | Refusal::Challenge(_) = refusal {
        tracing::error!(error = %refusal, "no challenge can be issued");
    }
}

/// The demo site, if `config` has it: on any host, of every kind, its keys derived from the secrets.
///
/// # Errors
/// [`Error::Config`] when the built-in settings do not make a site.
pub fn demo(config: &Config, secrets: &Secrets) -> Result<Option<Site>, Error> {
    if !config.has_demo() {
        return Ok(None);
    }
    let wrong = |error: &dyn std::fmt::Display| Error::config("demo", error);
    let (key, secret) =
        Site::demo_keys(secrets).ok_or_else(|| wrong(&"no keys can be derived from the secret"))?;
    let generators = Generators::new(&KindOptions::default(), &Fonts::embedded())?;
    Site::new(key, secret, Arc::new(generators), Arc::new(Style::hard()))
        .with_kinds(DEMO_KINDS.to_vec())
        .map(Some)
        .map_err(|error| wrong(&error))
}

/// All sites that `config` describes, and `others`.
///
/// # Errors
/// [`Error::Config`] and [`Error::ReadFile`] when one cannot be built, or two cannot be told apart.
pub fn sites(
    config: &Config,
    secrets: &Secrets,
    others: impl IntoIterator<Item = Site>,
) -> Result<Sites, Error> {
    // Why: they take a while to make, and few sites have locks.
    let time_lock_keys = LazyCell::new(|| {
        let keys = secrets.time_lock_keys().into_iter();
        keys.map(Arc::new).collect::<TimeLockKeys>()
    });
    let mut sites = config
        .sites
        .iter()
        .map(|site| site.build(config, || Arc::clone(&time_lock_keys)))
        .collect::<Result<Vec<_>, _>>()?;
    sites.extend(others);
    Sites::new(sites).map_err(|error| Error::config("sites", error))
}
