//! One server: its connection, made when it is needed and made anew when it is lost.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use redis::{Cmd, Value};
use tokio::time::timeout_at;

use super::failure::Failure;
use super::line::Line;
use super::lines::Lines;
use crate::chance;

/// How long a server that could not be reached is left alone, at first and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// A server, or whichever server is the master just now.
pub(super) struct Server {
    lines: Lines,
    state: Mutex<State>,
    /// Held by whoever connects.
    connecting: tokio::sync::Mutex<()>,
    /// How often it has failed since it last did what it was asked for.
    failures: AtomicU32,
}

enum State {
    /// Nobody has asked for anything yet, or the server has closed the connection: whoever comes waits for a new one.
    Closed,
    Up(Arc<Line>),
    /// Whoever comes is refused at once; after `until`, one at a time tries.
    Down {
        failure: Failure,
        until: Instant,
    },
}

impl Server {
    pub(super) fn new(lines: Lines) -> Self {
        Self {
            lines,
            state: Mutex::new(State::Closed),
            connecting: tokio::sync::Mutex::new(()),
            failures: AtomicU32::new(0),
        }
    }

    /// What the server answers to `command`: no refusal, but for those that the sender can do something about (`MOVED`,
    /// `ASK`, `NOSCRIPT`). `asking` says that another server has sent it here.
    ///
    /// A command that was sent is never sent again: it may have been carried out, though nothing came back.
    pub(super) async fn send(
        &self,
        command: Cmd,
        asking: bool,
        deadline: Instant,
    ) -> Result<Value, Failure> {
        let line = self.line(deadline).await?;
        let started = Instant::now();
        let answer = match timeout_at(deadline.into(), line.send(command, asking)).await {
            Ok(answer) => answer,
            Err(_) => Err(self.gone_silent(&line, started)),
        };
        match answer {
            Ok(Value::ServerError(error)) if !is_for_the_sender(&error) => {
                let failure = Failure::refused(line.connection().server(), &error);
                if failure.ends_connection() {
                    self.lose(&line, || self.down(failure.clone()));
                }
                Err(failure)
            }
            Ok(answer) => {
                self.failures.store(0, Ordering::Relaxed);
                Ok(answer)
            }
            Err(failure) => {
                // Why: whoever closes every connection at once, as a balancer without a server does, is left alone.
                if !line.connection().has_answered() {
                    self.lose(&line, || self.down(failure.clone()));
                }
                Err(failure)
            }
        }
    }

    /// Why replace the connection: nothing came back on it for as long as a command may take, so that it may be cut
    /// without either end knowing.
    fn gone_silent(&self, line: &Arc<Line>, started: Instant) -> Failure {
        let failure = Failure::Silent {
            server: line.connection().server().to_owned(),
            timeout: self.lines.timeout(),
        };
        if line.connection().is_silent_since(started) {
            self.lose(line, || State::Down {
                failure: failure.clone(),
                until: Instant::now(),
            });
        }
        failure
    }

    /// The connection; a new one, if there is none.
    async fn line(&self, deadline: Instant) -> Result<Arc<Line>, Failure> {
        let _connecting = match self.found() {
            Found::Line(line) => return Ok(line),
            Found::Refusal(failure) => return Err(failure),
            Found::Trial(failure) => self.connecting.try_lock().map_err(|_| failure)?,
            Found::Nothing => timeout_at(deadline.into(), self.connecting.lock())
                .await
                .map_err(|_| self.too_slow())?,
        };
        // Why once more: somebody else may have tried while this one waited.
        match self.found() {
            Found::Line(line) => return Ok(line),
            Found::Refusal(failure) => return Err(failure),
            Found::Trial(_) | Found::Nothing => {}
        }
        let outcome = timeout_at(deadline.into(), self.lines.open())
            .await
            .unwrap_or_else(|_| Err(self.too_slow()));
        let (state, outcome) = match outcome {
            Ok(line) => {
                let line = Arc::new(line);
                (State::Up(Arc::clone(&line)), Ok(line))
            }
            Err(failure) => (self.down(failure.clone()), Err(failure)),
        };
        *self.state() = state;
        outcome
    }

    fn found(&self) -> Found {
        match &*self.state() {
            State::Up(line) if line.connection().is_open() => Found::Line(Arc::clone(line)),
            State::Up(_) | State::Closed => Found::Nothing,
            State::Down { failure, until } if Instant::now() < *until => {
                Found::Refusal(failure.clone())
            }
            State::Down { failure, .. } => Found::Trial(failure.clone()),
        }
    }

    fn too_slow(&self) -> Failure {
        Failure::Silent {
            server: self.lines.server(),
            timeout: self.lines.timeout(),
        }
    }

    /// The state after another failure.
    fn down(&self, failure: Failure) -> State {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed);
        State::Down {
            failure,
            until: Instant::now() + chance::pause(failures, FIRST_PAUSE, LONGEST_PAUSE),
        }
    }

    /// Gives `line` up, if it has not been yet.
    fn lose(&self, line: &Arc<Line>, next: impl FnOnce() -> State) {
        let mut state = self.state();
        if matches!(&*state, State::Up(current) if Arc::ptr_eq(current, line)) {
            *state = next();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Why poison is passed over: a state is replaced as a whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Found {
    Line(Arc<Line>),
    Refusal(Failure),
    Trial(Failure),
    Nothing,
}

/// Whether there is something to be done about it: another server, or another command.
fn is_for_the_sender(error: &redis::ServerError) -> bool {
    matches!(error.code(), "MOVED" | "ASK" | "NOSCRIPT")
}
