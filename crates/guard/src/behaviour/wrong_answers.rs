//! How many answers from an address were wrong of late.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cattlegrid_store::{Quota, Store};

use crate::Error;
use crate::rate_limit::{Limiter, Rates, Salt};

/// The name that both limiters count under.
const NAME: &str = "wrong-answers";
/// So often one wrong answer is forgotten.
const FORGOTTEN_EACH: Duration = Duration::from_secs(60);
/// No more are remembered, so that all are forgotten after so many minutes.
const REMEMBERED: u32 = 10;

/// How many answers from each address were wrong of late. One is forgotten each minute, and at most ten are remembered.
///
/// They are counted as steps of a quota in the store of the [`Rates`], for whom the store knows a keyed hash. A store can
/// take steps and not be asked how many were taken; so the question is a step as well, under the same key but from
/// a quota that is as long as so many wrong answers and whose steps are a microsecond each. It is refused exactly where
/// that many are owed, and else leaves a trace of a microsecond.
///
/// Where the store cannot decide, each process goes by its own count, as with any limit.
pub struct WrongAnswers<S> {
    count: Limiter<S>,
    question: Limiter<S>,
}

impl<S> fmt::Debug for WrongAnswers<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WrongAnswers(…)")
    }
}

impl<S: Store> WrongAnswers<S> {
    /// More than these, within about as many minutes, are many.
    pub const MANY: u32 = 5;

    /// Those that are counted in the store of `rates`.
    ///
    /// # Errors
    /// None: the name and the quotas are known to be good.
    pub fn new(salt: &Salt, rates: Arc<Rates<S>>) -> Result<Self, Error> {
        let count = Quota::new(REMEMBERED, FORGOTTEN_EACH * REMEMBERED)?;
        let owed = FORGOTTEN_EACH * Self::MANY;
        let microseconds = u32::try_from(owed.as_micros()).unwrap_or(u32::MAX);
        let question = Quota::new(microseconds, owed)?;
        Ok(Self {
            count: Limiter::new(NAME, count, salt, Arc::clone(&rates))?,
            question: Limiter::new(NAME, question, salt, rates)?,
        })
    }

    /// Counts a wrong answer from there.
    pub async fn count(&self, address: impl AsRef<[u8]>) {
        // Why not looked at: more than are remembered are many as well.
        let _ = self.count.check(address).await;
    }

    /// Whether many answers from there were wrong of late.
    pub async fn are_many(&self, address: impl AsRef<[u8]>) -> bool {
        self.question.check(address).await.is_refusal()
    }
}
