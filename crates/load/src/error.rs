//! Why there is no load to speak of.

use std::{io, path::PathBuf};

/// What keeps a fleet from running; what happens to requests is in the account.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A node, or what it needs, does not run.
    #[error("{0}")]
    Service(#[from] cattlegrid_services::Error),

    /// The secrets or the site will not do.
    #[error("{0}")]
    Gate(#[from] cattlegrid::Error),

    /// What the site asks cannot be made.
    #[error("{0}")]
    Challenge(#[from] cattlegrid::challenge::ChallengeError),

    /// A token or a key cannot be made or opened.
    #[error("{0}")]
    Refusal(#[from] cattlegrid::Refusal),

    /// Nobody gets through any more.
    #[error("nobody gets through; this is what was said:\n{0}")]
    NobodyPasses(String),

    /// A file could not be written.
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
