//! What every handler shares.

use std::cell::LazyCell;
use std::collections::HashMap;
use std::sync::Arc;

use axum::http::StatusCode;
use cattlegrid::challenge::image::{Fonts, Style};
use cattlegrid::challenge::{Generators, Kind, KindOptions};
use cattlegrid::store::{AnyStore, Clock};
use cattlegrid::{
    Ask, Attempt, ChallengeKey, Gate, Hostname, Issued, OsEntropy, Refusal, ScoreRules, SecretKey,
    Secrets, Site, SiteKey, Sites, Solved, WorkSet,
};
use cattlegrid_guard::behaviour::{Scorer, Seen};
use cattlegrid_guard::client_ip::Proxies;

use tracing::Instrument;

use crate::Error;
use crate::behaviour;
use crate::config::{Config, Limits, SiteConfig, TimeLockKeys};
use crate::dialect::Dialect;
use crate::drawing::NotDrawn;
use crate::forward_auth::{ForwardAuth, GuardedSite};
use crate::gateway::Gateway;
use crate::metrics::Metrics;
use crate::observed::Observed;
use crate::problem::Problem;
use crate::rate_limits::{Operation, RateLimits};
use crate::standing::Standing;
use crate::verification::{self, Asked, Denial, Passed};
use crate::{test_keys, traces};

/// The kinds that a page may ask of the demo site. `custom` is none of them: its answer would be the page's.
const DEMO_KINDS: [Kind; 4] = [Kind::Chars, Kind::Math, Kind::Words, Kind::Unicode];

/// The server as one configuration describes it: its gate, and what stands around it.
pub struct App {
    standing: Arc<Standing>,
    gate: Gate<Arc<Observed<AnyStore>>>,
    gateway: Gateway,
    demo: Option<Site>,
    dialects: HashMap<SiteKey, Dialect>,
    test_keys: bool,
    limits: Limits,
    rate_limits: RateLimits,
    forward_auth: ForwardAuth,
    scorer: Scorer<Arc<Observed<AnyStore>>>,
    proxies: Proxies,
    proxy_protocol: bool,
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
        let (elsewhere, here): (Vec<_>, Vec<_>) = sites.iter().cloned().partition(|site| {
            let is_it = |own: &SiteConfig| own.provider.is_some() && own.key == *site.key();
            config.sites.iter().any(is_it)
        });
        let of = |sites| Sites::new(sites).map_err(|error| Error::config("sites", error));
        Ok(Self {
            gateway: Gateway::new(config, of(elsewhere)?, &standing)?,
            forward_auth: forward_auth(config, secrets, &sites, demo.as_ref())?,
            gate: Gate::new(
                secrets,
                of(here)?,
                Arc::clone(&standing.store),
                Arc::clone(&standing.clock),
                Arc::new(OsEntropy),
            ),
            rate_limits: RateLimits::new(config, secrets, &standing)?,
            scorer: behaviour::scorer(secrets, &standing)?,
            proxies: config.client_address.proxies(),
            proxy_protocol: config.client_address.proxy_protocol,
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

    /// How many sites there are, whoever checks their visitors.
    pub fn count_sites(&self) -> usize {
        self.gate.sites().iter().count() + self.gateway.sites().iter().count()
    }

    /// The site whose secret key this is, whoever checks its visitors.
    pub(crate) fn owner(&self, secret: &SecretKey) -> Option<&Site> {
        let here = self.gate.sites().by_secret(secret);
        here.or_else(|| self.gateway.sites().by_secret(secret))
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
    /// The problems `unknown-site`, and `other-provider` where no challenges are issued for the site.
    pub fn site(&self, named: Option<&str>, dialect: Dialect) -> Result<&Site, Problem> {
        if let Some(provider) = named.and_then(|key| self.gateway.provider(key)) {
            let detail = format!("the site's visitors are checked by {provider}: show its widget");
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "other-provider",
                detail,
            ));
        }
        let (site, detail) = match named {
            Some(key) => (self.gate.sites().get(key), "no site has this site key"),
            None => (
                self.unnamed(dialect),
                "name the site, as in `?sitekey=…`: not exactly one speaks this dialect",
            ),
        };
        site.ok_or_else(|| Problem::new(StatusCode::BAD_REQUEST, "unknown-site", detail))
    }

    /// A new challenge of `site` for a page on this host, counted, and against the limits on issuing.
    ///
    /// # Errors
    /// [`Refusal::WrongSite`], and those of [`Gate::issue`].
    pub async fn issue(
        &self,
        site: &Site,
        host: Option<&Hostname>,
        ask: Ask,
    ) -> Result<Issued, Refusal> {
        if site.allows(host) {
            self.admit(Operation::Issue, site).await;
        }
        self.issue_along(site, host, ask)
    }

    /// The same, along with something that the limits have let through already.
    ///
    /// # Errors
    /// As [`App::issue`].
    pub fn issue_along(
        &self,
        site: &Site,
        host: Option<&Hostname>,
        ask: Ask,
    ) -> Result<Issued, Refusal> {
        if !site.allows(host) {
            return Err(Refusal::WrongSite);
        }
        let issued = self.gate.issue(site, ask).inspect_err(refused)?;
        self.metrics().issued(issued.kind);
        Ok(issued)
    }

    /// A fresh challenge for a page on this host, after an answer to that of `key` was refused: like that one, or one that
    /// the site asks second. The limits on answers have let it through.
    ///
    /// # Errors
    /// [`Refusal::UnknownKey`], and those of [`App::issue`].
    pub(crate) fn renew(
        &self,
        host: Option<&Hostname>,
        key: &ChallengeKey,
        refusal: &Refusal,
    ) -> Result<Issued, Refusal> {
        let old = self.gate.inspect(key)?;
        let site = old
            .site
            .and_then(|site_key| self.gate.sites().get(site_key.as_str()))
            .ok_or(Refusal::UnknownKey)?;
        let was_right = matches!(refusal, Refusal::AnotherChallenge);
        let kind = site
            .scores()
            .filter(|_| was_right)
            .and_then(|rules| rules.second_kind)
            .unwrap_or_else(|| old.challenge.kind());
        let ask = Ask::again(kind, site);
        let ask = if was_right || old.is_second {
            ask.as_second()
        } else {
            ask
        };
        self.issue_along(site, host, ask.with_action(old.action))
    }

    /// Work of `site` for a page on this host, against the limits on issuing.
    ///
    /// # Errors
    /// [`Refusal::WrongSite`], and those of [`Gate::set_work`].
    pub async fn set_work(&self, site: &Site, host: Option<&Hostname>) -> Result<WorkSet, Refusal> {
        if !site.allows(host) {
            return Err(Refusal::WrongSite);
        }
        self.admit(Operation::Issue, site).await;
        self.gate.set_work(site, None).inspect_err(refused)
    }

    /// What the gate makes of a visitor's attempt, with the score that what is `seen` of them makes; counted, and against
    /// the limits on answers.
    ///
    /// # Errors
    /// Those of [`Gate::answer`].
    pub(crate) async fn answer(
        &self,
        key: &ChallengeKey,
        attempt: Attempt<'_>,
        seen: &Seen,
    ) -> Result<Solved, Refusal> {
        self.admit_key(Operation::Answer, key).await;
        let (judged, score) = self.scorer.answer(&self.gate, key, attempt, seen).await;
        if let (Some(score), Ok(_) | Err(Refusal::AnotherChallenge | Refusal::LowScore)) =
            (score, &judged)
        {
            self.metrics().scored(score);
        }
        self.counted(judged)
    }

    /// What the gate makes of an attempt that a back end was sent, counted, and against the limits on verifications.
    ///
    /// # Errors
    /// Those of [`Gate::answer`].
    pub async fn check(&self, key: &ChallengeKey, attempt: Attempt<'_>) -> Result<Solved, Refusal> {
        self.admit_key(Operation::Verify, key).await;
        self.counted(self.gate.answer(key, attempt).await)
    }

    /// Who passed, of whom a back end asks, against the limits on verifications: as the gate says, or the provider that
    /// checks the site.
    ///
    /// # Errors
    /// [`Denial`] where nobody is to be let through.
    pub(crate) async fn verify(&self, asked: &Asked) -> Result<Passed, Denial> {
        let secret = asked.secret_key()?;
        if let Some(site) = self.gateway.sites().by_secret(&secret) {
            self.admit(Operation::Verify, site).await;
            return self.gateway.verify(site, asked).await;
        }
        let token = asked.token()?;
        self.admit_secret(&secret).await;
        let verification = match asked.idempotency_key() {
            Some(key) => self.gate.verify_repeatably(&secret, &token, key).await,
            None => self.gate.verify(&secret, &token, asked.site_key()).await,
        };
        Ok(verification::passed(verification)?)
    }

    /// Counts an operation against the limits of the site, and over all.
    pub(crate) async fn admit(&self, operation: Operation, site: &Site) {
        self.rate_limits.admit(operation, Some(site.key())).await;
    }

    /// Counts a verification against the limits of the site whose secret key this is, and over all. A key of nobody costs
    /// nothing, as nothing is done for it.
    pub(crate) async fn admit_secret(&self, secret: &SecretKey) {
        if let Some(site) = self.gate.sites().by_secret(secret) {
            self.admit(Operation::Verify, site).await;
        }
    }

    /// Counts an operation against the limits of the site that the key is of, and over all. A key that nobody here has
    /// sealed costs nothing, as nothing is done for it.
    pub(crate) async fn admit_key(&self, operation: Operation, key: &ChallengeKey) {
        // Why: most have no such limit, and need not open the key twice.
        if !self.rate_limits.is_any_inside(operation) {
            return;
        }
        if let Ok(inside) = self.gate.inspect(key) {
            self.rate_limits
                .admit(operation, inside.site.as_ref())
                .await;
        }
    }

    fn counted(&self, judged: Result<Solved, Refusal>) -> Result<Solved, Refusal> {
        let code = judged.as_ref().err().map(Refusal::code);
        self.metrics().answered(code);
        judged.inspect_err(refused)
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

    /// How often somebody may come.
    pub(crate) const fn rate_limits(&self) -> &RateLimits {
        &self.rate_limits
    }

    /// The sites that reverse proxies ask about.
    pub(crate) const fn forward_auth(&self) -> &ForwardAuth {
        &self.forward_auth
    }

    /// The proxies that requests come through.
    pub(crate) const fn proxies(&self) -> &Proxies {
        &self.proxies
    }

    /// Whether connections begin with a header of the PROXY protocol.
    pub(crate) const fn has_proxy_protocol(&self) -> bool {
        self.proxy_protocol
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
        .map(|site| Some(site.with_scores(ScoreRules::default())))
        .map_err(|error| wrong(&error))
}

/// The sites that reverse proxies ask about.
fn forward_auth(
    config: &Config,
    secrets: &Secrets,
    sites: &Sites,
    demo: Option<&Site>,
) -> Result<ForwardAuth, Error> {
    let mut guarded = Vec::new();
    for section in &config.forward_auth {
        let site = match section.site(&config.sites, demo.is_some())? {
            Some(site) => sites.get(site.key.as_str()),
            None => demo,
        };
        // Why no error: each site that is configured is one of these.
        guarded.extend(site.map(|site| GuardedSite::new(section, site.clone(), secrets)));
    }
    Ok(ForwardAuth::of(guarded))
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
