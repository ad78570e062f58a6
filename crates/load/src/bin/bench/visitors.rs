//! Visitors who pass: a challenge issued, its picture fetched, its answer given and its token verified. They read no
//! picture: they have the server's secret.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use cattlegrid_load::{Account, Connection, Keyring, Person};
use serde_json::json;
use tokio::task::JoinSet;

use crate::Error;

/// Has one after the other pass on each connection, and prints what it came to as one line of JSON.
pub(crate) async fn run(
    keyring: Keyring,
    server: SocketAddr,
    connections: usize,
    seconds: f64,
) -> Result<(), Error> {
    let keyring = Arc::new(keyring);
    let start = Instant::now();
    let end = start + Duration::from_secs_f64(seconds);
    let mut connections: JoinSet<_> = (0..connections)
        .map(|_| pass_until(Connection::to(server), Arc::clone(&keyring), end))
        .collect();
    let mut passes: u64 = 0;
    while let Some(passed) = connections.join_next().await {
        passes += passed??;
    }
    let seconds = start.elapsed().as_secs_f64();
    println!("{}", json!({ "passes": passes, "seconds": seconds }));
    Ok(())
}

/// How many passed.
async fn pass_until(
    connection: Connection,
    keyring: Arc<Keyring>,
    end: Instant,
) -> Result<u64, Error> {
    let account = Account::default();
    let mut person = Person::new([connection]);
    let mut passes = 0;
    while Instant::now() < end {
        if !person.pass(&keyring, &account).await {
            return Err(format!("a visitor did not pass:\n{account}").into());
        }
        passes += 1;
    }
    Ok(passes)
}
