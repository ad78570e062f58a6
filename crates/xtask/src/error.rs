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

    /// A server that tests need, or another program in the background, does not run.
    #[error("{0}")]
    Service(#[from] cattlegrid_services::Error),

    /// No Python that the package supports is on this machine.
    #[error("no Python {0} or later is on the PATH: install one")]
    NoPython(String),

    /// `pip wheel` left no wheel, or several.
    #[error("expected one wheel in {}: empty the folder and try again", .0.display())]
    NoWheel(PathBuf),

    /// Markdown pages point at files or headings that do not exist.
    #[error("broken links: mend the link or add its target\n{}", .0.join("\n"))]
    BrokenLinks(Vec<String>),

    /// A file or folder could not be read, written or run.
    #[error("{path}: {source}", path = .path.display())]
    File {
        path: PathBuf,
        source: std::io::Error,
    },

    /// A page has no place for the figures that are to be kept on it.
    #[error(
        "{page} has no place for these figures: put `<!-- {name} -->` and `<!-- /{name} -->` there, each on a line"
    )]
    NoPlace {
        page: &'static str,
        name: &'static str,
    },

    /// The server did not answer, or it refused.
    #[error("the server: {0}")]
    Http(#[from] ureq::Error),

    /// Something that should print JSON printed something else; its standard error says why.
    #[error("expected JSON: {0}")]
    Json(#[from] serde_json::Error),

    /// JSON lacks a field, or the field is of another type.
    #[error("expected `{0}` in the JSON")]
    NoField(&'static str),

    /// The load generator or the kernel wrote something that does not hold the figure.
    #[error("found no {0} to read")]
    NoFigure(&'static str),

    /// A file under `deploy/` is wrong.
    #[error("mend the file: {0}")]
    Deploy(String),

    /// A benchmark's server refused what it was to do, so that what was measured means nothing.
    #[error("the server under test refused what it should not: {0}")]
    Refused(String),

    /// Code that the documentation tells people to copy does not do what it says.
    #[error(
        "this snippet of the documentation does not work, mend the page or the server: {why}\n{code}"
    )]
    Snippet { code: String, why: String },
}

impl Error {
    /// Says which file it was; for `map_err`.
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
