//! A token passes once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cattlegrid_provider::provider::by_name;
use cattlegrid_provider::store::memory::MemoryStore;
use cattlegrid_provider::store::{
    AnyStore, Clock, ManualClock, Store, StoreUrl, SystemClock, Timestamp,
};
use cattlegrid_provider::{Error, Expected, Settings, Verification, Verifier, Verify, Visit};
use tokio::task::JoinSet;

use crate::stand_in::{
    StandIn, TOKEN, codes, memory, passed, patient, status, verifier, verifier_with,
};

/// Has all `verifiers` verify one token at once; how many said that it passed.
async fn passes<S: Store>(verifiers: impl IntoIterator<Item = Verifier<S>>) -> usize {
    let mut tasks: JoinSet<_> = verifiers
        .into_iter()
        .map(|verifier| async move { verifier.verify(TOKEN, Visit::new()).await.unwrap() })
        .collect();
    let mut passes = 0;
    while let Some(verification) = tasks.join_next().await {
        match verification.unwrap() {
            Verification::Passed(_) => passes += 1,
            other @ Verification::Refused(_) => {
                assert_eq!(codes(&other), ["already-seen-response"]);
            }
        }
    }
    passes
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_at_once_one_passes() {
    for name in crate::stand_in::SITEVERIFY {
        let provider = StandIn::lenient().await;
        let verifier = verifier(name, &provider.endpoint);
        assert_eq!(passes(vec![verifier; 64]).await, 1, "{name}");
        assert_eq!(provider.asked().len(), 64);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_64_at_once_with_stores_of_their_own_on_one_file_one_passes() {
    let folder = tempfile::tempdir().unwrap();
    let url = StoreUrl::sqlite(folder.path().join("spent.db"));
    let provider = StandIn::lenient().await;
    let verifiers = (0..8).flat_map(|_| {
        let store = AnyStore::open(&url, Arc::new(SystemClock::new())).unwrap();
        let settings = patient(Expected::default());
        vec![verifier_with("turnstile", &provider.endpoint, store, settings); 8]
    });
    assert_eq!(passes(verifiers.collect::<Vec<_>>()).await, 1);
}

#[tokio::test]
async fn what_is_spent_is_the_token_of_a_provider() {
    let provider = StandIn::lenient().await;
    let store = Arc::new(memory());
    for name in ["hcaptcha", "turnstile"] {
        let settings = patient(Expected::default());
        let verifier = verifier_with(name, &provider.endpoint, Arc::clone(&store), settings);
        passed(verifier.verify("same", Visit::new()).await.unwrap());
        passed(verifier.verify("samE", Visit::new()).await.unwrap());
        let again = verifier.verify("same", Visit::new()).await.unwrap();
        assert_eq!(codes(&again), ["already-seen-response"]);
    }
}

#[tokio::test]
async fn an_outage_does_not_spend_the_token() {
    let up = Arc::new(AtomicBool::new(false));
    let is_up = Arc::clone(&up);
    let provider = StandIn::answering(move || {
        let code = if is_up.load(Ordering::SeqCst) {
            200
        } else {
            502
        };
        status(code, r#"{"success": true}"#)
    })
    .await;
    let verifier = verifier("turnstile", &provider.endpoint);
    assert!(verifier.verify(TOKEN, Visit::new()).await.is_err());
    up.store(true, Ordering::SeqCst);
    passed(verifier.verify(TOKEN, Visit::new()).await.unwrap());
}

#[tokio::test]
async fn a_token_that_was_let_through_in_an_outage_is_spent() {
    let provider = StandIn::lenient().await;
    let verifier = verifier("turnstile", &provider.endpoint);
    assert_eq!(verifier.claim(TOKEN, Visit::new()).await.unwrap(), Ok(()));
    let refused = verifier
        .claim(TOKEN, Visit::new())
        .await
        .unwrap()
        .unwrap_err();
    assert_eq!(
        refused.codes().collect::<Vec<_>>(),
        ["already-seen-response"]
    );
    let verification = verifier.verify(TOKEN, Visit::new()).await.unwrap();
    assert_eq!(codes(&verification), ["already-seen-response"]);
}

#[tokio::test]
async fn a_dummy_token_is_good_again_and_again_with_a_test_key() {
    for (name, secret_key) in [
        ("hcaptcha", "0x0000000000000000000000000000000000000000"),
        ("recaptcha_v2", "6LeIxAcTAAAAAGG-vFI1TnRWxMZNFuojJ4WifJWe"),
        ("turnstile", "1x0000000000000000000000000000000AA"),
    ] {
        let provider = StandIn::lenient().await;
        let verifier = Verifier::new(
            by_name(name, Some(provider.endpoint.clone()), None).unwrap(),
            secret_key.parse().unwrap(),
            memory(),
            Settings::default(),
        )
        .unwrap();
        for _ in 0..2 {
            passed(
                verifier
                    .verify("XXXX.DUMMY.TOKEN.XXXX", Visit::new())
                    .await
                    .unwrap(),
            );
        }
    }
}

#[tokio::test]
async fn a_token_is_remembered_for_as_long_as_it_lives() {
    for (name, lives) in [
        ("cattlegrid", 3600),
        ("hcaptcha", 120),
        ("recaptcha_v2", 120),
        ("recaptcha_v3", 120),
        ("turnstile", 300),
    ] {
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_000_000)));
        let store = MemoryStore::new(10, Arc::clone(&clock) as Arc<dyn Clock>);
        let provider = StandIn::lenient().await;
        let verifier = verifier_with(
            name,
            &provider.endpoint,
            store,
            patient(Expected::default()),
        );
        passed(verifier.verify(TOKEN, Visit::new()).await.unwrap());
        clock.advance(Duration::from_secs(lives));
        let again = verifier.verify(TOKEN, Visit::new()).await.unwrap();
        assert_eq!(codes(&again), ["already-seen-response"], "{name}");
    }
}

#[tokio::test]
async fn a_store_that_cannot_decide_lets_nobody_through() {
    let provider = StandIn::lenient().await;
    let full = MemoryStore::new(1, Arc::new(SystemClock::new()));
    let verifier = verifier_with(
        "hcaptcha",
        &provider.endpoint,
        full,
        patient(Expected::default()),
    );
    passed(verifier.verify("first", Visit::new()).await.unwrap());
    let error = verifier.verify("second", Visit::new()).await.unwrap_err();
    assert!(matches!(error, Error::Store(_)));
    assert_eq!(error.code(), "store-unavailable");
}
