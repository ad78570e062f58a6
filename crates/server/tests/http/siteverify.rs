//! siteverify, as a site's back end uses it.

use serde_json::json;

use crate::harness::Home;

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn a_token_is_good_once_in_a_form_or_in_json() {
    let home = Home::new();
    let server = home.start();
    for form in [true, false] {
        let token = server.earn(&home).await;
        let secret = &server.secret_key;
        let (kind, body) = if form {
            (
                FORM,
                format!("secret={secret}&response={token}&remoteip=192.0.2.1"),
            )
        } else {
            let body = json!({ "secret": secret, "response": token, "remoteip": "192.0.2.1" });
            ("application/json; charset=utf-8", body.to_string())
        };
        let first = server.post_raw("/siteverify", kind, body.clone()).await;
        assert_eq!(first.json()["success"], true, "{kind}");
        let second = server.post_raw("/siteverify", kind, body).await;
        assert_eq!(second.refused(), "already-seen-response", "{kind}");
    }
}

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "a table")]
async fn whatever_is_wrong_the_status_is_200_and_the_code_says_what() {
    let home = Home::new();
    let server = home.start();
    let secret = &server.secret_key;
    let token = server.earn(&home).await;
    let large = "x".repeat(1_000_000);
    for (kind, body, codes) in [
        (
            FORM,
            String::new(),
            json!(["missing-input-secret", "missing-input-response"]),
        ),
        (
            FORM,
            format!("secret={secret}"),
            json!(["missing-input-response"]),
        ),
        (
            FORM,
            format!("secret={secret}&response="),
            json!(["missing-input-response"]),
        ),
        (
            FORM,
            format!("response={token}"),
            json!(["missing-input-secret"]),
        ),
        (
            FORM,
            format!("secret=short&response={token}"),
            json!(["invalid-input-secret"]),
        ),
        (
            FORM,
            format!("secret={secret}x&response={token}"),
            json!(["invalid-input-secret"]),
        ),
        (
            FORM,
            format!("secret={secret}&response=x"),
            json!(["invalid-input-response"]),
        ),
        (
            FORM,
            format!("secret={secret}&response={token}x"),
            json!(["invalid-input-response"]),
        ),
        (
            FORM,
            format!("secret={secret}&response=%ff%00"),
            json!(["invalid-input-response"]),
        ),
        (
            FORM,
            format!("secret={secret}&secret={secret}&response={token}"),
            json!(["bad-request"]),
        ),
        (
            FORM,
            format!("secret={secret}&response={token}&sitekey=other"),
            json!(["sitekey-secret-mismatch"]),
        ),
        (FORM, large.clone(), json!(["bad-request"])),
        (
            FORM,
            json!({ "secret": secret, "response": token }).to_string(),
            json!(["missing-input-secret", "missing-input-response"]),
        ),
        (
            "application/json",
            format!("secret={secret}&response={token}"),
            json!(["bad-request"]),
        ),
        ("application/json", "{".to_owned(), json!(["bad-request"])),
        ("application/json", "[]".to_owned(), json!(["bad-request"])),
        (
            "application/json",
            "{}".to_owned(),
            json!(["missing-input-secret", "missing-input-response"]),
        ),
        (
            "application/json",
            json!({ "secret": 5, "response": token }).to_string(),
            json!(["bad-request"]),
        ),
        (
            "application/json",
            json!({ "secret": secret, "response": null }).to_string(),
            json!(["missing-input-response"]),
        ),
        (
            "text/plain",
            format!("secret={secret}&response={token}"),
            json!(["bad-request"]),
        ),
        (
            "multipart/form-data; boundary=x",
            "--x--".to_owned(),
            json!(["bad-request"]),
        ),
    ] {
        let shown: String = body.chars().take(80).collect();
        let reply = server.post_raw("/siteverify", kind, body).await;
        assert_eq!(reply.status, 200, "{kind} {shown}");
        let reply = reply.json();
        assert_eq!(reply["success"], false, "{kind} {shown}");
        assert_eq!(reply["error-codes"], codes, "{kind} {shown}");
    }
    let mut bytes = format!("secret={secret}&response=").into_bytes();
    bytes.extend([0xff, 0xfe]);
    let reply = server
        .post_raw("/siteverify", "application/json", bytes)
        .await;
    assert_eq!(reply.refused(), "bad-request");

    let still = server.verify(secret, &token).await.json();
    assert_eq!(still["success"], true, "nothing of that spent the token");
}

#[tokio::test]
async fn a_site_cannot_verify_the_tokens_of_another() {
    let home = Home::new();
    let server = home.start_configured(
        r#"
        demo = true
        [[sites]]
        key = "other"
        secret = "the-secret-key-of-the-other"
        "#,
    );
    let token = server.earn(&home).await;
    let theirs = server.verify("the-secret-key-of-the-other", &token).await;
    assert_eq!(theirs.refused(), "sitekey-secret-mismatch");
    let ours = server.verify(&server.secret_key, &token).await.json();
    assert_eq!(ours["success"], true);
}
