//! One node against two and three that share a store and a core, behind a balancer.

use cattlegrid_services::HaProxy;
use xshell::Shell;

use super::{
    passes::visit,
    stores::{Store, StoreKind},
    subject::{Limits, NATIVE, Programs},
};
use crate::{
    bench::{Report, median},
    error::Error,
    live::Live,
    tools::Tool,
};

const ROUNDS: usize = 3;
const MOST_NODES: usize = 3;

/// Lets visitors pass who meet another node with each request.
///
/// # Errors
///
/// A program is missing or does not start, or somebody does not pass.
pub(super) fn run(shell: &Shell, programs: &Programs) -> Result<Report, Error> {
    Tool::HaProxy.ensure(shell)?;
    let store = Store::start(shell, StoreKind::Redis)?;
    let nodes = (0..MOST_NODES)
        .map(|_| programs.node(store.url(), NATIVE, Limits::AsShipped))
        .collect::<Result<Vec<_>, _>>()?;
    let addresses = nodes
        .iter()
        .map(Live::socket_address)
        .collect::<Result<Vec<_>, _>>()?;
    let balancers = (1..=MOST_NODES)
        .map(|count| HaProxy::start(&addresses[..count], "/readyz"))
        .collect::<Result<Vec<_>, _>>()?;
    let mut rounds = Vec::new();
    for round in 1..=ROUNDS {
        println!("nodes, round {round} of {ROUNDS}");
        let passes = balancers
            .iter()
            .map(|balancer| Ok(visit(shell, programs, balancer.url())?.per_second()))
            .collect::<Result<Vec<_>, Error>>()?;
        rounds.push(passes);
    }
    let middle = |figure: &dyn Fn(&Vec<f64>) -> f64| median(rounds.iter().map(figure).collect());
    let rows = (0..MOST_NODES).map(|index| {
        vec![
            (index + 1).to_string(),
            format!("{:.0}", middle(&|passes| passes[index])),
            format!("{:.2}", middle(&|passes| passes[index] / passes[0])),
        ]
    });
    Ok(Report {
        name: "nodes",
        header: vec!["nodes on one core", "passes/s", "times as many as one"],
        rows: rows.collect(),
        note: String::new(),
    })
}
