//! What can go wrong in a chore, each with what to do about it.

use std::path::PathBuf;

/// Why a chore stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A command could not be started, or it failed; its own output says why.
    #[error("{0}")]
    Command(#[from] xshell::Error),

    /// A program that the chore needs is missing and could not be installed.
    #[error("{name} is missing: {remedy}")]
    Missing { name: &'static str, remedy: String },

    /// The step that failed, and the rest of the reason.
    #[error("the step `{step}` failed: {source}\nTo run it alone: cargo xtask test {step}")]
    Step { step: String, source: Box<Error> },

    /// Cargo built the workspace but named no such executable.
    #[error("cargo built no executable `{0}`: is the target still in the workspace?")]
    NoExecutable(&'static str),

    /// Markdown pages point at files or headings that do not exist.
    #[error("broken links: mend the link or add its target\n{}", .0.join("\n"))]
    BrokenLinks(Vec<String>),

    /// A file could not be read.
    #[error("cannot read {path}: {source}", path = .path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
}
