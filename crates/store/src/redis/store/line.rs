//! How commands are put on a connection: as they come, or in batches that wait for the replicas.

use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::{Cmd, Pipeline, Value};

use super::batches::Batches;
use super::connection::Connection;
use super::dialler::Dialler;
use super::failure::Failure;
use super::inspection::Inspection;
use super::place::Place;

/// Opens lines to one server.
pub(super) struct Lines {
    pub(super) place: Place,
    pub(super) dialler: Arc<Dialler>,
    /// How many replicas must have what is written.
    pub(super) wait: u32,
    pub(super) inspection: Arc<Inspection>,
}

impl Lines {
    /// The server's name, for messages.
    pub(super) fn server(&self) -> String {
        self.place.to_string()
    }

    /// How long anything may take.
    pub(super) fn timeout(&self) -> Duration {
        self.dialler.timeout()
    }

    /// A new line.
    pub(super) async fn open(&self) -> Result<Line, Failure> {
        let connection = Arc::new(self.place.connect(&self.dialler).await?);
        self.place.watch(&self.dialler, &connection);
        Inspection::begin(&self.inspection, &connection);
        Ok(match self.wait {
            0 => Line::Direct(connection),
            wait => Line::Waiting(Batches::new(connection, wait, self.timeout())),
        })
    }
}

/// A connection, and how commands are put on it.
pub(super) enum Line {
    Direct(Arc<Connection>),
    Waiting(Batches),
}

impl Line {
    fn connection(&self) -> &Connection {
        match self {
            Self::Direct(connection) => connection,
            Self::Waiting(batches) => batches.connection(),
        }
    }

    pub(super) fn server(&self) -> &str {
        self.connection().server()
    }

    pub(super) fn is_open(&self) -> bool {
        self.connection().is_open()
    }

    pub(super) fn has_answered(&self) -> bool {
        self.connection().has_answered()
    }

    pub(super) fn is_silent_since(&self, moment: Instant) -> bool {
        self.connection().is_silent_since(moment)
    }

    pub(super) async fn send(&self, command: &Cmd, asking: bool) -> Result<Value, Failure> {
        match self {
            Self::Waiting(batches) => batches.send(command.clone(), asking).await,
            Self::Direct(connection) if asking => {
                let mut pipeline = Pipeline::with_capacity(2);
                pipeline.cmd("ASKING").add_command(command.clone());
                let mut answers = connection.send_all(&pipeline).await?;
                answers.pop().ok_or_else(|| Failure::Unclear {
                    server: connection.server().to_owned(),
                })
            }
            Self::Direct(connection) => connection.send(command).await,
        }
    }
}
