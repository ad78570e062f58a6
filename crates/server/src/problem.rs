//! Errors of the native API: problem details (RFC 9457) with a stable `code`.

use std::borrow::Cow;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cattlegrid::Refusal;
use serde::Serialize;
use utoipa::ToSchema;

use crate::drawing::NotDrawn;

/// An error as a caller of the native API gets it.
#[derive(Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: Cow<'static, str>,
}

/// The body of a problem, `application/problem+json`.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Details<'a> {
    /// What the status means.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// The stable name of this problem.
    #[schema(example = "unknown-key")]
    code: &'a str,
    /// What is wrong, for people.
    detail: &'a str,
}

impl Problem {
    /// A problem of this status and code.
    pub fn new(
        status: StatusCode,
        code: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            status,
            code,
            detail: detail.into(),
        }
    }

    /// The request is not one that the route takes.
    pub fn bad_request(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad-request", detail)
    }

    /// The server failed, and has logged why.
    pub(crate) fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal-error",
            "the server failed",
        )
    }

    /// There were too many requests.
    pub(crate) fn rate_limited() -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "rate-limited",
            "there were too many requests; see `retry-after`",
        )
    }

    /// The HTTP status.
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The stable code.
    pub const fn code(&self) -> &'static str {
        self.code
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = match &refusal {
            Refusal::UnknownKey => StatusCode::NOT_FOUND,
            Refusal::ExpiredKey | Refusal::SpentKey => StatusCode::GONE,
            Refusal::WrongSite | Refusal::WorkRequired | Refusal::LowScore => StatusCode::FORBIDDEN,
            Refusal::StoreUnavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Refusal::NoEntropy(_) | Refusal::Challenge(_) => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        };
        // Why: what is wrong inside is for the operator's log, not for the caller.
        let detail = match &refusal {
            Refusal::StoreUnavailable(_) => "the store cannot decide now; try again".into(),
            Refusal::NoEntropy(_) | Refusal::Challenge(_) => "the server failed".into(),
            other => other.to_string().into(),
        };
        Self {
            status,
            code: refusal.code(),
            detail,
        }
    }
}

impl From<NotDrawn> for Problem {
    fn from(error: NotDrawn) -> Self {
        match error {
            NotDrawn::Overloaded => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "overloaded",
                "too many pictures are waiting to be drawn; try again",
            ),
            NotDrawn::Failed => Self::internal(),
        }
    }
}

const CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

/// The code of a response that is a problem.
#[derive(Clone, Copy)]
struct Code(&'static str);

/// The response's code, if it is a problem.
pub(crate) fn code(response: &Response) -> Option<&'static str> {
    response.extensions().get().map(|&Code(code)| code)
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let details = Details {
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            code: self.code,
            detail: &self.detail,
        };
        let mut response = (self.status, axum::Json(details)).into_response();
        response.extensions_mut().insert(Code(self.code));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, CONTENT_TYPE);
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
