//! How commands go to a server when many come at once.

use std::sync::Arc;
use std::time::Duration;

use cattlegrid_services::{Cut, Redis};
use cattlegrid_store::{Claim, StoreError};
use tokio::task::JoinSet;

use crate::fixture::{claim_new, open, tell, with};

async fn claims(url: &str, count: usize) -> Vec<Result<Claim, StoreError>> {
    let store = Arc::new(open(url));
    let mut claims = JoinSet::new();
    for _ in 0..count {
        let store = Arc::clone(&store);
        claims.spawn(async move { claim_new(&store).await });
    }
    claims.join_all().await
}

#[tokio::test(flavor = "multi_thread")]
async fn none_waits_for_the_answer_to_another() {
    let redis = Redis::start().unwrap();
    let wire = Cut::new(redis.address()).unwrap();
    wire.delay(Duration::from_millis(50));
    // One after the other, they would take a minute.
    let url = format!("redis://{}?timeout_ms=5000", wire.address());
    for outcome in claims(&url, 600).await {
        assert_eq!(outcome.unwrap(), Claim::First);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_who_come_first_share_one_connection() {
    let redis = Redis::start().unwrap();
    let received = || {
        let stats = tell(redis.address(), &["info", "stats"]);
        let line = stats
            .lines()
            .find(|line| line.starts_with("total_connections_received"));
        let (_, count) = line.unwrap().split_once(':').unwrap();
        count.trim().parse::<u32>().unwrap()
    };
    let before = received();
    assert!(claims(redis.url(), 500).await.iter().all(Result::is_ok));
    // This one, and that of the question itself.
    assert_eq!(received() - before, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_can_be_on_their_way_are_refused() {
    let mut redis = Redis::start().unwrap();
    redis.pause().unwrap();
    let outcomes = claims(&with(redis.url(), "timeout_ms=3000"), 20_000).await;
    let crowded = outcomes
        .iter()
        .filter(|outcome| {
            outcome.as_ref().is_err_and(|error| {
                error
                    .to_string()
                    .contains("10000 commands are on their way")
            })
        })
        .count();
    assert!(outcomes.iter().all(Result::is_err));
    assert!(crowded > 0);
    redis.resume().unwrap();
}
