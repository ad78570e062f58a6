//! What the server answers: one file for each dialect, and for each thing that is not the API.

mod altcha;
mod cap;
pub(crate) mod challenges;
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
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;
use crate::problem::Problem;
use crate::{cors, edge};

/// Everything that the server answers.
pub fn router(app: &Arc<App>) -> Router {
    let (for_pages, mut description) = OpenApiRouter::with_openapi(openapi::description())
        .merge(challenges::router())
        .merge(altcha::router())
        .merge(cap::router())
        .merge(rest_captcha::router())
        .merge(simple_captcha::router())
        .split_for_parts();
    let (others, described) = OpenApiRouter::new()
        .merge(siteverify::router())
        .merge(recaptcha::router())
        .merge(turnstile::router())
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
            // Why: one layer of three costs each request less than three of one.
            ServiceBuilder::new()
                .layer(from_fn_with_state(Arc::clone(app), edge::around))
                .layer(CatchPanicLayer::custom(edge::panicked))
                .layer(DefaultBodyLimit::max(app.limits().body.get())),
        )
        .with_state(Arc::clone(app))
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
