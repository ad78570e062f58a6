//! A challenge issued on one node is shown on another, answered on the third, and verified on the first.

use cattlegrid_load::{Account, Kind, Step};

use crate::program;

/// How many people go each way.
const PEOPLE: usize = 6;

async fn people_pass_once(kind: Kind) {
    let backend = kind.start().unwrap();
    let fleet = backend.fleet(program(), "").unwrap();
    let keyring = fleet.keyring().unwrap();
    let account = Account::default();
    let mut passed = Vec::new();
    for number in 0..PEOPLE {
        let at_nodes = fleet.person_at_nodes(number);
        for mut person in [at_nodes, fleet.person()] {
            passed.extend(person.pass_thrice(&keyring, &account).await);
        }
    }
    assert_eq!(
        account.accepted(1),
        4 * PEOPLE,
        "a key and a token each:\n{account}"
    );

    let mut person = fleet.person_at_nodes(0);
    for passed in &passed {
        person.again(passed, &account).await;
    }
    assert_eq!(account.accepted(1), 4 * PEOPLE, "{account}");
    assert_eq!(account.accepted_twice(), 0, "{account}");
    // Each is tried three times at once, and three times again.
    let refused = 5 * 2 * u64::try_from(PEOPLE).unwrap();
    assert_eq!(
        account.said(Step::Answer, "spent-key"),
        refused,
        "{account}"
    );
    assert_eq!(
        account.said(Step::Verify, "already-seen-response"),
        refused,
        "{account}"
    );
}

#[tokio::test]
async fn on_a_file() {
    people_pass_once(Kind::Sqlite).await;
}

#[tokio::test]
async fn on_redis() {
    people_pass_once(Kind::Redis).await;
}

#[tokio::test]
async fn on_a_redis_cluster() {
    people_pass_once(Kind::RedisCluster).await;
}

#[tokio::test]
async fn on_postgres() {
    people_pass_once(Kind::Postgres).await;
}

#[tokio::test]
async fn on_mariadb() {
    people_pass_once(Kind::MariaDb).await;
}

#[tokio::test]
async fn on_memcached() {
    people_pass_once(Kind::Memcached).await;
}
