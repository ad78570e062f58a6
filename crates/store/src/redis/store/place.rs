//! Where a server is: at one address, or wherever the sentinels say.

use std::fmt;
use std::sync::Arc;

use super::connection::Connection;
use super::dialler::Dialler;
use super::failure::Failure;
use super::sentinels::Sentinels;
use crate::servers::Host;

/// Where a server is.
#[derive(Clone)]
pub(super) enum Place {
    At(Host),
    Elected(Sentinels),
}

impl Place {
    pub(super) async fn connect(&self, dialler: &Dialler) -> Result<Connection, Failure> {
        match self {
            Self::At(host) => dialler.connect(host).await,
            Self::Elected(sentinels) => sentinels.connect(dialler).await,
        }
    }

    /// Has `connection` closed when it should be made anew, to another server.
    pub(super) fn watch(&self, dialler: &Arc<Dialler>, connection: &Arc<Connection>) {
        if let Self::Elected(sentinels) = self {
            let (sentinels, watched) = (sentinels.clone(), Arc::downgrade(connection));
            tokio::spawn(sentinels.watch(Arc::clone(dialler), watched));
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(host) => host.fmt(f),
            Self::Elected(sentinels) => sentinels.fmt(f),
        }
    }
}
