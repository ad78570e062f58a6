//! Whether the server lives, whether it is ready, and what it counted.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use cattlegrid::Refusal;
use cattlegrid::store::Store;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::problem::{Details, Problem};

pub(super) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(healthz))
        .routes(routes!(readyz))
        .routes(routes!(metrics))
}

/// Whether the server lives.
#[utoipa::path(get, path = "/healthz", tag = "operation",
    responses((status = OK, description = "It does", content_type = "text/plain", body = str)))]
async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether the server can judge: whether its store decides, and it is not about to stop.
#[utoipa::path(get, path = "/readyz", tag = "operation",
    responses(
        (status = OK, description = "It can", content_type = "text/plain", body = str),
        (status = SERVICE_UNAVAILABLE, description = "Not now", content_type = "application/problem+json", body = Details<'_>),
    ))]
async fn readyz(State(app): State<Arc<App>>) -> Result<&'static str, Problem> {
    if app.standing().is_draining() {
        return Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "draining",
            "the server is about to stop; send requests elsewhere",
        ));
    }
    match app.gate().store().ready().await {
        Ok(()) => Ok("ready\n"),
        Err(error) => Err(Refusal::from(error).into()),
    }
}

/// Counters and latencies, for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "operation",
    responses((status = OK, description = "OpenMetrics text", content_type = "application/openmetrics-text", body = str)))]
async fn metrics(State(app): State<Arc<App>>) -> Response {
    const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    match app.metrics().render() {
        Ok(text) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
        Err(_) => Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal-error",
            "the metrics cannot be written",
        )
        .into_response(),
    }
}
