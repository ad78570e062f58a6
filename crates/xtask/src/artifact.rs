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
    let build = cmd!(shell, "cargo test --workspace --all-features --no-run");
    executables(build, ["cattlegrid"]).map(|[server]| server)
}

/// The server as people run it, and programs that load it.
///
/// # Errors
///
/// The build's, or [`Error::NoExecutable`].
pub(crate) fn release_loads<const N: usize>(
    shell: &Shell,
    names: [&'static str; N],
) -> Result<[PathBuf; N], Error> {
    let build = cmd!(
        shell,
        "cargo build --release --package cattlegrid-server --package cattlegrid-load --bins"
    );
    executables(build, names)
}

/// Runs the cargo command `build` and returns the paths of the programs of these names that it built.
fn executables<const N: usize>(
    build: Cmd<'_>,
    names: [&'static str; N],
) -> Result<[PathBuf; N], Error> {
    let messages = build
        .arg("--message-format=json-render-diagnostics")
        .read()?;
    let artifacts: Vec<Value> = messages
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|message: &Value| message["profile"]["test"] == false)
        .collect();
    let mut paths = names.map(|_| PathBuf::new());
    for (name, path) in names.into_iter().zip(&mut paths) {
        *path = artifacts
            .iter()
            .filter(|message| message["target"]["name"] == name)
            .find_map(|message| message["executable"].as_str().map(PathBuf::from))
            .ok_or(Error::NoExecutable(name))?;
    }
    Ok(paths)
}
