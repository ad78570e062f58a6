//! A layer that looks at each request before anything behind it runs, and the check that it makes.

use std::future::Future;
use std::task::{Context, Poll};

use http::request::Parts;
use http::{Request, Response};
use tower::{Layer, Service};

use crate::future::take_ready;
use crate::{Problem, ProblemDetails, Refuse, ResponseFuture};

/// What a [`CheckLayer`] asks of each request.
pub trait Check: Clone + Send + Sync + 'static {
    /// Why a request is refused.
    type Refusal: Problem + Send;

    /// Looks at a request's head, and leaves in its extensions what those behind it may want to know.
    ///
    /// # Errors
    /// Why the request is refused.
    fn check(&self, parts: &mut Parts) -> impl Future<Output = Result<(), Self::Refusal>> + Send;
}

/// Lets through what passes a [`Check`], and answers everything else itself.
///
/// Methods that change nothing pass unlooked at: `GET`, `HEAD`, `OPTIONS` and `TRACE`, the safe ones of RFC 9110, 9.2.1.
#[derive(Clone, Copy, Debug)]
pub struct CheckLayer<C, R = ProblemDetails> {
    check: C,
    refuse: R,
}

impl<C> CheckLayer<C> {
    /// Makes this check of each request that may change something.
    pub const fn new(check: C) -> Self {
        Self {
            check,
            refuse: ProblemDetails,
        }
    }
}

impl<C, R> CheckLayer<C, R> {
    /// The same, which answers what it refuses as `refuse` says: a closure from the check's refusal and the
    /// request's head to a response.
    pub fn with_refusal<Q>(self, refuse: Q) -> CheckLayer<C, Q> {
        self.map_refusal(|_| refuse)
    }

    pub(crate) fn map_refusal<Q>(self, refuse: impl FnOnce(R) -> Q) -> CheckLayer<C, Q> {
        CheckLayer {
            check: self.check,
            refuse: refuse(self.refuse),
        }
    }
}

impl<T, C: Clone, R: Clone> Layer<T> for CheckLayer<C, R> {
    type Service = Checked<T, C, R>;

    fn layer(&self, inner: T) -> Self::Service {
        Checked {
            inner,
            check: self.check.clone(),
            refuse: self.refuse.clone(),
        }
    }
}

/// The service of [`CheckLayer`].
#[derive(Clone, Copy, Debug)]
pub struct Checked<T, C, R = ProblemDetails> {
    inner: T,
    check: C,
    refuse: R,
}

impl<T, C, R, B, O> Service<Request<B>> for Checked<T, C, R>
where
    T: Service<Request<B>, Response = Response<O>> + Clone + Send + 'static,
    T::Future: Send,
    C: Check,
    R: Refuse<C::Refusal, O> + Clone + Send + 'static,
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
        let (check, refuse) = (self.check.clone(), self.refuse.clone());
        ResponseFuture::new(async move {
            if request.method().is_safe() {
                return inner.call(request).await;
            }
            let (mut parts, body) = request.into_parts();
            match check.check(&mut parts).await {
                Ok(()) => inner.call(Request::from_parts(parts, body)).await,
                Err(refusal) => {
                    tracing::debug!(code = refusal.code(), "a request is refused");
                    Ok(refuse.refuse(&refusal, &parts))
                }
            }
        })
    }
}
