//! Providers that do not answer, or with what is no answer.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::response::{IntoResponse, Redirect};
use cattlegrid_provider::provider::NAMES;
use cattlegrid_provider::{Broken, Endpoint, Error, Expected, Settings, Unreachable};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::stand_in::{self, StandIn, TOKEN, memory, raw, status, token, verifier_with, verify};

async fn broken(name: &str, endpoint: &Endpoint) -> Broken {
    match verify(name, endpoint, Expected::default()).await {
        Err(Error::Broken { why, .. }) => why,
        other => panic!("{other:?}"),
    }
}

async fn unreachable_within(timeout: Duration, endpoint: &Endpoint) -> Unreachable {
    let settings = Settings {
        timeout,
        ..Settings::default()
    };
    let verifier = verifier_with("turnstile", endpoint, memory(), settings);
    match verifier.verify(&token(TOKEN), None).await {
        Err(Error::Unreachable { why, .. }) => why,
        other => panic!("{other:?}"),
    }
}

/// For those that take as long as they are given.
async fn too_slow(endpoint: &Endpoint) {
    let why = unreachable_within(Duration::from_millis(200), endpoint).await;
    assert!(matches!(why, Unreachable::Timeout), "{why:?}");
}

/// For those that fail on their own.
async fn no_connection(endpoint: &Endpoint) {
    let why = unreachable_within(Duration::from_secs(30), endpoint).await;
    assert!(matches!(why, Unreachable::Connection(_)), "{why:?}");
}

#[tokio::test]
async fn an_answer_that_is_no_json_object_decides_nothing() {
    for body in [
        "",
        "<!doctype html><title>Just a moment…</title>",
        "true",
        "[]",
        "null",
        r#""success""#,
        r#"{"success": true"#,
        r#"{"success": true} {"#,
        "\u{feff}{\"success\": true}",
    ] {
        let provider = StandIn::saying(body).await;
        for name in NAMES {
            assert_eq!(
                broken(name, &provider.endpoint).await,
                Broken::NotJson,
                "{body}"
            );
        }
    }
}

#[tokio::test]
async fn an_answer_of_wrong_types_decides_nothing() {
    let long = format!(r#"{{"success": true, "hostname": "{}"}}"#, "a".repeat(513));
    for (body, field) in [
        ("{}", "success"),
        (r#"{"success": null}"#, "success"),
        (r#"{"success": "true"}"#, "success"),
        (r#"{"success": 1}"#, "success"),
        (r#"{"success": [true]}"#, "success"),
        (r#"{"Success": true}"#, "success"),
        (
            r#"{"success": false, "error-codes": "bad-request"}"#,
            "error-codes",
        ),
        (r#"{"success": false, "error-codes": [1]}"#, "error-codes"),
        (r#"{"success": true, "hostname": 7}"#, "hostname"),
        (r#"{"success": true, "hostname": "a\u0000b"}"#, "hostname"),
        (r#"{"success": true, "challenge_ts": {}}"#, "challenge_ts"),
        (&long, "hostname"),
    ] {
        let provider = StandIn::saying(body).await;
        for name in NAMES {
            let why = broken(name, &provider.endpoint).await;
            assert_eq!(why, Broken::Field(field), "{name} {body}");
        }
    }
    for (body, field) in [
        (r#"{"success": true, "score": "1"}"#, "score"),
        (r#"{"success": true, "score": 1.1}"#, "score"),
        (r#"{"success": true, "score": -1}"#, "score"),
        (r#"{"success": true, "score": 1, "action": 1}"#, "action"),
    ] {
        let provider = StandIn::saying(body).await;
        assert_eq!(
            broken("recaptcha_v3", &provider.endpoint).await,
            Broken::Field(field)
        );
    }
}

#[tokio::test]
async fn only_status_200_counts() {
    for code in [201, 204, 400, 401, 403, 404, 429, 500, 501] {
        let provider = StandIn::answering(move || status(code, r#"{"success": true}"#)).await;
        assert_eq!(
            broken("hcaptcha", &provider.endpoint).await,
            Broken::Status(code)
        );
    }
}

#[tokio::test]
async fn what_stands_in_front_of_a_provider_that_is_down_may_say_so() {
    for code in [502, 503, 504] {
        let provider = StandIn::answering(move || status(code, r#"{"success": true}"#)).await;
        let error = verify("turnstile", &provider.endpoint, Expected::default())
            .await
            .unwrap_err();
        assert_eq!(error.code(), "provider-unreachable", "{error}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = StandIn::lenient().await;
    let to = elsewhere.endpoint.to_string();
    let provider = StandIn::answering(move || Redirect::temporary(&to).into_response()).await;
    assert_eq!(
        broken("turnstile", &provider.endpoint).await,
        Broken::Status(307)
    );
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn a_provider_that_failed_itself_decides_nothing() {
    for (name, code) in [
        ("turnstile", "internal-error"),
        ("cattlegrid", "store-unavailable"),
    ] {
        let reply = format!(r#"{{"success": false, "error-codes": ["{code}"]}}"#);
        let provider = StandIn::saying(&reply).await;
        assert_eq!(broken(name, &provider.endpoint).await, Broken::Undecided);
    }
}

#[tokio::test]
async fn a_large_answer_is_not_read_to_its_end() {
    for size in [64 * 1024 + 1, 10 * 1024 * 1024] {
        let body = format!(r#"{{"success": true, "x": "{}"}}"#, "x".repeat(size));
        let provider = StandIn::saying(&body).await;
        assert_eq!(
            broken("hcaptcha", &provider.endpoint).await,
            Broken::TooLarge
        );
    }
}

/// Reads the question, and says `answer`.
async fn say(mut stream: TcpStream, answer: &[u8]) -> TcpStream {
    let mut question = [0; 1024];
    let _ = stream.read(&mut question).await;
    let _ = stream.write_all(answer).await;
    stream
}

#[tokio::test]
async fn an_endless_answer_is_not_read_to_its_end() {
    let (endpoint, _) = raw(|stream| async {
        let mut stream = say(stream, b"HTTP/1.1 200 OK\r\n\r\n{").await;
        while stream.write_all(&[b' '; 1024]).await.is_ok() {}
    })
    .await;
    assert_eq!(broken("hcaptcha", &endpoint).await, Broken::TooLarge);
}

#[tokio::test]
async fn what_is_not_http_decides_nothing() {
    let (endpoint, _) = raw(|stream| async {
        say(stream, b"SSH-2.0-OpenSSH_9.6\r\n\r\n").await;
    })
    .await;
    assert_eq!(broken("hcaptcha", &endpoint).await, Broken::NotHttp);
}

#[tokio::test]
async fn nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = stand_in::endpoint(&listener);
    drop(listener);
    no_connection(&endpoint).await;
}

#[tokio::test]
async fn a_connection_that_ends_before_the_answer() {
    for answer in [
        &b""[..],
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"success\": true",
    ] {
        let (endpoint, connections) = raw(move |stream| async {
            say(stream, answer).await;
        })
        .await;
        no_connection(&endpoint).await;
        // Why: what has been sent may have spent the token, and asking again would refuse somebody who passed.
        assert_eq!(connections.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn a_connection_that_cannot_be_encrypted_is_tried_once_more() {
    let (endpoint, connections) = raw(|stream| async {
        say(stream, b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    })
    .await;
    let encrypted = endpoint.to_string().replace("http:", "https:");
    no_connection(&encrypted.parse().unwrap()).await;
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_slow_answer_is_not_waited_for() {
    for beginning in [
        &b""[..],
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"success\": true",
    ] {
        let (endpoint, _) = raw(move |stream| async {
            let _open = say(stream, beginning).await;
            std::future::pending::<()>().await;
        })
        .await;
        too_slow(&endpoint).await;
    }
}

#[tokio::test]
async fn an_answer_in_drops_is_not_waited_for() {
    let (endpoint, _) = raw(|stream| async {
        let mut stream = say(stream, b"HTTP/1.1 200 OK\r\n\r\n{").await;
        while stream.write_all(b" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    too_slow(&endpoint).await;
}

#[tokio::test]
async fn errors_have_codes_and_say_what_happened() {
    let provider = StandIn::answering(|| status(500, "")).await;
    let error = verify("turnstile", &provider.endpoint, Expected::default())
        .await
        .unwrap_err();
    assert_eq!(error.code(), "provider-broken");
    assert_eq!(
        error.to_string(),
        "turnstile gave no answer to go by: status 500"
    );

    let nobody = "http://127.0.0.1:1/siteverify".parse().unwrap();
    let error = verify("turnstile", &nobody, Expected::default())
        .await
        .unwrap_err();
    assert_eq!(error.code(), "provider-unreachable");
    let text = error.to_string();
    assert!(text.starts_with("turnstile cannot be reached: "), "{text}");
    assert!(text.contains("refused"), "{text}");
}
