//! What can go wrong with a server, each with what to do about it.

use std::{io, path::PathBuf};

/// Why a server does not run.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The program is not on this machine.
    #[error("{program} is missing: install it (on Debian: apt-get install {package})")]
    Missing {
        /// The program's name
        program: &'static str,
        /// What to install
        package: &'static str,
    },

    /// It ended, or did not become ready in time.
    #[error("{} does not start: read what it says\n{said}", .program.display())]
    DidNotStart {
        /// What was started
        program: PathBuf,
        /// What it wrote to standard output and standard error
        said: String,
    },

    /// It was to be paused or resumed, and does not run.
    #[error("the server at {0} does not run: restart it first")]
    Down(std::net::SocketAddr),

    /// A server that refuses to run as root has no user to run as.
    #[error("there is no user {0} to run a server as: add the user, or do not run as root")]
    NoUser(&'static str),

    /// Servers that should agree on a master do not, after a minute.
    #[error("the Redis servers have no master that all agree on: restart those that are down")]
    NoMaster,

    /// A certificate cannot be made.
    #[error("no certificate: {0}")]
    Certificate(#[from] rcgen::Error),

    /// Every port that was tried is taken.
    #[error("found no free port: end some of the servers on this machine")]
    NoPort,

    /// A file could not be read or written, or a program not run.
    #[error("{path}: {source}", path = .path.display())]
    File {
        /// Which
        path: PathBuf,
        /// Why
        source: io::Error,
    },
}

impl Error {
    /// Says which file it was; for `map_err`.
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
