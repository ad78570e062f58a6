//! What is told of checks.

use std::sync::{Arc, Mutex};

use cattlegrid_provider::observer::{Check, Observer, Outcome};
use cattlegrid_provider::store::SystemClock;
use cattlegrid_provider::store::memory::MemoryStore;
use cattlegrid_provider::{Expected, Settings, Verify, Visit};
use tracing_subscriber::layer::SubscriberExt;

use crate::stand_in::{SECRET_KEY, StandIn, TOKEN, patient, status, verifier_with};

#[derive(Default)]
struct Notes(Mutex<Vec<Check>>);

impl Observer for Notes {
    fn checked(&self, check: &Check) {
        self.0.lock().unwrap().push(*check);
    }
}

impl Notes {
    fn outcomes(&self) -> Vec<(&'static str, Outcome)> {
        let checks = self.0.lock().unwrap();
        checks
            .iter()
            .map(|check| (check.provider, check.outcome))
            .collect()
    }
}

fn watched(by: &Arc<Notes>) -> Settings {
    Settings {
        observer: Arc::clone(by) as Arc<dyn Observer>,
        ..patient(Expected::default())
    }
}

#[tokio::test]
async fn every_check_is_told_of_once() {
    let notes = Arc::new(Notes::default());
    let replies = [
        (200, r#"{"success": true}"#),
        (200, r#"{"success": false}"#),
        (200, "<html>"),
        (502, ""),
        (200, r#"{"success": true}"#),
    ];
    let queue = Mutex::new(replies.into_iter());
    let provider = StandIn::answering(move || {
        let (code, body) = queue.lock().unwrap().next().unwrap();
        status(code, body)
    })
    .await;
    let store = MemoryStore::new(1, Arc::new(SystemClock::new()));
    let verifier = verifier_with("hcaptcha", &provider.endpoint, store, watched(&notes));
    for token in ["one", "two", "three", "four", "five", ""] {
        let _ = verifier.verify(token, Visit::new()).await;
    }
    assert_eq!(
        notes.outcomes(),
        [
            Outcome::Passed,
            Outcome::Refused,
            Outcome::Broken,
            Outcome::Unreachable,
            Outcome::StoreUnavailable,
            Outcome::Refused,
        ]
        .map(|outcome| ("hcaptcha", outcome))
    );
}

#[test]
fn outcomes_are_called_as_errors_are() {
    let words = Outcome::ALL.map(Outcome::as_str);
    assert_eq!(
        words,
        [
            "passed",
            "refused",
            "provider-unreachable",
            "provider-broken",
            "store-unavailable"
        ]
    );
}

/// A log in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_trace_has_provider_and_outcome_and_nothing_of_the_visitor() {
    let log = Log::default();
    let writer = log.clone();
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::CLOSE)
        .with_writer(move || writer.clone());
    let subscriber = tracing_subscriber::registry().with(layer);
    let provider = StandIn::lenient().await;
    let verifier = crate::stand_in::verifier("turnstile", &provider.endpoint);
    let guard = tracing::subscriber::set_default(subscriber);
    let visit = Visit::new()
        .from_address("203.0.113.7".parse::<std::net::IpAddr>().ok())
        .with_user_agent("a browser");
    let _ = verifier.verify(TOKEN, visit).await;
    drop(guard);
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for word in [
        "verify_token",
        "provider=\"turnstile\"",
        "outcome=\"passed\"",
    ] {
        assert!(log.contains(word), "{word}: {log}");
    }
    for secret in [TOKEN, SECRET_KEY, "203.0.113.7", "a browser"] {
        assert!(!log.contains(secret), "{log}");
    }
}
