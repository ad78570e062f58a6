//! What an asynchronous replica forgets when its master dies.

use std::{
    net::SocketAddr,
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use cattlegrid_services::{Cut, Redis, Service, find};
use tokio::{task::JoinSet, time::sleep};

use crate::{Account, Error, Fleet, Step};

/// How many connections claim at the same time.
const CONNECTIONS: usize = 32;
/// How soon a node gives up on its store.
const TIMEOUT: &str = "timeout_ms=1000";
/// How long nobody is accepted by the promoted replica before that is taken for the end.
const PATIENCE: Duration = Duration::from_secs(60);

/// What one failover came to.
#[derive(Clone, Copy, Debug)]
pub struct Failover {
    /// Tokens that the master had accepted when it died
    pub accepted: usize,
    /// Those of them that its replica accepted a second time
    pub forgotten: usize,
    /// How many a second the master accepted
    pub per_second: f64,
    /// Half of the verifications took no longer
    pub median: Duration,
}

impl Failover {
    /// Loads a master for `time`, whose replica is at this distance (in time, one way); kills the machine of the master, so
    /// that what is on its way to the replica is lost; leads its address to the replica; and tries again everything that
    /// was accepted. With `parameters` in the store's URL, such as `wait=1`.
    ///
    /// # Errors
    ///
    /// What does not start.
    pub async fn run(
        program: &Path,
        distance: Duration,
        parameters: &str,
        time: Duration,
    ) -> Result<Self, Error> {
        let mut master = Redis::start()?;
        let link = Cut::new(master.address())?;
        let replica = replica_of(link.address()).await?;
        link.delay(distance);
        let front = Cut::new(master.address())?;
        let url = format!("redis://{}?{TIMEOUT}&{parameters}", front.address());
        let fleet = Fleet::start(program, &[url.as_str(); 3], "")?;

        let load = Load::start(&fleet, time)?;
        sleep(time).await;
        master.kill()?;
        link.refuse();
        front.refuse();
        let (accepted, median) = load.end().await;

        say_until(&replica, &["replicaof", "no", "one"], "OK").await;
        // Why: with `wait=1` it believes nothing until it has a replica itself.
        let _next = replica_of(replica.address()).await?;
        front.lead_to(replica.address());
        front.heal();
        Ok(Self {
            accepted: accepted.len(),
            forgotten: accepted_again(&fleet, &accepted).await?,
            per_second: accepted.len() as f64 / time.as_secs_f64(),
            median,
        })
    }
}

/// Verifications of ever new tokens, each sent once.
struct Load {
    senders: JoinSet<Vec<(String, Duration)>>,
    over: Arc<AtomicBool>,
}

impl Load {
    fn start(fleet: &Fleet, time: Duration) -> Result<Self, Error> {
        let over = Arc::new(AtomicBool::new(false));
        let keyring = Arc::new(fleet.keyring()?);
        let mut senders = JoinSet::new();
        for number in 0..CONNECTIONS {
            let mut person = fleet.person_at_nodes(number);
            let (over, keyring) = (Arc::clone(&over), Arc::clone(&keyring));
            senders.spawn(async move {
                let account = Account::default();
                let mut accepted = Vec::new();
                let end = Instant::now() + 2 * time;
                while !over.load(Ordering::Relaxed) && Instant::now() < end {
                    let Ok(token) = keyring.token().await else {
                        break;
                    };
                    let start = Instant::now();
                    if person.verify(&token, &account).await.is_success() {
                        accepted.push((token, start.elapsed()));
                    }
                }
                accepted
            });
        }
        Ok(Self { senders, over })
    }

    /// What was accepted, and how long the middle one took.
    async fn end(self) -> (Vec<String>, Duration) {
        self.over.store(true, Ordering::Relaxed);
        let accepted = self.senders.join_all().await.into_iter().flatten();
        let (tokens, mut times): (Vec<String>, Vec<Duration>) = accepted.unzip();
        times.sort_unstable();
        let median = times.get(times.len() / 2).copied().unwrap_or_default();
        (tokens, median)
    }
}

/// How many of these tokens are accepted now, when every node has its store again.
async fn accepted_again(fleet: &Fleet, tokens: &[String]) -> Result<usize, Error> {
    let keyring = fleet.keyring()?;
    let account = Account::default();
    let mut person = fleet.person_at_nodes(0);
    let start = Instant::now();
    let mut in_a_row = 0;
    while in_a_row < fleet.nodes.len() {
        let token = keyring.token().await?;
        let accepted = person.verify(&token, &account).await.is_success();
        in_a_row = if accepted { in_a_row + 1 } else { 0 };
        if start.elapsed() > PATIENCE {
            return Err(Error::NobodyPasses(account.to_string()));
        }
    }
    let account = Account::default();
    for token in tokens {
        person.verify(token, &account).await;
    }
    Ok(usize::try_from(account.said(Step::Verify, "success")).unwrap_or(usize::MAX))
}

/// A replica that has all that its master has.
async fn replica_of(master: SocketAddr) -> Result<Service, Error> {
    let port = master.port().to_string();
    let of = ["--replicaof", "127.0.0.1", &port];
    let at_once = ["--repl-diskless-sync-delay", "0"];
    let replica = Redis::with(&[&of[..], &at_once].concat())?;
    say_until(&replica, &["info", "replication"], "master_link_status:up").await;
    Ok(replica)
}

/// Says this to a server until its answer has `part`.
async fn say_until(server: &Service, words: &[&str], part: &str) {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        let said = Command::new(find("redis-cli").unwrap_or_default())
            .args(["-p", &server.address().port().to_string()])
            .args(words)
            .output();
        if said.is_ok_and(|said| String::from_utf8_lossy(&said.stdout).contains(part)) {
            return;
        }
        sleep(Duration::from_millis(20)).await;
    }
}
