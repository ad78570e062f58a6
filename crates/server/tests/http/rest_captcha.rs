//! django-rest-captcha's API, as its clients and their back ends use it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use data_encoding::BASE64;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::{Home, Reply, Server, read};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

const SITES: &str = r#"
    [[sites]]
    key = "shop"
    secret = "the-secret-key-of-the-shop"
    dialect = "django-rest-captcha"
    hostnames = ["shop.example"]

    [[sites]]
    key = "blog"
    secret = "the-secret-key-of-the-blog"
    dialect = "django-rest-captcha"
"#;

async fn issue(server: &Server) -> Value {
    let reply = read(server.request("POST", "/api/captcha/")).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()
}

async fn issue_key(server: &Server) -> String {
    issue(server).await["captcha_key"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn check(server: &Server, key: &str, value: &str) -> Reply {
    let body = json!({ "captcha_key": key, "captcha_value": value });
    server.post("/api/captcha/verify", &body).await
}

/// Asserts that the serializer's error for the whole is this.
#[track_caller]
fn assert_wrong(reply: &Reply, error: &str) {
    assert_eq!(reply.json(), json!({ "non_field_errors": [error] }));
    assert_eq!(reply.status, 400);
    assert_eq!(reply.header("content-type"), JSON);
}

const UNKNOWN: &str = "Invalid or expired captcha key";
const WRONG: &str = "Invalid captcha value";

#[tokio::test]
async fn a_challenge_comes_with_its_picture_whatever_body_asks_for_it() {
    let home = Home::new();
    let server = home.start();
    for (kind, body) in [
        (None, ""),
        (Some(JSON), "{}"),
        (Some(JSON), "{ no json"),
        (Some(FORM), "a=b"),
        (Some("text/plain"), "\0"),
    ] {
        let request = server
            .request("POST", "/api/captcha/")
            .header("accept", "text/html;q=0.5, */*;q=0.1")
            .header("authorization", "Token nobody-knows-it")
            .body(body);
        let reply = read(match kind {
            Some(kind) => request.header("content-type", kind),
            None => request,
        })
        .await;
        assert_eq!(reply.status, 200, "{reply:?}");
        assert_eq!(reply.header("content-type"), JSON);
        assert_eq!(reply.header("cache-control"), "no-store");
        assert_eq!(reply.header("allow"), "POST, OPTIONS");

        let challenge = reply.json();
        let mut names: Vec<_> = challenge.as_object().unwrap().keys().collect();
        names.sort();
        assert_eq!(
            names,
            ["captcha_image", "captcha_key", "image_decode", "image_type"]
        );
        assert_eq!(challenge["image_type"], "image/png");
        assert_eq!(challenge["image_decode"], "base64");
        let picture = challenge["captcha_image"].as_str().unwrap();
        let picture = BASE64.decode(picture.as_bytes()).unwrap();
        assert!(picture.starts_with(b"\x89PNG\r\n"));

        let key = challenge["captcha_key"].as_str().unwrap();
        let native = server.get(&format!("/api/v1/challenges/{key}/image")).await;
        assert_eq!(native.body, picture);
        let right = check(&server, key, &home.answer_to(key)).await;
        assert_eq!(right.json(), json!({ "success": true }));
        assert_eq!(right.status, 200);
    }

    let without_slash = read(server.request("POST", "/api/captcha")).await;
    assert_eq!(without_slash.status, 200);

    server
        .assert_counted(&[
            "cattlegrid_issued_total{kind=\"chars\"} 6",
            "cattlegrid_shown_total 11",
            "cattlegrid_answered_total{outcome=\"success\"} 5",
            "cattlegrid_http_requests_total{route=\"/api/captcha/\",status=\"200\"} 6",
            "cattlegrid_http_requests_total{route=\"/api/captcha/verify\",status=\"200\"} 5",
        ])
        .await;
}

#[tokio::test]
async fn an_answer_right_or_wrong_is_heard_once() {
    let home = Home::new();
    let server = home.start();
    for form in [true, false] {
        let send = async |key: &str, value: &str| {
            if form {
                let body = format!("captcha_key={key}&captcha_value=+{value}+&other=field");
                server.post_raw("/api/captcha/verify", FORM, body).await
            } else {
                let body = json!({
                    "captcha_key": key, "captcha_value": format!(" {value}\n"), "other": ["field"],
                });
                server.post("/api/captcha/verify", &body).await
            }
        };
        let key = issue_key(&server).await;
        let answer = home.answer_to(&key);
        let lower = answer.to_lowercase();
        assert_eq!(send(&key, &lower).await.json(), json!({ "success": true }));
        assert_wrong(&send(&key, &answer).await, UNKNOWN);

        let key = issue_key(&server).await;
        assert_wrong(&send(&key, "wrong").await, WRONG);
        assert_wrong(&send(&key, &home.answer_to(&key)).await, UNKNOWN);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_right_answers_wins() {
    let home = Home::new();
    let server = Arc::new(home.start());
    let key = issue_key(&server).await;
    let answer = home.answer_to(&key);
    let mut racers = JoinSet::new();
    for _ in 0..64 {
        let (server, key, answer) = (Arc::clone(&server), key.clone(), answer.clone());
        racers.spawn(async move { check(&server, &key, &answer).await });
    }
    let replies = racers.join_all().await;
    let (won, lost): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 200);
    assert_eq!(won.len(), 1);
    for reply in lost {
        assert_wrong(reply, UNKNOWN);
    }
}

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "a table")]
async fn what_is_wrong_is_said_in_the_words_of_the_serializer() {
    const REQUIRED: &str = "This field is required.";
    const BLANK: &str = "This field may not be blank.";
    const NULL: &str = "This field may not be null.";
    const NO_TEXT: &str = "Not a valid string.";
    const NUL: &str = "Null characters are not allowed.";
    let home = Home::new();
    let server = home.start();
    let key = issue_key(&server).await;
    let value = home.answer_to(&key);
    let both = |error: &str| json!({ "captcha_key": [error], "captcha_value": [error] });
    let of_key = |error: &str| json!({ "captcha_key": [error] });
    let of_value = |error: &str| json!({ "captcha_value": [error] });
    let whole = |error: &str| json!({ "non_field_errors": [error] });
    let with = |value: Value| json!({ "captcha_key": key, "captcha_value": value }).to_string();
    for (kind, body, errors) in [
        (FORM, String::new(), both(REQUIRED)),
        (JSON, String::new(), both(REQUIRED)),
        ("text/plain", String::new(), both(REQUIRED)),
        (FORM, format!("captcha_key={key}"), of_value(REQUIRED)),
        (FORM, format!("captcha_value={value}"), of_key(REQUIRED)),
        (
            FORM,
            format!("captcha_key=+&captcha_value={value}"),
            of_key(BLANK),
        ),
        (
            FORM,
            format!("captcha_key={key}&captcha_value="),
            of_value(BLANK),
        ),
        (
            FORM,
            format!("captcha_key={key}&captcha_value={value}&captcha_value=+"),
            of_value(BLANK),
        ),
        (
            FORM,
            format!("captcha_key={key}&captcha_value=%00"),
            of_value(NUL),
        ),
        (
            FORM,
            format!("captcha_key=x&captcha_value={value}"),
            whole(UNKNOWN),
        ),
        (
            FORM,
            format!("captcha_key={key}x&captcha_value={value}"),
            whole(UNKNOWN),
        ),
        (
            FORM,
            format!("captcha_key=%ff%fe&captcha_value={value}"),
            whole(UNKNOWN),
        ),
        (JSON, "{}".to_owned(), both(REQUIRED)),
        (
            JSON,
            json!({ "captcha_key": null, "captcha_value": null }).to_string(),
            both(NULL),
        ),
        (
            JSON,
            json!({ "captcha_key": [], "captcha_value": {} }).to_string(),
            both(NO_TEXT),
        ),
        (JSON, with(json!(true)), of_value(NO_TEXT)),
        (JSON, with(json!([value])), of_value(NO_TEXT)),
        (JSON, with(json!(" ")), of_value(BLANK)),
        (JSON, with(json!("a\0b")), of_value(NUL)),
        (
            JSON,
            json!({ "captcha_key": 5, "captcha_value": 5.5 }).to_string(),
            whole(UNKNOWN),
        ),
        (
            JSON,
            json!({ "captcha_key": "x".repeat(5000), "captcha_value": value }).to_string(),
            whole(UNKNOWN),
        ),
        (JSON, "null".to_owned(), whole("No data provided")),
        (
            JSON,
            "[]".to_owned(),
            whole("Invalid data. Expected a dictionary, but got list."),
        ),
        (
            JSON,
            "\"x\"".to_owned(),
            whole("Invalid data. Expected a dictionary, but got str."),
        ),
        (
            JSON,
            "5".to_owned(),
            whole("Invalid data. Expected a dictionary, but got int."),
        ),
        (
            JSON,
            "5.5".to_owned(),
            whole("Invalid data. Expected a dictionary, but got float."),
        ),
        (
            JSON,
            "true".to_owned(),
            whole("Invalid data. Expected a dictionary, but got bool."),
        ),
    ] {
        let shown: String = body.chars().take(80).collect();
        let reply = server.post_raw("/api/captcha/verify", kind, body).await;
        assert_eq!(reply.json(), errors, "{kind} {shown}");
        assert_eq!(reply.status, 400, "{kind} {shown}");
        assert_eq!(reply.header("content-type"), JSON, "{kind} {shown}");
    }
    let number = issue_key(&server).await;
    let body = json!({ "captcha_key": number, "captcha_value": 1234 });
    assert_wrong(&server.post("/api/captcha/verify", &body).await, WRONG);

    let still = check(&server, &key, &value).await;
    assert_eq!(still.status, 200, "nothing of that spent the key");
}

#[tokio::test]
async fn what_the_serializer_never_sees_is_a_problem_with_a_detail() {
    let home = Home::new();
    let server = home.start();
    let key = issue_key(&server).await;
    let value = home.answer_to(&key);
    let form = format!("captcha_key={key}&captcha_value={value}");
    let huge = "x".repeat(1_000_000);
    let nested = "[".repeat(60_000);
    for (path, kind, body, status, code) in [
        (
            "/api/captcha/verify",
            JSON,
            form.as_str(),
            400,
            "bad-request",
        ),
        ("/api/captcha/verify", JSON, "{", 400, "bad-request"),
        ("/api/captcha/verify", JSON, &nested, 400, "bad-request"),
        (
            "/api/captcha/verify",
            "text/plain",
            &form,
            415,
            "unsupported-media-type",
        ),
        (
            "/api/captcha/verify",
            "multipart/form-data; boundary=x",
            "--x--",
            415,
            "unsupported-media-type",
        ),
        (
            "/api/captcha/verify",
            "",
            &form,
            415,
            "unsupported-media-type",
        ),
        ("/api/captcha/verify", FORM, &huge, 413, "body-too-large"),
        ("/api/captcha/", FORM, &huge, 413, "body-too-large"),
        (
            "/api/captcha/verify?sitekey=nobody",
            FORM,
            &form,
            400,
            "unknown-site",
        ),
        (
            "/api/captcha/?sitekey=nobody",
            FORM,
            "",
            400,
            "unknown-site",
        ),
        (
            "/api/captcha/?sitekey=a&sitekey=b",
            FORM,
            "",
            400,
            "bad-request",
        ),
    ] {
        let reply = server.post_raw(path, kind, body.to_owned()).await;
        reply.assert_problem(status, code);
    }
    for path in ["/api/captcha/", "/api/captcha/verify"] {
        let reply = server.get(path).await;
        reply.assert_problem(405, "method-not-allowed");
        assert_eq!(reply.header("allow"), "POST");
    }
    let still = server.post_raw("/api/captcha/verify", FORM, form).await;
    assert_eq!(still.status, 200, "nothing of that spent the key");
}

#[tokio::test]
async fn several_sites_are_told_apart_by_their_keys() {
    let home = Home::new();
    let server = home.start_configured(SITES);
    let post = |path: &'static str, origin: &'static str, body: &Value| {
        read(
            server
                .request("POST", path)
                .header("origin", origin)
                .json(body),
        )
    };
    let empty = json!({});
    let issued = |reply: Reply| {
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()["captcha_key"].as_str().unwrap().to_owned()
    };
    post("/api/captcha/", "", &empty)
        .await
        .assert_problem(400, "unknown-site");
    post("/api/captcha/?sitekey=shop", "https://blog.example", &empty)
        .await
        .assert_problem(403, "wrong-site");
    let reply = post("/api/captcha/?sitekey=shop", "https://shop.example", &empty).await;
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    let key = issued(reply);

    let body = json!({ "captcha_key": key, "captcha_value": home.answer_to(&key) });
    post("/api/captcha/verify", "", &body)
        .await
        .assert_problem(400, "unknown-site");
    assert_wrong(
        &post("/api/captcha/verify?sitekey=blog", "", &body).await,
        UNKNOWN,
    );
    post(
        "/api/captcha/verify?sitekey=shop",
        "https://blog.example",
        &body,
    )
    .await
    .assert_problem(403, "wrong-site");
    let right = post("/api/captcha/verify?sitekey=shop", "", &body).await;
    assert_eq!(right.status, 200, "nothing of that spent the key");
}

#[tokio::test]
async fn an_expired_challenge_is_as_unknown_as_another() {
    let home = Home::new();
    let server = home.start_configured(
        r#"
        demo = true
        [[sites]]
        key = "quick"
        secret = "the-secret-key-of-the-quick"
        dialect = "django-rest-captcha"
        challenge_ttl = "1s"
        "#,
    );
    let key = issue_key(&server).await;
    let of_demo = server.issue().await;
    let foreign = check(&server, &of_demo, &home.answer_to(&of_demo)).await;
    assert_wrong(&foreign, UNKNOWN);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let late = check(&server, &key, &home.answer_to(&key)).await;
    assert_wrong(&late, UNKNOWN);
}

#[tokio::test]
async fn a_full_store_lets_nobody_through() {
    let home = Home::new();
    let server = home.start_with(|command| {
        command.args(["--store", "memory:?limit=1"]);
    });
    loop {
        let key = issue_key(&server).await;
        let reply = check(&server, &key, &home.answer_to(&key)).await;
        if reply.status != 200 {
            reply.assert_problem(503, "store-unavailable");
            assert_eq!(reply.header("retry-after"), "1");
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_pictures_than_can_be_drawn_are_refused() {
    let home = Home::new();
    let server = Arc::new(home.start_with(|command| {
        command
            .env("CATTLEGRID_LIMITS__DRAWING_THREADS", "1")
            .env("CATTLEGRID_LIMITS__DRAWING_QUEUE", "0");
    }));
    let refused = Arc::new(AtomicBool::new(false));
    let mut clients = JoinSet::new();
    for _ in 0..8 {
        let (server, refused) = (Arc::clone(&server), Arc::clone(&refused));
        clients.spawn(async move {
            while !refused.load(Ordering::SeqCst) {
                let reply = read(server.request("POST", "/api/captcha/")).await;
                if reply.status != 200 {
                    reply.assert_problem(503, "overloaded");
                    refused.store(true, Ordering::SeqCst);
                }
            }
        });
    }
    clients.join_all().await;
    issue(&server).await;
}
