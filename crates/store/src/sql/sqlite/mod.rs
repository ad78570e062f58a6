//! A store in an SQLite file.

mod schema;
mod writer;

use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, SyncSender, TrySendError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::SqliteOptions;
use super::ask::{Ask, unavailable};
use crate::rate::{RateTable, gcra};
use crate::{Claim, Clock, OpenError, Quota, Rate, RateKey, SpentId, Store, StoreError};
use writer::{Job, Question, Writer};

/// How many claims may wait for the writer; more are refused at once.
const QUEUE: usize = 4096;

/// How many keys' rates are kept.
const RATES: NonZero<usize> = NonZero::new(131_072).unwrap();

/// Remembers ids in an SQLite file, through any restart and crash.
///
/// One thread writes. Claims that arrive while it waits for the disk go into its next transaction together,
/// and none is answered before that transaction is committed, so an answer that was given is never taken back.
/// Expired ids are deleted a few at a time, along with claims and while there are none.
///
/// Several processes on one machine may use one file. The file must not be on a network file system, where
/// SQLite's write-ahead log does not work. It is created for its owner alone (mode 0600) where the system has
/// such modes.
///
/// When the disk is full or fails, claims are refused as unavailable until it works again. A claim needs a
/// Tokio runtime with its timer enabled. Dropping the store closes the file, and blocks until the writer's last
/// transaction has ended.
pub struct SqliteStore {
    jobs: Option<SyncSender<Job>>,
    writer: Option<JoinHandle<()>>,
    clock: Arc<dyn Clock>,
    timeout: Duration,
    rates: RateTable,
}

impl SqliteStore {
    /// Opens the store in the file at `path`, and creates the file if there is none.
    ///
    /// `clock` is moved on to the time up to which the file has forgotten ids, if it is behind, so that a wall
    /// clock that was set back revives none of them.
    ///
    /// # Errors
    /// [`OpenError`] if the file cannot be written to, is no database, belongs to another program or to a later
    /// release, or stays locked by another process for half of [`SqliteOptions::timeout`].
    pub fn open(
        path: impl AsRef<Path>,
        options: SqliteOptions,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let path = path.as_ref();
        let connection = schema::open(path, options)?;
        let writer = Writer::new(connection, options, Arc::clone(&clock)).map_err(|source| {
            OpenError::Failed {
                path: path.to_owned(),
                source: source.into(),
            }
        })?;
        let (jobs, queue) = mpsc::sync_channel(QUEUE);
        let writer = thread::Builder::new()
            .name("spent-ids".to_owned())
            .spawn(move || writer.run(&queue))
            .map_err(|source| OpenError::Failed {
                path: path.to_owned(),
                source: source.into(),
            })?;
        Ok(Self {
            jobs: Some(jobs),
            writer: Some(writer),
            clock,
            timeout: options.timeout,
            rates: RateTable::new(RATES),
        })
    }

    /// Hands a job to the writer and waits for its reply, never longer than the timeout.
    async fn ask(&self, question: Question) -> Result<Claim, StoreError> {
        let (job, answer) = Ask::new(question);
        let jobs = self.jobs.as_ref().ok_or_else(stopped)?;
        jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => unavailable("too many claims are waiting"),
            TrySendError::Disconnected(_) => stopped(),
        })?;
        tokio::time::timeout(self.timeout, answer)
            .await
            .map_err(|_| unavailable("the database took too long"))?
            .map_err(|_| stopped())?
    }
}

impl Store for SqliteStore {
    async fn claim(&self, id: SpentId, ttl: Duration) -> Result<Claim, StoreError> {
        let asked_at = self.clock.now();
        let expires_at = asked_at.saturating_add(ttl);
        self.ask(Question::Claim {
            id,
            asked_at,
            expires_at,
        })
        .await
    }

    async fn is_spent(&self, id: SpentId) -> Result<bool, StoreError> {
        let asked_at = self.clock.now();
        Ok(self.ask(Question::Look { id, asked_at }).await? == Claim::Spent)
    }

    async fn step(&self, key: RateKey, quota: Quota) -> Result<Rate, StoreError> {
        let now = || gcra::micros(self.clock.now());
        Ok(self.rates.step(key, quota, now))
    }

    /// Commits a transaction that changes nothing.
    async fn ready(&self) -> Result<(), StoreError> {
        self.ask(Question::Probe).await.map(drop)
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(Err(_)) = self.writer.take().map(JoinHandle::join) {
            tracing::error!("the store's writer had panicked");
        }
    }
}

fn stopped() -> StoreError {
    unavailable("the database's writer has stopped; restart the process")
}
