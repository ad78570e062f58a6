//! Loads a server whose secret and site are known, for `cargo xtask bench service`.

mod claims;
mod mint;
mod steady;
mod visitors;

use std::{net::SocketAddr, path::PathBuf};

use cattlegrid_load::Keyring;
use clap::Parser;

type Error = Box<dyn std::error::Error + Send + Sync>;

#[derive(Parser)]
enum Cli {
    /// Print what the server accepts, one on each line
    Mint {
        /// The server's secrets
        secrets: String,
        what: mint::What,
        count: usize,
    },
    /// Have visitors pass, one after the other on each connection
    Visitors {
        /// The server's secrets
        secrets: String,
        server: SocketAddr,
        connections: usize,
        seconds: f64,
    },
    /// Have tokens verified at a steady rate
    Steady {
        server: SocketAddr,
        /// A file with a token on each line
        tokens: PathBuf,
        connections: usize,
        /// Requests per second
        rate: f64,
    },
    /// Claim fresh ids in a store
    Claims { store: String, count: usize },
}

// Why one thread: the store's server needs the rest of what the server under test leaves.
#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    match Cli::parse() {
        Cli::Mint {
            secrets,
            what,
            count,
        } => mint::run(&Keyring::new(&secrets)?, what, count).await,
        Cli::Visitors {
            secrets,
            server,
            connections,
            seconds,
        } => visitors::run(Keyring::new(&secrets)?, server, connections, seconds).await,
        Cli::Steady {
            server,
            tokens,
            connections,
            rate,
        } => steady::run(server, &tokens, connections, rate).await,
        Cli::Claims { store, count } => claims::run(&store, count).await,
    }
}
