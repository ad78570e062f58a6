//! The keys that providers publish for tests.

use serde_json::{Value, json};

use crate::harness::{Home, Server, program, run};

const FORM: &str = "application/x-www-form-urlencoded";

const HCAPTCHA: &str = "/siteverify";
const RECAPTCHA: &str = "/recaptcha/api/siteverify";
const TURNSTILE: &str = "/turnstile/v0/siteverify";

const HCAPTCHA_SECRET: &str = "0x0000000000000000000000000000000000000000";
const RECAPTCHA_SECRET: &str = "6LeIxAcTAAAAAGG-vFI1TnRWxMZNFuojJ4WifJWe";
const PASSES: &str = "1x0000000000000000000000000000000AA";
const FAILS: &str = "2x0000000000000000000000000000000AA";
const SPENT: &str = "3x0000000000000000000000000000000AA";

const DUMMY: &str = "XXXX.DUMMY.TOKEN.XXXX";
const PUBLISHER: &str = "10000000-aaaa-bbbb-cccc-000000000001";
const SAFE: &str = "20000000-aaaa-bbbb-cccc-000000000002";
const BOT: &str = "30000000-aaaa-bbbb-cccc-000000000003";

/// A site that speaks hCaptcha and one that speaks Turnstile, beside the keys for tests.
const SITES: &str = "
    test_keys = true
    [[sites]]
    key = 'hcaptcha'
    secret = 'the-secret-key-of-hcaptcha'
    dialect = 'hcaptcha'
    [[sites]]
    key = 'turnstile'
    secret = 'the-secret-key-of-turnstile'
    dialect = 'turnstile'
";

async fn verify(server: &Server, path: &str, secret: &str, token: &str) -> Value {
    let body = format!("secret={secret}&response={token}");
    let reply = server.post_raw(path, FORM, body).await;
    assert_eq!(reply.status, 200);
    reply.json()
}

fn refused(code: &str) -> Value {
    json!({ "success": false, "error-codes": [code] })
}

#[tokio::test]
async fn secret_keys_say_what_the_providers_documents_say() {
    let home = Home::new();
    let server = home.start_configured(SITES);
    let hcaptcha = json!({ "hostname": "dummy-key-pass", "credit": false });
    let risk = |risk: f64| json!({ "hostname": "dummy-key-pass", "score": risk });
    let recaptcha = json!({ "hostname": "testkey.google.com" });
    let turnstile = json!({
        "hostname": "example.com",
        "metadata": { "result_with_testing_key": true },
    });
    for (path, secret, token, told) in [
        (HCAPTCHA, HCAPTCHA_SECRET, PUBLISHER, &hcaptcha),
        (HCAPTCHA, HCAPTCHA_SECRET, SAFE, &risk(0.0)),
        (HCAPTCHA, HCAPTCHA_SECRET, BOT, &risk(1.0)),
        (RECAPTCHA, RECAPTCHA_SECRET, "anything", &recaptcha),
        (RECAPTCHA, RECAPTCHA_SECRET, DUMMY, &recaptcha),
        (TURNSTILE, PASSES, DUMMY, &turnstile),
    ] {
        let mut want = told.clone();
        want["success"] = true.into();
        want["error-codes"] = json!([]);
        // Twice, as nothing is spent.
        for _ in 0..2 {
            let mut told = verify(&server, path, secret, token).await;
            let answered = told.as_object_mut().unwrap().remove("challenge_ts");
            let answered = answered.unwrap();
            let answered = answered.as_str().unwrap().parse::<jiff::Timestamp>();
            assert!(answered.is_ok(), "{path} {token}");
            assert_eq!(told, want, "{path} {token}");
        }
    }
    let real = server.earn_for(&home, "hcaptcha").await;
    let of_turnstile = server.earn_for(&home, "turnstile").await;
    for (path, secret, token, code) in [
        (HCAPTCHA, HCAPTCHA_SECRET, "x", "not-using-dummy-passcode"),
        (HCAPTCHA, HCAPTCHA_SECRET, DUMMY, "not-using-dummy-passcode"),
        (HCAPTCHA, HCAPTCHA_SECRET, &real, "not-using-dummy-passcode"),
        (
            HCAPTCHA,
            "the-secret-key-of-hcaptcha",
            PUBLISHER,
            "not-using-dummy-passcode",
        ),
        (HCAPTCHA, HCAPTCHA_SECRET, "", "missing-input-response"),
        (RECAPTCHA, RECAPTCHA_SECRET, "", "missing-input-response"),
        (TURNSTILE, PASSES, "", "missing-input-response"),
        (TURNSTILE, PASSES, "x", "invalid-input-response"),
        (TURNSTILE, PASSES, &of_turnstile, "invalid-input-response"),
        (TURNSTILE, FAILS, DUMMY, "invalid-input-response"),
        (TURNSTILE, SPENT, DUMMY, "timeout-or-duplicate"),
        (
            TURNSTILE,
            "the-secret-key-of-turnstile",
            DUMMY,
            "invalid-input-response",
        ),
        // Each is known to its own provider alone.
        (
            RECAPTCHA,
            HCAPTCHA_SECRET,
            PUBLISHER,
            "invalid-input-secret",
        ),
        (TURNSTILE, RECAPTCHA_SECRET, DUMMY, "invalid-input-secret"),
        (HCAPTCHA, PASSES, DUMMY, "invalid-input-secret"),
    ] {
        let told = verify(&server, path, secret, token).await;
        assert_eq!(told, refused(code), "{path} {secret} {token}");
    }
    for (path, secret, token) in [
        (HCAPTCHA, "the-secret-key-of-hcaptcha", real),
        (TURNSTILE, "the-secret-key-of-turnstile", of_turnstile),
    ] {
        let told = verify(&server, path, secret, &token).await;
        assert_eq!(told["success"], true, "a real token is not spent by a test");
    }
}

#[tokio::test]
async fn what_comes_with_a_test_secret_is_looked_at() {
    let home = Home::new();
    let server = home.start();
    let ours = "10000000-ffff-ffff-ffff-000000000001";
    let other = "20000000-ffff-ffff-ffff-000000000002";
    for (path, secret, token, more, code) in [
        (
            HCAPTCHA,
            HCAPTCHA_SECRET,
            PUBLISHER,
            format!("sitekey={ours}"),
            "",
        ),
        (
            HCAPTCHA,
            HCAPTCHA_SECRET,
            PUBLISHER,
            format!("sitekey={other}"),
            "sitekey-secret-mismatch",
        ),
        (
            HCAPTCHA,
            HCAPTCHA_SECRET,
            PUBLISHER,
            "remoteip=nowhere".to_owned(),
            "invalid-remoteip",
        ),
        (
            TURNSTILE,
            PASSES,
            DUMMY,
            "idempotency_key=1".to_owned(),
            "bad-request",
        ),
    ] {
        let body = format!("secret={secret}&response={token}&{more}");
        let reply = server.post_raw(path, FORM, body).await;
        if code.is_empty() {
            assert_eq!(reply.json()["success"], true, "{more}");
        } else {
            assert_eq!(reply.refused(), code, "{more}");
        }
    }
}

#[tokio::test]
async fn site_keys_do_what_the_providers_documents_say() {
    let home = Home::new();
    let server = home.start_configured(SITES);
    let issue = async |key: &str| {
        server
            .post("/api/v1/challenges", &json!({ "sitekey": key }))
            .await
    };
    for (key, path, secret) in [
        (
            "10000000-ffff-ffff-ffff-000000000001",
            HCAPTCHA,
            HCAPTCHA_SECRET,
        ),
        (
            "20000000-ffff-ffff-ffff-000000000002",
            HCAPTCHA,
            HCAPTCHA_SECRET,
        ),
        (
            "30000000-ffff-ffff-ffff-000000000003",
            HCAPTCHA,
            HCAPTCHA_SECRET,
        ),
        (
            "6LeIxAcTAAAAAJcZVRqyHh71UMIEGNQ_MXjiZKhI",
            RECAPTCHA,
            RECAPTCHA_SECRET,
        ),
        ("1x00000000000000000000AA", TURNSTILE, PASSES),
        ("1x00000000000000000000BB", TURNSTILE, PASSES),
    ] {
        let reply = issue(key).await;
        assert_eq!(reply.status, 201, "{key}");
        let body = reply.json();
        assert!(body["expires_at"].is_string(), "{key}");
        assert_eq!(body.as_object().unwrap().len(), 2, "{key}: {body}");
        let token = body["token"].as_str().unwrap();
        let told = verify(&server, path, secret, token).await;
        assert_eq!(told["success"], true, "{key}");
    }
    for key in ["2x00000000000000000000AB", "2x00000000000000000000BB"] {
        issue(key).await.assert_problem(403, "test-key-blocks");
    }
}

#[tokio::test]
async fn the_key_that_forces_interaction_asks_a_real_challenge() {
    let home = Home::new();
    let server = home.start_configured(SITES);
    let site = "3x00000000000000000000FF";
    let key = server.issue_for(site).await;
    let image = server.get(&format!("/api/v1/challenges/{key}/image")).await;
    assert_eq!(image.header("content-type"), "image/png");
    assert_eq!(server.answer(&key, "x").await.refused(), "wrong-answer");
    let answer = home.answer_to(&key);
    assert_eq!(server.answer(&key, &answer).await.refused(), "spent-key");
    let token = server.earn_for(&home, site).await;
    assert_eq!(token, DUMMY);
    let told = verify(&server, TURNSTILE, PASSES, &token).await;
    assert_eq!(told["success"], true);
}

#[tokio::test]
async fn where_they_are_off_they_are_unknown() {
    let home = Home::new();
    let server = home.start_configured(&SITES.replace("test_keys = true", ""));
    for (path, secret, token) in [
        (HCAPTCHA, HCAPTCHA_SECRET, PUBLISHER),
        (RECAPTCHA, RECAPTCHA_SECRET, DUMMY),
        (TURNSTILE, PASSES, DUMMY),
        (TURNSTILE, FAILS, DUMMY),
        (TURNSTILE, SPENT, DUMMY),
    ] {
        let told = verify(&server, path, secret, token).await;
        assert_eq!(told, refused("invalid-input-secret"), "{secret}");
    }
    let real = "the-secret-key-of-hcaptcha";
    let told = verify(&server, HCAPTCHA, real, PUBLISHER).await;
    assert_eq!(told, refused("invalid-input-response"));
    for key in [
        "10000000-ffff-ffff-ffff-000000000001",
        "20000000-ffff-ffff-ffff-000000000002",
        "30000000-ffff-ffff-ffff-000000000003",
        "6LeIxAcTAAAAAJcZVRqyHh71UMIEGNQ_MXjiZKhI",
        "1x00000000000000000000AA",
        "1x00000000000000000000BB",
        "2x00000000000000000000AB",
        "2x00000000000000000000BB",
        "3x00000000000000000000FF",
    ] {
        server
            .post("/api/v1/challenges", &json!({ "sitekey": key }))
            .await
            .assert_problem(400, "unknown-site");
    }
}

#[test]
fn an_operator_is_told_that_they_are_on_beside_sites() {
    const WARNING: &str = "test_keys is on beside sites";
    let without = SITES.replace("test_keys = true", "");
    for (config, warned, checked) in [
        (SITES, true, "test keys        yes; "),
        (&without, false, "test keys        no\n"),
        ("", false, "test keys        yes\n"),
        ("test_keys = false", false, "test keys        no\n"),
    ] {
        let home = Home::new();
        home.start_configured(config).stop();
        assert_eq!(home.log().contains(WARNING), warned, "{config}");
        let ended = run(program()
            .arg("check")
            .arg("--data")
            .arg(home.data())
            .arg("--config")
            .arg(home.path().join("cattlegrid.toml")));
        assert_eq!(ended.status, Some(0), "{}", ended.err);
        assert!(ended.out.contains(checked), "{config}: {}", ended.out);
    }
}
