//! The running server: how fast each operation is on each store, what it costs, and what peers do with the same core.

mod cores;
mod dialects;
mod first_start;
mod live_ids;
mod load;
mod nodes;
mod operations;
mod passes;
mod plot;
mod steady;
mod stores;
mod subject;
mod supplies;

use std::fs;

use clap::{Args, ValueEnum};
use xshell::{Shell, cmd};

use super::Report;
use crate::{error::Error, tools::Tool};
use cores::Beside;
use operations::Operation;
use stores::StoreKind;
use subject::Programs;

/// Where the plot of the operations is.
const PLOT: &str = "docs/benchmarks.svg";

/// What is measured of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Memory when idle, and time to ready, at a first start
    FirstStart,
    /// The siteverify of each dialect beside the native one
    Dialects,
    /// Issue, picture, answer and verify, for each store, beside a constant handler
    Operations,
    /// Verify on Redis at half the peak rate
    Steady,
    /// What stores take for each live id
    LiveIds,
    /// One node against two and three on the same core
    Nodes,
    /// Whole visits beside peers
    Passes,
}

impl Part {
    const ALL: [Self; 7] = [
        Self::FirstStart,
        Self::Dialects,
        Self::Operations,
        Self::Steady,
        Self::LiveIds,
        Self::Nodes,
        Self::Passes,
    ];
}

/// What to measure, and whether to keep it.
#[derive(Args)]
pub(crate) struct Service {
    /// Parts to measure; all of them when none is named
    parts: Vec<Part>,
    /// Measure only this store, for the parts that go through all; may be repeated
    #[arg(long)]
    store: Vec<StoreKind>,
    /// Measure only this operation; may be repeated
    #[arg(long)]
    operation: Vec<Operation>,
    /// Put the tables into docs/benchmarks.md, and the plot beside it
    #[arg(long, conflicts_with_all = ["store", "operation"])]
    write: bool,
}

impl Service {
    /// Measures, and publishes what was found.
    ///
    /// # Errors
    ///
    /// A program is missing, or does not build, start or answer as it should.
    pub(crate) fn run(&self, shell: &Shell) -> Result<(), Error> {
        Tool::Wrk.ensure(shell)?;
        let programs = Programs::build(shell)?;
        for part in or_all(&self.parts, &Part::ALL) {
            self.measure(shell, &programs, part)?
                .publish(shell, self.write)?;
        }
        Ok(())
    }

    fn measure(&self, shell: &Shell, programs: &Programs, part: Part) -> Result<Report, Error> {
        let _beside = match part {
            // Why: a newcomer's server has all cores.
            Part::FirstStart => None,
            _ => Some(Beside::the_server(shell)?),
        };
        match part {
            Part::FirstStart => first_start::run(&programs.server),
            Part::Dialects => dialects::run(shell, programs),
            Part::Operations => self.operations(shell, programs),
            Part::Steady => steady::run(shell, programs),
            Part::LiveIds => live_ids::run(shell, programs, &self.stores()),
            Part::Nodes => nodes::run(shell, programs),
            Part::Passes => passes::run(shell, programs),
        }
    }

    fn operations(&self, shell: &Shell, programs: &Programs) -> Result<Report, Error> {
        let operations = or_all(&self.operation, &Operation::ALL);
        let measured = operations::run(shell, programs, &self.stores(), &operations)?;
        if self.write {
            fs::write(PLOT, plot::draw(&measured)).map_err(Error::file(PLOT))?;
        }
        Ok(operations::report(&measured, versions(shell)?))
    }

    fn stores(&self) -> Vec<StoreKind> {
        or_all(&self.store, &StoreKind::ALL)
    }
}

/// What was chosen, or all if nothing was.
fn or_all<T: Clone>(chosen: &[T], all: &[T]) -> Vec<T> {
    if chosen.is_empty() { all } else { chosen }.to_vec()
}

/// The programs that the figures are of.
fn versions(shell: &Shell) -> Result<String, Error> {
    let stores = StoreKind::ALL
        .into_iter()
        .map(|store| store.version(shell))
        .collect::<Result<Vec<_>, _>>()?;
    let stores: Vec<String> = stores.into_iter().flatten().collect();
    let wrk = cmd!(shell, "wrk --version")
        .quiet()
        .ignore_status()
        .read()?;
    let wrk = wrk.split_whitespace().nth(1).unwrap_or_default().to_owned();
    Ok(format!("{}, wrk {wrk}.", stores.join(", ")))
}
