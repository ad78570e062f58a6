//! Tokens that are judged in this process.

use std::sync::Arc;
use std::thread::available_parallelism;

use cattlegrid_store::Timestamp;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};

use crate::asking::NoStatement;
use crate::provider::{Local, Statement};
use crate::{Broken, ResponseToken, SecretKey};

/// A judge, with room for as many tokens at once as there are processors.
///
/// Why: to judge one may take a processor a tenth of a second, and a runtime's own threads have others to serve.
pub(crate) struct Judging {
    local: Arc<dyn Local>,
    room: Arc<Semaphore>,
}

impl Judging {
    pub(crate) fn new(local: Arc<dyn Local>) -> Self {
        let processors = available_parallelism().map_or(1, Into::into);
        Self {
            local,
            room: Arc::new(Semaphore::new(processors)),
        }
    }

    /// What the judge says, or that there was no room until `deadline`.
    pub(crate) async fn judge(
        &self,
        secret_key: &SecretKey,
        token: &ResponseToken,
        now: Timestamp,
        deadline: Instant,
    ) -> Result<Statement, NoStatement> {
        let Ok(Ok(place)) = timeout_at(deadline, Arc::clone(&self.room).acquire_owned()).await
        else {
            return Err(Broken::Overloaded.into());
        };
        let (local, secret_key, token) =
            (Arc::clone(&self.local), secret_key.clone(), token.clone());
        let judged = spawn_blocking(move || {
            let _place = place;
            local.judge(&secret_key, &token, now)
        });
        match timeout_at(deadline, judged).await {
            Err(_) => Err(Broken::Overloaded.into()),
            Ok(Err(_)) => Err(Broken::Undecided.into()),
            Ok(Ok(said)) => said.map_err(|refused| NoStatement::Denied(refused.into())),
        }
    }
}
