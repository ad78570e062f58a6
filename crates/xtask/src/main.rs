//! The project's chores, run as `cargo xtask …`.

mod artifact;
mod docs;
mod error;
mod node;
mod steps;
mod tools;

use std::{path::Path, process::ExitCode};

use clap::{Parser, Subcommand};
use xshell::Shell;

use crate::{error::Error, steps::Step};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "The project's chores", version = None)]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Install what is missing, then run every check and test, or only the steps that are named
    Test {
        /// Steps to run, in the project's order; all of them when none is named
        steps: Vec<Step>,
    },
    /// Everything that `test` runs short of tests: formatting, lints, types, documentation
    Lint,
    /// Build the API documentation and check the links of every Markdown page
    Docs,
}

fn main() -> ExitCode {
    match run(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: &Cli) -> Result<(), Error> {
    let shell = Shell::new()?;
    shell.change_dir(root());
    match &cli.chore {
        Chore::Test { steps } if steps.is_empty() => steps::run(&shell, &Step::ALL),
        Chore::Test { steps } => steps::run(&shell, steps),
        Chore::Lint => steps::run(&shell, &Step::LINTS),
        Chore::Docs => steps::run(&shell, &[Step::Docs]),
    }
}

/// The repository's root, wherever in it cargo was called.
fn root() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).unwrap_or(manifest)
}
