//! Writes that wait for replicas.
//!
//! `WAIT` holds up its connection until the replicas have everything that was written on it before. One for each claim
//! would let one claim pass for each round trip to the replicas; so those that come while one waits go together, and
//! share the next.

use std::sync::Arc;
use std::time::Duration;

use redis::{Cmd, Pipeline, Value};
use tokio::sync::{mpsc, oneshot};
use tokio::task::AbortHandle;

use super::connection::Connection;
use super::failure::Failure;

/// How many writes share a `WAIT`, and how many wait for the next.
const LARGEST: usize = 512;

/// Batches of writes on a connection of their own.
pub(super) struct Batches {
    connection: Arc<Connection>,
    writes: mpsc::Sender<Write>,
    task: AbortHandle,
}

impl Drop for Batches {
    fn drop(&mut self) {
        // Why: it would keep the connection for as long as it waits for an answer that may never come.
        self.task.abort();
    }
}

struct Write {
    command: Cmd,
    asking: bool,
    answer: oneshot::Sender<Result<Value, Failure>>,
}

impl Batches {
    /// Those on `connection`, each of which `wait` replicas must have.
    pub(super) fn new(connection: Arc<Connection>, wait: u32, timeout: Duration) -> Self {
        let (writes, queue) = mpsc::channel(LARGEST);
        // Why a third: whoever comes just after a batch was sent waits for two of them, and is to hear of it in time.
        let patience = (timeout / 3).max(Duration::from_millis(1));
        let task = tokio::spawn(run(queue, Arc::clone(&connection), wait, patience));
        Self {
            connection,
            writes,
            task: task.abort_handle(),
        }
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) async fn send(&self, command: Cmd, asking: bool) -> Result<Value, Failure> {
        let (answer, answered) = oneshot::channel();
        let write = Write {
            command,
            asking,
            answer,
        };
        let lost = || Failure::Lost {
            server: self.connection.server().to_owned(),
        };
        self.writes.send(write).await.map_err(|_| lost())?;
        answered.await.map_err(|_| lost())?
    }
}

async fn run(
    mut queue: mpsc::Receiver<Write>,
    connection: Arc<Connection>,
    wait: u32,
    patience: Duration,
) {
    let mut batch = Vec::new();
    while queue.recv_many(&mut batch, LARGEST).await > 0 {
        let outcome = connection.send_all(&pipeline(&batch, wait, patience)).await;
        let (mut answers, outcome) = match outcome {
            Ok(answers) => (answers, Ok(())),
            Err(failure) => (Vec::new(), Err(failure)),
        };
        let acknowledged = acknowledged(connection.server(), answers.pop(), wait);
        let mut answers = answers.into_iter();
        for write in batch.drain(..) {
            if write.asking {
                answers.next();
            }
            let answer = match (&outcome, answers.next()) {
                (Err(failure), _) => Err(failure.clone()),
                (Ok(()), None) => Err(Failure::Unclear {
                    server: connection.server().to_owned(),
                }),
                // Why only then: what changed nothing waits for nobody.
                (Ok(()), Some(Value::Okay)) => acknowledged.clone().map(|()| Value::Okay),
                (Ok(()), Some(answer)) => Ok(answer),
            };
            // Why it does not matter when nobody listens: whoever gave up was refused.
            let _ = write.answer.send(answer);
        }
    }
}

fn pipeline(batch: &[Write], wait: u32, patience: Duration) -> Pipeline {
    let mut pipeline = Pipeline::with_capacity(batch.len() + 1);
    for write in batch {
        if write.asking {
            pipeline.cmd("ASKING");
        }
        pipeline.add_command(write.command.clone());
    }
    let millis = patience.as_millis();
    pipeline.cmd("WAIT").arg(wait).arg(millis as u64);
    pipeline
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
