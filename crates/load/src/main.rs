//! What takes long: replays by the million, failovers, and a fleet under load with failures. `cargo xtask soak` runs it.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use cattlegrid_load::{Account, Error, Failover, Kind, Soak, replay};
use cattlegrid_services::Service;
use clap::{Parser, Subcommand};

/// How many connections replays come on, to each node.
const CONNECTIONS: usize = 32;
/// How far away the replica is, in milliseconds, and what the store's URL says besides.
const FAILOVERS: [(u64, &str); 6] = [
    (0, "wait=0"),
    (0, "wait=1"),
    (2, "wait=0"),
    (2, "wait=1"),
    (20, "wait=0"),
    (20, "wait=1"),
];
/// How long a master is loaded before it is killed.
const FAILOVER_AFTER: Duration = Duration::from_secs(5);

#[derive(Parser)]
struct Cli {
    /// The server's program
    program: PathBuf,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// A steady load with failures
    Steady {
        #[arg(long, default_value_t = 10)]
        minutes: u64,
    },
    /// The same tokens again and again, on every store
    Replays {
        #[arg(long, default_value_t = 1_000)]
        tokens: usize,
        #[arg(long, default_value_t = 1_000_000)]
        replays: usize,
    },
    /// What a replica forgets when its master dies
    Failover,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Cli { program, what } = Cli::parse();
    let good = match what {
        What::Steady { minutes } => steady(&program, Duration::from_secs(60 * minutes)).await,
        What::Replays { tokens, replays } => all_replays(&program, tokens, replays).await,
        What::Failover => failovers(&program).await,
    };
    match good {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("error: that is not as it should be");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn steady(program: &Path, time: Duration) -> Result<bool, Error> {
    let soak = Soak::run(program, time).await?;
    println!("\n{soak}");
    Ok(soak.is_good())
}

async fn all_replays(program: &Path, tokens: usize, replays: usize) -> Result<bool, Error> {
    println!("{replays} replays of {tokens} tokens, {CONNECTIONS} connections to each node\n");
    println!(
        "{:<20}{:>12}{:>10}{:>12}",
        "store", "successes", "seconds", "requests/s"
    );
    let mut good = true;
    for kind in Kind::ALL {
        let backend = kind.start()?;
        let fleet = backend.fleet(program, "")?;
        let addresses: Vec<SocketAddr> = fleet.nodes.iter().map(Service::address).collect();
        let earned = fleet.keyring()?.tokens(tokens).await?;
        let account = Arc::new(Account::default());
        let start = Instant::now();
        replay(&addresses, CONNECTIONS, earned, replays, &account).await;
        let seconds = start.elapsed().as_secs_f64();
        let once = account.accepted(1);
        let rate = replays as f64 / seconds;
        println!(
            "{:<20}{once:>12}{seconds:>10.0}{rate:>12.0}",
            kind.to_string()
        );
        let others = account.beyond(&["success", "already-seen-response"]);
        if !others.is_empty() {
            println!("{account}");
        }
        good &= once == tokens && account.accepted_twice() == 0 && others.is_empty();
    }
    Ok(good)
}

async fn failovers(program: &Path) -> Result<bool, Error> {
    println!(
        "{:<16}{:<10}{:>12}{:>12}{:>14}{:>12}",
        "replica, ms", "store", "accepted", "forgotten", "accepted/s", "median, ms"
    );
    let mut good = true;
    for (distance, parameters) in FAILOVERS {
        let distance = Duration::from_millis(distance);
        let found = Failover::run(program, distance, parameters, FAILOVER_AFTER).await?;
        println!(
            "{:<16}{parameters:<10}{:>12}{:>12}{:>14.0}{:>12.1}",
            distance.as_millis(),
            found.accepted,
            found.forgotten,
            found.per_second,
            found.median.as_secs_f64() * 1000.0,
        );
        good &= parameters == "wait=0" || found.forgotten == 0;
    }
    Ok(good)
}
