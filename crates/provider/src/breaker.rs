//! Leaves a provider alone that does not answer: visitors hear so at once, and it gets no flood of questions the moment
//! that it is back.
//!
//! Only a question without an answer counts. A bad answer does not, as a visitor may be able to bring one about.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cattlegrid_store::{Clock, Timestamp};

/// Questions without an answer, one after the other, after which no more are asked.
const PATIENCE: u32 = 5;

/// How long none are asked. Then there is one, and its outcome decides.
const PAUSE: Duration = Duration::from_secs(10);

pub(crate) struct Breaker {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Questions without an answer since the last that had one.
    unanswered: u32,
    /// Until when none are asked, where there were too many.
    alone_until: Option<Timestamp>,
    /// Whether the one question after the pause is being asked.
    probing: bool,
    /// When there was last an answer.
    answered: Option<Timestamp>,
}

impl Breaker {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            state: Mutex::default(),
        }
    }

    /// Leave to ask one question, unless the provider is left alone.
    pub(crate) fn admit(&self) -> Option<Leave<'_>> {
        let mut state = self.state();
        let probe = match state.alone_until {
            None => false,
            Some(until) if state.probing || self.clock.now() < until => return None,
            Some(_) => true,
        };
        state.probing |= probe;
        Some(Leave {
            breaker: self,
            probe,
        })
    }

    /// Whether there was an answer within the last pause, and since then no question without one.
    pub(crate) fn answers(&self) -> bool {
        let state = self.state();
        let lately = |at: Timestamp| self.clock.now().saturating_since(at) < PAUSE;
        state.unanswered == 0 && state.answered.is_some_and(lately)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leave to ask one question. Who gives up waiting drops it, and that says nothing of the provider.
pub(crate) struct Leave<'a> {
    breaker: &'a Breaker,
    probe: bool,
}

impl Leave<'_> {
    /// There was an answer, be it a bad one.
    pub(crate) fn answered(self) {
        let mut state = self.breaker.state();
        state.unanswered = 0;
        state.alone_until = None;
        state.answered = Some(self.breaker.clock.now());
    }

    /// There was none.
    pub(crate) fn unanswered(self) {
        let mut state = self.breaker.state();
        state.unanswered = state.unanswered.saturating_add(1);
        if state.unanswered >= PATIENCE {
            state.alone_until = Some(self.breaker.clock.now().saturating_add(PAUSE));
        }
    }
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        if self.probe {
            self.breaker.state().probing = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use cattlegrid_store::ManualClock;

    use super::*;

    fn breaker() -> (Breaker, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_000_000)));
        (Breaker::new(Arc::clone(&clock) as Arc<dyn Clock>), clock)
    }

    fn fail(breaker: &Breaker, times: u32) {
        for _ in 0..times {
            breaker.admit().unwrap().unanswered();
        }
    }

    #[test]
    fn it_takes_patience_in_a_row() {
        let (breaker, _) = breaker();
        fail(&breaker, PATIENCE - 1);
        breaker.admit().unwrap().answered();
        fail(&breaker, PATIENCE - 1);
        assert!(breaker.admit().is_some());
        fail(&breaker, 1);
        assert!(breaker.admit().is_none());
    }

    #[test]
    fn after_the_pause_there_is_one_question_at_a_time() {
        let (breaker, clock) = breaker();
        fail(&breaker, PATIENCE);
        clock.advance(PAUSE.checked_sub(Duration::from_millis(1)).unwrap());
        assert!(breaker.admit().is_none());
        clock.advance(Duration::from_millis(1));
        let probe = breaker.admit().unwrap();
        assert!(breaker.admit().is_none());
        probe.unanswered();
        assert!(breaker.admit().is_none());
        clock.advance(PAUSE);
        breaker.admit().unwrap().answered();
        assert!(breaker.admit().is_some() && breaker.admit().is_some());
    }

    #[test]
    fn a_question_that_nobody_waits_for_says_nothing() {
        let (breaker, clock) = breaker();
        for _ in 0..2 * PATIENCE {
            drop(breaker.admit().unwrap());
        }
        fail(&breaker, PATIENCE);
        clock.advance(PAUSE);
        drop(breaker.admit().unwrap());
        breaker.admit().unwrap().answered();
    }

    #[test]
    fn of_many_at_once_one_asks_after_the_pause() {
        let (breaker, clock) = breaker();
        fail(&breaker, PATIENCE);
        clock.advance(PAUSE);
        let asked = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| breaker.admit())).collect();
            let leaves: Vec<_> = threads.into_iter().map(|t| t.join().unwrap()).collect();
            leaves.iter().flatten().count()
        });
        assert_eq!(asked, 1);
    }

    #[test]
    fn an_answer_is_good_for_a_while() {
        let (breaker, clock) = breaker();
        assert!(!breaker.answers());
        breaker.admit().unwrap().answered();
        assert!(breaker.answers());
        fail(&breaker, 1);
        assert!(!breaker.answers());
        breaker.admit().unwrap().answered();
        clock.advance(PAUSE);
        assert!(!breaker.answers());
    }
}
