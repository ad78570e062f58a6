//! A connection that is made, made again, and thrown away when it does not answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::timeout;

use super::link::{Driver, Failure, Link};
use super::work::Work;
use crate::chance;
use crate::servers::Servers;

/// How long to wait after the first attempt to connect that failed, and at most after any.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// Where all connections of a store lead.
pub(super) struct Exchange<D> {
    driver: D,
    servers: Servers,
    /// How many connections have failed.
    losses: AtomicU64,
}

impl<D> Exchange<D> {
    pub(super) fn new(driver: D, servers: Servers) -> Self {
        Self {
            driver,
            servers,
            losses: AtomicU64::new(0),
        }
    }
}

/// One connection to the first of some hosts that takes writes.
pub(super) struct Line<D: Driver> {
    exchange: Arc<Exchange<D>>,
    link: Option<D::Link>,
    /// How many attempts to connect have failed since one did not.
    failures: u32,
    /// How many connections of the store had failed when this one was last known to be good.
    losses: u64,
}

impl<D: Driver> Line<D> {
    pub(super) fn new(exchange: Arc<Exchange<D>>) -> Self {
        Self {
            exchange,
            link: None,
            failures: 0,
            losses: 0,
        }
    }

    /// Connects, unless there is a connection that still seems to be there.
    ///
    /// Fails with what each host said, after at most the timeout for each of them.
    pub(super) async fn connect(&mut self) -> Result<(), String> {
        let limit = self.exchange.servers.timeout;
        let losses = self.exchange.losses.load(Ordering::Relaxed);
        // Why: what ended another connection may well have ended this one.
        let is_suspect = std::mem::replace(&mut self.losses, losses) != losses;
        if let Some(link) = &mut self.link {
            if timeout(limit, link.is_alive(is_suspect)).await == Ok(true) {
                return Ok(());
            }
            self.link = None;
        }
        let mut reasons = Vec::new();
        for host in &self.exchange.servers.hosts {
            let why = match timeout(limit, self.exchange.driver.connect(host)).await {
                Ok(Ok(link)) => {
                    self.link = Some(link);
                    if std::mem::take(&mut self.failures) > 0 {
                        tracing::info!(%host, "connected to the database again");
                    }
                    return Ok(());
                }
                Ok(Err(failure)) => failure.why(),
                Err(_) => format!("did not answer within {limit:?}"),
            };
            reasons.push(format!("{host}: {why}"));
        }
        let why = reasons.join("; ");
        // Why once: it is tried again every second, for as long as it takes.
        if self.failures == 0 {
            tracing::warn!(why, "cannot connect to the database; will go on trying");
        }
        self.failures = self.failures.saturating_add(1);
        Err(why)
    }

    /// How long to wait before the next attempt: twice as long after each that failed, and never as long as another.
    pub(super) fn pause(&self) -> Duration {
        let (first, longest) = PAUSES;
        chance::pause(self.failures.saturating_sub(1), first, longest)
    }

    /// Does some work, within the timeout.
    ///
    /// What meets others' work is tried again. After any other failure the connection is thrown away.
    pub(super) async fn run<W: Work>(
        &mut self,
        questions: &[&W::Question],
    ) -> Result<Vec<W::Answer>, String> {
        let limit = self.exchange.servers.timeout;
        let mut link = self.link.take().ok_or("there is no connection")?;
        let why = match timeout(limit, decide::<W, _>(&mut link, questions)).await {
            Ok(Ok(answers)) => {
                self.link = Some(link);
                return Ok(answers);
            }
            Ok(Err(why)) => why,
            Err(_) => format!("the database did not answer within {limit:?}"),
        };
        self.exchange.losses.fetch_add(1, Ordering::Relaxed);
        Err(why)
    }
}

/// Does some work, as often as it meets others' work.
async fn decide<W: Work, L: Link>(
    link: &mut L,
    questions: &[&W::Question],
) -> Result<Vec<W::Answer>, String> {
    loop {
        match W::decide(link, questions).await {
            Ok(answers) => return Ok(answers),
            Err(Failure::Conflict(why)) => {
                tracing::debug!(why, "a transaction met another; trying it again");
            }
            Err(Failure::Broken(why)) => return Err(why),
        }
    }
}
