//! Reading the configuration again while the server runs.

use std::sync::Arc;

use tokio::signal::unix::Signal;

use crate::app::App;
use crate::config::Config;
use crate::metrics::Reload as Outcome;
use crate::serving::Serving;
use crate::standing::Standing;
use crate::{Error, data_dir, supervisor};

/// Where the configuration comes from, the first time and every other.
pub(crate) type Source = Arc<dyn Fn() -> Result<Config, Error> + Send + Sync>;

/// Replaces what is in force by what the configuration says now: all of it, or nothing.
pub(crate) struct Reload {
    source: Source,
    /// What the server was started with.
    started: Arc<Config>,
    standing: Arc<Standing>,
    serving: Serving,
}

impl Reload {
    pub(crate) fn new(
        source: Source,
        started: Arc<Config>,
        standing: Arc<Standing>,
        serving: Serving,
    ) -> Self {
        Self {
            source,
            started,
            standing,
            serving,
        }
    }

    /// Reads the configuration again each time that `asked` comes.
    pub(crate) async fn whenever(self, mut asked: Signal) {
        while asked.recv().await.is_some() {
            supervisor::reloading();
            self.once().await;
            supervisor::ready();
        }
    }

    async fn once(&self) {
        let outcome = match self.read().await {
            Ok(app) => {
                let sites = app.count_sites();
                self.serving.replace(app);
                tracing::info!(sites, "the configuration was read again");
                Outcome::Success
            }
            Err(error) => {
                tracing::error!(%error, "the configuration will not do; the one before stays in force");
                Outcome::Refused
            }
        };
        self.standing.metrics.reloaded(outcome);
    }

    /// What the configuration describes now.
    async fn read(&self) -> Result<App, Error> {
        let source = Arc::clone(&self.source);
        let started = Arc::clone(&self.started);
        let standing = Arc::clone(&self.standing);
        // Why: files are read, fonts parsed and keys derived, while requests go on.
        let reading = tokio::task::spawn_blocking(move || {
            let mut config = source()?;
            for key in config.keep_fixed(&started) {
                tracing::warn!(key, "changes with a restart alone, and was left as it is");
            }
            config.warn();
            App::new(&config, &data_dir::secrets(&config)?, standing)
        });
        reading.await.unwrap_or_else(|error| {
            Err(Error::System {
                doing: "reading the configuration again",
                source: error.into(),
            })
        })
    }
}
