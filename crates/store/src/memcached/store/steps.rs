//! Steps of rate limiters, those of one key together.
//!
//! Memcached has no step of its own: one is read, reckoned here and written if nobody else has meanwhile. Were every
//! caller to do that alone, those who come at once to one key would keep one another from it. So one task for each key
//! takes the steps of all who wait for it, and only nodes compete.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::sleep;

use super::cluster::Cluster;
use super::expiry::Expiry;
use crate::chance::jitter;
use crate::rate::gcra::{self, Micros};
use crate::{Clock, Quota, Rate, RateKey};

/// How long a node waits at most before it competes for a key again.
const PAUSE: Duration = Duration::from_millis(5);

/// Takes steps for callers.
pub(super) struct Steps {
    cluster: Arc<Cluster>,
    clock: Arc<dyn Clock>,
    /// Each key here has a task that takes its steps.
    waiting: Mutex<HashMap<RateKey, Vec<Step>>>,
}

struct Step {
    quota: Quota,
    taken: oneshot::Sender<io::Result<Rate>>,
}

impl Steps {
    pub(super) fn new(cluster: Arc<Cluster>, clock: Arc<dyn Clock>) -> Self {
        Self {
            cluster,
            clock,
            waiting: Mutex::new(HashMap::new()),
        }
    }

    pub(super) async fn step(self: &Arc<Self>, key: RateKey, quota: Quota) -> io::Result<Rate> {
        let (taken, outcome) = oneshot::channel();
        let step = Step { quota, taken };
        match self.lock().entry(key) {
            Entry::Occupied(mut waiting) => waiting.get_mut().push(step),
            Entry::Vacant(none) => {
                none.insert(vec![step]);
                let turn = Turn {
                    steps: Arc::clone(self),
                    key,
                    is_over: false,
                };
                tokio::spawn(turn.take());
            }
        }
        outcome.await.map_err(io::Error::other)?
    }

    /// Takes these steps, all or none.
    async fn together(&self, key: RateKey, steps: &[Step]) -> io::Result<Vec<Rate>> {
        loop {
            let name = self.cluster.name('r', key.as_bytes());
            let server = self.cluster.server_of(key.as_bytes());
            let held = server.with(async |it| it.get(&name).await).await?;
            let (whole_at, unique) = match held {
                Some(held) => (Some(read(&held.value)?), Some(held.unique)),
                None => (None, None),
            };
            let now = self.clock.now();
            let (rates, next) = all(steps, whole_at, gcra::micros(now));
            let Some(next) = next else {
                return Ok(rates);
            };
            let left = Duration::from_micros(next.saturating_sub(gcra::micros(now)));
            let (expiry, value) = (Expiry::after(left, now), next.to_string());
            let stored = server
                .with(async |it| match unique {
                    Some(unique) => it.replace(&name, expiry, &value, unique).await,
                    None => it.add(&name, expiry, &value).await,
                })
                .await?;
            if stored {
                return Ok(rates);
            }
            sleep(jitter(PAUSE)).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<RateKey, Vec<Step>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What becomes of steps that are taken one after the other, and what is then to be kept, if any was within.
fn all(steps: &[Step], whole_at: Option<Micros>, now: Micros) -> (Vec<Rate>, Option<Micros>) {
    let (mut whole_at, mut kept) = (whole_at, None);
    let rates = steps.iter().map(|step| {
        let (rate, next) = gcra::step(step.quota, whole_at, now);
        if let Rate::Within { .. } = rate {
            whole_at = Some(next);
            kept = whole_at;
        }
        rate
    });
    (rates.collect(), kept)
}

fn read(value: &str) -> io::Result<Micros> {
    value.parse().map_err(|_| {
        let why = "a rate is not what a node has written; give `prefix`, so that nobody else uses the same keys";
        io::Error::new(io::ErrorKind::InvalidData, why)
    })
}

/// The task of one key.
struct Turn {
    steps: Arc<Steps>,
    key: RateKey,
    is_over: bool,
}

impl Turn {
    async fn take(mut self) {
        while let Some(waiting) = self.next() {
            let together = self.steps.together(self.key, &waiting);
            let outcome = self.steps.cluster.in_time(together).await;
            for (place, step) in waiting.into_iter().enumerate() {
                let rate = match &outcome {
                    Ok(rates) => rates.get(place).copied().ok_or(io::ErrorKind::Other.into()),
                    Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
                };
                // Why: who has given up need not be told.
                let _ = step.taken.send(rate);
            }
        }
    }

    /// Those who wait by now. None, and the turn is over, when nobody does.
    fn next(&mut self) -> Option<Vec<Step>> {
        let mut all = self.steps.lock();
        let mut waiting = all.get_mut(&self.key).map(std::mem::take)?;
        waiting.retain(|step| !step.taken.is_closed());
        if waiting.is_empty() {
            all.remove(&self.key);
            self.is_over = true;
            return None;
        }
        Some(waiting)
    }
}

impl Drop for Turn {
    /// Why: a runtime that is shut down drops its tasks, and nobody must wait for one of them.
    fn drop(&mut self) {
        if !self.is_over {
            self.steps.lock().remove(&self.key);
        }
    }
}
