//! What outlives the server: what is spent, and what is sealed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::{Home, answer_to};

/// How many challenges are answered while the server is killed.
const LOAD: usize = 300;
/// After how many answers.
const KILLED_AFTER: usize = 100;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_spent_before_a_kill_can_be_spent_again() {
    let home = Home::new();
    let server = Arc::new(home.start());
    let mut keys = Vec::new();
    for _ in 0..LOAD {
        keys.push(server.issue().await);
    }

    // Each task answers a key and, for every other one, verifies the token; it returns what it was told.
    let told = Arc::new(AtomicUsize::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for (number, key) in keys.into_iter().enumerate() {
        let (server, told) = (Arc::clone(&server), Arc::clone(&told));
        let answer = home.answer_to(&key);
        tasks.spawn(async move {
            let path = format!("{}/api/v1/challenges/{key}/answer", server.address);
            let body = serde_json::json!({ "answer": answer });
            let reply = server.http.post(path).json(&body).send().await.ok()?;
            let reply: serde_json::Value = reply.json().await.ok()?;
            assert_eq!(reply["success"], true, "{reply}");
            told.fetch_add(1, Ordering::SeqCst);
            let token = reply["token"].as_str().unwrap().to_owned();
            let mut verified = false;
            if number % 2 == 0 {
                let body = serde_json::json!({ "secret": server.secret_key, "response": token });
                let path = format!("{}/siteverify", server.address);
                if let Ok(reply) = server.http.post(path).json(&body).send().await {
                    verified = reply.json::<serde_json::Value>().await.is_ok();
                }
            }
            Some((key, answer, token, verified))
        });
    }
    while told.load(Ordering::SeqCst) < KILLED_AFTER {
        tokio::task::yield_now().await;
    }
    server.signal("KILL");
    let told: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();
    assert!(told.len() >= KILLED_AFTER);
    drop(server);

    let server = home.start();
    for (key, answer, token, verified) in told {
        assert_eq!(server.answer(&key, &answer).await.refused(), "spent-key");
        let again = server.verify(&server.secret_key, &token).await;
        if verified {
            assert_eq!(again.refused(), "already-seen-response");
        }
    }
}

#[tokio::test]
async fn secrets_can_be_rotated_over_restarts() {
    const SITE: &str = r#"
        demo = false
        [[sites]]
        key = "shop"
        secret = "the-secret-key-of-the-shop"
    "#;
    let old = "o".repeat(43);
    let new = "n".repeat(43);
    let home = Home::new();
    let config = home.file("cattlegrid.toml", SITE);
    let start = |secrets: &str| {
        home.start_with(|command| {
            command.env("CATTLEGRID_CONFIG", &config);
            command.env("CATTLEGRID_SECRET", secrets);
        })
    };

    let server = start(&old);
    let (first, second) = (
        server.issue_for("shop").await,
        server.issue_for("shop").await,
    );
    let third = server.issue_for("shop").await;
    let spent = server.answer(&first, &answer_to(&old, &first)).await.json();
    assert_eq!(spent["success"], true);
    server.stop();

    let server = start(&format!("{new}, {old}"));
    let again = server.answer(&first, &answer_to(&old, &first)).await;
    assert_eq!(again.refused(), "spent-key");
    let reply = server
        .answer(&second, &answer_to(&old, &second))
        .await
        .json();
    assert_eq!(reply["success"], true);
    let sealed_anew = server.issue_for("shop").await;
    assert!(!answer_to(&new, &sealed_anew).is_empty());
    let verified = server
        .verify(
            "the-secret-key-of-the-shop",
            spent["token"].as_str().unwrap(),
        )
        .await;
    assert_eq!(
        verified.json()["success"],
        true,
        "a token sealed under the old secret"
    );
    server.stop();

    let server = start(&new);
    server
        .answer(&third, &answer_to(&old, &third))
        .await
        .assert_problem(404, "unknown-key");
    let reply = server
        .answer(&sealed_anew, &answer_to(&new, &sealed_anew))
        .await;
    assert_eq!(reply.json()["success"], true);
}

#[tokio::test]
async fn a_request_that_has_begun_is_answered_before_the_server_stops() {
    let home = Home::new();
    let server = home.start();
    let body = format!("{{\"sitekey\":\"{}\"}}", server.site_key);
    let host = server.address.trim_start_matches("http://").to_owned();
    let mut stream = TcpStream::connect(&host).await.unwrap();
    let head = format!(
        "POST /api/v1/challenges HTTP/1.1\r\nhost: {host}\r\nexpect: 100-continue\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).await.unwrap();
    assert!(interim.starts_with(b"HTTP/1.1 100 Continue"));

    server.signal("TERM");
    while !home.log().contains("stopping") {
        tokio::task::yield_now().await;
    }
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut reply = Vec::new();
    stream.read_to_end(&mut reply).await.unwrap();
    let reply = String::from_utf8(reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 201 Created"), "{reply}");
    assert!(server.wait().success());
    assert!(TcpStream::connect(&host).await.is_err());
}
