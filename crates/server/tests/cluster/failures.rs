//! Nodes and stores that die, and wires that are cut, while people are on their way.

use std::sync::Arc;
use std::time::Duration;

use cattlegrid_load::{Account, Connection, Crowd, Fleet, Passed, Person, SECRET_KEY, Told};
use cattlegrid_services::{Cut, MariaDb, Postgres, Redis, RedisCluster, Service};
use serde_json::json;

use crate::program;

/// How soon a node gives up on its store: sooner than by default, and late enough for a database to make its tables.
const TIMEOUT: &str = "timeout_ms=1500";

/// What may be said while something fails, beside success: why it was refused, or that nobody was there to ask.
const REASONS: [&str; 6] = [
    "success",
    "spent-key",
    "already-seen-response",
    "store-unavailable",
    "no connection",
    "connection lost",
];

/// A fleet on these stores, and a crowd that tries everything three times at once.
async fn crowded(stores: &[&str]) -> (Fleet, Crowd, Arc<Account>) {
    let fleet = Fleet::start(program(), stores, "").unwrap();
    let account = Arc::new(Account::default());
    let mut crowd = Crowd::new(fleet.keyring().unwrap(), &account, Duration::ZERO);
    for number in 0..3 {
        crowd.add_eager(fleet.person_at_nodes(number));
        crowd.add_eager(fleet.person());
    }
    crowd.some_pass().await.unwrap();
    (fleet, crowd, account)
}

/// Sends everybody home and tries again all that they tried: nothing may ever have been accepted twice, and everything
/// that was refused was refused for a reason.
async fn nothing_was_accepted_twice(mut person: Person, crowd: Crowd, account: &Account) {
    crowd.some_pass().await.unwrap();
    let passes: Vec<Passed> = crowd.send_home().await;
    for passed in &passes {
        person.again(passed, account).await;
    }
    assert_eq!(account.accepted_twice(), 0, "{account}");
    // The balancer has a page of its own when no node is ready, or one dies that it has sent something to.
    let balancer = ["status 502", "status 503"];
    assert_eq!(
        account.beyond(&[&REASONS[..], &balancer].concat()),
        [],
        "{account}"
    );
    println!("{account}");
}

/// What a node says to a token that nobody has seen yet.
async fn verified_at(node: &Service, fleet: &Fleet) -> Told {
    let token = fleet.keyring().unwrap().token().await.unwrap();
    let body = json!({ "secret": SECRET_KEY, "response": token });
    Connection::to(node.address())
        .post("/siteverify", &body)
        .await
}

/// Waits until a node verifies tokens.
async fn is_back(node: &Service, fleet: &Fleet) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    while !verified_at(node, fleet).await.is_success() {
        assert!(tokio::time::Instant::now() < deadline, "{}", node.said());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_is_killed_and_another_is_cut_from_the_store() {
    let redis = Redis::start().unwrap();
    let wire = Cut::new(redis.address()).unwrap();
    let (whole, cut) = (redis.address(), wire.address());
    let (whole, cut) = (
        format!("redis://{whole}?{TIMEOUT}"),
        format!("redis://{cut}?{TIMEOUT}"),
    );
    let (mut fleet, crowd, account) = crowded(&[&cut, &whole, &whole]).await;

    fleet.nodes[1].kill().unwrap();
    crowd.some_pass().await.unwrap();
    fleet.nodes[1].restart().unwrap();
    is_back(&fleet.nodes[1], &fleet).await;

    wire.cut();
    let told = verified_at(&fleet.nodes[0], &fleet).await;
    assert_eq!(told, Told::Refused("store-unavailable".to_owned()));
    assert!(verified_at(&fleet.nodes[2], &fleet).await.is_success());
    crowd.some_pass().await.unwrap();
    wire.heal();
    is_back(&fleet.nodes[0], &fleet).await;

    wire.refuse();
    let told = verified_at(&fleet.nodes[0], &fleet).await;
    assert_eq!(told, Told::Refused("store-unavailable".to_owned()));
    crowd.some_pass().await.unwrap();
    wire.heal();
    is_back(&fleet.nodes[0], &fleet).await;

    nothing_was_accepted_twice(fleet.person(), crowd, &account).await;
}

/// A store that keeps what it was told on a disk is killed, started again, and stopped where it is for a while.
async fn the_store_is_killed(mut store: Service) {
    let url = format!("{}?{TIMEOUT}", store.url());
    let (fleet, crowd, account) = crowded(&[url.as_str(); 3]).await;

    store.kill().unwrap();
    for node in &fleet.nodes {
        let told = verified_at(node, &fleet).await;
        assert_eq!(told, Told::Refused("store-unavailable".to_owned()));
    }
    store.restart().unwrap();
    for node in &fleet.nodes {
        is_back(node, &fleet).await;
    }
    crowd.some_pass().await.unwrap();

    store.pause().unwrap();
    let told = verified_at(&fleet.nodes[0], &fleet).await;
    assert_eq!(told, Told::Refused("store-unavailable".to_owned()));
    store.resume().unwrap();
    for node in &fleet.nodes {
        is_back(node, &fleet).await;
    }

    nothing_was_accepted_twice(fleet.person(), crowd, &account).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_is_killed() {
    let on_disk = ["--appendonly", "yes", "--appendfsync", "always"];
    the_store_is_killed(Redis::with(&on_disk).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_is_killed() {
    the_store_is_killed(Postgres::start().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mariadb_is_killed() {
    the_store_is_killed(MariaDb::start().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_of_a_redis_cluster_is_killed() {
    let mut cluster = RedisCluster::start().unwrap();
    let url = format!("{}?{TIMEOUT}&wait=1", cluster.url());
    let (mut fleet, crowd, account) = crowded(&[url.as_str(); 3]).await;

    fleet.nodes[1].kill().unwrap();
    let master = cluster.master_of(0).unwrap();
    let killed = master.address();
    master.kill().unwrap();
    // The other masters go on.
    crowd.some_pass().await.unwrap();
    fleet.nodes[1].restart().unwrap();
    let cluster = tokio::task::spawn_blocking(move || {
        while cluster
            .master_of(0)
            .is_ok_and(|master| master.address() == killed)
        {
            std::thread::sleep(Duration::from_millis(50));
        }
        for server in cluster.nodes() {
            if server.id().is_none() {
                server.restart().unwrap();
            }
        }
        cluster.wait_until_ok().unwrap();
        cluster.wait_until_replicated().unwrap();
        cluster
    })
    .await
    .unwrap();
    // Some of these are of slots that the master had, and none is refused any more.
    for _ in 0..20 {
        for node in &fleet.nodes {
            is_back(node, &fleet).await;
        }
    }

    nothing_was_accepted_twice(fleet.person(), crowd, &account).await;
    drop(cluster);
}
