//! Tokens that are sent again and again, on many connections, to several nodes: each passes once.

use std::net::SocketAddr;
use std::sync::Arc;

use cattlegrid_load::{Account, Kind, Step, replay};
use cattlegrid_services::Service;

use crate::program;

const TOKENS: usize = 200;
const REPLAYS: usize = 20_000;
/// To each node.
const CONNECTIONS: usize = 16;

async fn each_token_passes_once(kind: Kind) {
    let backend = kind.start().unwrap();
    let fleet = backend.fleet(program(), "").unwrap();
    let tokens = fleet.keyring().unwrap().tokens(TOKENS).await.unwrap();
    let addresses: Vec<SocketAddr> = fleet.nodes.iter().map(Service::address).collect();
    let account = Arc::new(Account::default());
    replay(&addresses, CONNECTIONS, tokens, REPLAYS, &account).await;
    assert_eq!(account.accepted(1), TOKENS, "{account}");
    let refused = u64::try_from(REPLAYS - TOKENS).unwrap();
    assert_eq!(
        account.said(Step::Verify, "already-seen-response"),
        refused,
        "{account}"
    );
}

#[tokio::test]
async fn in_the_memory_of_one_node() {
    each_token_passes_once(Kind::Memory).await;
}

#[tokio::test]
async fn on_a_file() {
    each_token_passes_once(Kind::Sqlite).await;
}

#[tokio::test]
async fn on_redis() {
    each_token_passes_once(Kind::Redis).await;
}

#[tokio::test]
async fn on_a_redis_cluster() {
    each_token_passes_once(Kind::RedisCluster).await;
}

#[tokio::test]
async fn on_postgres() {
    each_token_passes_once(Kind::Postgres).await;
}

#[tokio::test]
async fn on_mariadb() {
    each_token_passes_once(Kind::MariaDb).await;
}

#[tokio::test]
async fn on_memcached() {
    each_token_passes_once(Kind::Memcached).await;
}
