//! The suite that every store passes, on whatever Redis servers are to one another.

use cattlegrid_services::{Redis, RedisCluster, RedisSentinel};
use cattlegrid_store::conformance::{run, run_shared};

use crate::fixture::{Stores, with};

async fn check(url: &str) {
    let stores = Stores::of(url);
    run(&stores).await;
    run_shared(&stores).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_server() {
    let redis = Redis::start().unwrap();
    check(redis.url()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster() {
    let cluster = RedisCluster::start().unwrap();
    check(&cluster.url()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_waits_for_its_replicas() {
    let cluster = RedisCluster::start().unwrap();
    check(&with(&cluster.url(), "wait=1")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sentinels() {
    let redis = RedisSentinel::start().unwrap();
    check(&redis.url()).await;
}
