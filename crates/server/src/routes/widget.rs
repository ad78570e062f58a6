//! The browser side, as it lies in the `widget` folder: its paths there are its paths here.

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::Response;
use axum::routing::get;
use rust_embed::RustEmbed;

use crate::app::App;
use crate::assets;

#[derive(RustEmbed)]
#[folder = "../../widget"]
#[include = "widget.js"]
#[include = "widget/*.js"]
#[include = "widget/**/*.js"]
struct Files;

pub(super) fn router() -> Router<Arc<App>> {
    Router::new()
        .route("/widget.js", get(file))
        .route("/widget/{*path}", get(file))
        .route("/recaptcha/api.js", get(script))
        .route("/recaptcha/enterprise.js", get(script))
        .route("/1/api.js", get(script))
        .route("/1/secure-api.js", get(script))
        .route("/turnstile/v0/api.js", get(script))
}

async fn file(uri: Uri, headers: HeaderMap) -> Response {
    serve(uri.path().trim_start_matches('/'), &headers)
}

/// What stands in for a provider's script: one file, which knows by its address whose.
async fn script(headers: HeaderMap) -> Response {
    serve("widget/compat/api.js", &headers)
}

fn serve(path: &str, headers: &HeaderMap) -> Response {
    let mut response = assets::serve::<Files>(path, headers);
    // Why: a module script from another origin is fetched with CORS, and any page may carry the widget.
    response.headers_mut().insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    response
}
