//! The service.

use std::task::{Context, Poll};

use cattlegrid_store::Store;
use http::request::Parts;
use http::{Request, Response};
use tower::Service;

use super::{Decision, Limiter};
use crate::future::take_ready;
use crate::{Refuse, ResponseFuture};

/// The service of [`RateLimitLayer`](super::RateLimitLayer).
#[derive(Debug)]
pub struct RateLimit<T, S, F, R> {
    inner: T,
    limiter: Limiter<S>,
    subject: F,
    refuse: R,
}

// Why not derived: a limiter can be copied whether its store can or not.
impl<T: Clone, S, F: Clone, R: Clone> Clone for RateLimit<T, S, F, R> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            limiter: self.limiter.clone(),
            subject: self.subject.clone(),
            refuse: self.refuse.clone(),
        }
    }
}

impl<T, S, F, R> RateLimit<T, S, F, R> {
    pub(super) const fn new(inner: T, limiter: Limiter<S>, subject: F, refuse: R) -> Self {
        Self {
            inner,
            limiter,
            subject,
            refuse,
        }
    }
}

impl<T, S, F, R, K, B, O> Service<Request<B>> for RateLimit<T, S, F, R>
where
    T: Service<Request<B>, Response = Response<O>> + Clone + Send + 'static,
    T::Future: Send,
    S: Store,
    F: Fn(&Parts) -> Option<K>,
    K: AsRef<[u8]> + Send + 'static,
    R: Refuse<Decision, O> + Clone + Send + 'static,
    B: Send + 'static,
{
    type Response = Response<O>;
    type Error = T::Error;
    type Future = ResponseFuture<O, T::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), T::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let mut inner = take_ready(&mut self.inner);
        let (parts, body) = request.into_parts();
        let subject = (self.subject)(&parts);
        let (limiter, refuse) = (self.limiter.clone(), self.refuse.clone());
        ResponseFuture::new(async move {
            let Some(subject) = subject else {
                return inner.call(Request::from_parts(parts, body)).await;
            };
            let decision = limiter.check(subject).await;
            let mut response = if decision.is_refusal() {
                refuse.refuse(&decision, &parts)
            } else {
                inner.call(Request::from_parts(parts, body)).await?
            };
            decision.tell(response.headers_mut());
            Ok(response)
        })
    }
}
