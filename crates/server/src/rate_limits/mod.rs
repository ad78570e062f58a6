//! How often somebody may come: by address, by site, and over all, in that order.
//!
//! The limit by address is a layer around a route, `around`. The others are asked where the site is known,
//! `RateLimits::admit`, deep inside of a handler and before anything is spent. What they refuse is not for the
//! handler to translate: it is dropped where it stands, as one that takes too long is, and the route answers 429 in the
//! one form that all dialects share.

mod address;
mod visit;

use std::collections::HashMap;
use std::sync::Arc;

use axum::http::request::Parts;
use axum::middleware::from_fn;
use axum::response::IntoResponse;
use axum::routing::MethodRouter;
use cattlegrid::store::AnyStore;
use cattlegrid::{Secrets, SiteKey};
use cattlegrid_guard::AddressBlock;
use cattlegrid_guard::rate_limit::{self, Decision, RateLimitLayer, Rates, Salt};

use crate::Error;
use crate::app::App;
use crate::config::{Config, Limit};
use crate::metrics::Metrics;
use crate::observed::Observed;
use crate::problem::Problem;
use crate::standing::Standing;
use address::Addresses;

/// The store in which the server counts.
pub(crate) type Counted = Arc<Observed<AnyStore>>;
type Limiter = rate_limit::Limiter<Counted>;

/// What the server does that may be limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// To issue a challenge, or to set work.
    Issue,
    /// To draw a picture.
    Image,
    /// To judge an answer, or work.
    Answer,
    /// To tell a back end whether somebody passed.
    Verify,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Issue, Self::Image, Self::Answer, Self::Verify];

    /// The name, in the configuration and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Issue => "issue",
            Self::Image => "image",
            Self::Answer => "answer",
            Self::Verify => "verify",
        }
    }
}

/// Who shares a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum By {
    /// All requests from one client address.
    Address,
    /// All that are for one site.
    Site,
    /// All.
    Total,
}

impl By {
    /// All of them, in the order in which they apply.
    pub const ALL: [Self; 3] = [Self::Address, Self::Site, Self::Total];

    /// The name, in the configuration and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Site => "site",
            Self::Total => "total",
        }
    }
}

/// The limits that a configuration describes.
pub struct RateLimits {
    limits: HashMap<Operation, Limits>,
    addresses: Arc<Addresses>,
}

/// The limits on one operation.
struct Limits {
    address: Option<Limiter>,
    site: Option<Limiter>,
    /// Those of sites that have their own.
    sites: HashMap<SiteKey, Option<Limiter>>,
    total: Option<Limiter>,
}

impl Limits {
    fn of_site(&self, site: &SiteKey) -> Option<&Limiter> {
        self.sites.get(site).unwrap_or(&self.site).as_ref()
    }

    /// Whether a limit needs to know the site, or that there is one.
    fn is_any_inside(&self) -> bool {
        self.site.is_some() || self.total.is_some() || self.sites.values().any(Option::is_some)
    }
}

impl RateLimits {
    /// Those of `config`, counted where the server that stands counts.
    ///
    /// # Errors
    /// [`Error::Config`] when one cannot be made.
    pub(crate) fn new(
        config: &Config,
        secrets: &Secrets,
        standing: &Standing,
    ) -> Result<Self, Error> {
        let salt = Salt::new(&secrets.rate_limit_key());
        let mut limits = HashMap::new();
        for operation in Operation::ALL {
            let limiter =
                |by: By, limit: Limit| limiter(operation, by, limit, &salt, &standing.rates);
            let of_all = |by| limiter(by, config.rate_limits.limit(operation, by));
            let own = config.sites.iter().filter_map(|site| {
                let limit = site.rate_limits.of(operation)?;
                Some(limiter(By::Site, limit).map(|limiter| (site.key.clone(), limiter)))
            });
            let of_operation = Limits {
                address: of_all(By::Address)?,
                site: of_all(By::Site)?,
                sites: own.collect::<Result<_, _>>()?,
                total: of_all(By::Total)?,
            };
            limits.insert(operation, of_operation);
        }
        Ok(Self {
            limits,
            addresses: Arc::new(Addresses::new(config)),
        })
    }

    /// Takes a step of the site, and then one over all; never returns where there is none left.
    pub(crate) async fn admit(&self, operation: Operation, site: Option<&SiteKey>) {
        let Some(limits) = self.limits.get(&operation) else {
            return;
        };
        if let Some((site, limiter)) = site.and_then(|site| Some((site, limits.of_site(site)?))) {
            visit::note(By::Site, limiter.check(site.as_str()).await).await;
        }
        if let Some(limiter) = &limits.total {
            visit::note(By::Total, limiter.check("").await).await;
        }
    }

    /// The client of a request; none if limits by address do not count it.
    pub(crate) fn client(&self, parts: &Parts) -> Option<AddressBlock> {
        self.addresses.block(parts)
    }

    /// Whether `RateLimits::admit` would ask anything.
    pub(crate) fn is_any_inside(&self, operation: Operation) -> bool {
        self.limits
            .get(&operation)
            .is_some_and(Limits::is_any_inside)
    }
}

fn limiter(
    operation: Operation,
    by: By,
    limit: Limit,
    salt: &Salt,
    rates: &Arc<Rates<Counted>>,
) -> Result<Option<Limiter>, Error> {
    let Some(quota) = limit.quota() else {
        return Ok(None);
    };
    let name = format!("{}-{}", operation.as_str(), by.as_str());
    Limiter::new(&name, quota, salt, Arc::clone(rates))
        .map(Some)
        .map_err(|error| Error::config("rate_limits", error))
}

/// The routes, each request to which counts as one of `operation`.
pub(crate) fn around(
    app: &Arc<App>,
    operation: Operation,
    routes: MethodRouter<Arc<App>>,
) -> MethodRouter<Arc<App>> {
    let counted = Arc::clone(app);
    let routes = routes.route_layer(from_fn(move |request, next| {
        visit::scope(Arc::clone(&counted), operation, request, next)
    }));
    let limits = app.rate_limits();
    let Some(limiter) = limits
        .limits
        .get(&operation)
        .and_then(|limits| limits.address.clone())
    else {
        return routes;
    };
    let addresses = Arc::clone(&limits.addresses);
    let refusing = Arc::clone(app);
    let layer = RateLimitLayer::new(limiter, move |parts: &_| addresses.block(parts)).with_refusal(
        move |_: &Decision, _: &_| {
            refuse(refusing.metrics(), operation, By::Address).into_response()
        },
    );
    routes.route_layer(layer)
}

fn refuse(metrics: &Metrics, operation: Operation, by: By) -> Problem {
    metrics.rate_limited(operation, by);
    Problem::rate_limited()
}
