//! The layer.

use http::{HeaderValue, Response, StatusCode, header};
use tower::Layer;

use super::{Decision, Limiter, RateLimit};

/// Lets each subject through as often as a [`Limiter`] says.
#[derive(Debug)]
pub struct RateLimitLayer<S, F, R = ProblemDetails> {
    limiter: Limiter<S>,
    subject: F,
    refuse: R,
}

// Why not derived: a limiter can be copied whether its store can or not.
impl<S, F: Clone, R: Clone> Clone for RateLimitLayer<S, F, R> {
    fn clone(&self) -> Self {
        Self {
            limiter: self.limiter.clone(),
            subject: self.subject.clone(),
            refuse: self.refuse.clone(),
        }
    }
}

impl<S, F> RateLimitLayer<S, F> {
    /// Counts each request for what `subject` makes of its head; one of which it makes nothing is not counted.
    pub const fn new(limiter: Limiter<S>, subject: F) -> Self {
        Self {
            limiter,
            subject,
            refuse: ProblemDetails,
        }
    }
}

impl<S, F, R> RateLimitLayer<S, F, R> {
    /// The same, which answers what it refuses as `refuse` says: a closure from the [`Decision`] to a response. The
    /// headers that a refusal has are added to that.
    pub fn with_refusal<Q>(self, refuse: Q) -> RateLimitLayer<S, F, Q> {
        RateLimitLayer {
            limiter: self.limiter,
            subject: self.subject,
            refuse,
        }
    }
}

impl<T, S, F: Clone, R: Clone> Layer<T> for RateLimitLayer<S, F, R> {
    type Service = RateLimit<T, S, F, R>;

    fn layer(&self, inner: T) -> Self::Service {
        RateLimit::new(
            inner,
            self.limiter.clone(),
            self.subject.clone(),
            self.refuse.clone(),
        )
    }
}

/// Answers a request that is refused.
pub trait Refuse<B> {
    /// The response, without the headers that every refusal has.
    fn refuse(&self, decision: &Decision) -> Response<B>;
}

impl<B, F: Fn(&Decision) -> Response<B>> Refuse<B> for F {
    fn refuse(&self, decision: &Decision) -> Response<B> {
        self(decision)
    }
}

/// Refuses with status 429 and problem details (RFC 9457) whose `code` is `rate-limited`.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProblemDetails;

impl<B: From<String>> Refuse<B> for ProblemDetails {
    fn refuse(&self, _: &Decision) -> Response<B> {
        const DETAILS: &str = r#"{"title":"Too Many Requests","status":429,"code":"rate-limited","detail":"there were too many requests; see `retry-after`"}"#;
        let mut response = Response::new(DETAILS.to_owned().into());
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        response
    }
}
