//! A master, and the ways to it.

use std::sync::Arc;

use super::dialler::Dialler;
use super::inspection::Inspection;
use super::lines::Lines;
use super::place::Place;
use super::server::Server;

/// How a command goes.
#[derive(Clone, Copy)]
pub(super) enum Lane {
    /// As fast as can be.
    Plain,
    /// With as many replicas having it as were asked for, if they were.
    Replicated,
}

/// A master.
#[derive(Clone)]
pub(super) struct Master {
    plain: Arc<Server>,
    /// Why not the same: `WAIT` holds up all that comes after it on its connection.
    replicated: Option<Arc<Server>>,
}

impl Master {
    /// The master at `place`, of whose claims `wait` replicas must have each.
    pub(super) fn new(
        place: &Place,
        dialler: &Arc<Dialler>,
        wait: u32,
        inspection: &Arc<Inspection>,
    ) -> Self {
        let server = |wait| {
            Arc::new(Server::new(Lines {
                place: place.clone(),
                dialler: Arc::clone(dialler),
                wait,
                inspection: Arc::clone(inspection),
            }))
        };
        Self {
            plain: server(0),
            replicated: (wait > 0).then(|| server(wait)),
        }
    }

    /// The way for `lane`.
    pub(super) fn server(&self, lane: Lane) -> &Arc<Server> {
        match lane {
            Lane::Plain => &self.plain,
            Lane::Replicated => self.replicated.as_ref().unwrap_or(&self.plain),
        }
    }
}
