//! How the server stops while others still send it requests.

use std::time::Duration;

use crate::harness::{Home, Server};

fn start(home: &Home, limits: &[(&str, &str)]) -> Server {
    home.start_with(|command| {
        command.envs(limits.iter().copied());
    })
}

/// Waits until the server says that it is about to stop.
async fn draining(server: &Server) {
    while server.get("/readyz").await.status == 200 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_server_that_is_about_to_stop_says_so_and_goes_on() {
    let home = Home::new();
    let server = start(&home, &[("CATTLEGRID_LIMITS__DRAIN_TIME", "5m")]);
    assert_eq!(server.get("/readyz").await.status, 200);
    assert_eq!(server.get("/healthz").await.header("connection"), "");
    server.signal("TERM");
    draining(&server).await;
    let ready = server.get("/readyz").await;
    ready.assert_problem(503, "draining");
    assert_eq!(server.get("/healthz").await.status, 200);
    let token = server.earn(&home).await;
    let verified = server.verify(&server.secret_key, &token).await;
    assert_eq!(verified.json()["success"], true);
    assert_eq!(
        verified.header("connection"),
        "close",
        "its connections are not for the next request"
    );

    server.signal("TERM");
    assert!(server.wait().success(), "asked twice, it stops at once");
    assert!(home.log().contains("asked twice"));
}

#[tokio::test]
async fn the_server_stops_when_the_time_to_drain_is_over() {
    let home = Home::new();
    let server = start(&home, &[("CATTLEGRID_LIMITS__DRAIN_TIME", "1s")]);
    server.signal("INT");
    draining(&server).await;
    server.issue().await;
    assert!(server.wait().success());
    assert!(!home.log().contains("asked twice"));
}
