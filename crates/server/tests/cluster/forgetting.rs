//! What a replica has not heard yet when its master dies.

use std::time::Duration;

use cattlegrid_load::Failover;

use crate::program;

/// How far away the replica is, as in another region.
const DISTANCE: Duration = Duration::from_millis(50);
/// How long the master is loaded before it dies.
const TIME: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_is_waited_for_forgets_nothing() {
    let waited = Failover::run(program(), DISTANCE, "wait=1", TIME)
        .await
        .unwrap();
    assert!(waited.accepted > 0, "{waited:?}");
    assert_eq!(waited.forgotten, 0, "{waited:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_not_may_forget_what_was_on_its_way() {
    let found = Failover::run(program(), DISTANCE, "", TIME).await.unwrap();
    assert!(found.forgotten > 0, "{found:?}");
    let last = found.per_second * 10.0 * DISTANCE.as_secs_f64();
    assert!(
        (found.forgotten as f64) < last,
        "only the last of it: {found:?}"
    );
}
