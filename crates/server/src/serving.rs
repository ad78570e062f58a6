//! What requests are answered with, which a new configuration replaces while they come.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use arc_swap::ArcSwap;
use axum::Router;
use axum::extract::Request;
use axum::routing::future::RouteFuture;
use cattlegrid_guard::client_ip::PeerAddr;
use hyper::body::Incoming;
use tower::Service;
use tower_http::add_extension::AddExtension;

use crate::app::App;
use crate::routes;

/// The application that is in force. A request that has begun ends on the one that it began on.
#[derive(Clone)]
pub(crate) struct Serving(Arc<ArcSwap<InForce>>);

struct InForce {
    app: Arc<App>,
    router: Router,
}

impl InForce {
    fn new(app: App) -> Arc<Self> {
        let app = Arc::new(app);
        let router = routes::router(&app);
        Arc::new(Self { app, router })
    }
}

impl Serving {
    pub(crate) fn new(app: App) -> Self {
        Self(Arc::new(ArcSwap::new(InForce::new(app))))
    }

    /// The application that a request would meet now.
    pub(crate) fn app(&self) -> Arc<App> {
        Arc::clone(&self.0.load().app)
    }

    /// What answers the requests of one connection.
    pub(crate) fn to(&self, peer: SocketAddr) -> AddExtension<Self, PeerAddr> {
        AddExtension::new(self.clone(), PeerAddr(peer))
    }

    /// Lets all requests from now on meet `app`.
    pub(crate) fn replace(&self, app: App) {
        self.0.store(InForce::new(app));
    }
}

impl Service<Request<Incoming>> for Serving {
    type Response = axum::response::Response;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        // Why a copy: a router counts its users, and calling it takes one of its own.
        let mut router = self.0.load().router.clone();
        router.call(request)
    }
}
