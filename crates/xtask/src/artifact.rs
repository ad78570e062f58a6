//! Executables of the workspace, as cargo reports them.

use std::path::PathBuf;

use serde_json::Value;
use xshell::{Cmd, Shell, cmd};

use crate::error::Error;

/// The server as the workspace's tests are built, so that nothing is compiled a second time for it.
///
/// # Errors
///
/// The build's, or [`Error::NoExecutable`].
pub(crate) fn test_server(shell: &Shell) -> Result<PathBuf, Error> {
    executable(
        cmd!(shell, "cargo test --workspace --all-features --no-run"),
        "cattlegrid",
    )
}

/// The server as people run it.
///
/// # Errors
///
/// The build's, or [`Error::NoExecutable`].
pub(crate) fn release_server(shell: &Shell) -> Result<PathBuf, Error> {
    executable(
        cmd!(shell, "cargo build --release --package cattlegrid-server"),
        "cattlegrid",
    )
}

/// An example of the server's crate, which a benchmark needs.
///
/// # Errors
///
/// The build's, or [`Error::NoExecutable`].
pub(crate) fn release_example(shell: &Shell, name: &'static str) -> Result<PathBuf, Error> {
    executable(
        cmd!(
            shell,
            "cargo build --release --package cattlegrid-server --example {name}"
        ),
        name,
    )
}

/// Runs the cargo command `build` and returns the path of the program `name` that it built.
fn executable(build: Cmd<'_>, name: &'static str) -> Result<PathBuf, Error> {
    let messages = build
        .arg("--message-format=json-render-diagnostics")
        .read()?;
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == name && message["profile"]["test"] == false)
        .find_map(|message| message["executable"].as_str().map(PathBuf::from))
        .ok_or(Error::NoExecutable(name))
}
