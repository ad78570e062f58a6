//! Who runs where: the server under test has a core to itself, and whatever loads or serves it the others.

use std::{fs, path::Path, process, thread};

use cattlegrid_services::command;
use xshell::{Shell, cmd};

use crate::{error::Error, tools::Tool};

/// The core of the server under test.
const SERVER: &str = "0";
/// What the kernel counts processor time in; the same on every Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// A command for the server under test, on its own core.
pub(super) fn on_server_core(program: &Path) -> process::Command {
    let mut command = command("taskset");
    command.args(["--cpu-list", SERVER]).arg(program);
    command
}

/// While this lives, this process and what it starts keep away from the server's core.
pub(super) struct Beside<'a> {
    shell: &'a Shell,
    cores: usize,
}

impl<'a> Beside<'a> {
    /// Moves this process.
    ///
    /// # Errors
    ///
    /// `taskset` is missing, or there is one core alone.
    pub(super) fn the_server(shell: &'a Shell) -> Result<Self, Error> {
        Tool::Taskset.ensure(shell)?;
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let beside = Self { shell, cores };
        beside.move_to(1)?;
        Ok(beside)
    }

    fn move_to(&self, first: usize) -> Result<(), Error> {
        let cores = format!("{first}-{}", self.cores - 1);
        let process = process::id().to_string();
        cmd!(
            self.shell,
            "taskset --all-tasks --cpu-list --pid {cores} {process}"
        )
        .quiet()
        .ignore_stdout()
        .run()?;
        Ok(())
    }
}

impl Drop for Beside<'_> {
    fn drop(&mut self) {
        // Why: staying where it is costs this process time and nothing else.
        let _ = self.move_to(0);
    }
}

/// Seconds that a process and its children have spent on processors, in user and kernel mode.
///
/// # Errors
///
/// The kernel does not say.
pub(super) fn processor_seconds(process: u32) -> Result<f64, Error> {
    let children = read(&format!("/proc/{process}/task/{process}/children"))?;
    let children = children
        .split_whitespace()
        .filter_map(|id| id.parse().ok())
        .map(processor_seconds)
        .sum::<Result<f64, Error>>()?;
    let stat = read(&format!("/proc/{process}/stat"))?;
    // Why the last: the name before it is in parentheses, and may hold any.
    let fields = stat.rsplit_once(") ").map_or("", |(_, fields)| fields);
    let ticks: Vec<f64> = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|ticks| ticks.parse().ok())
        .collect();
    let [user, kernel] = ticks[..] else {
        return Err(Error::NoFigure("processor time"));
    };
    Ok(children + (user + kernel) / TICKS_PER_SECOND)
}

fn read(file: &str) -> Result<String, Error> {
    fs::read_to_string(file).map_err(Error::file(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_process_has_spent_time() {
        let before = processor_seconds(process::id()).unwrap();
        while processor_seconds(process::id()).unwrap() - before < 0.02 {}
    }
}
