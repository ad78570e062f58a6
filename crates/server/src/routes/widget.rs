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
}

async fn file(uri: Uri, headers: HeaderMap) -> Response {
    let mut response = assets::serve::<Files>(uri.path().trim_start_matches('/'), &headers);
    // Why: a module script from another origin is fetched with CORS, and any page may carry the widget.
    response.headers_mut().insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    response
}
