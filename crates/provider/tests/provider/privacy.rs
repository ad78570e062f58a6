//! Secret keys and tokens show nowhere.

use std::net::IpAddr;

use cattlegrid_provider::{Expected, SecretKey, Visit};

use crate::stand_in::{SECRET_KEY, StandIn, TOKEN, token, verifier, verify};

fn assert_private(shown: &str) {
    for secret in [SECRET_KEY, TOKEN, "secret-key-of", "token-of"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[tokio::test]
async fn nothing_that_can_be_printed_has_them() {
    let secret_key: SecretKey = SECRET_KEY.parse().unwrap();
    assert_private(&format!("{secret_key:?} {:?}", token(TOKEN)));
    let visit = Visit::new()
        .from_address("203.0.113.7".parse::<IpAddr>().ok())
        .with_user_agent("a browser");
    let shown = format!("{visit:?}");
    assert!(
        !shown.contains("203.0") && !shown.contains("browser"),
        "{shown}"
    );

    let echo = format!(
        r#"{{"success": false, "error-codes": ["{}", "The token {TOKEN} is bad"], "secret": "{SECRET_KEY}"}}"#,
        TOKEN.to_uppercase()
    );
    for body in [
        echo.as_str(),
        "<html>",
        r#"{"success": "the-secret-key-of-the-site"}"#,
    ] {
        let provider = StandIn::saying(body).await;
        let outcome = verify("hcaptcha", &provider.endpoint, Expected::default()).await;
        assert_private(&format!("{outcome:?}"));
        if let Err(error) = outcome {
            assert_private(&error.to_string());
        }
        assert_private(&format!("{:?}", verifier("hcaptcha", &provider.endpoint)));
    }
    for endpoint in [
        "http://127.0.0.1:1/siteverify",
        "https://127.0.0.1:1/siteverify",
    ] {
        let outcome = verify("hcaptcha", &endpoint.parse().unwrap(), Expected::default()).await;
        assert_private(&format!("{outcome:?} {}", outcome.as_ref().unwrap_err()));
    }
}
