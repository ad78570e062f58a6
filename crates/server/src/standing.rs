//! What outlives a configuration.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cattlegrid::store::{AnyStore, Clock};
use cattlegrid_guard::rate_limit::Rates;

use crate::config::Limits;
use crate::drawing::Drawing;
use crate::metrics::Metrics;
use crate::observed::Observed;

/// What the server has for as long as it runs, whatever its configuration becomes meanwhile.
pub struct Standing {
    /// What remembers what is spent.
    pub store: Arc<Observed<AnyStore>>,
    /// How often somebody has come.
    pub rates: Arc<Rates<Arc<Observed<AnyStore>>>>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where pictures are drawn.
    pub drawing: Drawing,
    /// What is counted.
    pub metrics: Metrics,
    address: SocketAddr,
    draining: AtomicBool,
}

impl Standing {
    /// A server that listens on `address`, and draws within `limits`.
    pub fn new(
        limits: &Limits,
        store: AnyStore,
        clock: Arc<dyn Clock>,
        address: SocketAddr,
    ) -> Self {
        let metrics = Metrics::new();
        let store = Arc::new(Observed::new(store, metrics.store().clone()));
        let rates = Rates::new(Arc::clone(&store), Arc::clone(&clock));
        let rates = rates.on_fallback(metrics.on_rate_limit_fallback());
        Self {
            store,
            rates: Arc::new(rates),
            clock,
            drawing: Drawing::new(limits),
            metrics,
            address,
            draining: AtomicBool::new(false),
        }
    }

    /// Where the server can be reached from its own machine.
    pub fn own_address(&self) -> SocketAddr {
        from_here(self.address)
    }

    /// Asks whoever sends requests to send them elsewhere: the server is about to stop.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
    }

    /// Whether the server is about to stop.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}

/// Where what listens on `address` can be reached from its own machine.
pub(crate) fn from_here(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}
