//! One of the servers, and this node's connections to it.

use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use super::expiry::Expiry;
use super::warning::Warning;
use super::wire::Connection;
use crate::chance;
use crate::servers::{Host, Login};

/// The most connections to one server.
const CONNECTIONS: usize = 16;
/// How long a server that cannot be reached is left alone at first, and at most.
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

pub(super) struct Server {
    host: Host,
    login: Login,
    /// How long connecting may take.
    patience: Duration,
    idle: Mutex<Vec<Connection>>,
    slots: Semaphore,
    outage: Mutex<Option<Outage>>,
    warning: Warning,
}

/// The server could not be reached when it was last tried.
struct Outage {
    failures: u32,
    why: String,
    retry_at: Instant,
}

impl Server {
    pub(super) fn new(host: Host, login: Login, timeout: Duration) -> Self {
        Self {
            host,
            login,
            // Why half: so that it is known to be the server who is slow, and not the caller who came late.
            patience: timeout / 2,
            idle: Mutex::new(Vec::new()),
            slots: Semaphore::new(CONNECTIONS),
            outage: Mutex::new(None),
            warning: Warning::new(),
        }
    }

    /// Does `work` on a connection that nobody else uses. Waits for one, and fails at once while the server is left alone.
    ///
    /// One that is given up, or astray, is closed: its next reply would not be the next command's.
    pub(super) async fn with<T>(
        &self,
        work: impl AsyncFnOnce(&mut Connection) -> io::Result<T>,
    ) -> io::Result<T> {
        let _slot = self.slots.acquire().await.map_err(io::Error::other)?;
        let mut connection = match self.idle() {
            Some(connection) => connection,
            None => self.connect().await.map_err(|error| self.named(&error))?,
        };
        let outcome = work(&mut connection).await;
        if connection.is_fit() {
            lock(&self.idle).push(connection);
        }
        outcome.map_err(|error| self.named(&error))
    }

    /// Stores what a claim would, finds it, and looks how many others were forgotten meanwhile.
    pub(super) async fn probe(&self, key: &str) -> io::Result<()> {
        self.with(async |connection| {
            connection.set(key, Expiry::BRIEF, "1").await?;
            match connection.get(key).await? {
                Some(_) => self.warning.again(&self.host, connection).await,
                None => Err(io::Error::other("what the server stores is gone at once")),
            }
        })
        .await
    }

    fn named(&self, error: &io::Error) -> io::Error {
        io::Error::new(error.kind(), format!("{}: {error}", self.host))
    }

    fn idle(&self) -> Option<Connection> {
        let mut idle = lock(&self.idle);
        while let Some(connection) = idle.pop() {
            if connection.is_fit() {
                return Some(connection);
            }
        }
        None
    }

    async fn connect(&self) -> io::Result<Connection> {
        let failures = self.begin()?;
        let opened = async {
            let mut connection = Connection::open(&self.host, &self.login).await?;
            self.warning.first(&self.host, &mut connection).await?;
            Ok(connection)
        };
        let opened: io::Result<_> = timeout(self.patience, opened)
            .await
            .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        let outage = opened.as_ref().err().map(|error| Outage {
            failures: failures.saturating_add(1),
            why: error.to_string(),
            retry_at: Instant::now() + chance::pause(failures, PAUSE, LONGEST_PAUSE),
        });
        *lock(&self.outage) = outage;
        opened
    }

    /// How often the server could not be reached, if it is to be tried again; who is told so tries it alone.
    fn begin(&self) -> io::Result<u32> {
        let mut outage = lock(&self.outage);
        let Some(outage) = &mut *outage else {
            return Ok(0);
        };
        if Instant::now() < outage.retry_at {
            let why = format!("it was not reached a moment ago: {}", outage.why);
            return Err(io::Error::other(why));
        }
        outage.retry_at = Instant::now() + self.patience;
        Ok(outage.failures)
    }
}

/// Why poison is passed over: whoever holds the lock changes what it holds in one go.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
