//! Which pages on other origins may use the API from a browser.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderName, Method, header};
use cattlegrid_guard::rate_limit::{RATELIMIT, RATELIMIT_POLICY};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::app::App;
use crate::origin;

/// How long a browser may remember that it was allowed. Browsers shorten it as they see fit.
const MAX_AGE: Duration = Duration::from_secs(24 * 60 * 60);

/// Allows pages on the hostnames of any site, or on any host if there is a site that lists none.
///
/// Whether the page may use the very site that it names is the gate's to say; this only keeps the browser from
/// refusing first.
pub(crate) fn layer(app: &Arc<App>) -> CorsLayer {
    let sites = || app.gate().sites().iter();
    let origins = if sites().any(|site| site.hostnames().is_empty()) {
        AllowOrigin::any()
    } else {
        let app = Arc::clone(app);
        AllowOrigin::predicate(move |origin, _| {
            let host = origin.to_str().ok().and_then(origin::host);
            host.is_some_and(|host| {
                app.gate()
                    .sites()
                    .iter()
                    .any(|site| site.allows(Some(&host)))
            })
        })
    };
    CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([
            header::CONTENT_TYPE,
            HeaderName::from_static("x-requested-with"),
        ])
        // Why `Date`: the widget goes by the server's clock, as the visitor's may be hours off.
        .expose_headers([
            header::DATE,
            header::RETRY_AFTER,
            RATELIMIT,
            RATELIMIT_POLICY,
            HeaderName::from_static("x-request-id"),
        ])
        .max_age(MAX_AGE)
}
