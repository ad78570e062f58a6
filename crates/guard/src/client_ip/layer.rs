//! The layer.

use std::net::SocketAddr;
use std::sync::Arc;

use http::Extensions;
use tower::Layer;

use super::{PeerAddr, Proxies, SetClientIp};

/// Puts a [`ClientIp`](super::ClientIp) into every request's extensions.
#[derive(Clone, Debug)]
pub struct ClientIpLayer {
    proxies: Arc<Proxies>,
    peer: fn(&Extensions) -> Option<SocketAddr>,
}

impl ClientIpLayer {
    /// Through these proxies; the peer's address is the extension [`PeerAddr`].
    pub fn new(proxies: Proxies) -> Self {
        Self {
            proxies: Arc::new(proxies),
            peer: |extensions| extensions.get().map(|&PeerAddr(peer)| peer),
        }
    }

    /// The same, with the peer's address from where `peer` finds it.
    ///
    /// With axum: `.with_peer(|extensions| extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0))`.
    #[must_use]
    pub fn with_peer(self, peer: fn(&Extensions) -> Option<SocketAddr>) -> Self {
        Self { peer, ..self }
    }
}

impl<T> Layer<T> for ClientIpLayer {
    type Service = SetClientIp<T>;

    fn layer(&self, inner: T) -> Self::Service {
        SetClientIp::new(inner, Arc::clone(&self.proxies), self.peer)
    }
}
