//! Issue, picture, answer and verify, for each store, beside a handler that does nothing.

use std::fmt;

use clap::ValueEnum;
use xshell::Shell;

use super::{
    cores::processor_seconds,
    load::{Load, wrk},
    stores::{Store, StoreKind},
    subject::{Limits, NATIVE, Programs, SECRET_KEY, SITE_KEY},
    supplies::Supplies,
};
use crate::{
    bench::{Report, median},
    error::Error,
    live::Live,
};

/// Rounds; in each, every store has its turn, and the constant handler after every single load.
const ROUNDS: usize = 3;
const SECONDS: u32 = 2;
/// How long the constant handler is loaded each time.
const CONSTANT_SECONDS: u32 = 1;
/// How many requests a load has at most.
const SUPPLY: usize = 240_000;

/// What the server does for a visitor, and for the site that they visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Operation {
    Issue,
    Picture,
    Answer,
    Verify,
}

impl Operation {
    pub(super) const ALL: [Self; 4] = [Self::Issue, Self::Picture, Self::Answer, Self::Verify];

    /// Among the server's metrics, what counts these requests.
    const fn metric(self) -> &'static str {
        match self {
            Self::Issue => "cattlegrid_issued_total",
            Self::Picture => "cattlegrid_shown_total",
            Self::Answer => "cattlegrid_answered_total",
            Self::Verify => "cattlegrid_verified_total",
        }
    }

    /// What the requests of a load take, one after the other.
    const fn takes(self) -> &'static str {
        match self {
            // Why any: issuing takes nothing.
            Self::Issue | Self::Picture => "keys",
            Self::Answer => "answers",
            Self::Verify => "tokens",
        }
    }

    /// Where requests go that are not sent to a path of their own.
    const fn path(self) -> &'static str {
        match self {
            Self::Verify => "/siteverify",
            _ => "",
        }
    }

    /// Whether a server as it comes limits it.
    const fn is_limited(self) -> bool {
        !matches!(self, Self::Verify)
    }

    /// The share of the constant handler's requests per second that is to be reached.
    fn to_reach(self, setup: Setup) -> &'static str {
        match (self, setup.store, setup.limits) {
            (Self::Issue, StoreKind::Redis, _) | (Self::Issue, StoreKind::Memory, Limits::Off) => {
                "at least 0.7"
            }
            (Self::Verify, StoreKind::Redis, _) => "at least 0.5",
            _ => "",
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Issue => "issue",
            Self::Picture => "picture",
            Self::Answer => "answer",
            Self::Verify => "verify",
        })
    }
}

/// What a node under test has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Setup {
    pub(super) store: StoreKind,
    limits: Limits,
}

impl Setup {
    /// A node as it comes with each of these stores; and before them, to tell what limits cost, one that limits nothing,
    /// whose store then hardly matters.
    pub(super) fn all(stores: &[StoreKind]) -> Vec<Self> {
        let with = |limits| {
            move |store: &StoreKind| Self {
                store: *store,
                limits,
            }
        };
        let memory = stores.iter().filter(|store| **store == StoreKind::Memory);
        let bare = memory.map(with(Limits::Off));
        bare.chain(stores.iter().map(with(Limits::AsShipped)))
            .collect()
    }

    /// Whether the operation is another one than with limits.
    fn has(self, operation: Operation) -> bool {
        self.limits == Limits::AsShipped || operation.is_limited()
    }
}

impl fmt::Display for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.store.fmt(f)?;
        match self.limits {
            Limits::AsShipped => Ok(()),
            Limits::Off => f.write_str(", no limits"),
        }
    }
}

/// One operation on one node.
pub(super) struct Measured {
    pub(super) operation: Operation,
    pub(super) setup: Setup,
    rounds: Vec<Round>,
}

/// What one round found.
struct Round {
    server: Cost,
    constant: Cost,
}

/// A load, and what it cost.
struct Cost {
    load: Load,
    /// Microseconds that the server spent on processors for each request
    processor: f64,
}

impl Cost {
    /// What the `load` of the server whose process this is costs.
    fn of(process: u32, load: impl FnOnce() -> Result<Load, Error>) -> Result<Self, Error> {
        let before = processor_seconds(process)?;
        let load = load()?;
        let spent = processor_seconds(process)? - before;
        Ok(Self {
            load,
            processor: spent / load.requests * 1e6,
        })
    }
}

impl Measured {
    fn middle(&self, figure: fn(&Round) -> f64) -> f64 {
        median(self.rounds.iter().map(figure).collect())
    }

    pub(super) fn per_second(&self) -> f64 {
        self.middle(|round| round.server.load.per_second)
    }

    /// What the constant handler did between the loads.
    pub(super) fn constants_per_second(&self) -> f64 {
        self.middle(|round| round.constant.load.per_second)
    }

    /// The constant handler's p99 in milliseconds.
    pub(super) fn constants_p99(&self) -> f64 {
        self.middle(|round| round.constant.load.p99)
    }

    /// What a single round found that these figures are made up for.
    #[cfg(test)]
    pub(super) fn made_up(operation: Operation, setup: Setup, figures: [f64; 3]) -> Self {
        let [per_second, constants_per_second, p99] = figures;
        let cost = |per_second| Cost {
            load: Load {
                requests: per_second,
                per_second,
                p50: p99 / 2.0,
                p99,
            },
            processor: 1e6 / per_second,
        };
        Self {
            operation,
            setup,
            rounds: vec![Round {
                server: cost(per_second),
                constant: cost(constants_per_second),
            }],
        }
    }

    /// Milliseconds that 99 of 100 replies took at most.
    pub(super) fn p99(&self) -> f64 {
        self.middle(|round| round.server.load.p99)
    }
}

/// Measures these operations on these stores.
///
/// # Errors
///
/// A program is missing, does not start, or refuses what it should not.
pub(super) fn run(
    shell: &Shell,
    programs: &Programs,
    stores: &[StoreKind],
    operations: &[Operation],
) -> Result<Vec<Measured>, Error> {
    let setups = Setup::all(stores);
    let stores = setups
        .iter()
        .map(|setup| Store::start(shell, setup.store))
        .collect::<Result<Vec<_>, _>>()?;
    let nodes = stores
        .iter()
        .zip(&setups)
        .map(|(store, setup)| programs.node(store.url(), NATIVE, setup.limits))
        .collect::<Result<Vec<_>, _>>()?;
    let mut measured = Vec::new();
    for (setup, node) in setups.into_iter().zip(&nodes) {
        for operation in operations.iter().copied().filter(|one| setup.has(*one)) {
            let rounds = Vec::new();
            measured.push((
                node,
                Measured {
                    operation,
                    setup,
                    rounds,
                },
            ));
        }
    }
    let (handler, constant) = programs.constant()?;
    for round in 1..=ROUNDS {
        println!("operations, round {round} of {ROUNDS}");
        let supplies = Supplies::new()?;
        for operation in operations {
            supplies.mint(shell, programs, operation.takes(), SUPPLY)?;
        }
        for (node, measured) in &mut measured {
            let operation = measured.operation;
            let file = supplies.file(operation.takes()).display().to_string();
            let loaded = |address: &str, seconds| {
                let url = format!("{address}{}", operation.path());
                let arguments = [&operation.to_string(), &file, SITE_KEY, SECRET_KEY];
                wrk(shell, "operations", &url, seconds, &arguments)
            };
            let before = Counts::of(node, operation)?;
            let server = Cost::of(node.id(), || loaded(&node.address, SECONDS))?;
            Counts::of(node, operation)?.check(&before, &server.load)?;
            let constant = Cost::of(handler.id(), || loaded(&constant, CONSTANT_SECONDS))?;
            measured.rounds.push(Round { server, constant });
        }
    }
    Ok(measured.into_iter().map(|(_, measured)| measured).collect())
}

/// How the server itself counts what it has done.
struct Counts {
    well: f64,
    refused: f64,
}

impl Counts {
    fn of(node: &Live, operation: Operation) -> Result<Self, Error> {
        let metrics = ureq::get(format!("{}/metrics", node.address))
            .call()?
            .body_mut()
            .read_to_string()?;
        let mut counts = Self {
            well: 0.0,
            refused: 0.0,
        };
        for line in metrics.lines() {
            let Some((labels, count)) = line
                .strip_prefix(operation.metric())
                .and_then(|rest| rest.rsplit_once(' '))
            else {
                continue;
            };
            let count: f64 = count.parse().unwrap_or_default();
            if labels.contains("outcome=") && !labels.contains("\"success\"") {
                counts.refused += count;
            } else {
                counts.well += count;
            }
        }
        Ok(counts)
    }

    /// Whether all that was done since `before` was done well: a load that measures refusals measures nothing.
    fn check(&self, before: &Self, load: &Load) -> Result<(), Error> {
        let refused = self.refused - before.refused;
        if refused > 0.0 || self.well - before.well < load.requests {
            return Err(Error::Refused(format!(
                "of {} requests, {} went well and {refused} were refused",
                load.requests,
                self.well - before.well
            )));
        }
        Ok(())
    }
}

/// The table of all that was measured.
pub(super) fn report(measured: &[Measured], note: String) -> Report {
    let row = |what: [&str; 3], one: &Measured, cost: fn(&Round) -> &Cost| {
        let [operation, store, to_reach] = what;
        let middle = |figure: fn(&Cost) -> f64| {
            median(one.rounds.iter().map(|round| figure(cost(round))).collect())
        };
        let part = |round: &Round| cost(round).load.per_second / round.constant.load.per_second;
        vec![
            operation.to_owned(),
            store.to_owned(),
            format!("{:.0}", middle(|cost| cost.load.per_second)),
            format!("{:.2}", median(one.rounds.iter().map(part).collect())),
            to_reach.to_owned(),
            format!("{:.2}", middle(|cost| cost.load.p50)),
            format!("{:.2}", middle(|cost| cost.load.p99)),
            format!("{:.1}", middle(|cost| cost.processor)),
        ]
    };
    let mut rows = Vec::new();
    for operation in Operation::ALL {
        let mut of_operation = measured
            .iter()
            .filter(|one| one.operation == operation)
            .peekable();
        if let Some(first) = of_operation.peek() {
            let what = format!("{operation}, answered with a constant");
            rows.push(row([&what, "none", ""], first, |round| &round.constant));
        }
        for one in of_operation {
            let (operation, store) = (format!("**{operation}**"), one.setup.to_string());
            let to_reach = one.operation.to_reach(one.setup);
            rows.push(row([&operation, &store, to_reach], one, |round| {
                &round.server
            }));
        }
    }
    Report {
        name: "operations",
        header: vec![
            "operation",
            "store",
            "requests/s",
            "as a part of the constant",
            "to reach",
            "p50, ms",
            "p99, ms",
            "processor, µs each",
        ],
        rows,
        note,
    }
}
