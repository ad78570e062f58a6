//! What providers are asked.

use std::net::IpAddr;

use cattlegrid_provider::{Action, Verify, Visit};
use serde_json::json;
use uuid::Uuid;

use crate::stand_in::{
    Fields, REMOTE, SECRET_KEY, SITE_KEY, SITEVERIFY, StandIn, TOKEN, codes, passed, verifier,
};

fn fields(pairs: &[(&str, &str)]) -> Fields {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[tokio::test]
async fn every_provider_is_asked_for_the_token_with_the_secret_key() {
    for name in SITEVERIFY {
        let provider = StandIn::lenient().await;
        let verification = verifier(name, &provider.endpoint)
            .verify(TOKEN, Visit::new())
            .await;
        assert_eq!(passed(verification.unwrap()).provider(), name);
        let mut want = fields(&[("secret", SECRET_KEY), ("response", TOKEN)]);
        if ["cattlegrid", "hcaptcha"].contains(&name) {
            want.insert("sitekey".to_owned(), SITE_KEY.to_owned());
        }
        let mut asked = provider.asked().pop().unwrap();
        let key = asked.remove("idempotency_key");
        assert_eq!(key.is_some(), name == "turnstile");
        assert!(key.is_none_or(|key| key.parse::<Uuid>().is_ok()));
        assert_eq!(asked, want, "{name}");
    }
}

#[tokio::test]
async fn the_visitors_address_is_said_where_it_is_known() {
    let provider = StandIn::lenient().await;
    let verifier = verifier("turnstile", &provider.endpoint);
    for (address, said) in [
        (Some("203.0.113.7"), Some("203.0.113.7")),
        (Some("2001:db8::1"), Some("2001:db8::1")),
        (Some("::ffff:203.0.113.7"), Some("203.0.113.7")),
        (None, None),
    ] {
        let address = address.map(|address| address.parse::<IpAddr>().unwrap());
        let _ = verifier
            .verify(TOKEN, Visit::new().from_address(address))
            .await
            .unwrap();
        let asked = provider.asked().pop().unwrap();
        assert_eq!(asked.get("remoteip").map(String::as_str), said);
    }
}

#[tokio::test]
async fn what_has_a_meaning_in_a_form_arrives_as_it_was() {
    let provider = StandIn::lenient().await;
    let odd = "a&secret=b%20+c=?#\"';";
    let _ = verifier("recaptcha_v2", &provider.endpoint)
        .verify(odd, Visit::new())
        .await
        .unwrap();
    assert_eq!(
        provider.asked(),
        [fields(&[("secret", SECRET_KEY), ("response", odd)])]
    );
}

#[tokio::test]
async fn verifications_share_a_connection() {
    let provider = StandIn::lenient().await;
    let verifier = verifier("hcaptcha", &provider.endpoint);
    for text in ["one", "two", "three"] {
        let _ = verifier.verify(text, Visit::new()).await.unwrap();
    }
    assert_eq!((provider.asked().len(), provider.connections()), (3, 1));
}

#[tokio::test]
async fn a_token_that_cannot_be_one_is_refused_without_asking() {
    let provider = StandIn::lenient().await;
    for (name, chars) in [("turnstile", 2049), ("cattlegrid", 1025)] {
        let verification = verifier(name, &provider.endpoint)
            .verify(&"a".repeat(chars), Visit::new())
            .await
            .unwrap();
        assert_eq!(codes(&verification), ["invalid-input-response"]);
    }
    assert!(provider.asked().is_empty());
    for chars in [1, 2500, 8192] {
        let _ = verifier("hcaptcha", &provider.endpoint)
            .verify(&"a".repeat(chars), Visit::new())
            .await
            .unwrap();
    }
    assert_eq!(provider.asked().len(), 3);
}

/// What is known of a visit, whole.
fn visit() -> Visit {
    Visit::new()
        .from_address("203.0.113.7".parse::<IpAddr>().ok())
        .with_user_agent("a browser")
}

#[tokio::test]
async fn recaptcha_enterprise_is_asked_for_an_assessment() {
    let provider = StandIn::lenient().await;
    let verifier = verifier("recaptcha_enterprise", &provider.endpoint);
    let _ = verifier
        .verify(TOKEN, visit().for_action("login".parse::<Action>().ok()))
        .await;
    let _ = verifier.verify(TOKEN, Visit::new()).await;
    let [whole, bare] = &provider.questions()[..] else {
        panic!("two questions");
    };
    assert_eq!(whole.headers["x-goog-api-key"], SECRET_KEY);
    assert_eq!(
        whole.json(),
        json!({"event": {
            "token": TOKEN,
            "siteKey": SITE_KEY,
            "expectedAction": "login",
            "userIpAddress": "203.0.113.7",
            "userAgent": "a browser",
        }})
    );
    assert_eq!(
        bare.json(),
        json!({"event": {"token": TOKEN, "siteKey": SITE_KEY}})
    );
}

#[tokio::test]
async fn friendly_captcha_is_asked_with_an_api_key() {
    let provider = StandIn::lenient().await;
    let _ = verifier("friendly_captcha", &provider.endpoint)
        .verify(TOKEN, visit())
        .await;
    let asked = provider.questions().pop().unwrap();
    assert_eq!(asked.headers["x-api-key"], SECRET_KEY);
    assert_eq!(
        asked.json(),
        json!({"response": TOKEN, "sitekey": SITE_KEY})
    );
}

#[tokio::test]
async fn a_server_of_altchas_is_asked_about_the_payload() {
    let provider = StandIn::lenient().await;
    let _ = verifier("altcha_server", &provider.endpoint)
        .verify(TOKEN, visit())
        .await;
    let asked = provider.questions().pop().unwrap();
    assert_eq!(
        asked.json(),
        json!({"payload": TOKEN, "secret": SECRET_KEY})
    );
}

#[tokio::test]
async fn what_a_visitors_browser_calls_itself_stays_where_it_is_put() {
    let provider = StandIn::lenient().await;
    let odd = "\"}, {\"\r\nx: y";
    for name in REMOTE {
        let _ = verifier(name, &provider.endpoint)
            .verify("\"},{\"token\":\"", visit().with_user_agent(odd))
            .await;
    }
    for asked in provider.questions() {
        if asked.headers["content-type"] == "application/json" {
            let event = &asked.json()["event"];
            assert!(event.is_null() || event["userAgent"] == odd);
        }
    }
}
