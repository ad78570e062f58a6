//! A challenge's picture, drawn in its turn, and as it goes out.

use std::sync::Arc;

use axum::http::{HeaderName, header};
use axum::response::{IntoResponse, Response};
use cattlegrid::challenge::image::Scale;
use cattlegrid::{ChallengeKey, Shown};

use crate::app::App;
use crate::problem::Problem;

const CROSS_ORIGIN: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// The picture of the challenge, counted.
pub(crate) async fn draw(
    app: &Arc<App>,
    key: ChallengeKey,
    scale: Scale,
) -> Result<Shown, Problem> {
    let drawer = Arc::clone(app);
    let shown = app.draw(move || drawer.gate().image(&key, scale)).await??;
    app.metrics().shown();
    Ok(shown)
}

/// The picture as a response that its visitor's browser may keep until the challenge expires.
pub(crate) fn reply(app: &App, shown: Shown) -> Response {
    let left = shown.expires_at.saturating_since(app.clock().now());
    let headers = [
        (header::CONTENT_TYPE, "image/png".to_owned()),
        (
            header::CACHE_CONTROL,
            format!("private, max-age={}, immutable", left.as_secs()),
        ),
        // Why: pages that isolate themselves from other origins load only what allows them to.
        (CROSS_ORIGIN, "cross-origin".to_owned()),
    ];
    (headers, shown.image.png).into_response()
}
