//! What happens around every request: a bound on its time, a name for it, a line in the log, and headers that
//! keep browsers careful.

use std::any::Any;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tracing::Instrument;

use crate::app::App;
use crate::problem::Problem;
use crate::traces;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Runs a request's handler.
pub(crate) async fn around(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = request_id();
    let method = method(request.method());
    let route = route(request.extensions().get::<MatchedPath>());
    let limit = app.limits().request_timeout.get();
    let span = traces::request(request.headers(), method, route);
    let handled = next.run(request).instrument(span.clone());
    let mut response = match tokio::time::timeout(limit, handled).await {
        Ok(response) => response,
        Err(_) => Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "timeout",
            "the request took too long",
        )
        .into_response(),
    };
    harden(&mut response);
    if app.standing().is_draining() {
        // Why: a connection that stays open brings requests for as long as it may.
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    let took = started.elapsed();
    let status = response.status().as_u16();
    app.metrics().responded(route, status, took);
    traces::responded(&span, status);
    // Why: the path is not logged, as a challenge key may be in it.
    let micros = took.as_micros() as u64;
    if response.status().is_server_error() {
        tracing::warn!(id, method, route, status, micros, "request");
    } else {
        tracing::debug!(id, method, route, status, micros, "request");
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// What is answered when a handler panicked.
pub(crate) fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked");
    Problem::internal().into_response()
}

/// A name that no other request has, in this process or another.
fn request_id() -> String {
    static PROCESS: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(0));
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!(
        "{:016x}-{:x}",
        *PROCESS,
        COUNT.fetch_add(1, Ordering::Relaxed)
    )
}

/// The method, if it is one that anything here could take; callers can make up any number of others.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// The route's template: one of few.
fn route(path: Option<&MatchedPath>) -> &'static str {
    const COUNTED: [&str; 28] = [
        "/siteverify",
        "/api/v1/challenges",
        "/api/v1/challenges/{key}/image",
        "/api/v1/challenges/{key}/answer",
        "/recaptcha/api/siteverify",
        "/recaptcha/api.js",
        "/1/api.js",
        "/turnstile/v0/siteverify",
        "/turnstile/v0/api.js",
        "/api/captcha/",
        "/api/captcha/verify",
        "/captcha/image/{key}/",
        "/captcha/audio/{key}",
        "/captcha/refresh/",
        "/captcha/verify",
        "/altcha/challenge",
        "/altcha/verify",
        "/altcha/siteverify",
        "/cap/{sitekey}/challenge",
        "/cap/{sitekey}/redeem",
        "/cap/{sitekey}/siteverify",
        "/forward-auth/check",
        "/forward-auth/page",
        "/.cattlegrid/answer",
        "/.cattlegrid/picture/{key}",
        "/healthz",
        "/readyz",
        "/metrics",
    ];
    let Some(path) = path.map(MatchedPath::as_str) else {
        return "unknown";
    };
    COUNTED
        .into_iter()
        .find(|&route| route == path || route.strip_suffix('/') == Some(path))
        .unwrap_or("page")
}

/// Gives the response the headers that its handler has not decided on.
fn harden(response: &mut Response) {
    const CAREFUL: [(HeaderName, HeaderValue); 3] = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
        ),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
    ];
    let headers = response.headers_mut();
    headers.reserve(CAREFUL.len() + 1);
    for (name, value) in CAREFUL {
        headers.entry(name).or_insert(value);
    }
}
