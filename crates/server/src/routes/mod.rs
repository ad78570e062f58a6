//! What the server answers: one file for each dialect, and for each thing that is not the API.

mod altcha;
mod cap;
pub(crate) mod challenges;
mod forward_auth;
mod hcaptcha;
mod health;
mod openapi;
pub mod pages;
mod recaptcha;
mod rest_captcha;
mod simple_captcha;
mod siteverify;
mod turnstile;
mod widget;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use cattlegrid_guard::client_ip::ClientIpLayer;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::{ContentBuilder, Ref, Response, ResponseBuilder};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

use crate::app::App;
use crate::problem::Problem;
use crate::rate_limits::{self, Operation};
use crate::{cors, edge};

/// Everything that the server answers.
pub fn router(app: &Arc<App>) -> Router {
    let (for_pages, mut description) = OpenApiRouter::with_openapi(openapi::description())
        .merge(challenges::router(app))
        .merge(altcha::router(app))
        .merge(cap::router(app))
        .merge(rest_captcha::router(app))
        .merge(simple_captcha::router(app))
        .split_for_parts();
    let (others, described) = OpenApiRouter::new()
        .merge(siteverify::router(app))
        .merge(recaptcha::router(app))
        .merge(turnstile::router(app))
        .merge(forward_auth::router(app))
        .merge(health::router())
        .split_for_parts();
    description.merge(described);
    // Why: CORS goes around the refusal of methods, as a preflight is a method that no handler takes.
    for_pages
        .method_not_allowed_fallback(not_allowed)
        .layer(cors::layer(app))
        .merge(others)
        .merge(openapi::router(description))
        .merge(widget::router())
        .merge(pages::router(app))
        .fallback(not_found)
        .method_not_allowed_fallback(not_allowed)
        .layer(
            // Why: one layer of four costs each request less than four of one.
            ServiceBuilder::new()
                .layer(ClientIpLayer::new(app.proxies().clone()))
                .layer(from_fn_with_state(Arc::clone(app), edge::around))
                .layer(CatchPanicLayer::custom(edge::panicked))
                .layer(DefaultBodyLimit::max(app.limits().body.get())),
        )
        .with_state(Arc::clone(app))
}

/// The routes, each request to which counts as one of `operation`; their description says so.
fn limited(
    app: &Arc<App>,
    operation: Operation,
    routes: UtoipaMethodRouter<Arc<App>>,
) -> UtoipaMethodRouter<Arc<App>> {
    let (schemas, mut paths, routes) = routes;
    for path in paths.paths.values_mut() {
        for described in [&mut path.get, &mut path.post].into_iter().flatten() {
            let responses = &mut described.responses.responses;
            responses.insert("429".to_owned(), too_many_requests().into());
        }
    }
    (schemas, paths, rate_limits::around(app, operation, routes))
}

fn too_many_requests() -> Response {
    let details = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem")));
    ResponseBuilder::new()
        .description("`rate-limited`: there were too many requests; see `retry-after`")
        .content("application/problem+json", details.build())
        .build()
}

async fn not_found() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "not-found",
        "there is nothing at this address",
    )
}

async fn not_allowed() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method-not-allowed",
        "the method is not one that this address takes",
    )
}
