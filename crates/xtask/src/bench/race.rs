//! Programs that do one thing again and again on one core, in rounds that take turns.

use std::path::{Path, PathBuf};

use serde_json::Value;
use xshell::{Shell, cmd};

use super::median;
use crate::{error::Error, tools::Tool};

/// Rounds of a race. Every racer runs once in each, so that a busy machine is unfair to all of them alike.
const ROUNDS: usize = 5;
/// How long a racer runs in one round, after it warmed up.
const SECONDS: &str = "2";
/// Where everything that races fetch and build stays.
const SCRATCH: &str = "target/bench";
/// Where the Python racers are, and their requirements.
pub(super) const PYTHON: &str = "bench/python";

/// The command that runs a racer, which prints how often it did what it does.
pub(super) struct Racer(Vec<PathBuf>);

/// What a racer did in one round.
#[derive(Clone, Copy)]
pub(super) struct Count {
    pub(super) per_second: f64,
    pub(super) bytes_each: f64,
}

/// An argument of the Rust racer.
///
/// # Errors
///
/// cargo's.
pub(super) fn rust(shell: &Shell, name: &str) -> Result<Racer, Error> {
    let target = shell.current_dir().join(SCRATCH).join("rust");
    cmd!(
        shell,
        "cargo build --release --locked --manifest-path bench/rust/Cargo.toml --target-dir {target}"
    )
    .run()?;
    Ok(Racer(vec![target.join("release/draw"), name.into()]))
}

/// A script with its requirements beside it.
///
/// # Errors
///
/// Python's or pip's.
pub(super) fn python(shell: &Shell, name: &str) -> Result<Racer, Error> {
    let python = interpreter(name, shell);
    if !python.exists() {
        let venv = python.ancestors().nth(2).unwrap_or(&python);
        cmd!(shell, "python3 -m venv {venv}").run()?;
    }
    cmd!(
        shell,
        "{python} -m pip install --quiet --requirement {PYTHON}/{name}.txt"
    )
    .run()?;
    Ok(Racer(vec![python, format!("{PYTHON}/{name}.py").into()]))
}

/// A script with its requirements beside it that also needs this project's wheel.
///
/// # Errors
///
/// Python's or pip's.
pub(super) fn python_with(shell: &Shell, name: &str, wheel: &Path) -> Result<Racer, Error> {
    let racer = python(shell, name)?;
    let python = interpreter(name, shell);
    cmd!(
        shell,
        "{python} -m pip install --quiet --no-deps --force-reinstall {wheel}"
    )
    .run()?;
    Ok(racer)
}

/// The Python that runs the script of this name.
pub(super) fn interpreter(name: &str, shell: &Shell) -> PathBuf {
    let venvs = shell.current_dir().join(SCRATCH).join("python");
    venvs.join(name).join("bin/python")
}

/// All rounds, of each racer.
///
/// # Errors
///
/// A racer that fails.
pub(super) fn run(shell: &Shell, racers: &[Racer]) -> Result<Vec<Vec<Count>>, Error> {
    Tool::Taskset.ensure(shell)?;
    let mut results = vec![Vec::new(); racers.len()];
    for round in 1..=ROUNDS {
        println!("round {round} of {ROUNDS}");
        for (racer, results) in racers.iter().zip(&mut results) {
            results.push(racer.run(shell)?);
        }
    }
    Ok(results)
}

impl Racer {
    fn run(&self, shell: &Shell) -> Result<Count, Error> {
        let command = &self.0;
        let line = cmd!(shell, "taskset --cpu-list 0 {command...} {SECONDS}")
            .quiet()
            .read()?;
        let counted: Value = serde_json::from_str(&line)?;
        let number = |name: &str| counted[name].as_f64().unwrap_or(f64::NAN);
        Ok(Count {
            per_second: number("count") / number("seconds"),
            bytes_each: number("bytes") / number("count"),
        })
    }
}

/// How many times as fast the first is as the second: the median over the rounds, each of which has its own weather.
pub(super) fn ratio(first: &[Count], second: &[Count]) -> f64 {
    let rounds = first.iter().zip(second);
    median(
        rounds
            .map(|(first, second)| first.per_second / second.per_second)
            .collect(),
    )
}
