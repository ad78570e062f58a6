//! What a verifier is made of.

use std::time::Duration;

use cattlegrid_provider::provider::{NAMES, by_name};
use cattlegrid_provider::{
    Action, ConfigError, Expected, Refused, ResponseToken, Score, SecretKey, Settings, SiteKey,
    Verifier,
};

use crate::stand_in::{SECRET_KEY, memory};

fn build(name: &str, settings: Settings) -> Result<(), ConfigError> {
    let endpoint = Some("http://127.0.0.1:1/siteverify".parse()?);
    Verifier::new(
        by_name(name, endpoint, None)?,
        SECRET_KEY.parse()?,
        memory(),
        settings,
    )
    .map(drop)
}

#[test]
fn providers_have_addresses_of_their_own() {
    for (name, want) in [
        ("hcaptcha", "https://api.hcaptcha.com/siteverify"),
        (
            "recaptcha_v2",
            "https://www.google.com/recaptcha/api/siteverify",
        ),
        (
            "recaptcha_v3",
            "https://www.google.com/recaptcha/api/siteverify",
        ),
        (
            "turnstile",
            "https://challenges.cloudflare.com/turnstile/v0/siteverify",
        ),
    ] {
        let provider = by_name(name, None, None).unwrap();
        assert_eq!(provider.name(), name);
        assert_eq!(provider.endpoint().to_string(), want);
    }
    let error = by_name("cattlegrid", None, None).err().unwrap();
    assert!(
        error
            .to_string()
            .starts_with("cattlegrid needs the address")
    );
}

#[test]
fn an_unknown_provider_is_told_the_known_ones() {
    let error = by_name("recaptcha", None, None).err().unwrap();
    assert_eq!(
        error.to_string(),
        "there is no provider `recaptcha`; there are: cattlegrid, hcaptcha, recaptcha_v2, recaptcha_v3, turnstile"
    );
}

#[test]
fn an_expectation_that_is_never_met_is_a_mistake() {
    for name in NAMES {
        let action = Settings {
            expected: Expected {
                action: Some("login".parse().unwrap()),
                ..Expected::default()
            },
            ..Settings::default()
        };
        let score = Settings {
            expected: Expected {
                minimum_score: Some(Score::HALF),
                ..Expected::default()
            },
            ..Settings::default()
        };
        let says = by_name(name, Some("http://127.0.0.1:1/x".parse().unwrap()), None)
            .unwrap()
            .says();
        assert_eq!(build(name, action).is_ok(), says.action, "{name}");
        assert_eq!(build(name, score).is_ok(), says.score, "{name}");
    }
}

#[test]
fn a_timeout_has_bounds() {
    for (millis, ok) in [
        (0, false),
        (99, false),
        (100, true),
        (60_000, true),
        (60_001, false),
    ] {
        let settings = Settings {
            timeout: Duration::from_millis(millis),
            ..Settings::default()
        };
        assert_eq!(build("turnstile", settings).is_ok(), ok, "{millis}");
    }
}

#[test]
fn keys_and_names_have_bounds() {
    let long = "k".repeat(513);
    for bad in [
        "",
        "short",
        "with a space in between",
        "with-a-newline-at-the-end\n",
        &long,
    ] {
        assert!(bad.parse::<SecretKey>().is_err(), "{bad}");
    }
    for bad in ["", "a b", "é", &long] {
        assert!(bad.parse::<SiteKey>().is_err(), "{bad}");
    }
    for bad in ["", "sign up", "é", "a&b", &long] {
        assert!(bad.parse::<Action>().is_err(), "{bad}");
    }
    for bad in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        assert!(Score::new(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_token_has_bounds() {
    let code = |text: &str| -> Option<String> {
        let refused: Refused = text.parse::<ResponseToken>().err()?;
        refused.codes().next().map(str::to_owned)
    };
    assert_eq!(code(""), Some("missing-input-response".to_owned()));
    for bad in ["a b", "a\n", "\0", "é", &"a".repeat(8193)] {
        assert_eq!(code(bad), Some("invalid-input-response".to_owned()));
    }
    assert_eq!(code(&"a".repeat(8192)), None);
}
