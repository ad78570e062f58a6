//! Verifications at a steady rate, which does not wait for the server. A request that finds every connection busy is late,
//! and that counts as the server's time.

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use cattlegrid_load::{Connection, SECRET_KEY};
use serde_json::json;
use tokio::{
    sync::{Mutex, mpsc},
    task::JoinSet,
};

use crate::Error;

/// A token, and when it is to be verified.
type Due = (String, Instant);

/// Has the tokens of a file, one on each line, verified at `rate` requests per second, and prints what it came to as one
/// line of JSON, times in milliseconds from the moment when a request was due.
pub(crate) async fn run(
    server: SocketAddr,
    file: &Path,
    connections: usize,
    rate: f64,
) -> Result<(), Error> {
    let tokens: Vec<String> = fs::read_to_string(file)?
        .lines()
        .map(str::to_owned)
        .collect();
    let (due, queue) = mpsc::unbounded_channel();
    let queue = Arc::new(Mutex::new(queue));
    let mut connections: JoinSet<_> = (0..connections)
        .map(|_| verify_all(Connection::to(server), Arc::clone(&queue)))
        .collect();
    let start = Instant::now();
    // Why a thread: the runtime's timer has steps of a millisecond, which is longer than most verifications take.
    let clockwork = thread::spawn(move || send_at(rate, tokens, &due));
    let mut took = Vec::new();
    while let Some(verified) = connections.join_next().await {
        took.extend(verified??);
    }
    clockwork.join().map_err(|_| "the clockwork broke")?;
    took.sort_unstable();
    let percentile = |part: f64| {
        let index = (took.len() as f64 * part) as usize;
        took.get(index.min(took.len() - 1))
            .map_or(f64::NAN, |took| took.as_secs_f64() * 1e3)
    };
    let reached = took.len() as f64 / start.elapsed().as_secs_f64();
    println!(
        "{}",
        json!({ "per_second": reached, "p50": percentile(0.5), "p99": percentile(0.99) })
    );
    Ok(())
}

/// How long the clockwork sleeps. To wake up for every request would take more of the load's processor than the requests.
const TICK: Duration = Duration::from_micros(200);

/// Sends each token when it is due, or at the next tick.
fn send_at(rate: f64, tokens: Vec<String>, due: &mpsc::UnboundedSender<Due>) {
    let start = Instant::now();
    for (index, token) in tokens.into_iter().enumerate() {
        let at = start + Duration::from_secs_f64(index as f64 / rate);
        while Instant::now() < at {
            thread::sleep(TICK);
        }
        if due.send((token, at)).is_err() {
            return;
        }
    }
}

/// Verifies tokens on one connection, as they come, and says how long each took since it was due.
async fn verify_all(
    mut connection: Connection,
    queue: Arc<Mutex<mpsc::UnboundedReceiver<Due>>>,
) -> Result<Vec<Duration>, Error> {
    let mut took = Vec::new();
    while let Some((token, due)) = next(&queue).await {
        let body = json!({ "secret": SECRET_KEY, "response": token });
        let told = connection.post("/siteverify", &body).await;
        if !told.is_success() {
            return Err(format!("a token did not pass: {told}").into());
        }
        took.push(due.elapsed());
    }
    Ok(took)
}

async fn next(queue: &Mutex<mpsc::UnboundedReceiver<Due>>) -> Option<Due> {
    queue.lock().await.recv().await
}
