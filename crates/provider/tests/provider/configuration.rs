//! What a verifier is made of.

use std::time::Duration;

use cattlegrid_provider::provider::{
    FriendlyCaptcha, Judge, NAMES, Provider, RecaptchaEnterprise, Scoring, by_name,
};
use cattlegrid_provider::{
    Action, ConfigError, Expected, Refused, ResponseToken, Score, SecretKey, Settings, SiteKey,
    Verifier, Verify,
};

use crate::stand_in::{REMOTE, SECRET_KEY, SITE_KEY, memory};

/// A provider by its name, at an address where nobody is.
fn provider(name: &str) -> Result<Box<dyn Provider>, ConfigError> {
    let endpoint = "http://127.0.0.1:1/siteverify".parse()?;
    let endpoint = REMOTE.contains(&name).then_some(endpoint);
    by_name(name, endpoint, Some(SITE_KEY.parse()?))
}

fn asked_at(provider: &dyn Provider) -> String {
    match provider.judge() {
        Judge::Remote(remote) => remote.endpoint().to_string(),
        Judge::Local(_) => panic!("{} is asked nowhere", provider.name()),
    }
}

fn build(name: &str, settings: Settings) -> Result<(), ConfigError> {
    Verifier::new(provider(name)?, SECRET_KEY.parse()?, memory(), settings).map(drop)
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
            "friendly_captcha",
            "https://global.frcapi.com/api/v2/captcha/siteverify",
        ),
        (
            "turnstile",
            "https://challenges.cloudflare.com/turnstile/v0/siteverify",
        ),
    ] {
        let provider = by_name(name, None, None).unwrap();
        assert_eq!(provider.name(), name);
        assert_eq!(asked_at(&*provider), want);
    }
    for name in ["altcha_server", "cattlegrid", "recaptcha_enterprise"] {
        let error = by_name(name, None, None).err().unwrap().to_string();
        let start = format!("{name} needs the address that it is asked at, such as https://");
        assert!(error.starts_with(&start), "{error}");
    }
}

#[test]
fn an_unknown_provider_is_told_the_known_ones() {
    let error = by_name("recaptcha", None, None).err().unwrap();
    assert_eq!(
        error.to_string(),
        "there is no provider `recaptcha`; there are: altcha, altcha_server, altcha_signature, cattlegrid, \
         friendly_captcha, hcaptcha, recaptcha_enterprise, recaptcha_v2, recaptcha_v3, turnstile"
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
        let hostname = Settings {
            expected: Expected {
                hostnames: vec!["example.org".parse().unwrap()],
                ..Expected::default()
            },
            ..Settings::default()
        };
        let says = provider(name).unwrap().says();
        assert_eq!(build(name, hostname).is_ok(), says.hostname, "{name}");
        assert_eq!(build(name, action).is_ok(), says.action, "{name}");
        let says_score = says.score != Scoring::None;
        assert_eq!(build(name, score).is_ok(), says_score, "{name}");
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

#[test]
fn recaptcha_enterprise_is_asked_for_a_project() {
    let of = |project: &str| RecaptchaEnterprise::of_project(project, SITE_KEY.parse().unwrap());
    assert_eq!(
        asked_at(&of("example.org:my-project-1").unwrap()),
        "https://recaptchaenterprise.googleapis.com/v1/projects/example.org:my-project-1/assessments"
    );
    for bad in ["", "My Project", "a/b", "a?b", "..%2f", &"a".repeat(101)] {
        assert!(of(bad).is_err(), "{bad}");
    }
    let endpoint = || Some("https://example.org/assessments".parse().unwrap());
    let error = by_name("recaptcha_enterprise", endpoint(), None)
        .err()
        .unwrap();
    assert!(error.to_string().contains("needs the site key"), "{error}");
}

#[test]
fn friendly_captcha_has_an_address_in_europe() {
    assert_eq!(
        asked_at(&FriendlyCaptcha::in_europe()),
        "https://eu.frcapi.com/api/v2/captcha/siteverify"
    );
}

#[test]
fn who_is_not_asked_has_no_address() {
    for name in ["altcha", "altcha_signature"] {
        let endpoint = "https://example.org/siteverify".parse().unwrap();
        let error = by_name(name, Some(endpoint), None).err().unwrap();
        assert!(
            error.to_string().contains("leave the address out"),
            "{error}"
        );
        assert!(by_name(name, None, None).is_ok());
    }
}

#[test]
fn the_name_of_a_field_has_bounds() {
    let verifier = Verifier::new(
        provider("turnstile").unwrap(),
        SECRET_KEY.parse().unwrap(),
        memory(),
        Settings::default(),
    )
    .unwrap();
    assert_eq!(verifier.fields(), ["cf-turnstile-response"]);
    assert_eq!(verifier.in_field("captcha").unwrap().fields(), ["captcha"]);
    for bad in ["", "a b", "a\n", &"a".repeat(101)] {
        assert!(verifier.in_field(bad).is_err(), "{bad}");
    }
}
