//! What an operator should know about the server that ids are kept on.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use redis::Value;
use tracing::{debug, info, warn};

use super::connection::Connection;
use super::failure::Failure;

/// Looks at each server that is connected to, and says once what is to be said.
#[derive(Default)]
pub(super) struct Inspection {
    has_warned: AtomicBool,
    has_informed: AtomicBool,
}

impl Inspection {
    /// Looks at the server of `connection` while that is used already.
    pub(super) fn begin(inspection: &Arc<Self>, connection: &Arc<Connection>) {
        // Why weak: a look that nobody answers is not to keep a connection that was given up.
        let (inspection, connection) = (Arc::clone(inspection), Arc::downgrade(connection));
        let _detached = tokio::spawn(async move {
            let Some(connection) = connection.upgrade() else {
                return;
            };
            if let Err(failure) = inspection.look(&connection).await {
                debug!(%failure, "what Redis says of itself cannot be read");
            } else {
                debug!(server = connection.server(), "Redis was looked at");
            }
        });
    }

    async fn look(&self, connection: &Connection) -> Result<(), Failure> {
        let server = connection.server();
        let memory = info(connection, "memory").await?;
        let policy = memory.get("maxmemory_policy").map_or("", String::as_str);
        let is_bounded = memory.get("maxmemory").is_some_and(|bytes| bytes != "0");
        if is_bounded && policy != "noeviction" && !self.has_warned.swap(true, Ordering::Relaxed) {
            warn!(
                server,
                policy,
                "Redis may evict spent ids before their time, and an id that was evicted can be used once more: \
                 set `maxmemory-policy noeviction`, on a server that is for this store alone"
            );
        }
        let persistence = info(connection, "persistence").await?;
        let is_kept = persistence
            .get("aof_enabled")
            .is_some_and(|is_on| is_on == "1");
        if !is_kept && !self.has_informed.swap(true, Ordering::Relaxed) {
            info!(
                server,
                "Redis has no append-only file: when it is restarted it forgets what was spent, at least since its \
                 last snapshot, and what still lives can be used once more; set `appendonly yes` to have it remember"
            );
        }
        Ok(())
    }
}

async fn info(connection: &Connection, section: &str) -> Result<HashMap<String, String>, Failure> {
    let mut command = redis::cmd("INFO");
    command.arg(section);
    let text: String = match connection.send(&command).await? {
        Value::ServerError(error) => return Err(Failure::refused(connection.server(), &error)),
        answer => redis::from_redis_value(answer).unwrap_or_default(),
    };
    Ok(text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
        .collect())
}
