//! The signals that ask the server to stop.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::Error;

/// How often the server was asked to stop, by SIGTERM or SIGINT.
#[derive(Clone)]
pub(super) struct Stop(watch::Receiver<u32>);

impl Stop {
    /// Listens from now on.
    pub(super) fn listen() -> Result<Self, Error> {
        let mut interrupt = hear(SignalKind::interrupt())?;
        let mut terminate = hear(SignalKind::terminate())?;
        let (count, asked) = watch::channel(0);
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                count.send_modify(|count| *count += 1);
            }
        });
        Ok(Self(asked))
    }

    /// Returns once the server was asked to stop.
    pub(super) async fn asked(&self) {
        self.times(1).await;
    }

    /// Returns once the server was asked to stop, and then again.
    pub(super) async fn insisted(&self) {
        self.times(2).await;
    }

    async fn times(&self, times: u32) {
        // Why: who counts does so for as long as the server runs.
        let _ = self.0.clone().wait_for(|count| *count >= times).await;
    }
}

/// The signal, which does not end the process from now on.
pub(super) fn hear(kind: SignalKind) -> Result<Signal, Error> {
    signal(kind).map_err(|source| Error::System {
        doing: "listening for signals",
        source,
    })
}
