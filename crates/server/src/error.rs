//! Why the program ends, and with which status.

use std::fmt::Display;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use cattlegrid::store::OpenError;

/// Why the program ends before its work is done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The configuration has an unknown key or a wrong value.
    #[error("configuration: {key}: {problem}")]
    Config {
        /// The key's full name, and where it was set.
        key: String,
        /// What is wrong with it, and what it may be.
        problem: String,
    },
    /// A file that the configuration names cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    ReadFile {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The platform has no place for data, as no home directory is known.
    #[error("no home directory is known; say where data is kept with --data or CATTLEGRID_DATA")]
    NoDataDirectory,
    /// Something cannot be made in the data directory.
    #[error("cannot write {}: {source}; make it writable, or name another place with --data, or give both CATTLEGRID_SECRET and CATTLEGRID_STORE", path.display())]
    Write {
        /// The file or directory.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A file that was asked for cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    WriteFile {
        /// The file or directory.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file of the secret can be read by others than its owner.
    #[error("{path} can be read by others (its mode is {mode:03o}); run: chmod 600 {path}", path = path.display())]
    SecretIsOpen {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The secret is malformed.
    #[error("the secret in {place}: {source}")]
    Secret {
        /// Where it was taken from.
        place: String,
        /// What is wrong with it.
        source: cattlegrid::Error,
    },
    /// The address cannot be listened on.
    #[error(
        "cannot listen on {address}: {source}; choose another with --listen or CATTLEGRID_LISTEN"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// The store cannot be opened.
    #[error("cannot open the store {url}: {source}")]
    Store {
        /// Which store.
        url: String,
        /// Why not.
        source: OpenError,
    },
    /// The server that was probed is not there, or not well.
    #[error("{address}: {why}")]
    Probe {
        /// Where it should be.
        address: SocketAddr,
        /// What it says, or why it cannot be asked.
        why: String,
    },
    /// The key given to `open` is not one that the secret opens.
    #[error("the key cannot be opened: {0}; is this the secret that sealed it?")]
    Key(cattlegrid::Refusal),
    /// A challenge cannot be made or drawn as asked.
    #[error(transparent)]
    Challenge(#[from] cattlegrid::challenge::ChallengeError),
    /// The source of randomness failed.
    #[error(transparent)]
    NoEntropy(#[from] cattlegrid::NoEntropy),
    /// The operating system failed.
    #[error("{doing}: {source}")]
    System {
        /// What was being done.
        doing: &'static str,
        /// What went wrong.
        source: std::io::Error,
    },
}

impl Error {
    pub(crate) fn config(key: &str, problem: impl Display) -> Self {
        Self::Config {
            key: key.to_owned(),
            problem: problem.to_string(),
        }
    }

    /// The exit status, as in the BSD `sysexits`.
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Probe { .. } => 1,
            Self::Key(_) | Self::Challenge(_) => 65,
            Self::ReadFile { .. } => 66,
            Self::Listen { .. } => 69,
            Self::NoEntropy(_) | Self::System { .. } => 71,
            Self::Write { .. } | Self::WriteFile { .. } | Self::Store { .. } => 73,
            Self::SecretIsOpen { .. } => 77,
            Self::Config { .. } | Self::NoDataDirectory | Self::Secret { .. } => 78,
        })
    }
}

/// What the exit statuses mean, for the help text.
pub(crate) const EXIT_STATUSES: &str = "\
Exit status:
   0  done, or stopped by a signal
   1  the server that was probed is not there, or not well
   2  wrong usage
  65  what was given cannot be opened or drawn
  66  a file that the configuration names cannot be read
  69  the address cannot be listened on
  71  the operating system failed
  73  the data directory, the store or a file cannot be written
  77  the secret's file can be read by others
  78  the configuration is wrong";
