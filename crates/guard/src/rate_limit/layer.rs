//! The layer.

use tower::Layer;

use super::{Limiter, RateLimit};
use crate::ProblemDetails;

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
    /// The same, which answers what it refuses as `refuse` says: a closure from the [`Decision`](super::Decision) and the
    /// request's head to a response. The headers that a refusal has are added to that.
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
