//! The steps of `cargo xtask test`, in the order in which they fail soonest and build least.

use std::time::{Duration, Instant};

use clap::ValueEnum;
use xshell::{Shell, cmd};

use crate::{artifact, deploy, docs, error::Error, node, python, snippets, tools::Tool};

/// One step of the test run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Step {
    /// rustfmt
    Format,
    /// clippy on every target with every feature; a warning is an error
    Clippy,
    /// Unit, property, documentation and HTTP tests
    Unit,
    /// Several nodes on each shared store, behind a balancer: their failures, replays, restarts
    Cluster,
    /// The API documentation, and the links of every Markdown page
    Docs,
    /// Types and formatting of the browser side
    Web,
    /// The widget, the pages and clients of other providers in a real Chromium, against the real server
    Browser,
    /// The code that the documentation tells people to copy
    Snippets,
    /// What the server is deployed with: the image, the units, the dashboard, the alerts
    Deploy,
    /// Style and types of everything in Python
    PythonLint,
    /// The Python package from its wheel, and clients of other providers, against real servers and a real Chromium
    Python,
    /// The published suites of the packages that the Python package replaces
    PeerSuites,
}

impl Step {
    /// Every step, in order.
    pub(crate) const ALL: [Self; 12] = [
        Self::Format,
        Self::Clippy,
        Self::Unit,
        Self::Cluster,
        Self::Docs,
        Self::Web,
        Self::Browser,
        Self::Snippets,
        Self::Deploy,
        Self::PythonLint,
        Self::Python,
        Self::PeerSuites,
    ];

    /// The steps that only read the source.
    pub(crate) const LINTS: [Self; 5] = [
        Self::Format,
        Self::Clippy,
        Self::Docs,
        Self::Web,
        Self::PythonLint,
    ];

    fn needs(self) -> &'static [Tool] {
        match self {
            Self::Format => &[Tool::Rustfmt],
            Self::Clippy => &[Tool::Clippy],
            Self::Docs => &[],
            Self::Cluster => &Tool::SERVERS,
            Self::Unit => &[
                Tool::Redis,
                Tool::Memcached,
                Tool::Postgres,
                Tool::MariaDb,
                Tool::OpenSsl,
                Tool::HaProxy,
                Tool::Nginx,
                Tool::Caddy,
            ],
            Self::Web => &[Tool::Node],
            Self::Browser => &[Tool::Node, Tool::Chromium, Tool::OpenSsl],
            Self::Snippets => &[Tool::Node, Tool::Python, Tool::Curl],
            Self::Deploy => &[Tool::Python, Tool::HaProxy, Tool::Prometheus, Tool::Systemd],
            Self::PythonLint => &[Tool::Python],
            Self::Python => &[
                Tool::Python,
                Tool::Node,
                Tool::Chromium,
                Tool::Redis,
                Tool::Memcached,
                Tool::Postgres,
                Tool::MariaDb,
                Tool::Gettext,
                Tool::Flite,
                Tool::Sox,
                Tool::Nginx,
            ],
            Self::PeerSuites => &[Tool::Python, Tool::Flite, Tool::Sox],
        }
    }

    fn run(self, shell: &Shell) -> Result<(), Error> {
        match self {
            Self::Format => {
                cmd!(shell, "cargo fmt --all -- --check").run()?;
                for apart in ["bench/rust", "fuzz"] {
                    cmd!(
                        shell,
                        "cargo fmt --manifest-path {apart}/Cargo.toml -- --check"
                    )
                    .run()?;
                }
            }
            // Why the name: what `cargo test` leaves out unless it is named is none of all targets.
            Self::Clippy => cmd!(
                shell,
                "cargo clippy --workspace --all-targets --test cluster --all-features -- -D warnings"
            )
            .run()?,
            Self::Unit => cmd!(shell, "cargo test --workspace --all-features").run()?,
            // Why one after the other: each has several servers, and many connections.
            Self::Cluster => cmd!(
                shell,
                "cargo test --workspace --all-features --test cluster -- --test-threads 1"
            )
            .run()?,
            Self::Docs => docs::check(shell)?,
            Self::Web => node::lint(shell)?,
            Self::Browser => node::test(shell, &artifact::test_server(shell)?)?,
            Self::Snippets => snippets::check(shell, &artifact::test_server(shell)?)?,
            Self::Deploy => deploy::check(shell)?,
            Self::PythonLint => python::lint(shell)?,
            Self::Python => python::test(shell)?,
            Self::PeerSuites => python::peer_suites(shell)?,
        }
        Ok(())
    }

    fn name(self) -> String {
        self.to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// Runs `steps` in the project's order, after installing what they need; stops at the first failure.
///
/// # Errors
///
/// What is missing on this machine, or the first step that failed.
pub(crate) fn run(shell: &Shell, steps: &[Step]) -> Result<(), Error> {
    let mut steps = steps.to_vec();
    steps.sort_unstable();
    steps.dedup();

    let mut tools: Vec<Tool> = steps
        .iter()
        .flat_map(|step| step.needs())
        .copied()
        .collect();
    tools.sort_unstable();
    tools.dedup();
    for tool in tools {
        tool.ensure(shell)?;
    }

    let mut times = Vec::new();
    for step in steps {
        println!("\n== {} ==", step.name());
        let start = Instant::now();
        step.run(shell).map_err(|source| Error::Step {
            step: step.name(),
            source: Box::new(source),
        })?;
        times.push((step, start.elapsed()));
    }
    summarise(&times);
    Ok(())
}

fn summarise(times: &[(Step, Duration)]) {
    println!("\n== summary ==");
    for (step, time) in times {
        println!("{:<12}{:>7.1} s  ok", step.name(), time.as_secs_f64());
    }
    let total: Duration = times.iter().map(|(_, time)| *time).sum();
    println!("{:<12}{:>7.1} s", "total", total.as_secs_f64());
}
