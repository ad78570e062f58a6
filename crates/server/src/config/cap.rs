//! What Cap's widget has to compute for a site.

use std::collections::HashSet;
use std::sync::Arc;

use cattlegrid::challenge::ChallengeError;
use cattlegrid::challenge::work::{Hashing, Task, TimeLock, TimeLockKey, Work};
use serde::Deserialize;

/// The keys of time locks, one for each of the server's secrets.
pub(crate) type TimeLockKeys = Arc<[Arc<TimeLockKey>]>;

/// What Cap's widget has to compute for a site.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CapConfig {
    /// What has to be computed, all of it. Default `["sha256-pow"]`.
    pub protocols: Vec<Protocol>,
    /// How many puzzles of `sha256-pow`. Default 50.
    pub count: u16,
    /// With how many hexadecimal zeros their hashes have to begin. Default 4.
    pub zeros: u8,
    /// How many squarings of `rsw`. Default 75,000.
    pub squarings: u32,
}

/// A protocol of Cap's format 2, under Cap's own name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
pub enum Protocol {
    /// Many small searches for a hash, of which a computer does as many at a time as it has processors.
    #[serde(rename = "sha256-pow")]
    Sha256Pow,
    /// A time lock of Rivest, Shamir and Wagner, which no number of processors opens faster.
    #[serde(rename = "rsw")]
    Rsw,
    /// A small program that is made for a browser, beside one of the others. A hint, and no work.
    #[serde(rename = "instrumentation")]
    Instrumentation,
}

impl Default for CapConfig {
    fn default() -> Self {
        Self {
            protocols: vec![Protocol::Sha256Pow],
            count: 50,
            zeros: 4,
            squarings: 75_000,
        }
    }
}

impl CapConfig {
    /// All that has to be computed, in the order of the protocols: once for each key, if there is a time lock, and else once.
    /// Calls for the keys only if there is one.
    ///
    /// # Errors
    /// [`ChallengeError::Option`] when no protocol is work, one is there twice, or a number is out of its bounds.
    pub fn works(
        &self,
        time_lock_keys: impl FnOnce() -> TimeLockKeys,
    ) -> Result<Vec<Arc<Work>>, ChallengeError> {
        let mut named = HashSet::new();
        let once = self.protocols.iter().all(|name| named.insert(name));
        if !once || named.iter().all(|&&name| name == Protocol::Instrumentation) {
            return Err(ChallengeError::Option {
                field: "protocols",
                allowed: "`sha256-pow`, `rsw` or both, and each once".to_owned(),
            });
        }
        if named.contains(&Protocol::Rsw) {
            let keys = time_lock_keys();
            keys.iter().map(|key| self.work(Some(key))).collect()
        } else {
            Ok(vec![self.work(None)?])
        }
    }

    fn work(&self, time_lock_key: Option<&Arc<TimeLockKey>>) -> Result<Arc<Work>, ChallengeError> {
        let tasks = self.protocols.iter().filter_map(|protocol| {
            Some(match protocol {
                Protocol::Sha256Pow => Hashing::new(self.count, self.zeros).map(Task::Hashing),
                Protocol::Rsw => {
                    TimeLock::new(Arc::clone(time_lock_key?), self.squarings).map(Task::TimeLock)
                }
                Protocol::Instrumentation => Ok(Task::Program),
            })
        });
        Work::new(tasks.collect::<Result<_, _>>()?).map(Arc::new)
    }
}
