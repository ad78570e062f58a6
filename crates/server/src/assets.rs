//! Files that are part of the binary.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

use crate::problem::Problem;

/// The file at `path`, or 304 when the browser has it already.
///
/// A browser asks again before each use, so that a new release of the server is never met by old scripts.
pub fn serve<Files: RustEmbed>(path: &str, request: &HeaderMap) -> Response {
    let Some(file) = Files::get(path) else {
        return Problem::new(StatusCode::NOT_FOUND, "not-found", "there is no such file")
            .into_response();
    };
    let hash = file.metadata.sha256_hash();
    let tag: String = std::iter::once('"'.to_string())
        .chain(hash.iter().take(16).map(|byte| format!("{byte:02x}")))
        .chain(std::iter::once('"'.to_string()))
        .collect();
    let known = request
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|known| known.trim().trim_start_matches("W/") == tag);
    let headers = [
        (header::ETAG, tag),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
    ];
    if known {
        (StatusCode::NOT_MODIFIED, headers).into_response()
    } else {
        let kind = [(header::CONTENT_TYPE, content_type(path))];
        (headers, kind, file.data).into_response()
    }
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("html") => "text/html; charset=utf-8",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}
