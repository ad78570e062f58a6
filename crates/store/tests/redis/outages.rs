//! What becomes of claims while Redis is away, and that all goes on when it is back.

use cattlegrid_services::{Cut, Redis, Service};
use cattlegrid_store::{AnyStore, Claim, Store};
use tokio::task::JoinSet;

use crate::fixture::{TTL, claim_new, new_id, open, refused, tell, until_it_works, with};

/// That many at once are all refused.
async fn all_are_refused(store: AnyStore) -> AnyStore {
    let store = std::sync::Arc::new(store);
    let mut claims = JoinSet::new();
    for _ in 0..2000 {
        let store = std::sync::Arc::clone(&store);
        claims.spawn(async move { claim_new(&store).await });
    }
    for outcome in claims.join_all().await {
        assert!(outcome.is_err());
    }
    std::sync::Arc::into_inner(store).unwrap()
}

fn wired() -> (Service, Cut, AnyStore) {
    let redis = Redis::start().unwrap();
    let wire = Cut::new(redis.address()).unwrap();
    let url = format!("redis://{}?timeout_ms=500", wire.address());
    let store = open(&url);
    (redis, wire, store)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_killed_and_started_again() {
    let mut redis = Redis::start().unwrap();
    let store = open(redis.url());
    until_it_works(&store).await;
    redis.kill().unwrap();
    let store = all_are_refused(store).await;
    refused(claim_new(&store).await, "cannot be reached");
    refused(store.ready().await, "cannot be reached");
    redis.restart().unwrap();
    until_it_works(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_started_after_its_node() {
    let mut redis = Redis::start().unwrap();
    redis.kill().unwrap();
    let store = open(redis.url());
    refused(claim_new(&store).await, "cannot be reached");
    redis.restart().unwrap();
    until_it_works(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_that_nobody_was_there_for_is_not_noticed() {
    let mut redis = Redis::start().unwrap();
    let store = open(redis.url());
    until_it_works(&store).await;
    redis.restart().unwrap();
    assert_eq!(claim_new(&store).await.unwrap(), Claim::First);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_paused() {
    let mut redis = Redis::start().unwrap();
    let store = open(&with(redis.url(), "timeout_ms=500"));
    until_it_works(&store).await;
    redis.pause().unwrap();
    refused(claim_new(&store).await, "did not answer within 500ms");
    let store = all_are_refused(store).await;
    redis.resume().unwrap();
    until_it_works(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_without_a_reply_is_never_first_twice() {
    let mut redis = Redis::start().unwrap();
    let store = open(&with(redis.url(), "timeout_ms=500"));
    until_it_works(&store).await;
    redis.pause().unwrap();
    let id = new_id();
    refused(store.claim(id, TTL).await, "did not answer");
    redis.resume().unwrap();
    until_it_works(&store).await;
    let mut first = 0;
    for _ in 0..10 {
        first += usize::from(store.claim(id, TTL).await.unwrap() == Claim::First);
    }
    assert!(first <= 1);
    assert!(store.is_spent(id).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wire_that_was_cut() {
    let (_redis, wire, store) = wired();
    until_it_works(&store).await;
    wire.cut();
    refused(claim_new(&store).await, "did not answer within 500ms");
    let store = all_are_refused(store).await;
    wire.heal();
    until_it_works(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wire_that_ended_all_connections() {
    let (_redis, wire, store) = wired();
    until_it_works(&store).await;
    wire.refuse();
    let store = all_are_refused(store).await;
    wire.heal();
    until_it_works(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_replica_until_it_is_a_master() {
    let master = Redis::start().unwrap();
    let port = master.address().port().to_string();
    let replica = Redis::with(&["--replicaof", "127.0.0.1", &port]).unwrap();
    let store = open(replica.url());
    refused(claim_new(&store).await, "read-only replica");
    refused(store.ready().await, "read-only replica");
    tell(replica.address(), &["replicaof", "no", "one"]);
    until_it_works(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_memory_until_it_has_some() {
    let redis = Redis::with(&["--maxmemory", "100kb"]).unwrap();
    let store = open(redis.url());
    refused(claim_new(&store).await, "no memory left");
    refused(store.ready().await, "no memory left");
    assert!(!store.is_spent(new_id()).await.unwrap());
    tell(redis.address(), &["config", "set", "maxmemory", "0"]);
    until_it_works(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_another_sort() {
    let cluster_node = Redis::with(&["--cluster-enabled", "yes"]).unwrap();
    refused(
        claim_new(&open(cluster_node.url())).await,
        "the cluster is down",
    );
    let redis = Redis::start().unwrap();
    let url = redis.url().replace("redis:", "redis+cluster:");
    refused(claim_new(&open(&url)).await, "is no node of a cluster");
    let url = redis.url().replace("redis:", "redis+sentinel:");
    let store = open(&format!("{url}/main"));
    refused(claim_new(&store).await, "unknown command");
}
