//! Masters that are lost, and slots that move, under claims that must be first once and no more.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cattlegrid_services::{Redis, RedisCluster, RedisSentinel, command};
use cattlegrid_store::{AnyStore, Claim, SpentId, Store};
use tokio::task::JoinSet;

use crate::fixture::{TTL, claim_new, new_id, open, tell, until_it_works, with};

/// How many claims are made at the same time.
const AT_ONCE: usize = 50;

/// Claims new ids until `stop`, and gives those that were first.
async fn claims_until(store: Arc<AnyStore>, stop: impl Future<Output = ()>) -> Vec<SpentId> {
    let mut first = Vec::new();
    tokio::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => return first,
            claims = some_claims(&store) => first.extend(claims),
        }
    }
}

async fn some_claims(store: &Arc<AnyStore>) -> Vec<SpentId> {
    let mut claims = JoinSet::new();
    for _ in 0..AT_ONCE {
        let store = Arc::clone(store);
        claims.spawn(async move {
            let id = new_id();
            let claim = store.claim(id, TTL).await.ok()?;
            assert_eq!(claim, Claim::First);
            Some(id)
        });
    }
    claims.join_all().await.into_iter().flatten().collect()
}

/// Claims new ids until all of many are claimed, and gives those that were first.
async fn until_all_go_on(store: &Arc<AnyStore>) -> Vec<SpentId> {
    let (mut first, since) = (Vec::new(), Instant::now());
    loop {
        let claimed = some_claims(store).await;
        let all = claimed.len() == AT_ONCE;
        first.extend(claimed);
        if all {
            return first;
        }
        assert!(since.elapsed() < Duration::from_secs(60));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// How many of the ids that were first could be so again.
async fn forgotten(store: &AnyStore, ids: &[SpentId]) -> usize {
    let mut forgotten = 0;
    for id in ids {
        forgotten += usize::from(!is_spent(store, *id).await);
    }
    forgotten
}

/// Whether the id is spent, asked again for as long as roles still change: looking spends nothing.
async fn is_spent(store: &AnyStore, id: SpentId) -> bool {
    loop {
        match store.is_spent(id).await {
            Ok(spent) => return spent,
            Err(_) => until_it_works(store).await,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sentinels_name_another_master() {
    let mut redis = RedisSentinel::start().unwrap();
    let store = Arc::new(open(&with(&redis.url(), "timeout_ms=1000&wait=1")));
    until_it_works(&store).await;
    let master = redis.master().unwrap();
    let mut first = claims_until(
        Arc::clone(&store),
        tokio::time::sleep(Duration::from_secs(1)),
    )
    .await;
    master.kill().unwrap();
    let again = Arc::clone(&store);
    first.extend(
        claims_until(
            Arc::clone(&store),
            async move { until_it_works(&again).await },
        )
        .await,
    );
    assert!(first.len() > AT_ONCE);
    assert_eq!(forgotten(&store, &first).await, 0);
    redis.servers().iter_mut().for_each(|server| {
        if server.id().is_none() {
            server.restart().unwrap();
        }
    });
    until_it_works(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_master_is_given_up_for_another() {
    let mut redis = RedisSentinel::start().unwrap();
    let store = open(&with(&redis.url(), "timeout_ms=1000"));
    until_it_works(&store).await;
    let master = redis.master().unwrap();
    let old = master.address();
    master.pause().unwrap();
    until_it_works(&store).await;
    let servers = redis.servers();
    let old = servers
        .iter_mut()
        .find(|server| server.address() == old)
        .unwrap();
    old.resume().unwrap();
    until_it_works(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_that_does_not_know_that_it_was_replaced_is_left() {
    let mut redis = RedisSentinel::start().unwrap();
    let store = open(&redis.url());
    until_it_works(&store).await;
    let next = Redis::start().unwrap();
    let port = next.address().port().to_string();
    for sentinel in redis.sentinels() {
        let sentinel = sentinel.address();
        tell(sentinel, &["sentinel", "remove", "main"]);
        tell(
            sentinel,
            &["sentinel", "monitor", "main", "127.0.0.1", &port, "2"],
        );
    }
    let since = Instant::now();
    while tell(next.address(), &["dbsize"]) == "0" {
        assert!(since.elapsed() < Duration::from_secs(60));
        until_it_works(&store).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_master_of_a_cluster_is_lost() {
    let mut cluster = RedisCluster::start().unwrap();
    let store = Arc::new(open(&with(&cluster.url(), "timeout_ms=1000&wait=1")));
    let plain = Arc::new(open(&cluster.url()));
    until_it_works(&store).await;
    let master = cluster.master_of(0).unwrap();
    let mut first = claims_until(
        Arc::clone(&store),
        tokio::time::sleep(Duration::from_secs(1)),
    )
    .await;
    master.kill().unwrap();
    let again = Arc::clone(&plain);
    let failover = async move {
        until_all_go_on(&again).await;
    };
    first.extend(claims_until(Arc::clone(&store), failover).await);
    // Why not before: its replica is the master now, and has none that a claim could wait for.
    master.restart().unwrap();
    first.extend(until_all_go_on(&store).await);
    assert_eq!(forgotten(&plain, &first).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn slots_move_while_they_are_claimed_in() {
    let mut cluster = RedisCluster::start().unwrap();
    let store = Arc::new(open(&cluster.url()));
    until_it_works(&store).await;
    let (from, to) = (
        cluster.master_of(0).unwrap().address(),
        cluster.master_of(16_383).unwrap().address(),
    );
    let (source, target) = (
        tell(from, &["cluster", "myid"]),
        tell(to, &["cluster", "myid"]),
    );
    let moving = tokio::task::spawn_blocking(move || {
        let outcome = command("redis-cli")
            .args(["--cluster", "reshard", &from.to_string()])
            .args(["--cluster-from", &source, "--cluster-to", &target])
            .args(["--cluster-slots", "1000", "--cluster-yes"])
            .output()
            .unwrap();
        assert!(outcome.status.success(), "{outcome:?}");
    });
    let first = claims_until(Arc::clone(&store), async { moving.await.unwrap() }).await;
    let slots = tell(to, &["cluster", "slots"]);
    assert!(
        slots.starts_with('0'),
        "the first slots have moved: {slots}"
    );
    assert!(first.len() > 10 * AT_ONCE, "{}", first.len());
    assert_eq!(forgotten(&store, &first).await, 0);
    assert_eq!(claim_new(&store).await.unwrap(), Claim::First);
}
