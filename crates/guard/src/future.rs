//! Services that wait before they call what is inside: what they take along, and their future.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::Response;

/// The service that is ready, for a future to call; the other one, which is left in its place, may not be.
pub(crate) fn take_ready<T: Clone>(service: &mut T) -> T {
    let other = service.clone();
    std::mem::replace(service, other)
}

/// The future of a layer's service.
///
/// Why it is boxed: what a store's step returns has no name.
pub struct ResponseFuture<O, E>(Pin<Box<dyn Future<Output = Result<Response<O>, E>> + Send>>);

impl<O, E> ResponseFuture<O, E> {
    pub(crate) fn new(
        future: impl Future<Output = Result<Response<O>, E>> + Send + 'static,
    ) -> Self {
        Self(Box::pin(future))
    }
}

impl<O, E> Future for ResponseFuture<O, E> {
    type Output = Result<Response<O>, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl<O, E> fmt::Debug for ResponseFuture<O, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
