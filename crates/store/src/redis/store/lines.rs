//! How a server is reached, and what for.

use std::sync::Arc;
use std::time::Duration;

use super::dialler::Dialler;
use super::failure::Failure;
use super::inspection::Inspection;
use super::line::Line;
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

    /// A new one.
    pub(super) async fn open(&self) -> Result<Line, Failure> {
        let connection = Arc::new(self.place.connect(&self.dialler).await?);
        self.place.watch(&self.dialler, &connection);
        Inspection::begin(&self.inspection, &connection);
        Ok(match self.wait {
            0 => Line::at_once(connection),
            wait => Line::acknowledged(connection, wait, self.timeout()),
        })
    }
}
