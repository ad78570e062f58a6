//! The store's operations, as commands.
//!
//! The crate `redis` speaks the protocol and pipelines what is sent. Where the servers are, when a connection is given
//! up, and what is never sent twice is decided here, because on it depends whether a claim can be first twice.

mod cluster;
mod connection;
mod dialler;
mod failure;
mod inspection;
mod line;
mod lines;
mod master;
mod place;
mod sentinels;
mod server;
mod votes;

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use redis::{Cmd, Script, ServerErrorKind, Value};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::task::JoinSet;

use self::cluster::Cluster;
use self::dialler::Dialler;
use self::failure::Failure;
use self::inspection::Inspection;
use self::master::{Lane, Master};
use self::place::Place;
use self::sentinels::Sentinels;
use super::{RedisOptions, Topology};
use crate::rate::gcra;
use crate::servers::{Host, list};
use crate::{Claim, OpenError, Quota, Rate, RateKey, SpentId, Store, StoreError};

/// How many operations may be on their way at a time.
const MOST_IN_FLIGHT: usize = 10_000;

/// The longest time that Redis keeps anything here: a hundred years, as its clock has an end.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

static STEP: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("step.lua")));

/// A store on Redis. Ids and rates expire there, by the server's clock.
///
/// It connects when it is first used, and again whenever a connection is lost. All that is asked at the same time goes
/// over one connection to each master, without waiting for one another.
pub struct RedisStore {
    servers: Servers,
    prefix: Vec<u8>,
    timeout: Duration,
    in_flight: Semaphore,
}

#[derive(Clone)]
enum Servers {
    One(Master),
    Cluster(Arc<Cluster>),
}

impl Servers {
    async fn send(
        &self,
        lane: Lane,
        key: &[u8],
        command: Cmd,
        deadline: Instant,
    ) -> Result<Value, Failure> {
        match self {
            Self::One(master) => {
                let server = master.server(lane);
                let answer = server.send(command, false, deadline).await?;
                match &answer {
                    Value::ServerError(error)
                        if error.kind() != Some(ServerErrorKind::NoScript) =>
                    {
                        Err(Failure::Clustered)
                    }
                    _ => Ok(answer),
                }
            }
            Self::Cluster(cluster) => cluster.send(lane, key, &command, deadline).await,
        }
    }
}

impl RedisStore {
    /// The store that `options` name. Nothing is sent yet.
    ///
    /// # Errors
    /// [`OpenError::File`] when a file that they name cannot be used.
    pub fn open(options: &RedisOptions) -> Result<Self, OpenError> {
        let dialler = Arc::new(Dialler::new(options)?);
        let inspection = Arc::new(Inspection::default());
        let (hosts, wait) = (options.servers.hosts.clone(), options.wait);
        let timeout = options.servers.timeout;
        let master_at = move |place: Place| Master::new(&place, &dialler, wait, &inspection);
        let servers = match &options.topology {
            Topology::Single => Servers::One(master_at(Place::At(the_only(&hosts)?))),
            Topology::Sentinel { master } => Servers::One(master_at(Place::Elected(Sentinels {
                hosts,
                master: master.clone(),
            }))),
            Topology::Cluster => {
                Servers::Cluster(Arc::new(Cluster::new(hosts, timeout, move |host| {
                    master_at(Place::At(host))
                })))
            }
        };
        Ok(Self {
            servers,
            prefix: options.prefix.clone().into_bytes(),
            timeout,
            in_flight: Semaphore::new(MOST_IN_FLIGHT),
        })
    }

    fn key(&self, kind: &[u8], id: &[u8]) -> Vec<u8> {
        [&self.prefix, kind, id].concat()
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.timeout
    }

    fn begin(&self) -> Result<SemaphorePermit<'_>, Failure> {
        self.in_flight.try_acquire().map_err(|_| Failure::Crowded {
            limit: MOST_IN_FLIGHT,
        })
    }
}

impl Store for RedisStore {
    async fn claim(&self, id: SpentId, ttl: Duration) -> Result<Claim, StoreError> {
        let _begun = self.begin()?;
        let key = self.key(b"s:", id.as_bytes());
        let mut command = redis::cmd("SET");
        command
            .arg(&key)
            .arg("")
            .arg("NX")
            .arg("PX")
            .arg(millis(ttl));
        let deadline = self.deadline();
        match self
            .servers
            .send(Lane::Replicated, &key, command, deadline)
            .await?
        {
            Value::Okay => Ok(Claim::First),
            Value::Nil => Ok(Claim::Spent),
            _ => Err(unclear()),
        }
    }

    async fn is_spent(&self, id: SpentId) -> Result<bool, StoreError> {
        let _begun = self.begin()?;
        let key = self.key(b"s:", id.as_bytes());
        let mut command = redis::cmd("EXISTS");
        command.arg(&key);
        let deadline = self.deadline();
        match self
            .servers
            .send(Lane::Plain, &key, command, deadline)
            .await?
        {
            Value::Int(count) => Ok(count > 0),
            _ => Err(unclear()),
        }
    }

    async fn step(&self, key: RateKey, quota: Quota) -> Result<Rate, StoreError> {
        let _begun = self.begin()?;
        let key = self.key(b"r:", key.as_bytes());
        let deadline = self.deadline();
        let step = |name: &str, script: &str| {
            let mut command = redis::cmd(name);
            command.arg(script).arg(1).arg(&key);
            command
                .arg(quota.interval_micros())
                .arg(quota.window_micros());
            command
        };
        let known = step("EVALSHA", STEP.get_hash());
        let mut answer = self
            .servers
            .send(Lane::Plain, &key, known, deadline)
            .await?;
        if let Value::ServerError(_unknown) = answer {
            let whole = step("EVAL", include_str!("step.lua"));
            answer = self
                .servers
                .send(Lane::Plain, &key, whole, deadline)
                .await?;
        }
        match answer {
            Value::Int(used) => {
                let used = u64::try_from(used).map_err(|_| unclear())?;
                Ok(gcra::rate(quota, used))
            }
            _ => Err(unclear()),
        }
    }

    /// Writes something of no meaning: what answers but takes no writes would decide no claim. A cluster is ready while
    /// any of its masters is.
    async fn ready(&self) -> Result<(), StoreError> {
        let _begun = self.begin()?;
        let deadline = self.deadline();
        let numbered = |number: u32| self.key(b"ready:", number.to_string().as_bytes());
        let keys = match &self.servers {
            Servers::One(_) => vec![numbered(0)],
            Servers::Cluster(cluster) => cluster.a_key_for_each_master(numbered, deadline).await?,
        };
        let mut probes = JoinSet::new();
        for key in keys {
            let servers = self.servers.clone();
            probes.spawn(async move {
                let mut command = redis::cmd("SET");
                command.arg(&key).arg("").arg("PX").arg(1);
                servers
                    .send(Lane::Replicated, &key, command, deadline)
                    .await
            });
        }
        let mut outcome = Err(unclear());
        while let Some(probe) = probes.join_next().await {
            match probe {
                Ok(Ok(Value::Okay)) => return Ok(()),
                Ok(Err(failure)) => outcome = Err(failure.into()),
                _ => {}
            }
        }
        outcome
    }
}

fn the_only(hosts: &[Host]) -> Result<Host, OpenError> {
    match hosts {
        [host] => Ok(host.clone()),
        hosts => Err(OpenError::Value {
            parameter: "hosts",
            given: list(hosts),
            expected: "one server; several are `redis+cluster:`, or `redis+sentinel:`",
        }),
    }
}

/// Whole milliseconds, at least one; rounded up, so that an id is never forgotten too early.
fn millis(time: Duration) -> u64 {
    let millis = time.min(LONGEST).as_nanos().div_ceil(1_000_000);
    (millis as u64).max(1)
}

fn unclear() -> StoreError {
    Failure::Unclear {
        server: "Redis".to_owned(),
    }
    .into()
}

#[cfg(test)]
mod tests;
