//! Claims that replicas must have.

use cattlegrid_services::Redis;
use cattlegrid_store::{Claim, Store};

use crate::fixture::{TTL, claim_new, new_id, open, refused, until_it_works, with};

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_no_replica_has_is_refused_and_stays_spent() {
    let redis = Redis::start().unwrap();
    let store = open(&with(redis.url(), "wait=1&timeout_ms=600"));
    let id = new_id();
    refused(store.claim(id, TTL).await, "only 0 of 1 replicas");
    refused(store.ready().await, "only 0 of 1 replicas");
    assert_eq!(store.claim(id, TTL).await.unwrap(), Claim::Spent);
    assert!(store.is_spent(id).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_enough_replicas_have_is_first() {
    let redis = Redis::with(&["--repl-diskless-sync-delay", "0"]).unwrap();
    let port = redis.address().port().to_string();
    let mut replica = Redis::with(&["--replicaof", "127.0.0.1", &port]).unwrap();
    let store = open(&with(redis.url(), "wait=1&timeout_ms=900"));
    until_it_works(&store).await;
    let both = open(&with(redis.url(), "wait=2&timeout_ms=900"));
    refused(claim_new(&both).await, "only 1 of 2 replicas");

    replica.kill().unwrap();
    refused(claim_new(&store).await, "only 0 of 1 replicas");
    replica.restart().unwrap();
    until_it_works(&store).await;
}
