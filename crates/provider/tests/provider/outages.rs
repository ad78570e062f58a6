//! Providers that do not answer, or with what is no answer.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Redirect};
use cattlegrid_provider::store::memory::MemoryStore;
use cattlegrid_provider::store::{Clock, ManualClock, Timestamp};
use cattlegrid_provider::{
    Broken, Endpoint, Error, Expected, Settings, Unreachable, Verifier, Verify, Visit,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::stand_in::{
    self, REMOTE, SITEVERIFY, StandIn, TOKEN, memory, passed, raw, status, verifier_with, verify,
};

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
    let verifier = verifier_with("hcaptcha", endpoint, memory(), settings);
    match verifier.verify(TOKEN, Visit::new()).await {
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
        for name in REMOTE {
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
        for name in SITEVERIFY {
            let why = broken(name, &provider.endpoint).await;
            assert_eq!(why, Broken::Field(field), "{name} {body}");
        }
    }
    for (body, field) in [
        (r#"{"success": true, "score": "1"}"#, "score"),
        (r#"{"success": true, "score": 1.1}"#, "score"),
        (r#"{"success": true, "score": -1}"#, "score"),
        (r#"{"success": true, "score": 1, "action": 1}"#, "action"),
        (r#"{"success": true, "score": 1e999}"#, ""),
        (r#"{"success": true, "score": NaN}"#, ""),
    ] {
        let provider = StandIn::saying(body).await;
        let want = match field {
            "" => Broken::NotJson,
            field => Broken::Field(field),
        };
        for name in ["cattlegrid", "recaptcha_v3"] {
            assert_eq!(broken(name, &provider.endpoint).await, want, "{name}");
        }
    }
}

#[tokio::test]
async fn an_answer_of_another_shape_decides_nothing() {
    for (name, body, field) in [
        ("recaptcha_enterprise", "{}", "tokenProperties"),
        (
            "recaptcha_enterprise",
            r#"{"tokenProperties": [{"valid": true}], "success": true}"#,
            "tokenProperties",
        ),
        (
            "recaptcha_enterprise",
            r#"{"tokenProperties": {"valid": "true"}, "riskAnalysis": {"score": 1}}"#,
            "valid",
        ),
        (
            "recaptcha_enterprise",
            r#"{"tokenProperties": {"valid": true}}"#,
            "riskAnalysis",
        ),
        (
            "recaptcha_enterprise",
            r#"{"tokenProperties": {"valid": true}, "riskAnalysis": {"score": 2}}"#,
            "score",
        ),
        ("friendly_captcha", r#"{"success": true}"#, "data"),
        (
            "friendly_captcha",
            r#"{"success": true, "data": {"challenge": null}}"#,
            "challenge",
        ),
        (
            "friendly_captcha",
            r#"{"success": true, "data": {"challenge": {"origin": "https://[x"}}}"#,
            "origin",
        ),
        ("friendly_captcha", r#"{"success": false}"#, "error"),
        ("altcha_server", r#"{"success": true}"#, "verified"),
        ("altcha_server", r#"{"verified": 1}"#, "verified"),
        (
            "altcha_server",
            r#"{"verified": true, "error": {}}"#,
            "error",
        ),
    ] {
        let provider = StandIn::saying(body).await;
        let why = broken(name, &provider.endpoint).await;
        assert_eq!(why, Broken::Field(field), "{name} {body}");
    }
}

#[tokio::test]
async fn deep_nesting_is_not_followed() {
    let deep = format!(
        r#"{{"success": true, "x": {}{}}}"#,
        "[".repeat(30_000),
        "]".repeat(30_000)
    );
    let provider = StandIn::saying(&deep).await;
    for name in REMOTE {
        assert_eq!(broken(name, &provider.endpoint).await, Broken::NotJson);
    }
}

#[tokio::test]
async fn whatever_the_content_type_it_is_the_content_that_counts() {
    for (kind, body, ok) in [
        ("text/html", "<html>", false),
        ("application/json", "<html>", false),
        ("text/plain", r#"{"success": true}"#, true),
    ] {
        let provider =
            StandIn::answering(move || ([(CONTENT_TYPE, kind)], body).into_response()).await;
        let outcome = verify("hcaptcha", &provider.endpoint, Expected::default()).await;
        assert_eq!(outcome.is_ok(), ok, "{kind} {body}");
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
async fn a_status_that_says_why_not_never_lets_anybody_through() {
    for (name, code, body) in [
        (
            "friendly_captcha",
            400,
            r#"{"success": true, "data": {"challenge": {}}}"#,
        ),
        (
            "friendly_captcha",
            401,
            r#"{"success": true, "data": {"challenge": {}}}"#,
        ),
        ("altcha_server", 400, r#"{"verified": true}"#),
    ] {
        let provider = StandIn::answering(move || status(code, body)).await;
        assert_eq!(broken(name, &provider.endpoint).await, Broken::Status(code));
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
        ("cattlegrid", "internal-error"),
    ] {
        let reply = format!(r#"{{"success": false, "error-codes": ["{code}"]}}"#);
        let provider = StandIn::saying(&reply).await;
        assert_eq!(broken(name, &provider.endpoint).await, Broken::Undecided);
    }
}

#[tokio::test]
async fn a_server_of_altchas_that_failed_itself_decides_nothing() {
    for reason in ["store-unavailable", "internal-error", "overloaded"] {
        let reply = format!(r#"{{"verified": false, "reason": "{reason}"}}"#);
        let provider = StandIn::saying(&reply).await;
        let why = broken("altcha_server", &provider.endpoint).await;
        assert_eq!(why, Broken::Undecided);
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

/// Loses its first answers, and then says that somebody passed. Remembers what it was asked.
async fn forgetful(losses: usize) -> (Endpoint, Arc<Mutex<Vec<String>>>) {
    let questions: Arc<Mutex<Vec<String>>> = Arc::default();
    let asked = Arc::clone(&questions);
    let (endpoint, _) = raw(move |mut stream| {
        let asked = Arc::clone(&asked);
        async move {
            let mut question = vec![0; 4096];
            let length = stream.read(&mut question).await.unwrap_or(0);
            let text = String::from_utf8_lossy(&question[..length]).into_owned();
            let count = {
                let mut asked = asked.lock().unwrap();
                asked.push(text);
                asked.len()
            };
            if count > losses {
                let answer = "HTTP/1.1 200 OK\r\ncontent-length: 17\r\nconnection: close\r\n\r\n{\"success\": true}";
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        }
    })
    .await;
    (endpoint, questions)
}

/// The idempotency key in a question.
fn idempotency_key(question: &str) -> Option<&str> {
    let (_, key) = question.split_once("idempotency_key=")?;
    Some(&key[..36])
}

#[tokio::test]
async fn turnstile_is_asked_the_same_once_more_when_its_answer_was_lost() {
    let (endpoint, questions) = forgetful(1).await;
    passed(
        verify("turnstile", &endpoint, Expected::default())
            .await
            .unwrap(),
    );
    let questions = questions.lock().unwrap().clone();
    let [first, second] = &questions[..] else {
        panic!("{questions:?}");
    };
    assert!(idempotency_key(first).is_some());
    assert_eq!(idempotency_key(first), idempotency_key(second));

    let (endpoint, questions) = forgetful(2).await;
    let error = verify("turnstile", &endpoint, Expected::default()).await;
    assert_eq!(error.unwrap_err().code(), "provider-unreachable");
    assert_eq!(questions.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn every_question_to_turnstile_has_a_key_of_its_own() {
    let provider = StandIn::lenient().await;
    let verifier = stand_in::verifier("turnstile", &provider.endpoint);
    for _ in 0..2 {
        let _ = verifier.verify(TOKEN, Visit::new()).await;
    }
    let asked = provider.asked();
    assert_ne!(asked[0]["idempotency_key"], asked[1]["idempotency_key"]);
}

#[tokio::test]
async fn nobody_else_is_asked_twice() {
    for name in REMOTE.into_iter().filter(|name| *name != "turnstile") {
        let (endpoint, questions) = forgetful(1).await;
        let error = verify(name, &endpoint, Expected::default()).await;
        assert_eq!(error.unwrap_err().code(), "provider-unreachable", "{name}");
        assert_eq!(questions.lock().unwrap().len(), 1, "{name}");
    }
}

/// A verifier with a clock that stands, of a provider that says what it is told to.
async fn by_the_clock() -> (
    Verifier<MemoryStore>,
    StandIn,
    Arc<ManualClock>,
    Arc<AtomicU16>,
) {
    let says = Arc::new(AtomicU16::new(502));
    let told = Arc::clone(&says);
    let provider =
        StandIn::answering(move || status(told.load(Ordering::SeqCst), r#"{"success": true}"#))
            .await;
    let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_000_000)));
    let settings = Settings {
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        ..stand_in::patient(Expected::default())
    };
    let verifier = verifier_with("hcaptcha", &provider.endpoint, memory(), settings);
    (verifier, provider, clock, says)
}

async fn why(verifier: &Verifier<MemoryStore>) -> Unreachable {
    match verifier.verify(TOKEN, Visit::new()).await {
        Err(Error::Unreachable { why, .. }) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn who_gives_no_answer_again_and_again_is_left_alone_for_a_while() {
    let (verifier, provider, clock, says) = by_the_clock().await;
    for _ in 0..5 {
        assert!(matches!(why(&verifier).await, Unreachable::Gateway(502)));
    }
    for _ in 0..20 {
        assert!(matches!(why(&verifier).await, Unreachable::LeftAlone));
    }
    assert!(!verifier.reachable().await);
    assert_eq!(provider.questions().len(), 5);

    clock.advance(Duration::from_secs(10));
    assert!(matches!(why(&verifier).await, Unreachable::Gateway(502)));
    assert!(matches!(why(&verifier).await, Unreachable::LeftAlone));

    clock.advance(Duration::from_secs(10));
    says.store(200, Ordering::SeqCst);
    passed(verifier.verify(TOKEN, Visit::new()).await.unwrap());
    assert!(verifier.reachable().await);
    assert_eq!(provider.questions().len(), 7);
}

#[tokio::test]
async fn a_bad_answer_has_nobody_left_alone() {
    let (verifier, provider, _, says) = by_the_clock().await;
    says.store(500, Ordering::SeqCst);
    for _ in 0..20 {
        let error = verifier.verify(TOKEN, Visit::new()).await.unwrap_err();
        assert_eq!(error.code(), "provider-broken");
    }
    assert_eq!(provider.questions().len(), 20);
}

#[tokio::test]
async fn whether_anybody_is_there_is_asked_with_no_ones_token() {
    let (verifier, provider, clock, says) = by_the_clock().await;
    assert!(!verifier.reachable().await);
    says.store(200, Ordering::SeqCst);
    for _ in 0..3 {
        assert!(verifier.reachable().await);
    }
    assert_eq!(provider.questions().len(), 2);
    clock.advance(Duration::from_secs(10));
    assert!(verifier.reachable().await);
    assert_eq!(provider.questions().len(), 3);
    assert!(
        provider
            .asked()
            .iter()
            .all(|asked| asked["response"] != TOKEN)
    );
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
