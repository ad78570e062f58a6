//! What stores in databases on servers have in common: all but the connections themselves.
//!
//! A question (a claim, a look, a step) waits in a bounded queue. Each connection takes what has gathered there while it
//! was busy, decides it in as few statements as it can, and answers once the decision is committed. While nobody else
//! asks, that is one question, at once.

mod desk;
mod line;
mod link;
mod migrations;
mod work;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::task::JoinSet;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::DatabaseOptions;
use super::ask::{Ask, unavailable};
use crate::chance::random;
use crate::servers::{Login, Password};
use crate::{Claim, OpenError, Quota, Rate, RateKey, SpentId, Store, StoreError};
use desk::Question;
use line::{Exchange, Line};
pub(super) use link::Driver;
pub(super) use link::{Failure, GRACE, Link, Rates};
pub(super) use migrations::Migrations;
use work::{AboutId, Ids, Steps, Work};

/// A store in a database on a server, or on the one of several that takes writes.
///
/// Nothing is connected before the first use, which must be inside a Tokio runtime with its network and its timer enabled.
/// From then on there are as many connections as the options say for claims, one for steps, and one that deletes what has
/// expired. They go when the store is dropped, or when their runtime ends; the store then makes others in the runtime that
/// it is used in next.
pub struct DatabaseStore<D: Driver> {
    exchange: Arc<Exchange<D>>,
    connections: u32,
    timeout: Duration,
    office: Mutex<Option<Office>>,
}

/// The desks at which questions are decided.
#[derive(Clone)]
struct Desks {
    ids: mpsc::Sender<Question<Ids>>,
    steps: mpsc::Sender<Question<Steps>>,
}

/// The desks, and the tasks behind them, which end with it.
struct Office {
    desks: Desks,
    _clerks: JoinSet<()>,
}

impl<D: Driver> DatabaseStore<D> {
    /// The store in the database that `options` name. Reads the files that they name, and does no more yet.
    ///
    /// # Errors
    /// [`OpenError::File`]
    pub fn open(options: &DatabaseOptions) -> Result<Self, OpenError> {
        Ok(Self {
            exchange: Arc::new(Exchange::new(D::new(options)?, options.servers.clone())),
            connections: options.connections,
            timeout: options.servers.timeout,
            office: Mutex::new(None),
        })
    }

    /// The desks; they are opened if they are not.
    fn desks(&self) -> Desks {
        // Why poison is passed over: what is in it is whole at any time.
        let mut office = self.office.lock().unwrap_or_else(PoisonError::into_inner);
        match &*office {
            Some(office) if !office.desks.ids.is_closed() && !office.desks.steps.is_closed() => {
                office.desks.clone()
            }
            _ => {
                let opened = self.opened();
                let desks = opened.desks.clone();
                *office = Some(opened);
                desks
            }
        }
    }

    fn opened(&self) -> Office {
        let mut clerks = JoinSet::new();
        let line = || Line::new(Arc::clone(&self.exchange));
        let lines = (0..self.connections).map(|_| line());
        let desks = Desks {
            ids: desk::open::<D, Ids>(&mut clerks, lines),
            // Why one: every step of a key waits for the one before it, wherever that is.
            steps: desk::open::<D, Steps>(&mut clerks, std::iter::once(line())),
        };
        clerks.spawn(desk::sweep(line()));
        Office {
            desks,
            _clerks: clerks,
        }
    }

    async fn ask_about(&self, question: AboutId) -> Result<Claim, StoreError> {
        let desk = self.desks().ids;
        ask::<Ids>(&desk, question, self.timeout).await
    }
}

/// Asks, and waits for the answer, never longer than `limit`.
async fn ask<W: Work>(
    desk: &mpsc::Sender<Question<W>>,
    question: W::Question,
    limit: Duration,
) -> Result<W::Answer, StoreError> {
    let stopped = || unavailable("the connections to the database were closed");
    let (ask, answer) = Ask::new(question);
    desk.try_send(ask).map_err(|error| match error {
        TrySendError::Full(_) => unavailable("too many others are waiting for the database"),
        TrySendError::Closed(_) => stopped(),
    })?;
    timeout(limit, answer)
        .await
        .map_err(|_| unavailable(format!("the database took longer than {limit:?}")))?
        .map_err(|_| stopped())?
}

/// The password of a login, read from its file if that is where it is: for each connection, so that it can be changed.
pub(super) fn password(login: &Login) -> Result<Option<Zeroizing<String>>, OpenError> {
    login.password().map_err(|source| OpenError::File {
        path: match &login.password {
            Some(Password::File(path)) => path.clone(),
            _ => PathBuf::new(),
        },
        source: source.into(),
    })
}

impl<D: Driver> Store for DatabaseStore<D> {
    async fn claim(&self, id: SpentId, ttl: Duration) -> Result<Claim, StoreError> {
        self.ask_about(AboutId::Claim { id, ttl }).await
    }

    async fn is_spent(&self, id: SpentId) -> Result<bool, StoreError> {
        Ok(self.ask_about(AboutId::Look { id }).await? == Claim::Spent)
    }

    async fn step(&self, key: RateKey, quota: Quota) -> Result<Rate, StoreError> {
        let desk = self.desks().steps;
        ask::<Steps>(&desk, (key, quota), self.timeout).await
    }

    /// Claims an id that names nothing, for no time at all: that and only that shows that writes are taken.
    async fn ready(&self) -> Result<(), StoreError> {
        let id = (u128::from(random()) << 64) | u128::from(random());
        let (id, ttl) = (SpentId::from_bytes(id.to_be_bytes()), Duration::ZERO);
        self.ask_about(AboutId::Claim { id, ttl }).await.map(drop)
    }
}
