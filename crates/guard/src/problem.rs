//! What is answered to a request that is refused.

use std::borrow::Cow;

use http::request::Parts;
use http::{HeaderValue, Response, StatusCode, header};
use serde::Serialize;

/// Why a request is refused, as problem details (RFC 9457) say it.
pub trait Problem {
    /// The HTTP status.
    fn status(&self) -> StatusCode;

    /// The stable name of this problem, which programs go by.
    fn code(&self) -> &'static str;

    /// What is wrong, for people. Nothing of the request stands in it.
    fn detail(&self) -> Cow<'static, str>;
}

/// Answers a request that is refused for an `R`. A closure from the refusal and the request's head to a response is one.
///
/// The head tells what its sender takes, and has in its extensions what the layers outside have left there: of a form its
/// [`Fields`](crate::fields::Fields), and once its stamp was opened, the [`OpenedStamp`](crate::form::OpenedStamp).
pub trait Refuse<R, B> {
    /// The response.
    fn refuse(&self, refusal: &R, request: &Parts) -> Response<B>;
}

impl<R, B, F: Fn(&R, &Parts) -> Response<B>> Refuse<R, B> for F {
    fn refuse(&self, refusal: &R, request: &Parts) -> Response<B> {
        self(refusal, request)
    }
}

/// Refuses with problem details: `application/problem+json` with a stable `code`.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProblemDetails;

#[derive(Serialize)]
struct Document<'a> {
    title: &'a str,
    status: u16,
    code: &'a str,
    detail: &'a str,
}

impl ProblemDetails {
    /// The response that says this, for handlers that refuse something themselves.
    pub fn of<B: From<String>>(problem: &impl Problem) -> Response<B> {
        let status = problem.status();
        let document = Document {
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            code: problem.code(),
            detail: &problem.detail(),
        };
        // Why: texts and a number always make a document.
        let document = serde_json::to_string(&document).unwrap_or_default();
        let mut response = Response::new(document.into());
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

impl<R: Problem, B: From<String>> Refuse<R, B> for ProblemDetails {
    fn refuse(&self, refusal: &R, _: &Parts) -> Response<B> {
        Self::of(refusal)
    }
}
