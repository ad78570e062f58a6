//! The thread that owns the connection: it gathers jobs, decides them in one transaction, and answers.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::sql::SqliteOptions;
use crate::sql::ask::{Ask, unavailable};
use crate::{Claim, Clock, SpentId, StoreError, Timestamp};

/// The most jobs in one transaction.
const BATCH: usize = 1024;

/// The most ids deleted in one transaction of its own, so that a claim that comes meanwhile hardly waits.
const SWEEP: usize = 512;

/// How often an idle writer looks for expired ids.
const IDLE: Duration = Duration::from_secs(1);

/// A question to the writer. To a look, the answer is what a claim would have got; to a probe, what that of a new id would.
pub(super) type Job = Ask<Question, Claim>;

pub(super) enum Question {
    Claim {
        id: SpentId,
        asked_at: Timestamp,
        expires_at: Timestamp,
    },
    Look {
        id: SpentId,
        asked_at: Timestamp,
    },
    Probe,
}

type Verdict = Result<Claim, StoreError>;

pub(super) struct Writer {
    connection: Connection,
    limit: usize,
    /// How long an expired id is kept for the claims that were made before it expired and are still waiting.
    grace: Duration,
    clock: Arc<dyn Clock>,
}

impl Writer {
    pub(super) fn new(
        connection: Connection,
        options: SqliteOptions,
        clock: Arc<dyn Clock>,
    ) -> rusqlite::Result<Self> {
        let state = State::read(&connection)?;
        let now = clock.now();
        if state.swept_until > now {
            let ahead = state.swept_until.saturating_since(now);
            tracing::warn!(
                ?ahead,
                "the wall clock is behind the store's; going on from the store's"
            );
        }
        clock.advance_to(state.swept_until);
        Ok(Self {
            connection,
            limit: options.limit,
            grace: options.timeout,
            clock,
        })
    }

    /// Works until the store is dropped and every job that it had taken is answered.
    pub(super) fn run(mut self, queue: &Receiver<Job>) {
        let mut wait = IDLE;
        loop {
            match queue.recv_timeout(wait) {
                Ok(job) => {
                    let rest = queue.try_iter().take(BATCH - 1);
                    self.serve(std::iter::once(job).chain(rest));
                }
                Err(RecvTimeoutError::Timeout) => {
                    let more = self.sweep_alone();
                    wait = if more { Duration::ZERO } else { IDLE };
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn serve(&mut self, jobs: impl Iterator<Item = Job>) {
        let jobs: Vec<_> = jobs.filter(|job| !job.is_abandoned()).collect();
        match self.decide(&jobs) {
            Ok(verdicts) => {
                for (job, verdict) in jobs.into_iter().zip(verdicts) {
                    job.answer(verdict);
                }
            }
            Err(error) => {
                tracing::error!(%error, refused = jobs.len(), "the database failed");
                for job in jobs {
                    job.answer(Err(unavailable(error.to_string())));
                }
            }
        }
    }

    /// Decides all jobs in one transaction, which is committed on return.
    fn decide(&mut self, jobs: &[Job]) -> rusqlite::Result<Vec<Verdict>> {
        let mut step = Step::begin(&mut self.connection, &*self.clock)?;
        // Why twice: expired ids then leave faster than new ones come, and all that is in the way of this batch
        // has left before the first of it may find the store full.
        step.sweep(self.clock.now(), self.grace, 2 * jobs.len())?;
        let verdicts = jobs
            .iter()
            .map(|job| match job.question {
                Question::Claim {
                    id,
                    asked_at,
                    expires_at,
                } => step.claim(id, asked_at, expires_at, self.limit),
                Question::Look { id, asked_at } => step.look(id, asked_at),
                Question::Probe => step.probe(self.limit),
            })
            .collect::<rusqlite::Result<_>>()?;
        step.commit()?;
        Ok(verdicts)
    }

    /// Deletes some expired ids; returns whether there may be more.
    fn sweep_alone(&mut self) -> bool {
        let swept = Step::begin(&mut self.connection, &*self.clock).and_then(|mut step| {
            let swept = step.sweep(self.clock.now(), self.grace, SWEEP)?;
            step.commit()?;
            Ok(swept)
        });
        match swept {
            Ok(swept) => swept == SWEEP,
            Err(error) => {
                tracing::warn!(%error, "could not delete expired ids; will try again");
                false
            }
        }
    }
}

/// What the store knows of itself; kept in the transaction that changes it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct State {
    /// Rows, expired ones that are not yet deleted included.
    held: usize,
    /// Ids that expired before this may be forgotten.
    swept_until: Timestamp,
}

impl State {
    fn read(connection: &Connection) -> rusqlite::Result<Self> {
        connection
            .prepare_cached("SELECT held, swept_until FROM state")?
            .query_row([], |row| {
                Ok(Self {
                    held: row.get(0)?,
                    swept_until: Timestamp::from_millis(row.get(1)?),
                })
            })
    }

    fn write(self, connection: &Connection) -> rusqlite::Result<()> {
        connection
            .prepare_cached("UPDATE state SET held = ?1, swept_until = ?2")?
            .execute(params![self.held, millis(self.swept_until)])
            .map(drop)
    }
}

/// One transaction.
struct Step<'a> {
    transaction: Transaction<'a>,
    state: State,
    committed: State,
}

impl<'a> Step<'a> {
    /// Begins a transaction that no other process can write beside.
    fn begin(connection: &'a mut Connection, clock: &dyn Clock) -> rusqlite::Result<Self> {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let state = State::read(&transaction)?;
        // Why: another process on this file may have a clock that is ahead of ours, and have swept by it.
        clock.advance_to(state.swept_until);
        Ok(Self {
            transaction,
            state,
            committed: state,
        })
    }

    fn claim(
        &mut self,
        id: SpentId,
        asked_at: Timestamp,
        expires_at: Timestamp,
        limit: usize,
    ) -> rusqlite::Result<Verdict> {
        if asked_at < self.state.swept_until {
            return Ok(Err(waited()));
        }
        match self.last_moment(id)? {
            Some(last) if last >= asked_at => return Ok(Ok(Claim::Spent)),
            Some(_) => {}
            None if self.state.held >= limit => return Ok(Err(StoreError::Full { limit })),
            None => self.state.held += 1,
        }
        self.transaction
            .prepare_cached("INSERT OR REPLACE INTO spent (id, expires_at) VALUES (?1, ?2)")?
            .execute(params![id.as_bytes(), millis(expires_at)])?;
        Ok(Ok(Claim::First))
    }

    /// Whether the id was spent when it was asked for, as the claim that it would have got.
    fn look(&self, id: SpentId, asked_at: Timestamp) -> rusqlite::Result<Verdict> {
        if asked_at < self.state.swept_until {
            return Ok(Err(waited()));
        }
        Ok(Ok(match self.last_moment(id)? {
            Some(last) if last >= asked_at => Claim::Spent,
            _ => Claim::First,
        }))
    }

    /// The last moment at which the id is spent, if it is known at all.
    fn last_moment(&self, id: SpentId) -> rusqlite::Result<Option<Timestamp>> {
        let found = self
            .transaction
            .prepare_cached("SELECT expires_at FROM spent WHERE id = ?1")?
            .query_row([id.as_bytes()], |row| row.get(0))
            .optional()?;
        Ok(found.map(Timestamp::from_millis))
    }

    /// What the claim of a new id would get, with a write to find out whether the disk takes one.
    fn probe(&self, limit: usize) -> rusqlite::Result<Verdict> {
        self.state.write(&self.transaction)?;
        Ok(if self.state.held < limit {
            Ok(Claim::First)
        } else {
            Err(StoreError::Full { limit })
        })
    }

    /// Deletes at most `at_most` ids that expired longer than `grace` ago; returns how many.
    fn sweep(
        &mut self,
        now: Timestamp,
        grace: Duration,
        at_most: usize,
    ) -> rusqlite::Result<usize> {
        let until = now.saturating_sub(grace);
        let swept = self
            .transaction
            .prepare_cached(
                "DELETE FROM spent WHERE id IN
                 (SELECT id FROM spent WHERE expires_at < ?1 ORDER BY expires_at LIMIT ?2)",
            )?
            .execute(params![millis(until), at_most])?;
        if swept > 0 {
            self.state.held = self.state.held.saturating_sub(swept);
            self.state.swept_until = self.state.swept_until.max(until);
        }
        Ok(swept)
    }

    fn commit(self) -> rusqlite::Result<()> {
        if self.state != self.committed {
            self.state.write(&self.transaction)?;
        }
        self.transaction.commit()
    }
}

fn waited() -> StoreError {
    unavailable("the claim waited too long to be decided")
}

/// Milliseconds as SQLite keeps them; what is beyond its integers is as good as for ever.
fn millis(at: Timestamp) -> i64 {
    i64::try_from(at.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;
    use tokio::sync::oneshot;

    use super::*;
    use crate::ManualClock;
    use crate::sql::sqlite::schema;

    const TTL: Duration = Duration::from_secs(60);

    struct Bench {
        writer: Writer,
        clock: Arc<ManualClock>,
        _files: TempDir,
    }

    fn bench() -> Bench {
        let files = tempfile::tempdir().unwrap();
        let options = SqliteOptions::default();
        let connection = schema::open(&files.path().join("spent.db"), options).unwrap();
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_700_000_000_000)));
        Bench {
            writer: Writer::new(connection, options, clock.clone()).unwrap(),
            clock,
            _files: files,
        }
    }

    impl Bench {
        /// A claim that is made now, and the reply that will come when it is served.
        fn job(&self, id: u32) -> (Job, oneshot::Receiver<Verdict>) {
            let asked_at = self.clock.now();
            Ask::new(Question::Claim {
                id: SpentId::from_bytes(u128::from(id).to_be_bytes()),
                asked_at,
                expires_at: asked_at.saturating_add(TTL),
            })
        }

        fn claim(&mut self, ids: std::ops::Range<u32>) -> Vec<Verdict> {
            let (jobs, answers): (Vec<_>, Vec<_>) = ids.map(|id| self.job(id)).unzip();
            self.writer.serve(jobs.into_iter());
            answers
                .into_iter()
                .map(|answer| answer.blocking_recv().unwrap())
                .collect()
        }

        fn all_get(&mut self, ids: std::ops::Range<u32>, expected: Claim) -> bool {
            self.claim(ids)
                .iter()
                .all(|verdict| matches!(verdict, Ok(claim) if *claim == expected))
        }
    }

    #[test]
    fn a_disk_that_is_full_refuses_the_batch_and_works_again_when_there_is_room() {
        let mut bench = bench();
        // SQLite says `database or disk is full` in the same way for a full disk as for this bound.
        let room = |bench: &Bench, pages: i64| {
            bench
                .writer
                .connection
                .pragma_update(None, "max_page_count", pages)
                .unwrap();
        };
        room(&bench, 12);
        assert!(bench.all_get(0..10, Claim::First));
        for verdict in bench.claim(10..1000) {
            let error = verdict.unwrap_err();
            assert!(error.to_string().contains("full"), "{error}");
            assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
        }
        room(&bench, 1_000_000);
        assert!(bench.all_get(10..1000, Claim::First));
        assert!(bench.all_get(0..1000, Claim::Spent));
    }

    #[test]
    fn an_abandoned_claim_spends_nothing() {
        let mut bench = bench();
        let (job, answer) = bench.job(0);
        drop(answer);
        bench.writer.serve(std::iter::once(job));
        assert!(bench.all_get(0..1, Claim::First));
    }

    #[test]
    fn a_claim_that_waits_while_its_id_expires_is_still_told_that_it_is_spent() {
        let mut bench = bench();
        assert!(bench.all_get(0..1, Claim::First));
        bench.clock.advance(TTL);
        let (late, answer) = bench.job(0);
        bench.clock.advance(Duration::from_secs(1));
        assert!(bench.all_get(1..2, Claim::First));
        bench.writer.serve(std::iter::once(late));
        assert!(matches!(answer.blocking_recv(), Ok(Ok(Claim::Spent))));
    }

    #[test]
    fn a_claim_that_waits_too_long_is_refused() {
        let mut bench = bench();
        assert!(bench.all_get(0..1, Claim::First));
        let (late, answer) = bench.job(0);
        bench.clock.advance(TTL + Duration::from_secs(60));
        assert!(bench.all_get(1..2, Claim::First));
        bench.writer.serve(std::iter::once(late));
        assert!(matches!(
            answer.blocking_recv(),
            Ok(Err(StoreError::Unavailable(_)))
        ));
    }
}
