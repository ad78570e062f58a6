//! A connection on which commands that are asked for at the same time are written together.
//!
//! A write for each of them would be a system call and a wake-up for each, here and in the server, which is most of what
//! a command costs. `WAIT`, which holds up its connection until the replicas have everything that was written on it
//! before, would even let one claim pass for each round trip to the replicas.

use std::sync::Arc;
use std::time::Duration;

use redis::{Cmd, Pipeline, Value};
use tokio::sync::{mpsc, oneshot};
use tokio::task::{AbortHandle, yield_now};

use super::connection::Connection;
use super::failure::Failure;

/// How many commands are written together at most, and how many wait for that.
const LARGEST: usize = 512;

/// A connection, and what waits to be written on it. It is closed when this is dropped.
pub(super) struct Line {
    connection: Arc<Connection>,
    commands: mpsc::Sender<Asked>,
    task: AbortHandle,
}

impl Drop for Line {
    fn drop(&mut self) {
        // Why both: they would keep the connection for as long as they wait for an answer that may never come.
        self.task.abort();
        self.connection.close();
    }
}

/// A command, and where its answer goes.
struct Asked {
    command: Cmd,
    asking: bool,
    answer: oneshot::Sender<Result<Value, Failure>>,
}

impl Line {
    /// Sends on `connection` without waiting for what was sent before.
    pub(super) fn at_once(connection: Arc<Connection>) -> Self {
        Self::new(connection, send_at_once)
    }

    /// Sends on `connection` what `wait` replicas must have.
    pub(super) fn acknowledged(connection: Arc<Connection>, wait: u32, timeout: Duration) -> Self {
        // Why a third: whoever comes just after a batch was sent waits for two of them, and is to hear of it in time.
        let patience = (timeout / 3).max(Duration::from_millis(1));
        Self::new(connection, move |queue, connection| {
            send_in_turn(queue, connection, wait, patience)
        })
    }

    fn new<F: Future<Output = ()> + Send + 'static>(
        connection: Arc<Connection>,
        send_all: impl FnOnce(mpsc::Receiver<Asked>, Arc<Connection>) -> F,
    ) -> Self {
        let (commands, queue) = mpsc::channel(LARGEST);
        let task = tokio::spawn(send_all(queue, Arc::clone(&connection)));
        Self {
            connection,
            commands,
            task: task.abort_handle(),
        }
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The answer to `command`; `asking` says that another server has sent it here.
    pub(super) async fn send(&self, command: Cmd, asking: bool) -> Result<Value, Failure> {
        let (answer, answered) = oneshot::channel();
        let asked = Asked {
            command,
            asking,
            answer,
        };
        let lost = || Failure::Lost {
            server: self.connection.server().to_owned(),
        };
        self.commands.send(asked).await.map_err(|_| lost())?;
        answered.await.map_err(|_| lost())?
    }
}

async fn send_at_once(mut queue: mpsc::Receiver<Asked>, connection: Arc<Connection>) {
    while let Some(batch) = Batch::next(&mut queue).await {
        let connection = Arc::clone(&connection);
        let _detached = tokio::spawn(async move {
            let outcome = connection.send_all(&batch.pipeline).await;
            batch.tell(connection.server(), outcome, Ok);
        });
    }
}

async fn send_in_turn(
    mut queue: mpsc::Receiver<Asked>,
    connection: Arc<Connection>,
    wait: u32,
    patience: Duration,
) {
    let millis = patience.as_millis() as u64;
    while let Some(mut batch) = Batch::next(&mut queue).await {
        batch.pipeline.cmd("WAIT").arg(wait).arg(millis);
        let mut outcome = connection.send_all(&batch.pipeline).await;
        let last = outcome.as_mut().ok().and_then(Vec::pop);
        let acknowledged = acknowledged(connection.server(), last, wait);
        batch.tell(connection.server(), outcome, |answer| match answer {
            // Why only then: what changed nothing waits for nobody.
            Value::Okay => acknowledged.clone().map(|()| Value::Okay),
            answer => Ok(answer),
        });
    }
}

struct Batch {
    pipeline: Pipeline,
    /// Where the answers go, and whether there is one before it that goes nowhere.
    answers: Vec<(bool, oneshot::Sender<Result<Value, Failure>>)>,
}

impl Batch {
    /// The commands that are there, as soon as there is one.
    async fn next(queue: &mut mpsc::Receiver<Asked>) -> Option<Self> {
        let first = queue.recv().await?;
        // Why: so that everybody who is about to ask has asked.
        yield_now().await;
        let mut batch = Self {
            pipeline: Pipeline::with_capacity(queue.len() + 1),
            answers: Vec::with_capacity(queue.len() + 1),
        };
        batch.add(first);
        while batch.answers.len() < LARGEST
            && let Ok(asked) = queue.try_recv()
        {
            batch.add(asked);
        }
        Some(batch)
    }

    fn add(&mut self, asked: Asked) {
        if asked.asking {
            self.pipeline.cmd("ASKING");
        }
        self.pipeline.add_command(asked.command);
        self.answers.push((asked.asking, asked.answer));
    }

    /// Tells everybody what `judge` makes of their answer.
    fn tell(
        self,
        server: &str,
        outcome: Result<Vec<Value>, Failure>,
        judge: impl Fn(Value) -> Result<Value, Failure>,
    ) {
        let (said, failure) = match outcome {
            Ok(said) => (said, None),
            Err(failure) => (Vec::new(), Some(failure)),
        };
        let mut said = said.into_iter();
        for (asking, answer) in self.answers {
            if asking {
                said.next();
            }
            let outcome = match (&failure, said.next()) {
                (Some(failure), _) => Err(failure.clone()),
                (None, Some(said)) => judge(said),
                (None, None) => Err(Failure::Unclear {
                    server: server.to_owned(),
                }),
            };
            // Why it does not matter when nobody listens: whoever gave up was refused.
            let _ = answer.send(outcome);
        }
    }
}

fn acknowledged(server: &str, answer: Option<Value>, wanted: u32) -> Result<(), Failure> {
    let acknowledged = match answer {
        Some(Value::Int(replicas)) => replicas,
        Some(Value::ServerError(error)) => return Err(Failure::refused(server, &error)),
        _ => 0,
    };
    if acknowledged >= i64::from(wanted) {
        Ok(())
    } else {
        Err(Failure::TooFewReplicas {
            acknowledged,
            wanted,
        })
    }
}
