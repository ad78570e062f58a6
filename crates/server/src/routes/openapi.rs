//! The description of the API, and the page that shows it.

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use axum::routing::get;
use axum::{Json, middleware};
use utoipa::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::app::App;

/// What the page may do. Its scripts set styles on elements that they make.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Cattlegrid",
        description = "A self-hosted CAPTCHA: issue a challenge, show it, judge its answer once, verify its token once."
    ),
    tags(
        (name = "challenges", description = "For a page's visitors"),
        (name = "siteverify", description = "For a site's back end"),
        (name = "forward-auth", description = "For a reverse proxy, where `forward_auth` is configured"),
        (name = "operation", description = "For whoever runs the server"),
    )
)]
struct Description;

pub(super) fn description() -> utoipa::openapi::OpenApi {
    Description::openapi()
}

pub(super) fn router(description: utoipa::openapi::OpenApi) -> Router<Arc<App>> {
    let description = Arc::new(description);
    let page: Router<Arc<App>> = SwaggerUi::new("/docs")
        .config(Config::from("/openapi.json"))
        .into();
    let page = page.layer(middleware::map_response(async |mut response: Response| {
        response
            .headers_mut()
            .insert(header::CONTENT_SECURITY_POLICY, POLICY);
        response
    }));
    page.route(
        "/openapi.json",
        get(async move || Json(description.clone())),
    )
}
