//! An account of all that was said, and of what was accepted.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::Told;

/// A step of a person's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Asking for a challenge
    Issue,
    /// Looking at its picture
    Picture,
    /// Answering it
    Answer,
    /// Verifying the token
    Verify,
}

/// What was said to everybody, kept in one place.
#[derive(Debug, Default)]
pub struct Account(Mutex<Inside>);

#[derive(Debug, Default)]
struct Inside {
    /// What was said while nothing failed that was not to.
    said: Said,
    /// What was said while something was made to fail.
    disturbed: Said,
    is_disturbed: bool,
    /// For each key and each token that was tried: how often it was accepted.
    accepted: HashMap<String, u32>,
}

type Said = BTreeMap<(Step, String), u64>;

impl Account {
    /// Counts what was said at a step.
    pub fn count(&self, step: Step, told: &Told) {
        let mut inside = self.lock();
        let said = if inside.is_disturbed {
            &mut inside.disturbed
        } else {
            &mut inside.said
        };
        *said.entry((step, told.to_string())).or_default() += 1;
    }

    /// Keeps apart what is said from now on, as something is made to fail; or no longer.
    pub fn disturb(&self, is_disturbed: bool) {
        self.lock().is_disturbed = is_disturbed;
    }

    /// Counts what was said to an attempt to spend `id`, a key or a token.
    pub fn count_of(&self, id: &str, step: Step, told: &Told) {
        self.count(step, told);
        *self.lock().accepted.entry(id.to_owned()).or_default() += u32::from(told.is_success());
    }

    /// How often this was said at a step.
    pub fn said(&self, step: Step, what: &str) -> u64 {
        let (inside, key) = (self.lock(), (step, what.to_owned()));
        let of = |said: &Said| said.get(&key).copied().unwrap_or_default();
        of(&inside.said) + of(&inside.disturbed)
    }

    /// All that was said at any step while nothing was made to fail, and is not among these.
    pub fn beyond(&self, expected: &[&str]) -> Vec<(Step, String, u64)> {
        let inside = self.lock();
        let others = inside
            .said
            .iter()
            .filter(|((_, what), _)| !expected.contains(&what.as_str()));
        others
            .map(|((step, what), count)| (*step, what.clone(), *count))
            .collect()
    }

    /// How many keys and tokens were accepted exactly this often.
    pub fn accepted(&self, times: u32) -> usize {
        self.lock()
            .accepted
            .values()
            .filter(|count| **count == times)
            .count()
    }

    /// How many keys and tokens were accepted more than once.
    pub fn accepted_twice(&self) -> usize {
        self.lock()
            .accepted
            .values()
            .filter(|count| **count > 1)
            .count()
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A table of what was said how often: while nothing was made to fail, and while something was.
impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inside = self.lock();
        let keys: BTreeSet<&(Step, String)> =
            inside.said.keys().chain(inside.disturbed.keys()).collect();
        writeln!(
            f,
            "{:<10}{:<24}{:>12}{:>12}",
            "step", "said", "quiet", "disturbed"
        )?;
        for key in keys {
            let of = |said: &Said| said.get(key).copied().unwrap_or_default();
            let (quiet, disturbed) = (of(&inside.said), of(&inside.disturbed));
            let (step, what) = (format!("{:?}", key.0).to_lowercase(), &key.1);
            writeln!(f, "{step:<10}{what:<24}{quiet:>12}{disturbed:>12}")?;
        }
        Ok(())
    }
}
