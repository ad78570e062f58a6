//! All that the providers say they reply, from a server that speaks TLS.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use cattlegrid_provider::{
    Expected, Passed, Roots, Score, Settings, Verification, Verifier, Verify, Visit,
};
use cattlegrid_services::Certificates;

use crate::stand_in::{StandIn, codes, memory, passed, patient, verifier_with};

/// Has a provider give one reply after the other, each to a token of its own.
async fn ask_each(name: &str, replies: &[(u16, String)]) -> Vec<Verification> {
    let certificates = Certificates::new().unwrap();
    let queue: Arc<Mutex<VecDeque<_>>> = Arc::new(Mutex::new(replies.to_vec().into()));
    let provider = StandIn::secure(&certificates, move || {
        let (status, body) = queue.lock().unwrap().pop_front().unwrap();
        (StatusCode::from_u16(status).unwrap(), body).into_response()
    })
    .await;
    let settings = Settings {
        roots: Roots::of_pem_file(&certificates.authority()).unwrap(),
        ..patient(Expected::default())
    };
    let verifier = verifier_with(name, &provider.endpoint, memory(), settings);
    let mut outcomes = Vec::new();
    for index in 0..replies.len() {
        let token = format!("token-{index}");
        outcomes.push(verifier.verify(&token, Visit::new()).await.unwrap());
    }
    assert_eq!(provider.connections(), 1, "one connection is enough");
    outcomes
}

async fn lets_through(name: &str, reply: &str) -> Passed {
    let verification = ask_each(name, &[(200, reply.to_owned())]).await.remove(0);
    passed(verification)
}

/// Each reply is refused with its code.
async fn refuses(name: &str, replies: &[(u16, String, &str)]) {
    let bodies: Vec<_> = replies
        .iter()
        .map(|(status, body, _)| (*status, body.clone()))
        .collect();
    let outcomes = ask_each(name, &bodies).await;
    for (verification, (_, body, code)) in outcomes.iter().zip(replies) {
        assert_eq!(codes(verification), [*code], "{name} {body}");
    }
}

/// As siteverify says it.
fn error_codes<'a>(words: &[&'a str]) -> Vec<(u16, String, &'a str)> {
    words
        .iter()
        .map(|word| {
            let body = format!(r#"{{"success": false, "error-codes": ["{word}"]}}"#);
            (200, body, *word)
        })
        .collect()
}

const OF_ALL: [&str; 5] = [
    "missing-input-secret",
    "invalid-input-secret",
    "missing-input-response",
    "invalid-input-response",
    "bad-request",
];

#[tokio::test]
async fn hcaptcha() {
    let reply = r#"{"success": true, "challenge_ts": "2026-01-31T12:00:00.000000Z", "hostname": "example.org",
        "credit": true, "score": 0.8, "score_reason": ["safe"]}"#;
    let passed = lets_through("hcaptcha", reply).await;
    assert_eq!(passed.challenge_ts(), Some("2026-01-31T12:00:00.000000Z"));
    assert_eq!(passed.hostname(), Some("example.org"));
    assert_eq!(passed.score(), None);
    let own = [
        "expired-input-response",
        "already-seen-response",
        "invalid-or-already-seen-response",
        "missing-remoteip",
        "invalid-remoteip",
        "not-using-dummy-passcode",
        "sitekey-secret-mismatch",
    ];
    refuses("hcaptcha", &error_codes(&[&OF_ALL[..], &own].concat())).await;
}

#[tokio::test]
async fn recaptcha() {
    let reply =
        r#"{"success": true, "challenge_ts": "2026-01-31T12:00:00Z", "hostname": "example.org"}"#;
    let passed = lets_through("recaptcha_v2", reply).await;
    assert_eq!(passed.hostname(), Some("example.org"));
    let reply = r#"{"success": true, "challenge_ts": "2026-01-31T12:00:00Z", "hostname": "example.org",
        "score": 0.9, "action": "sign_up"}"#;
    let passed = lets_through("recaptcha_v3", reply).await;
    assert_eq!(passed.action(), Some("sign_up"));
    assert_eq!(passed.score().map(|score| score.get() > 0.89), Some(true));
    for name in ["recaptcha_v2", "recaptcha_v3"] {
        let words = [&OF_ALL[..], &["timeout-or-duplicate", "browser-error"]].concat();
        refuses(name, &error_codes(&words)).await;
    }
}

#[tokio::test]
async fn turnstile() {
    let reply = r#"{"success": true, "challenge_ts": "2026-01-31T12:00:00.000Z", "hostname": "example.org",
        "error-codes": [], "action": "sign-up", "cdata": "cart-17",
        "metadata": {"ephemeral_id": "x:9f78e0ed210960d7693b167e"}}"#;
    let passed = lets_through("turnstile", reply).await;
    assert_eq!(passed.action(), Some("sign-up"));
    let words = [&OF_ALL[..], &["timeout-or-duplicate"]].concat();
    refuses("turnstile", &error_codes(&words)).await;
}

#[tokio::test]
async fn friendly_captcha() {
    let reply = r#"{"success": true, "data": {"event_id": "ev_x", "challenge":
        {"timestamp": "2026-01-31T12:00:00Z", "origin": "https://www.example.org:8443"}, "risk_intelligence": null}}"#;
    let passed = lets_through("friendly_captcha", reply).await;
    assert_eq!(passed.challenge_ts(), Some("2026-01-31T12:00:00Z"));
    assert_eq!(passed.hostname(), Some("www.example.org"));
    let bare =
        r#"{"success": true, "data": {"challenge": {"timestamp": "x", "origin": "example.org"}}}"#;
    let passed = lets_through("friendly_captcha", bare).await;
    assert_eq!(passed.hostname(), Some("example.org"));
    let unknown = r#"{"success": true, "data": {"challenge": {"timestamp": "x", "origin": ""}}}"#;
    let passed = lets_through("friendly_captcha", unknown).await;
    assert_eq!(passed.hostname(), None);
    let said = |status, code| {
        let detail = "A sentence about what went wrong.";
        let error = format!(r#"{{"error_code": "{code}", "detail": "{detail}"}}"#);
        let body = format!(r#"{{"success": false, "error": {error}}}"#);
        (status, body, code)
    };
    let replies = [
        said(401, "auth_required"),
        said(401, "auth_invalid"),
        said(400, "sitekey_invalid"),
        said(400, "response_missing"),
        said(200, "response_invalid"),
        said(200, "response_timeout"),
        said(200, "response_duplicate"),
        said(400, "bad_request"),
    ];
    refuses("friendly_captcha", &replies).await;
}

fn assessment(token: &str, risk: &str) -> String {
    format!(
        r#"{{"name": "projects/1234/assessments/b6ac310000000000", "event": {{"token": "…", "siteKey": "…"}},
        "riskAnalysis": {risk}, "tokenProperties": {token}}}"#
    )
}

#[tokio::test]
async fn recaptcha_enterprise() {
    let token = r#"{"valid": true, "invalidReason": "INVALID_REASON_UNSPECIFIED", "hostname": "example.org",
        "androidPackageName": "", "iosBundleId": "", "action": "sign_up", "createTime": "2026-01-31T12:00:00.000Z"}"#;
    let risk = r#"{"score": 0.8999999761581421, "reasons": [], "extendedVerdictReasons": [], "challenge": "PASSED"}"#;
    let passed = lets_through("recaptcha_enterprise", &assessment(token, risk)).await;
    assert_eq!(passed.challenge_ts(), Some("2026-01-31T12:00:00.000Z"));
    assert_eq!(passed.hostname(), Some("example.org"));
    assert_eq!(passed.action(), Some("sign_up"));
    assert!(passed.score().is_some_and(|score| score.get() > 0.89));

    let invalid = |reason: &str| {
        let token = format!(
            r#"{{"valid": false, "invalidReason": "{reason}", "hostname": "", "action": "", "createTime": "1970-01-01T00:00:00Z"}}"#
        );
        assessment(&token, r#"{"score": 0, "reasons": []}"#)
    };
    let reasons = [
        ("INVALID_REASON_UNSPECIFIED", "invalid_reason_unspecified"),
        ("UNKNOWN_INVALID_REASON", "unknown_invalid_reason"),
        ("MALFORMED", "malformed"),
        ("EXPIRED", "expired"),
        ("DUPE", "dupe"),
        ("MISSING", "missing"),
        ("BROWSER_ERROR", "browser_error"),
        ("SITE_MISMATCH", "site_mismatch"),
        ("UNEXPECTED_ACTION", "unexpected_action"),
    ];
    let mut replies: Vec<_> = reasons
        .iter()
        .map(|(reason, code)| (200, invalid(reason), *code))
        .collect();
    for (risk, code) in [
        (
            r#"{"score": 0.1, "reasons": ["AUTOMATION"]}"#,
            "score-too-low",
        ),
        (r#"{"reasons": ["LOW_CONFIDENCE_SCORE"]}"#, "score-too-low"),
        (
            r#"{"score": 0.9, "challenge": "FAILED"}"#,
            "challenge-failed",
        ),
    ] {
        replies.push((200, assessment(token, risk), code));
    }
    refuses("recaptcha_enterprise", &replies).await;
}

#[tokio::test]
async fn altchas_servers() {
    let own = r#"{"verified": true, "success": true, "challenge_ts": "2026-01-31T12:00:00.000Z",
        "hostname": "example.org", "action": "sign-up", "error-codes": []}"#;
    let passed = lets_through("altcha_server", own).await;
    assert_eq!(passed.hostname(), Some("example.org"));
    assert_eq!(passed.action(), Some("sign-up"));
    let sentinels = r#"{"verified": true, "apiKey": "key_x", "verificationData":
        {"classification": "GOOD", "expire": 1769861400, "score": 0.5, "time": 1769860800, "verified": true}}"#;
    let passed = lets_through("altcha_server", sentinels).await;
    assert_eq!((passed.hostname(), passed.score()), (None, None));
    let no = |reason: &str| format!(r#"{{"verified": false, "reason": "{reason}"}}"#);
    let replies = [
        (200, no("already-seen-response"), "already-seen-response"),
        (200, no("missing-code"), "missing-code"),
        (200, no("EXPIRED"), "expired"),
        (
            200,
            r#"{"verified": false}"#.to_owned(),
            "refused-without-reason",
        ),
        (400, r#"{"error": "bad-request"}"#.to_owned(), "bad-request"),
        (
            400,
            r#"{"error": "Invalid payload."}"#.to_owned(),
            "refused-without-reason",
        ),
    ];
    refuses("altcha_server", &replies).await;
}

#[tokio::test]
async fn cattlegrids_server() {
    let reply = r#"{"success": true, "challenge_ts": "2026-01-31T12:00:00.000Z", "hostname": "example.org",
        "action": "sign-up", "error-codes": []}"#;
    let passed = lets_through("cattlegrid", reply).await;
    assert_eq!((passed.action(), passed.score()), (Some("sign-up"), None));
    let reply = r#"{"success": true, "challenge_ts": "2026-01-31T12:01:30.000Z", "hostname": "example.org",
        "action": "sign-up", "score": 0.7, "score-reasons": ["instant", "no-signals"], "error-codes": []}"#;
    let passed = lets_through("cattlegrid", reply).await;
    assert_eq!(passed.score().map(Score::get), Some(0.7));
    let own = [
        "expired-input-response",
        "already-seen-response",
        "sitekey-secret-mismatch",
    ];
    refuses("cattlegrid", &error_codes(&[&OF_ALL[..], &own].concat())).await;
}

#[tokio::test]
async fn a_certificate_of_nobody_we_know_is_not_trusted() {
    let certificates = Certificates::new().unwrap();
    let provider = StandIn::secure(&certificates, || -> Response {
        r#"{"success": true}"#.into_response()
    })
    .await;
    let others = Certificates::new().unwrap();
    for roots in [
        Roots::system(),
        Roots::of_pem_file(&others.authority()).unwrap(),
    ] {
        let settings = Settings {
            roots,
            ..patient(Expected::default())
        };
        let verifier: Verifier<_> =
            verifier_with("turnstile", &provider.endpoint, memory(), settings);
        let error = verifier.verify("token", Visit::new()).await.unwrap_err();
        assert_eq!(error.code(), "provider-unreachable");
        assert!(error.to_string().contains("certificate"), "{error}");
    }
    assert!(provider.questions().is_empty());
}

#[test]
fn a_file_of_roots_has_certificates() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("roots.pem");
    assert!(Roots::of_pem_file(&file).is_err());
    for bad in [
        "",
        "no PEM",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ] {
        std::fs::write(&file, bad).unwrap();
        let error = Roots::of_pem_file(&file).unwrap_err().to_string();
        assert!(error.contains("roots.pem"), "{error}");
    }
}
