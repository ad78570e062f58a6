//! The pages for people: a form that the widget guards, and a playground for pictures.
//!
//! Templates lie in `pages`, what they load in `pages/assets`. Nothing in them is inline, and nothing comes from
//! elsewhere, so that the strictest content security policy holds.

mod playground;
mod signup;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use axum::routing::get;
use rust_embed::RustEmbed;

use crate::app::App;
use crate::{assets, html};

#[derive(RustEmbed)]
#[folder = "pages/assets"]
#[exclude = "tsconfig.json"]
pub(super) struct Files;

/// The pages, if the server has a demo site for them.
pub fn router(app: &App) -> Router<Arc<App>> {
    let Some(site) = app.demo() else {
        return Router::new();
    };
    Router::new()
        .merge(signup::router(app, site))
        .merge(playground::router())
        .route("/assets/{*path}", get(asset))
}

async fn asset(uri: Uri, headers: HeaderMap) -> Response {
    assets::serve::<Files>(uri.path().trim_start_matches("/assets/"), &headers)
}

/// The template as a page that loads nothing but this server's own files.
fn page(status: StatusCode, template: &impl Template) -> Response {
    const POLICY: &str =
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
    html::page(status, POLICY, template)
}
