//! A Redis Cluster: many masters, each with slots of its own, which move.

mod slots;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use redis::{Cmd, ServerErrorKind, Value};
use tokio::task::JoinSet;
use tokio::time::timeout_at;

use self::slots::Range;
use super::failure::Failure;
use super::master::{Lane, Master};
use super::votes::most;
use crate::servers::Host;

/// How often a command may be sent elsewhere.
const MOST_REDIRECTS: usize = 5;

/// How long at least lies between two looks at who has which slot.
const PAUSE: Duration = Duration::from_millis(100);

/// How many keys are tried to find one for each master: with a hundred masters each has one, but for one in 2,000.
const MOST_KEYS_TRIED: u32 = 1_000;

/// A cluster, as far as it is known.
pub(super) struct Cluster {
    seeds: Vec<Host>,
    timeout: Duration,
    /// Makes what stands for the server at a host.
    master_at: Box<dyn Fn(Host) -> Master + Send + Sync>,
    map: Mutex<Map>,
    /// Held by whoever asks for the slots.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Map {
    ranges: Arc<[Range]>,
    masters: HashMap<Host, Master>,
    /// When the slots were last asked for.
    asked: Option<Instant>,
    /// Why that was in vain, if it was.
    failure: Option<Failure>,
}

impl Cluster {
    /// The cluster of which `seeds` are some nodes.
    pub(super) fn new(
        seeds: Vec<Host>,
        timeout: Duration,
        master_at: impl Fn(Host) -> Master + Send + Sync + 'static,
    ) -> Self {
        Self {
            seeds,
            timeout,
            master_at: Box::new(master_at),
            map: Mutex::default(),
            asking: tokio::sync::Mutex::default(),
        }
    }

    /// What the master of `key` answers to `command`.
    pub(super) async fn send(
        self: &Arc<Self>,
        lane: Lane,
        key: &[u8],
        command: &Cmd,
        deadline: Instant,
    ) -> Result<Value, Failure> {
        let mut host = self.host_of(slots::slot_of(key), deadline).await?;
        let mut asking = false;
        // Why it may be sent again: a server that sends elsewhere has done nothing.
        for _ in 0..MOST_REDIRECTS {
            let server = Arc::clone(self.master(&host).server(lane));
            let redirect = match server.send(command.clone(), asking, deadline).await {
                Ok(Value::ServerError(redirect)) => redirect,
                Ok(answer) => return Ok(answer),
                Err(failure) => {
                    self.look_again();
                    return Err(failure);
                }
            };
            match redirect.kind() {
                Some(ServerErrorKind::Moved) => {
                    asking = false;
                    self.look_again();
                }
                Some(ServerErrorKind::Ask) => asking = true,
                _ => return Ok(Value::ServerError(redirect)),
            }
            let said = redirect.details().unwrap_or_default();
            host = slots::redirected(said, &host).ok_or(Failure::NoMaster)?;
        }
        Err(Failure::NoMaster)
    }

    /// For each master that has one of the keys that `numbered` makes, such a key.
    pub(super) async fn a_key_for_each_master(
        &self,
        numbered: impl Fn(u32) -> Vec<u8>,
        deadline: Instant,
    ) -> Result<Vec<Vec<u8>>, Failure> {
        self.host_of(slots::slot_of(&numbered(0)), deadline).await?;
        let ranges = Arc::clone(&self.map().ranges);
        let masters: HashSet<&Host> = ranges.iter().map(|range| &range.master).collect();
        let mut keys = HashMap::new();
        for number in 0..MOST_KEYS_TRIED {
            if keys.len() == masters.len() {
                break;
            }
            let key = numbered(number);
            if let Some(host) = slots::master_of(&ranges, slots::slot_of(&key)) {
                keys.entry(host.clone()).or_insert(key);
            }
        }
        Ok(keys.into_values().collect())
    }

    async fn host_of(&self, slot: u16, deadline: Instant) -> Result<Host, Failure> {
        if let Some(host) = self.known_host_of(slot) {
            return Ok(host);
        }
        self.look(deadline).await?;
        self.known_host_of(slot).ok_or(Failure::NoMaster)
    }

    fn known_host_of(&self, slot: u16) -> Option<Host> {
        slots::master_of(&self.map().ranges, slot).cloned()
    }

    fn master(&self, host: &Host) -> Master {
        let mut map = self.map();
        let new = || (self.master_at)(host.clone());
        map.masters.entry(host.clone()).or_insert_with(new).clone()
    }

    /// Looks who has which slot, while whoever found out that it is not known goes on.
    fn look_again(self: &Arc<Self>) {
        let asked = self.map().asked;
        let is_asking = self.asking.try_lock().is_err();
        if is_asking || asked.is_some_and(|asked| asked.elapsed() < PAUSE) {
            return;
        }
        let cluster = Arc::clone(self);
        let _detached = tokio::spawn(async move {
            let deadline = Instant::now() + cluster.timeout;
            // Why what it returns is passed over: whoever needs the slots next meets it.
            let _ = cluster.look(deadline).await;
        });
    }

    /// Looks who has which slot, unless somebody has just done so.
    async fn look(&self, deadline: Instant) -> Result<(), Failure> {
        let _asking = self.turn(deadline).await?;
        {
            let mut map = self.map();
            if map.asked.is_some_and(|asked| asked.elapsed() < PAUSE) {
                return map.failure.clone().map_or(Ok(()), Err);
            }
            map.asked = Some(Instant::now());
        }
        let ranges = self.ask().await;
        let mut map = self.map();
        map.asked = Some(Instant::now());
        map.failure = ranges.as_ref().err().cloned();
        let ranges = ranges?;
        map.masters.retain(|host, _| {
            self.seeds.contains(host) || ranges.iter().any(|range| range.master == *host)
        });
        map.ranges = ranges.into();
        Ok(())
    }

    /// The right to ask; while nobody answers, only one waits for it.
    async fn turn(&self, deadline: Instant) -> Result<tokio::sync::MutexGuard<'_, ()>, Failure> {
        if let Ok(turn) = self.asking.try_lock() {
            return Ok(turn);
        }
        if let Some(failure) = self.map().failure.clone() {
            return Err(failure);
        }
        timeout_at(deadline.into(), self.asking.lock())
            .await
            .map_err(|_| Failure::Nobody)
    }

    /// What most of the nodes that are known say.
    async fn ask(&self) -> Result<Vec<Range>, Failure> {
        let hosts: HashSet<Host> = {
            let map = self.map();
            self.seeds
                .iter()
                .chain(map.masters.keys())
                .cloned()
                .collect()
        };
        let voters = hosts.len();
        let mut answers = JoinSet::new();
        // Why a half: the key's master is to be asked in the same time.
        let deadline = Instant::now() + self.timeout / 2;
        for host in hosts {
            let server = Arc::clone(self.master(&host).server(Lane::Plain));
            answers.spawn(async move {
                let mut command = redis::cmd("CLUSTER");
                command.arg("SLOTS");
                let answer = server.send(command, false, deadline).await?;
                slots::parse(answer, &host).ok_or(Failure::NoMaster)
            });
        }
        let (ranges, _) = most(answers, voters).await?;
        Ok(ranges)
    }

    fn map(&self) -> MutexGuard<'_, Map> {
        // Why poison is passed over: what is in it is replaced as a whole.
        self.map.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
