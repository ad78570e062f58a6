//! Pages for people.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use crate::problem::Problem;

/// The template as a page under this content security policy.
pub(crate) fn page(status: StatusCode, policy: &'static str, template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => {
            let headers = [(header::CONTENT_SECURITY_POLICY, policy)];
            (status, headers, Html(text)).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a page cannot be written");
            Problem::internal().into_response()
        }
    }
}
