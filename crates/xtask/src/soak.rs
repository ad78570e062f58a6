//! Several nodes on a shared store, for longer than a test may take.

use xshell::{Shell, cmd};

use crate::{artifact, error::Error, tools::Tool};

/// Under load for so many minutes, while things fail.
///
/// # Errors
///
/// A program is missing, or what comes of it is not as it should be.
pub(crate) fn steady(shell: &Shell, minutes: u32) -> Result<(), Error> {
    let minutes = minutes.to_string();
    run(shell, &["steady", "--minutes", &minutes])
}

/// The same tokens again and again, on every store.
///
/// # Errors
///
/// As of [`steady`].
pub(crate) fn replays(shell: &Shell) -> Result<(), Error> {
    run(shell, &["replays"])
}

/// What a replica forgets when its master dies.
///
/// # Errors
///
/// As of [`steady`].
pub(crate) fn failover(shell: &Shell) -> Result<(), Error> {
    run(shell, &["failover"])
}

fn run(shell: &Shell, what: &[&str]) -> Result<(), Error> {
    for tool in Tool::SERVERS {
        tool.ensure(shell)?;
    }
    let [server, soak] = artifact::release_loads(shell, ["cattlegrid", "soak"])?;
    cmd!(shell, "{soak} {server} {what...}").run()?;
    Ok(())
}
