//! What the server answers: one file for each dialect, and for each thing that is not the API.

pub(crate) mod challenges;
mod health;
mod openapi;
pub mod pages;
mod siteverify;
mod widget;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;
use crate::problem::Problem;
use crate::{cors, edge};

/// Everything that the server answers.
pub fn router(app: &Arc<App>) -> Router {
    let (api, description) = OpenApiRouter::with_openapi(openapi::description())
        .merge(challenges::router().layer(cors::layer(app)))
        .merge(siteverify::router())
        .merge(health::router())
        .split_for_parts();
    api.merge(openapi::router(description))
        .merge(widget::router())
        .merge(pages::router(app))
        .fallback(async || {
            Problem::new(StatusCode::NOT_FOUND, "not-found", "there is nothing here")
        })
        .method_not_allowed_fallback(async || {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "the method is not one that this address takes",
            )
        })
        .layer(DefaultBodyLimit::max(app.limits().body.get()))
        .layer(CatchPanicLayer::custom(edge::panicked))
        .layer(from_fn_with_state(Arc::clone(app), edge::around))
        .with_state(Arc::clone(app))
}
