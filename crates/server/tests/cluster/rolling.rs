//! New versions and new secrets while people are on their way.

use std::sync::Arc;
use std::time::Duration;

use cattlegrid_load::{Account, Crowd, Fleet, Keyring, Kind, Step};

use crate::program;

/// How many people are on their way at a time.
const PEOPLE: usize = 8;

/// Lets people through without pause while `happens`, and asserts that none is turned back.
async fn nobody_is_turned_back(
    mut fleet: Fleet,
    keyring: Keyring,
    happens: impl FnOnce(&mut Fleet) + Send + 'static,
) {
    let account = Arc::new(Account::default());
    let mut crowd = Crowd::new(keyring, &account, Duration::ZERO);
    for _ in 0..PEOPLE {
        crowd.add(fleet.person());
    }
    crowd.some_pass().await.unwrap();
    let happening = tokio::task::spawn_blocking(move || {
        happens(&mut fleet);
        fleet
    });
    let fleet = happening.await.unwrap();
    crowd.some_pass().await.unwrap();
    crowd.send_home().await;
    drop(fleet);
    assert_eq!(account.beyond(&["success"]), [], "{account}");
    let issued = account.said(Step::Issue, "success");
    assert_eq!(account.said(Step::Verify, "success"), issued, "{account}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_turns_nobody_back() {
    let backend = Kind::Redis.start().unwrap();
    // Why two seconds: the balancer asks twice a second whether a node is ready, and believes it the second time.
    let fleet = backend
        .fleet(program(), "limits.drain_time = \"2s\"")
        .unwrap();
    let keyring = fleet.keyring().unwrap();
    nobody_is_turned_back(fleet, keyring, |fleet| {
        for node in &mut fleet.nodes {
            node.stop().unwrap();
            node.restart().unwrap();
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_of_the_secret_turns_nobody_back() {
    let backend = Kind::Redis.start().unwrap();
    let fleet = backend.fleet(program(), "").unwrap();
    let (old, new) = (fleet.secret(), "n".repeat(43));
    let keyring = Keyring::new(&format!("{new},{old}")).unwrap();
    nobody_is_turned_back(fleet, keyring, move |fleet| {
        // First every node can open what the new secret seals, and only then does one seal with it.
        for secrets in [format!("{old},{new}"), format!("{new},{old}")] {
            fleet.rotate(&secrets).unwrap();
        }
    })
    .await;
}
