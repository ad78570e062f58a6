//! What whoever runs a Memcached server should know.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::wire::Connection;
use crate::servers::Host;

/// Warns of what a server may forget: once, and again whenever it has.
pub(super) struct Warning {
    given: AtomicBool,
    /// As the server counted them when it was last asked.
    evictions: AtomicU64,
}

impl Warning {
    pub(super) const fn new() -> Self {
        Self {
            given: AtomicBool::new(false),
            evictions: AtomicU64::new(0),
        }
    }

    /// Warns, if nobody has.
    pub(super) async fn first(&self, host: &Host, connection: &mut Connection) -> io::Result<()> {
        if self.given.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        let settings = connection.statistic("stats settings", "evictions").await;
        if matches!(&settings, Ok(Some(evictions)) if evictions == "off") {
            tracing::warn!(
                server = %host,
                "Memcached forgets what is spent when it is restarted or flushed, and what was spent can then be used again"
            );
        } else {
            tracing::warn!(
                server = %host,
                "Memcached forgets what is spent when its memory is full, and when it is restarted or flushed, and what was \
                 spent can then be used again; start it with --disable-evictions, so that it refuses instead when it is full"
            );
        }
        settings?;
        let counted = evictions(connection).await?;
        self.evictions.store(counted, Ordering::Relaxed);
        Ok(())
    }

    /// Warns if the server has evicted something since it was last asked.
    pub(super) async fn again(&self, host: &Host, connection: &mut Connection) -> io::Result<()> {
        let counted = evictions(connection).await?;
        let before = self.evictions.swap(counted, Ordering::Relaxed);
        if counted > before {
            tracing::warn!(
                server = %host,
                evicted = counted - before,
                "Memcached's memory is full, and it forgets what is spent before its time; give it more memory"
            );
        }
        Ok(())
    }
}

async fn evictions(connection: &mut Connection) -> io::Result<u64> {
    let counted = connection.statistic("stats", "evictions").await?;
    Ok(counted
        .and_then(|counted| counted.parse().ok())
        .unwrap_or(0))
}
