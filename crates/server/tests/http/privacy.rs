//! What no log may hold.

use std::fs;

use serde_json::json;

use crate::harness::Home;

#[tokio::test]
async fn the_log_holds_no_answer_no_secret_no_key_and_no_token() {
    let home = Home::new();
    let server = home.start_with(|command| {
        command.args(["--log-level", "trace"]);
    });
    let key = server.issue().await;
    let answer = home.answer_to(&key);
    let image = format!("/api/v1/challenges/{key}/image");
    assert_eq!(server.get(&image).await.status, 200);
    let wrong = "a-wrong-answer-of-its-own";
    assert_eq!(
        server.answer(&server.issue().await, wrong).await.refused(),
        "wrong-answer"
    );
    let solved = server.answer(&key, &answer).await.json();
    let token = solved["token"].as_str().unwrap();
    let path = format!("/api/v1/challenges/{key}/answer");
    server
        .post_raw(
            &path,
            "application/json",
            format!("{{\"answer\":\"{answer}"),
        )
        .await;
    server.post(&path, &json!({ "answer": 918_273 })).await;
    server.verify("a-secret-key-that-is-wrong", token).await;
    assert_eq!(
        server.verify(&server.secret_key, token).await.json()["success"],
        true
    );
    let secret = fs::read_to_string(home.data().join("secret")).unwrap();
    let secret_key = server.secret_key.clone();
    server.stop();

    let log = home.log();
    for hidden in [
        key.as_str(),
        &key[..40],
        &answer,
        wrong,
        token,
        &token[..40],
        "918273",
        "a-secret-key-that-is-wrong",
        &secret_key,
        secret.trim(),
    ] {
        assert!(!log.contains(hidden), "{hidden} is in the log");
    }
    for shown in [
        "/api/v1/challenges/{key}/answer",
        "method=\"POST\"",
        "status=200",
        "id=",
        "micros=",
    ] {
        assert!(log.contains(shown), "{shown} is not in the log: {log}");
    }
}

#[tokio::test]
async fn the_log_holds_nothing_of_what_the_django_packages_post() {
    let home = Home::new();
    let server = home.start_with(|command| {
        command.args(["--log-level", "trace"]);
    });
    let (first, second) = (server.issue().await, server.issue().await);
    let answer = home.answer_to(&first);
    let wrong = "a-wrong-answer-of-its-own";
    let image = server.get(&format!("/captcha/image/{first}@2/")).await;
    assert_eq!(image.status, 200);
    let rest = json!({ "captcha_key": first, "captcha_value": answer });
    let simple = json!({ "captcha_0": second, "captcha_1": wrong });
    assert_eq!(server.post("/api/captcha/verify", &rest).await.status, 200);
    let refused = server.post("/captcha/verify", &simple).await.refused();
    assert_eq!(refused, "wrong-answer");
    for path in ["/api/captcha/verify", "/captcha/verify"] {
        let cut = format!("{{\"captcha_1\":\"{wrong}");
        server.post_raw(path, "application/json", cut).await;
        let number = json!({ "key": first, "answer": 918_273, "captcha_value": 918_273 });
        server.post(path, &number).await;
    }
    server.stop();

    let log = home.log();
    for hidden in [&first[..40], &second[..40], &answer, wrong, "918273"] {
        assert!(!log.contains(hidden), "{hidden} is in the log");
    }
    assert!(log.contains("/captcha/image/{key}/"), "{log}");
}

#[tokio::test]
async fn the_log_can_be_json() {
    let home = Home::new();
    let server = home.start_with(|command| {
        command
            .env("CATTLEGRID_LOG__FORMAT", "json")
            .env("CATTLEGRID_LOG__LEVEL", "debug");
    });
    server.get("/nowhere").await;
    server.stop();
    let log = home.log();
    let lines: Vec<serde_json::Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(
        lines
            .iter()
            .any(|line| line["route"] == "unknown" && line["status"] == 404),
        "{log}"
    );
}
