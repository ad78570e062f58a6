//! What is counted and measured, for Prometheus.

mod providers;
mod rate_limits;
mod scores;
mod store;

use std::sync::atomic::AtomicU64;
use std::time::{Duration, SystemTime};

use cattlegrid::Score;
use cattlegrid::challenge::Kind;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use crate::forward_auth::Verdict;
use crate::rate_limits::{By, Operation as Limited};
pub use providers::ProviderMetrics;
use rate_limits::RateLimitMetrics;
use scores::ScoreMetrics;
pub use store::{Operation, StoreMetrics};

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct KindLabel {
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Outcome {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    route: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    route: &'static str,
}

type Latencies = Family<Route, Histogram, fn() -> Histogram>;

/// The server's counters. Every label has few possible values, none of which a caller can choose.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    issued: Family<KindLabel, Counter>,
    shown: Counter,
    answered: Family<Outcome, Counter>,
    verified: Family<Outcome, Counter>,
    store: StoreMetrics,
    providers: ProviderMetrics,
    rate_limits: RateLimitMetrics,
    forward_auth: Family<Outcome, Counter>,
    scores: ScoreMetrics,
    overloaded: Counter,
    connections: Gauge,
    reloads: Family<Outcome, Counter>,
    configured: Gauge<f64, AtomicU64>,
    requests: Family<Request, Counter>,
    latencies: Latencies,
}

/// A connection that is open.
pub(crate) struct Connected(Gauge);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// What became of reading the configuration again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reload {
    /// It is in force.
    Success,
    /// It was wrong, and the one before stays in force.
    Refused,
}

/// What is counted when all went well.
const SUCCESS: &str = "success";

impl Metrics {
    /// All at zero.
    pub fn new() -> Self {
        let latencies: Latencies = Family::new_with_constructor(|| {
            // 0.1 ms to 6.5 s
            Histogram::new(exponential_buckets(0.0001, 4.0, 9))
        });
        let mut registry = Registry::with_prefix("cattlegrid");
        let mut metrics = Self {
            store: StoreMetrics::register(&mut registry),
            providers: ProviderMetrics::register(&mut registry),
            rate_limits: RateLimitMetrics::register(&mut registry),
            scores: ScoreMetrics::register(&mut registry),
            issued: Family::default(),
            shown: Counter::default(),
            answered: Family::default(),
            verified: Family::default(),
            forward_auth: Family::default(),
            overloaded: Counter::default(),
            connections: Gauge::default(),
            reloads: Family::default(),
            configured: Gauge::default(),
            requests: Family::default(),
            latencies,
            registry,
        };
        metrics.register();
        metrics.configured();
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("build", "The release that runs", version);
        registry.register("issued", "Challenges issued, by kind", self.issued.clone());
        registry.register("shown", "Pictures sent", self.shown.clone());
        registry.register(
            "answered",
            "Answers judged, by outcome: success or the error code",
            self.answered.clone(),
        );
        registry.register(
            "verified",
            "Response tokens verified, by outcome: success or the error code",
            self.verified.clone(),
        );
        registry.register(
            "forward_auth",
            "Requests that a proxy asked about, by what became of them",
            self.forward_auth.clone(),
        );
        registry.register(
            "drawing_overloaded",
            "Pictures refused because too many were waiting to be drawn",
            self.overloaded.clone(),
        );
        registry.register(
            "connections",
            "Connections that are open",
            self.connections.clone(),
        );
        registry.register(
            "config_reloads",
            "Times that the configuration was read again, by outcome: success, or refused and left as it was",
            self.reloads.clone(),
        );
        registry.register(
            "config_last_reload_timestamp_seconds",
            "When the configuration in force was read, in seconds since 1970",
            self.configured.clone(),
        );
        registry.register(
            "http_requests",
            "Requests, by route and status",
            self.requests.clone(),
        );
        registry.register(
            "http_request_duration_seconds",
            "Time from a request's head to its response's head, by route",
            self.latencies.clone(),
        );
    }

    /// A challenge was issued.
    pub fn issued(&self, kind: Kind) {
        self.issued
            .get_or_create(&KindLabel {
                kind: kind.as_str(),
            })
            .inc();
    }

    /// A picture was sent.
    pub fn shown(&self) {
        self.shown.inc();
    }

    /// An answer was judged; `code` says why it was refused.
    pub fn answered(&self, code: Option<&'static str>) {
        let outcome = code.unwrap_or(SUCCESS);
        self.answered.get_or_create(&Outcome { outcome }).inc();
    }

    /// A right answer had this score.
    pub fn scored(&self, score: Score) {
        self.scores.observe(score);
    }

    /// A token was verified; `code` says why it was refused.
    pub fn verified(&self, code: Option<&'static str>) {
        let outcome = code.unwrap_or(SUCCESS);
        self.verified.get_or_create(&Outcome { outcome }).inc();
    }

    /// A proxy was told what becomes of a request.
    pub(crate) fn judged(&self, verdict: Verdict) {
        let outcome = verdict.as_str();
        self.forward_auth.get_or_create(&Outcome { outcome }).inc();
    }

    /// What the store's steps take.
    pub const fn store(&self) -> &StoreMetrics {
        &self.store
    }

    /// What other providers' checks take.
    pub const fn providers(&self) -> &ProviderMetrics {
        &self.providers
    }

    /// Somebody came too often.
    pub fn rate_limited(&self, operation: Limited, by: By) {
        self.rate_limits.refused(operation, by);
    }

    /// What counts a step that this process's own counters decided.
    pub fn on_rate_limit_fallback(&self) -> impl Fn() + Send + Sync + use<> {
        self.rate_limits.on_fallback()
    }

    /// A picture was refused, as too many wait.
    pub fn overloaded(&self) {
        self.overloaded.inc();
    }

    /// A connection was opened, and is until this is dropped.
    pub(crate) fn connected(&self) -> Connected {
        self.connections.inc();
        Connected(self.connections.clone())
    }

    /// The configuration was read again.
    pub fn reloaded(&self, reload: Reload) {
        let outcome = match reload {
            Reload::Success => SUCCESS,
            Reload::Refused => "refused",
        };
        self.reloads.get_or_create(&Outcome { outcome }).inc();
        if reload == Reload::Success {
            self.configured();
        }
    }

    fn configured(&self) {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        self.configured.set(now.unwrap_or_default().as_secs_f64());
    }

    /// A request was answered.
    pub fn responded(&self, route: &'static str, status: u16, took: Duration) {
        self.requests
            .get_or_create(&Request { route, status })
            .inc();
        self.latencies
            .get_or_create(&Route { route })
            .observe(took.as_secs_f64());
    }

    /// All of it as `OpenMetrics` text.
    ///
    /// # Errors
    /// None that is known: the text is written into memory.
    pub fn render(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry).map(|()| text)
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}
