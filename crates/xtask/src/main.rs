//! The project's chores, run as `cargo xtask …`.

mod artifact;
mod bench;
mod deploy;
mod docs;
mod error;
mod fuzz;
mod live;
mod node;
mod python;
mod services;
mod snippets;
mod soak;
mod steps;
mod tools;

use std::{path::Path, process::ExitCode};

use clap::{Args, Parser, Subcommand};
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
    /// Measure: the criterion benchmarks, or this project beside others
    Bench {
        #[command(subcommand)]
        what: Option<Bench>,
    },
    /// Several nodes on a shared store: under load while things fail, replayed to, or failed over
    Soak {
        #[command(subcommand)]
        what: Option<Soak>,
        /// How long they are under load
        #[arg(long, default_value_t = 10)]
        minutes: u32,
    },
    /// Fuzz what reads bytes from outside, with cargo-fuzz and a nightly toolchain
    Fuzz {
        /// The target to fuzz; all of them, one after the other, when none is named
        target: Option<String>,
        /// Seconds for each target
        #[arg(long, default_value_t = 60)]
        seconds: u32,
    },
}

#[derive(Subcommand)]
enum Bench {
    /// Pictures per second on one core, beside other libraries
    Peers(Keep),
    /// The Python package beside the packages that it stands in for, on one core
    DropIns(Keep),
    /// The running server: its operations on each store beside a constant handler, its memory, several nodes, and peers
    Service(bench::service::Service),
}

#[derive(Subcommand)]
enum Soak {
    /// 1,000,000 replays of 1,000 tokens, on every store
    Replays,
    /// What a Redis replica forgets when its master dies, with `wait=1` and without
    Failover,
}

#[derive(Args)]
struct Keep {
    /// Put the table into docs/benchmarks.md
    #[arg(long)]
    write: bool,
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
        Chore::Bench { what: None } => bench::micro(&shell),
        Chore::Bench {
            what: Some(Bench::Peers(keep)),
        } => bench::peers::run(&shell)?.publish(&shell, keep.write),
        Chore::Bench {
            what: Some(Bench::DropIns(keep)),
        } => {
            let (races, package) = bench::drop_ins::run(&shell)?;
            races.publish(&shell, keep.write)?;
            package.publish(&shell, keep.write)
        }
        Chore::Bench {
            what: Some(Bench::Service(service)),
        } => service.run(&shell),
        Chore::Soak {
            what: None,
            minutes,
        } => soak::steady(&shell, *minutes),
        Chore::Soak {
            what: Some(Soak::Replays),
            ..
        } => soak::replays(&shell),
        Chore::Soak {
            what: Some(Soak::Failover),
            ..
        } => soak::failover(&shell),
        Chore::Fuzz { target, seconds } => fuzz::run(&shell, target.as_deref(), *seconds),
    }
}

/// The repository's root, wherever in it cargo was called.
fn root() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).unwrap_or(manifest)
}
