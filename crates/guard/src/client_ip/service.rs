//! The service.

use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Extensions, Request};
use tower::Service;

use super::{ClientIp, Proxies};

/// The service of [`ClientIpLayer`](super::ClientIpLayer). Its future is that of the service inside.
#[derive(Clone, Debug)]
pub struct SetClientIp<T> {
    inner: T,
    proxies: Arc<Proxies>,
    peer: fn(&Extensions) -> Option<SocketAddr>,
}

impl<T> SetClientIp<T> {
    pub(super) const fn new(
        inner: T,
        proxies: Arc<Proxies>,
        peer: fn(&Extensions) -> Option<SocketAddr>,
    ) -> Self {
        Self {
            inner,
            proxies,
            peer,
        }
    }
}

impl<T: Service<Request<B>>, B> Service<Request<B>> for SetClientIp<T> {
    type Response = T::Response;
    type Error = T::Error;
    type Future = T::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), T::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> T::Future {
        if let Some(peer) = (self.peer)(request.extensions()) {
            let client = self.proxies.client(peer.ip(), request.headers());
            request.extensions_mut().insert(ClientIp(client));
        }
        self.inner.call(request)
    }
}
