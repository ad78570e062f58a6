//! A process that is killed in the middle of its work has forgotten nothing that it acknowledged.

#![cfg(feature = "sqlite")]
#![allow(
    clippy::unwrap_used,
    reason = "clippy knows only test functions as tests, not what they call"
)]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use cattlegrid_store::sql::SqliteOptions;
use cattlegrid_store::sql::sqlite::SqliteStore;
use cattlegrid_store::{Claim, SpentId, Store, SystemClock};

const ROUNDS: u64 = 8;
const TASKS: u64 = 64;
const TTL: Duration = Duration::from_secs(3600);

/// Says to the process that this test starts, which is this test again, that it is the one to be killed.
const VICTIM: &str = "CATTLEGRID_TEST_VICTIM";

fn open(path: &Path) -> SqliteStore {
    let options = SqliteOptions {
        timeout: Duration::from_secs(30),
        ..SqliteOptions::default()
    };
    SqliteStore::open(path, options, Arc::new(SystemClock::new())).unwrap()
}

fn id(n: u128) -> SpentId {
    SpentId::from_bytes(n.to_be_bytes())
}

/// Claims ids until the process is killed, and prints each one once it is acknowledged.
async fn claim_for_ever(path: &Path, round: u64) {
    let store = Arc::new(open(path));
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..TASKS {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            for n in 0_u64.. {
                let n = (u128::from(round) << 96) | (u128::from(task) << 64) | u128::from(n);
                assert_eq!(store.claim(id(n), TTL).await.unwrap(), Claim::First);
                println!("claimed {n}");
            }
        });
    }
    tasks.join_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_forgotten_by_a_kill() {
    if let Ok(victim) = std::env::var(VICTIM) {
        let (round, path) = victim.split_once(' ').unwrap();
        return claim_for_ever(Path::new(path), round.parse().unwrap()).await;
    }
    let files = tempfile::tempdir().unwrap();
    let path = files.path().join("spent.db");
    let mut acknowledged = Vec::new();
    for round in 0..ROUNDS {
        let mut victim = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "nothing_acknowledged_is_forgotten_by_a_kill"])
            .arg("--nocapture")
            .env(VICTIM, format!("{round} {}", path.display()))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(victim.stdout.take().unwrap());
        let mut line = String::new();
        let mut in_this_round = 0;
        // Why counted, not timed: so that every round is killed under load, at different points of a batch.
        while lines.read_line(&mut line).unwrap() > 0 {
            if let Some(n) = line
                .strip_prefix("claimed ")
                .and_then(|n| n.strip_suffix('\n'))
            {
                acknowledged.push(n.parse::<u128>().unwrap());
                in_this_round += 1;
            }
            line.clear();
            if in_this_round == 500 + 137 * round {
                victim.kill().unwrap();
            }
        }
        victim.wait().unwrap();
        assert!(in_this_round >= 500, "the victim ended by itself");
        let store = open(&path);
        for &n in &acknowledged {
            let again = store.claim(id(n), TTL).await.unwrap();
            assert_eq!(
                again,
                Claim::Spent,
                "{n} was forgotten by the kill of round {round}"
            );
        }
    }
}
