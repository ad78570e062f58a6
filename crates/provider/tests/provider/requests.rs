//! What providers are asked.

use std::net::IpAddr;

use cattlegrid_provider::provider::NAMES;

use crate::stand_in::{Fields, SECRET_KEY, SITE_KEY, StandIn, TOKEN, passed, token, verifier};

fn fields(pairs: &[(&str, &str)]) -> Fields {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

#[tokio::test]
async fn every_provider_is_asked_for_the_token_with_the_secret_key() {
    for name in NAMES {
        let provider = StandIn::lenient().await;
        let verification = verifier(name, &provider.endpoint)
            .verify(&token(TOKEN), None)
            .await;
        assert_eq!(passed(verification.unwrap()).provider, name);
        let mut want = fields(&[("secret", SECRET_KEY), ("response", TOKEN)]);
        if ["cattlegrid", "hcaptcha"].contains(&name) {
            want.insert("sitekey".to_owned(), SITE_KEY.to_owned());
        }
        assert_eq!(provider.asked(), [want], "{name}");
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
        let _ = verifier.verify(&token(TOKEN), address).await.unwrap();
        let asked = provider.asked().pop().unwrap();
        assert_eq!(asked.get("remoteip").map(String::as_str), said);
    }
}

#[tokio::test]
async fn what_has_a_meaning_in_a_form_arrives_as_it_was() {
    let provider = StandIn::lenient().await;
    let odd = "a&secret=b%20+c=?#\"';";
    let _ = verifier("recaptcha_v2", &provider.endpoint)
        .verify(&token(odd), None)
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
        let _ = verifier.verify(&token(text), None).await.unwrap();
    }
    assert_eq!((provider.asked().len(), provider.connections()), (3, 1));
}

#[tokio::test]
async fn a_token_that_cannot_be_one_is_refused_without_asking() {
    let provider = StandIn::lenient().await;
    for (name, chars) in [("turnstile", 2049), ("cattlegrid", 1025)] {
        let verification = verifier(name, &provider.endpoint)
            .verify(&token(&"a".repeat(chars)), None)
            .await
            .unwrap();
        assert_eq!(
            crate::stand_in::codes(&verification),
            ["invalid-input-response"]
        );
    }
    assert!(provider.asked().is_empty());
    for chars in [1, 2500, 8192] {
        let _ = verifier("hcaptcha", &provider.endpoint)
            .verify(&token(&"a".repeat(chars)), None)
            .await
            .unwrap();
    }
    assert_eq!(provider.asked().len(), 3);
}
