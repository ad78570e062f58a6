//! More than the server can draw.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::task::JoinSet;

use crate::harness::Home;

#[tokio::test(flavor = "multi_thread")]
async fn too_many_pictures_are_refused_while_everything_else_goes_on() {
    let home = Home::new();
    let server = Arc::new(home.start_with(|command| {
        command
            .env("CATTLEGRID_LIMITS__DRAWING_THREADS", "1")
            .env("CATTLEGRID_LIMITS__DRAWING_QUEUE", "1");
    }));
    let key = server.issue().await;
    let path = format!("/api/v1/challenges/{key}/image?scale=2");
    let enough = Arc::new(AtomicBool::new(false));
    let mut viewers = JoinSet::new();
    for _ in 0..32 {
        let (server, path, enough) = (Arc::clone(&server), path.clone(), Arc::clone(&enough));
        viewers.spawn(async move {
            let (mut shown, mut refused) = (0, 0);
            while !enough.load(Ordering::SeqCst) {
                let reply = server.get(&path).await;
                if reply.status == 200 {
                    shown += 1;
                } else {
                    reply.assert_problem(503, "overloaded");
                    assert_eq!(reply.header("retry-after"), "1");
                    refused += 1;
                }
            }
            (shown, refused)
        });
    }
    for _ in 0..50 {
        assert_eq!(server.get("/healthz").await.status, 200);
        let verified = server.verify(&server.secret_key, "no token").await;
        assert_eq!(verified.refused(), "invalid-input-response");
    }
    let overloaded = async || {
        let metrics = server.metrics().await;
        !metrics.contains("cattlegrid_drawing_overloaded_total 0\n")
    };
    while !overloaded().await {}
    enough.store(true, Ordering::SeqCst);
    let counts = viewers.join_all().await;
    assert!(counts.iter().map(|(shown, _)| shown).sum::<u32>() > 0);
    assert!(counts.iter().map(|(_, refused)| refused).sum::<u32>() > 0);
    assert_eq!(server.get(&path).await.status, 200, "it recovers");
}

#[tokio::test]
async fn a_full_store_lets_nothing_through_and_says_so() {
    let home = Home::new();
    let server = home.start_with(|command| {
        command.args(["--store", "memory:?limit=1"]);
    });
    let token = loop {
        let key = server.issue().await;
        let reply = server.answer(&key, &home.answer_to(&key)).await;
        if reply.status != 200 {
            reply.assert_problem(503, "store-unavailable");
            assert_eq!(reply.header("retry-after"), "1");
            break None;
        }
        let token = reply.json()["token"].as_str().unwrap().to_owned();
        let verified = server.verify(&server.secret_key, &token).await;
        if verified.json()["success"] == false {
            break Some(verified.refused());
        }
    };
    assert!(token.is_none_or(|code| code == "store-unavailable"));
    server
        .get("/readyz")
        .await
        .assert_problem(503, "store-unavailable");
    assert_eq!(server.get("/healthz").await.status, 200);
    assert!(home.log().contains("the store is full"));
    let metrics = server.metrics().await;
    assert!(
        !metrics.contains("cattlegrid_store_errors_total{reason=\"full\"} 0\n"),
        "{metrics}"
    );
}
