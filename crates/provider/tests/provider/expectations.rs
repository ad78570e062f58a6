//! What a provider must say of page and visitor.

use cattlegrid_provider::{Expected, Score, Verification, Verify, Visit};

use crate::stand_in::{SITEVERIFY, StandIn, codes, passed, verify};

fn on(hostnames: &[&str]) -> Expected {
    Expected {
        hostnames: hostnames.iter().map(|host| host.parse().unwrap()).collect(),
        ..Expected::default()
    }
}

fn for_action(action: &str) -> Expected {
    Expected {
        action: Some(action.parse().unwrap()),
        ..Expected::default()
    }
}

fn at_least(score: f64) -> Expected {
    Expected {
        minimum_score: Some(Score::new(score).unwrap()),
        ..Expected::default()
    }
}

async fn ask(name: &str, reply: &str, expected: Expected) -> Verification {
    let provider = StandIn::saying(reply).await;
    verify(name, &provider.endpoint, expected).await.unwrap()
}

#[tokio::test]
async fn what_the_provider_says_comes_along() {
    let reply = r#"{"success": true, "challenge_ts": "2026-01-31T12:00:00Z", "hostname": "www.example.org",
        "action": "login", "score": 0.9, "error-codes": [], "metadata": {"interactive": false}}"#;
    for name in SITEVERIFY {
        let passed = passed(ask(name, reply, on(&["www.example.org"])).await);
        assert_eq!(passed.challenge_ts(), Some("2026-01-31T12:00:00Z"));
        assert_eq!(passed.hostname(), Some("www.example.org"));
        let says_action = !["hcaptcha", "recaptcha_v2"].contains(&name);
        assert_eq!(passed.action(), says_action.then_some("login"), "{name}");
        let says_score = ["cattlegrid", "recaptcha_v3"].contains(&name);
        let score = passed.score().map(Score::get);
        assert_eq!(score, says_score.then_some(0.9), "{name}");
    }
}

#[tokio::test]
async fn a_provider_that_does_not_say_it_may_say_anything_there() {
    let reply = r#"{"success": true, "action": ["x"], "score": "high", "hostname": null}"#;
    for name in ["hcaptcha", "recaptcha_v2"] {
        let passed = passed(ask(name, reply, Expected::default()).await);
        assert_eq!((passed.action(), passed.score()), (None, None));
    }
}

#[tokio::test]
async fn a_token_of_another_page_is_refused() {
    for name in SITEVERIFY {
        for (hostname, ok) in [
            (r#""example.org""#, true),
            (r#""Example.ORG""#, true),
            (r#""shop.example.net""#, true),
            (r#""example.net""#, false),
            (r#""evil.example.org""#, false),
            (r#""""#, false),
            ("null", false),
        ] {
            let reply = format!(r#"{{"success": true, "score": 1, "hostname": {hostname}}}"#);
            let verification = ask(name, &reply, on(&["example.org", "*.example.net"])).await;
            if ok {
                passed(verification);
            } else {
                assert_eq!(
                    codes(&verification),
                    ["hostname-mismatch"],
                    "{name} {hostname}"
                );
            }
        }
        let silent = ask(
            name,
            r#"{"success": true, "score": 1}"#,
            on(&["example.org"]),
        )
        .await;
        assert_eq!(codes(&silent), ["hostname-mismatch"], "{name}");
    }
}

#[tokio::test]
async fn the_hostnames_of_test_keys_are_expected_like_any_other() {
    for (name, dummy) in [
        ("hcaptcha", "dummy-key-pass"),
        ("recaptcha_v2", "testkey.google.com"),
        ("turnstile", "example.com"),
    ] {
        let reply = format!(r#"{{"success": true, "hostname": "{dummy}"}}"#);
        passed(ask(name, &reply, on(&["example.org", dummy])).await);
        let elsewhere = ask(name, &reply, on(&["example.org"])).await;
        assert_eq!(codes(&elsewhere), ["hostname-mismatch"]);
    }
}

#[tokio::test]
async fn a_token_for_another_form_is_refused() {
    for name in ["cattlegrid", "recaptcha_v3", "turnstile"] {
        for (said, ok) in [
            (r#", "action": "sign-up""#, true),
            (r#", "action": "Sign-Up""#, false),
            (r#", "action": "comment""#, false),
            (r#", "action": """#, false),
            (r#", "action": null"#, false),
            ("", false),
        ] {
            let reply = format!(r#"{{"success": true, "score": 1{said}}}"#);
            let verification = ask(name, &reply, for_action("sign-up")).await;
            if ok {
                passed(verification);
            } else {
                assert_eq!(codes(&verification), ["action-mismatch"], "{name} {said}");
            }
        }
    }
}

#[tokio::test]
async fn an_action_can_be_said_for_each_form() {
    let provider = StandIn::lenient().await;
    let any = crate::stand_in::verifier("turnstile", &provider.endpoint);
    let login = any.with_action("login".parse().unwrap()).unwrap();
    let comment = any.with_action("comment".parse().unwrap()).unwrap();
    assert_eq!(
        codes(&comment.verify("a", Visit::new()).await.unwrap()),
        ["action-mismatch"]
    );
    passed(login.verify("b", Visit::new()).await.unwrap());
    passed(any.verify("c", Visit::new()).await.unwrap());
    // Why: they share what they remember.
    let again = any.verify("b", Visit::new()).await.unwrap();
    assert_eq!(codes(&again), ["already-seen-response"]);
}

/// Whether somebody passes of whom `name` says this, where that is the least score.
async fn is_let_through(name: &str, said: &str, minimum: Option<f64>) -> bool {
    let reply = format!(r#"{{"success": true{said}}}"#);
    let expected = minimum.map_or_else(Expected::default, at_least);
    let verification = ask(name, &reply, expected).await;
    let passes = matches!(verification, Verification::Passed(_));
    if !passes {
        assert_eq!(codes(&verification), ["score-too-low"], "{name} {said}");
    }
    passes
}

#[tokio::test]
async fn a_low_score_is_refused() {
    for name in ["cattlegrid", "recaptcha_v3"] {
        for (said, minimum, ok) in [
            (r#", "score": 0.7"#, 0.7, true),
            (r#", "score": 0.69"#, 0.7, false),
            (r#", "score": 1"#, 1.0, true),
            (r#", "score": 0"#, 0.0, true),
            (r#", "score": null"#, 0.0, false),
            ("", 0.0, false),
        ] {
            let passes = is_let_through(name, said, Some(minimum)).await;
            assert_eq!(passes, ok, "{name} {said} {minimum}");
        }
    }
}

#[tokio::test]
async fn where_the_score_is_all_that_is_said_there_is_a_least_one() {
    for (said, with_a_score_alone) in [
        (r#", "score": 0.5"#, true),
        (r#", "score": 0.4"#, false),
        ("", false),
    ] {
        for (name, ok) in [("cattlegrid", true), ("recaptcha_v3", with_a_score_alone)] {
            assert_eq!(is_let_through(name, said, None).await, ok, "{name} {said}");
        }
    }
}

#[tokio::test]
async fn a_refusal_has_the_providers_codes() {
    for name in SITEVERIFY {
        for (reply, want) in [
            (
                r#"{"success": false, "error-codes": ["timeout-or-duplicate"]}"#,
                &["timeout-or-duplicate"][..],
            ),
            (
                r#"{"success": false, "error-codes": ["invalid-input-secret", "bad-request"]}"#,
                &["invalid-input-secret", "bad-request"],
            ),
            (
                r#"{"success": false, "error-codes": []}"#,
                &["refused-without-reason"],
            ),
            (
                r#"{"success": false, "error-codes": null}"#,
                &["refused-without-reason"],
            ),
            (r#"{"success": false}"#, &["refused-without-reason"]),
            (
                r#"{"success": false, "error-codes": ["<b>", "", "a b", "x\ny", "ok"]}"#,
                &["ok"],
            ),
        ] {
            let verification = ask(name, reply, Expected::default()).await;
            assert_eq!(codes(&verification), want, "{name} {reply}");
        }
    }
}

#[tokio::test]
async fn codes_are_few_and_short() {
    let many = vec![r#""a-code""#; 4000].join(", ");
    let long = "x".repeat(20_000);
    let reply = format!(r#"{{"success": false, "error-codes": ["{long}", {many}]}}"#);
    let verification = ask("hcaptcha", &reply, Expected::default()).await;
    assert_eq!(codes(&verification), ["a-code"; 8]);
}
