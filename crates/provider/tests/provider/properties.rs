//! What holds of any reply.

use std::sync::Arc;

use cattlegrid_provider::provider::{Judge, Remote, by_name};
use cattlegrid_provider::reply::{Denial, Reply};
use cattlegrid_provider::{Endpoint, HostnamePattern, ResponseToken, SiteKey};
use proptest::collection::{hash_map, vec};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::stand_in::{REMOTE, SITE_KEY, SITEVERIFY};

fn remotes(names: &[&str]) -> Vec<Arc<dyn Remote>> {
    let endpoint: Endpoint = "http://127.0.0.1:1/siteverify".parse().unwrap();
    let site_key: SiteKey = SITE_KEY.parse().unwrap();
    let remote = |name: &&str| {
        let provider = by_name(name, Some(endpoint.clone()), Some(site_key.clone()));
        match provider.unwrap().judge() {
            Judge::Remote(remote) => remote,
            Judge::Local(_) => panic!("{name} is asked nowhere"),
        }
    };
    names.iter().map(remote).collect()
}

/// Any JSON, with a liking for the fields that replies have.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        any::<i64>().prop_map(Value::from),
        ".{0,40}".prop_map(Value::from),
        "[a-z-]{0,80}".prop_map(Value::from),
    ];
    let field = prop_oneof![
        Just("success".to_owned()),
        Just("hostname".to_owned()),
        Just("challenge_ts".to_owned()),
        Just("action".to_owned()),
        Just("score".to_owned()),
        Just("error-codes".to_owned()),
        Just("tokenProperties".to_owned()),
        Just("riskAnalysis".to_owned()),
        Just("valid".to_owned()),
        Just("data".to_owned()),
        Just("challenge".to_owned()),
        Just("origin".to_owned()),
        Just("error".to_owned()),
        Just("verified".to_owned()),
        ".{0,8}",
    ];
    leaf.prop_recursive(3, 64, 12, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..12).prop_map(Value::from),
            hash_map(field.clone(), inner, 0..8)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn only_success_passes(reply in any_json()) {
        let success = reply.get("success") == Some(&Value::Bool(true));
        let Ok(parsed) = Reply::parse(reply.to_string().as_bytes()) else {
            prop_assert!(!reply.is_object());
            return Ok(());
        };
        for provider in remotes(&SITEVERIFY) {
            match provider.read(&parsed) {
                Ok(said) => {
                    prop_assert!(success);
                    prop_assert_eq!(
                        said.hostname.as_deref().unwrap_or(""),
                        reply.get("hostname").and_then(Value::as_str).unwrap_or("")
                    );
                }
                Err(Denial::Refused(refused)) => {
                    prop_assert!(!success);
                    prop_assert!((1..=8).contains(&refused.codes().len()));
                    for code in refused.codes() {
                        prop_assert!((1..=64).contains(&code.len()));
                        prop_assert!(code.bytes().all(|b| b.is_ascii_graphic()));
                    }
                }
                Err(Denial::Broken(_)) => {}
            }
        }
    }

    #[test]
    fn only_what_says_so_passes(reply in any_json()) {
        let Ok(parsed) = Reply::parse(reply.to_string().as_bytes()) else {
            return Ok(());
        };
        let says = |pointer: &str| reply.pointer(pointer) == Some(&Value::Bool(true));
        let word = ["/verified", "/success", "/tokenProperties/valid"];
        for (name, word) in ["altcha_server", "friendly_captcha", "recaptcha_enterprise"]
            .into_iter()
            .zip(word)
        {
            let [provider] = &remotes(&[name])[..] else { unreachable!() };
            if provider.read(&parsed).is_ok() {
                prop_assert!(says(word), "{}", name);
            }
        }
    }

    #[test]
    fn any_bytes_are_read(bytes in vec(any::<u8>(), 0..400)) {
        if let Ok(reply) = Reply::parse(&bytes) {
            for provider in remotes(&REMOTE) {
                let _ = provider.read(&reply);
            }
        }
    }

    #[test]
    fn deep_nesting_is_refused(depth in 1_usize..5000) {
        let body = format!(r#"{{"success": true, "x": {}{}}}"#, "[".repeat(depth), "]".repeat(depth));
        let _ = Reply::parse(body.as_bytes());
    }

    #[test]
    fn a_token_is_visible_ascii(text in any::<String>()) {
        let visible = !text.is_empty() && text.bytes().all(|b| (0x21..=0x7e).contains(&b));
        prop_assert_eq!(text.parse::<ResponseToken>().is_ok(), visible);
    }

    #[test]
    fn a_hostname_pattern_matches_itself_and_what_is_below(host in "[a-z0-9]{1,9}(\\.[a-z0-9-]{1,9}){0,3}") {
        let exact: HostnamePattern = host.parse().unwrap();
        let below: HostnamePattern = format!("*.{host}").parse().unwrap();
        prop_assert_eq!(exact.to_string(), host.clone());
        prop_assert!(exact.matches(&host.to_uppercase()));
        prop_assert!(!below.matches(&host));
        for sub in ["a", "a.b"] {
            let longer = format!("{sub}.{host}");
            prop_assert!(below.matches(&longer));
            prop_assert!(!exact.matches(&longer));
        }
        let suffixed = format!("a{host}");
        prop_assert!(!below.matches(&suffixed));
        prop_assert!(!exact.matches(&suffixed));
    }

    #[test]
    fn any_text_is_judged(text in any::<String>()) {
        let _ = text.parse::<HostnamePattern>();
        let _ = text.parse::<Endpoint>();
    }
}
