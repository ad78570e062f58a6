//! Forward auth: a reverse proxy asks about each request before it sends it on to a site that cannot change.
//!
//! An `Original` is that request, as a trusted proxy tells it. Its host says which site it is for. Rules may decide about it;
//! else it needs a pass, which its visitor's browser carries as a cookie. To know a pass takes no step of the store.

mod original;
pub(crate) mod page;
mod pass;
mod path;
mod policy;
mod way_back;
mod words;

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use cattlegrid::store::Timestamp;
use cattlegrid::{Hostname, NoEntropy, Secrets, Site};

use crate::app::App;
use crate::config::ForwardAuthConfig;
use crate::problem::Problem;
pub(crate) use original::{Original, Visitor};
use pass::Passes;
pub use path::{NoPathPattern, PathPattern};
pub use policy::Outcome;
use policy::Policy;
pub(crate) use way_back::WayBack;

/// Where a proxy sends visitors of any host to this server, without asking about them.
const OWN_PATHS: &str = "/.cattlegrid/";

/// The sites that proxies ask about. A request is for the first of them that has its host.
pub(crate) struct ForwardAuth(Vec<Arc<GuardedSite>>);

/// A site that a proxy asks about: what it is told about each request.
pub(crate) struct GuardedSite {
    site: Site,
    policy: Policy,
    passes: Passes,
}

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It is let through, as a rule says.
    Allowed,
    /// It is let through, with a pass.
    Passed,
    /// It needs a pass.
    Challenged,
    /// It is not let through.
    Denied,
}

impl Verdict {
    /// The name, in metrics.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Passed => "passed",
            Self::Challenged => "challenged",
            Self::Denied => "denied",
        }
    }
}

impl ForwardAuth {
    /// These, in this order.
    pub(crate) fn of(sites: impl IntoIterator<Item = GuardedSite>) -> Self {
        Self(sites.into_iter().map(Arc::new).collect())
    }

    /// Whether there is none.
    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What becomes of the request, which a proxy has sent along with these headers of its own.
    pub(crate) fn judge(&self, request: &Original, headers: &HeaderMap, now: Timestamp) -> Verdict {
        let site = self.at(&request.visitor.host);
        site.map_or(Verdict::Denied, |site| site.judge(request, headers, now))
    }

    fn at(&self, host: &Hostname) -> Option<&Arc<GuardedSite>> {
        self.0
            .iter()
            .find(|guarded| guarded.site.allows(Some(host)))
    }
}

impl GuardedSite {
    /// What `config` says, with challenges of `site`.
    pub(crate) fn new(config: &ForwardAuthConfig, site: Site, secrets: &Secrets) -> Self {
        Self {
            policy: Policy::new(config.rules.clone()),
            passes: Passes::new(config, site.key(), secrets),
            site,
        }
    }

    /// The site whose challenges are asked.
    pub(crate) const fn site(&self) -> &Site {
        &self.site
    }

    fn judge(&self, request: &Original, headers: &HeaderMap, now: Timestamp) -> Verdict {
        match self.policy.outcome(request) {
            Outcome::Allow => Verdict::Allowed,
            Outcome::Deny => Verdict::Denied,
            Outcome::Challenge if self.passes.has(&request.visitor, headers, now) => {
                Verdict::Passed
            }
            Outcome::Challenge => Verdict::Challenged,
        }
    }

    /// A pass for the visitor, as a `Set-Cookie` header has it.
    ///
    /// # Errors
    /// [`NoEntropy`] when the source of randomness fails.
    pub(crate) fn grant(&self, to: &Visitor, now: Timestamp) -> Result<HeaderValue, NoEntropy> {
        self.passes.grant(to, now)
    }
}

/// The site that a visitor is on.
pub(crate) struct VisitedSite(pub(crate) Arc<GuardedSite>);

impl FromRequestParts<Arc<App>> for VisitedSite {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let visitor = Visitor::from_request_parts(parts, app).await?;
        let site = app.forward_auth().at(&visitor.host);
        site.map(Arc::clone).map(Self).ok_or_else(denied)
    }
}

/// Nobody is let through there.
pub(crate) fn denied() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "denied",
        "nobody is let through here",
    )
}
