//! django-simple-captcha's URLs, as its pages and a back end in any language use them.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::{Home, Reply, Server, read};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

const SITES: &str = r#"
    [[sites]]
    key = "shop"
    secret = "the-secret-key-of-the-shop"
    dialect = "django-simple-captcha"
    hostnames = ["shop.example"]

    [[sites]]
    key = "blog"
    secret = "the-secret-key-of-the-blog"
    dialect = "django-simple-captcha"
    hostnames = ["blog.example"]
"#;

fn ask(server: &Server, path: &str) -> reqwest::RequestBuilder {
    server
        .request("GET", path)
        .header("x-requested-with", "XMLHttpRequest")
}

async fn refresh(server: &Server) -> Value {
    let reply = read(ask(server, "/captcha/refresh/")).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()
}

async fn issue(server: &Server) -> String {
    refresh(server).await["key"].as_str().unwrap().to_owned()
}

async fn check(server: &Server, key: &str, answer: &str) -> Reply {
    let body = json!({ "key": key, "answer": answer });
    server.post("/captcha/verify", &body).await
}

#[track_caller]
fn assert_right(reply: &Reply) {
    assert_eq!(reply.json(), json!({ "success": true, "error-codes": [] }));
    assert_eq!(reply.status, 200);
}

#[track_caller]
fn assert_gone(reply: &Reply) {
    assert_eq!(reply.status, 410, "{reply:?}");
    assert_eq!(reply.body.len(), 0, "{reply:?}");
    assert_eq!(reply.header("content-length"), "0");
    assert_eq!(reply.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(reply.header("cache-control"), "no-store");
}

#[tokio::test]
async fn a_script_gets_a_key_a_picture_and_a_larger_one() {
    let home = Home::new();
    let server = home.start();
    for (method, path) in [
        ("GET", "/captcha/refresh/?_=1767225600000"),
        ("POST", "/captcha/refresh/"),
        ("GET", "/captcha/refresh"),
    ] {
        let reply = read(
            server
                .request(method, path)
                .header("x-requested-with", "XMLHttpRequest"),
        )
        .await;
        assert_eq!(reply.status, 200, "{reply:?}");
        assert_eq!(reply.header("content-type"), JSON);
        assert_eq!(reply.header("cache-control"), "no-store");
        let fresh = reply.json();
        let key = fresh["key"].as_str().unwrap();
        let expected = json!({
            "key": key, "image_url": format!("/captcha/image/{key}/"), "audio_url": null,
        });
        assert_eq!(fresh, expected);

        let picture = server.get(&format!("/captcha/image/{key}/")).await;
        assert_eq!(picture.status, 200);
        assert_eq!(picture.header("content-type"), "image/png");
        assert_eq!(
            picture.header("content-length"),
            picture.body.len().to_string()
        );
        assert!(
            picture
                .header("cache-control")
                .starts_with("private, max-age=")
        );
        let large = server.get(&format!("/captcha/image/{key}@2/")).await;
        let width = |png: &[u8]| u32::from_be_bytes(png[16..20].try_into().unwrap());
        assert_eq!(width(&large.body), 2 * width(&picture.body));
        let escaped = server.get(&format!("/captcha/image/{key}%402/")).await;
        assert_eq!(escaped.body, large.body);
        let head = read(server.request("HEAD", &format!("/captcha/image/{key}/"))).await;
        assert_eq!((head.status, head.body.len()), (200, 0));
        assert_eq!(
            head.header("content-length"),
            picture.header("content-length")
        );

        let without_slash = server.get(&format!("/captcha/image/{key}")).await;
        assert_eq!(without_slash.body, picture.body);

        let sound = server.get(&format!("/captcha/audio/{key}.wav")).await;
        sound.assert_problem(404, "not-found");
        assert_right(&check(&server, key, &home.answer_to(key)).await);
    }

    server
        .assert_counted(&[
            "cattlegrid_issued_total{kind=\"chars\"} 3",
            "cattlegrid_shown_total 15",
            "cattlegrid_answered_total{outcome=\"success\"} 3",
            "cattlegrid_http_requests_total{route=\"/captcha/image/{key}/\",status=\"200\"} 15",
            "cattlegrid_http_requests_total{route=\"/captcha/audio/{key}\",status=\"404\"} 3",
            "cattlegrid_http_requests_total{route=\"/captcha/refresh/\",status=\"200\"} 3",
            "cattlegrid_http_requests_total{route=\"/captcha/verify\",status=\"200\"} 3",
        ])
        .await;
}

#[tokio::test]
async fn refreshing_is_for_scripts() {
    let home = Home::new();
    let server = home.start();
    for header in [None, Some(""), Some("xmlhttprequest"), Some("fetch")] {
        let request = server.request("GET", "/captcha/refresh/");
        let reply = read(match header {
            Some(value) => request.header("x-requested-with", value),
            None => request,
        })
        .await;
        reply.assert_problem(404, "not-found");
    }
    for path in ["/captcha/", "/captcha"] {
        read(ask(&server, path))
            .await
            .assert_problem(404, "not-found");
    }
    for (method, path) in [
        ("DELETE", "/captcha/refresh/"),
        ("POST", "/captcha/image/x/"),
        ("GET", "/captcha/verify"),
    ] {
        read(server.request(method, path))
            .await
            .assert_problem(405, "method-not-allowed");
    }
}

#[tokio::test]
async fn the_picture_is_gone_for_keys_that_cannot_be_answered() {
    let home = Home::new();
    let server = home.start_configured(
        r#"
        demo = true
        [[sites]]
        key = "quick"
        secret = "the-secret-key-of-the-quick"
        dialect = "django-simple-captcha"
        challenge_ttl = "2s"
        "#,
    );
    let expired = issue(&server).await;
    for (right, key) in [(true, issue(&server).await), (false, issue(&server).await)] {
        let shown = server.get(&format!("/captcha/image/{key}/")).await;
        assert_eq!(shown.status, 200);
        let answer = if right {
            home.answer_to(&key)
        } else {
            "wrong".to_owned()
        };
        assert_eq!(check(&server, &key, &answer).await.json()["success"], right);
        for scale in ["", "@2"] {
            assert_gone(&server.get(&format!("/captcha/image/{key}{scale}/")).await);
        }
    }
    for key in [
        "unknown",
        "@2",
        "a@3",
        "%00",
        "%ff%fe",
        "..%2f",
        "é",
        "A".repeat(200).as_str(),
        "A".repeat(8000).as_str(),
        format!("{expired}@1").as_str(),
        format!("{expired}@2@2").as_str(),
    ] {
        assert_gone(&server.get(&format!("/captcha/image/{key}/")).await);
    }
    tokio::time::sleep(Duration::from_millis(2100)).await;
    assert_gone(&server.get(&format!("/captcha/image/{expired}/")).await);
    let late = check(&server, &expired, &home.answer_to(&expired)).await;
    assert_eq!(late.refused(), "expired-key");
}

#[tokio::test]
async fn an_answer_is_heard_once_under_every_name_that_the_package_has() {
    let home = Home::new();
    let server = home.start();
    for (key_name, answer_name) in [
        ("key", "answer"),
        ("captcha_0", "captcha_1"),
        ("captcha_hashkey", "captcha_code"),
    ] {
        for form in [true, false] {
            let send = async |key: &str, answer: &str| {
                if form {
                    let body = format!(
                        "csrfmiddlewaretoken=x&{key_name}={key}&{answer_name}=+{answer}&email=y"
                    );
                    server.post_raw("/captcha/verify", FORM, body).await
                } else {
                    let body = json!({ key_name: key, answer_name: answer, "email": [{}] });
                    server.post("/captcha/verify", &body).await
                }
            };
            let key = issue(&server).await;
            let answer = home.answer_to(&key);
            assert_right(&send(&key, &answer.to_lowercase()).await);
            assert_eq!(send(&key, &answer).await.refused(), "spent-key");

            let key = issue(&server).await;
            assert_eq!(send(&key, "wrong").await.refused(), "wrong-answer");
            let right = send(&key, &home.answer_to(&key)).await;
            assert_eq!(right.refused(), "spent-key");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_right_answers_wins() {
    let home = Home::new();
    let server = Arc::new(home.start());
    let key = issue(&server).await;
    let answer = home.answer_to(&key);
    let mut racers = JoinSet::new();
    for _ in 0..64 {
        let (server, key, answer) = (Arc::clone(&server), key.clone(), answer.clone());
        racers.spawn(async move { check(&server, &key, &answer).await });
    }
    let replies = racers.join_all().await;
    let (won, lost): (Vec<_>, Vec<_>) = replies
        .iter()
        .partition(|reply| reply.json()["success"] == true);
    assert_eq!(won.len(), 1);
    for reply in lost {
        assert_eq!(reply.refused(), "spent-key");
    }
}

#[tokio::test]
async fn whatever_is_wrong_the_status_is_200_and_the_code_says_what() {
    let home = Home::new();
    let server = home.start();
    let key = issue(&server).await;
    let answer = home.answer_to(&key);
    let sound = format!("key={key}&answer={answer}");
    for (kind, body, codes) in [
        (FORM, String::new(), vec!["missing-key", "missing-answer"]),
        (JSON, String::new(), vec!["bad-request"]),
        ("text/plain", String::new(), vec!["unsupported-media-type"]),
        (FORM, format!("answer={answer}"), vec!["missing-key"]),
        (FORM, format!("key={key}&answer="), vec!["missing-answer"]),
        (JSON, "{}".to_owned(), vec!["missing-key", "missing-answer"]),
        (
            JSON,
            format!("{{\"key\":\"{key}\",\"answer\":null}}"),
            vec!["missing-answer"],
        ),
        (FORM, format!("key=x&answer={answer}"), vec!["unknown-key"]),
        (
            FORM,
            format!("key={key}x&answer={answer}"),
            vec!["unknown-key"],
        ),
        (
            FORM,
            format!("key=%00%ff&answer={answer}"),
            vec!["unknown-key"],
        ),
        (FORM, format!("{sound}&captcha_1=x"), vec!["bad-request"]),
        (
            JSON,
            format!("{{\"key\":\"{key}\",\"answer\":5}}"),
            vec!["bad-request"],
        ),
        (JSON, sound.clone(), vec!["bad-request"]),
        (JSON, "[]".to_owned(), vec!["bad-request"]),
        (JSON, "[".repeat(60_000), vec!["bad-request"]),
        ("text/plain", sound.clone(), vec!["unsupported-media-type"]),
        (
            "multipart/form-data; boundary=x",
            "--x--".to_owned(),
            vec!["unsupported-media-type"],
        ),
        (FORM, "x".repeat(1_000_000), vec!["body-too-large"]),
    ] {
        let shown: String = body.chars().take(80).collect();
        let reply = server.post_raw("/captcha/verify", kind, body).await;
        assert_eq!(
            reply.json(),
            json!({ "success": false, "error-codes": codes }),
            "{kind} {shown}"
        );
        assert_eq!(reply.status, 200, "{kind} {shown}");
        assert_eq!(reply.header("content-type"), JSON, "{kind} {shown}");
    }
    for query in ["?sitekey=nobody", "?sitekey="] {
        let path = format!("/captcha/verify{query}");
        let reply = server.post_raw(&path, FORM, sound.clone()).await;
        assert_eq!(reply.refused(), "unknown-site");
        let path = format!("/captcha/refresh/{query}");
        read(ask(&server, &path))
            .await
            .assert_problem(400, "unknown-site");
    }
    let twice = "/captcha/verify?sitekey=a&sitekey=b";
    let reply = server.post_raw(twice, FORM, sound.clone()).await;
    assert_eq!(reply.refused(), "bad-request");
    assert_right(&server.post_raw("/captcha/verify", FORM, sound).await);
}

#[tokio::test]
async fn several_sites_are_told_apart_by_their_keys_and_hosts() {
    let home = Home::new();
    let server = home.start_configured(SITES);
    let refresh = |query: &str, origin: &'static str| {
        let request = ask(&server, &format!("/captcha/refresh/{query}"));
        read(request.header("origin", origin))
    };
    refresh("", "").await.assert_problem(400, "unknown-site");
    refresh("?sitekey=shop", "https://blog.example")
        .await
        .assert_problem(403, "wrong-site");
    let allowed = refresh("?sitekey=shop", "https://shop.example").await;
    assert_eq!(
        allowed.header("access-control-allow-origin"),
        "https://shop.example"
    );
    let key = allowed.json()["key"].as_str().unwrap().to_owned();

    let check = |query: &str, origin: &'static str| {
        read(
            server
                .request("POST", &format!("/captcha/verify{query}"))
                .header("origin", origin)
                .json(&json!({ "captcha_0": key, "captcha_1": home.answer_to(&key) })),
        )
    };
    assert_eq!(check("", "").await.refused(), "unknown-site");
    assert_eq!(check("?sitekey=blog", "").await.refused(), "unknown-key");
    let elsewhere = check("?sitekey=shop", "https://blog.example").await;
    assert_eq!(elsewhere.refused(), "wrong-site");
    assert_right(&check("?sitekey=shop", "").await);
}

#[tokio::test]
async fn browsers_are_told_that_scripts_of_other_origins_may_refresh() {
    let home = Home::new();
    let server = home.start_configured(SITES);
    let preflight = read(
        server
            .request("OPTIONS", "/captcha/refresh/")
            .header("origin", "https://shop.example")
            .header("access-control-request-method", "GET")
            .header("access-control-request-headers", "x-requested-with"),
    )
    .await;
    assert_eq!(preflight.status, 200);
    assert!(
        preflight
            .header("access-control-allow-headers")
            .contains("x-requested-with")
    );
}

#[tokio::test]
async fn a_full_store_lets_nobody_through() {
    let home = Home::new();
    let server = home.start_with(|command| {
        command.args(["--store", "memory:?limit=1"]);
    });
    loop {
        let key = issue(&server).await;
        let reply = check(&server, &key, &home.answer_to(&key)).await;
        if reply.json()["success"] == false {
            assert_eq!(reply.refused(), "store-unavailable");
            break;
        }
    }
}
