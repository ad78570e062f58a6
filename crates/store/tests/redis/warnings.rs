//! What the store says of the server that it finds.

use std::io::Write;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use cattlegrid_services::{Redis, Service};

use crate::fixture::{by, claim_new, open};

static SAID: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Said;

impl Write for Said {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
        said.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn listen() {
    static LISTENS: OnceLock<()> = OnceLock::new();
    LISTENS.get_or_init(|| {
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::DEBUG)
            .with_ansi(false)
            .with_writer(|| Said)
            .init();
    });
}

/// The lines about this server, when `enough` of them are there.
async fn said_of(server: &Service, enough: impl Fn(&[String]) -> bool) -> Vec<String> {
    let (name, since) = (server.address().to_string(), Instant::now());
    loop {
        let lines: Vec<String> = {
            let said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
            let said = String::from_utf8_lossy(&said);
            said.lines()
                .filter(|line| line.contains(&name))
                .map(str::to_owned)
                .collect()
        };
        if enough(&lines) {
            return lines;
        }
        assert!(since.elapsed() < Duration::from_secs(60), "{lines:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn count(lines: &[String], words: &str) -> usize {
    lines.iter().filter(|line| line.contains(words)).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_may_evict_is_warned_of_once() {
    listen();
    let mut redis =
        Redis::with(&["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"]).unwrap();
    let store = open(redis.url());
    let _ = claim_new(&store).await.unwrap();
    said_of(&redis, |lines| count(lines, "append-only") == 1).await;
    redis.restart().unwrap();
    let _ = claim_new(&store).await.unwrap();
    let lines = said_of(&redis, |lines| count(lines, "looked at") == 2).await;
    assert_eq!(count(&lines, "WARN"), 1, "{lines:?}");
    assert_eq!(
        count(&lines, "used once more: set `maxmemory-policy noeviction`"),
        1
    );
    assert_eq!(count(&lines, "append-only"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_said_of_a_server_that_keeps_everything() {
    listen();
    let redis = Redis::with(&[
        "--maxmemory",
        "100mb",
        "--maxmemory-policy",
        "noeviction",
        "--appendonly",
        "yes",
    ])
    .unwrap();
    // Why kept: a store that is dropped closes its connection, also while it is still looked at.
    let store = open(redis.url());
    let _ = claim_new(&store).await.unwrap();
    let lines = said_of(&redis, |lines| count(lines, "looked at") == 1).await;
    assert_eq!(
        count(&lines, "WARN") + count(&lines, "INFO"),
        0,
        "{lines:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_may_not_be_looked_at_is_used_all_the_same() {
    listen();
    let redis = Redis::with(&["--user", "node", "on", ">secret", "~*", "+set"]).unwrap();
    let store = open(&by(redis.url(), "node:secret"));
    let _ = claim_new(&store).await.unwrap();
    let lines = said_of(&redis, |lines| count(lines, "cannot be read") == 1).await;
    assert_eq!(count(&lines, "WARN"), 0, "{lines:?}");
}
