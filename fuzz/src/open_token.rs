//! A response token passes if and only if this server sealed it, and then once.

use std::sync::LazyLock;

use cattlegrid::{Attempt, ResponseToken, Verification};

use super::gate::{Fuzzed, runtime, secret_key};

static GATE: LazyLock<(Fuzzed, ResponseToken)> = LazyLock::new(|| {
    let fuzzed = Fuzzed::new();
    let key = fuzzed.genuine_key();
    let host = "www.example.org".parse().unwrap();
    let answer = fuzzed
        .gate
        .answer(&key, Attempt::new("k7mwpt").from_page(Some(&host)));
    let token = runtime().block_on(answer).unwrap().token;
    let secret = secret_key();
    let first = runtime().block_on(fuzzed.gate.verify(&secret, &token, None));
    assert!(matches!(first, Verification::Passed(_)));
    (fuzzed, token)
});

/// The input that is a genuine token.
pub fn genuine() -> Vec<u8> {
    GATE.1.as_str().into()
}

/// Verifies `input` as a response token.
pub fn check(input: &[u8]) {
    let (fuzzed, genuine) = &*GATE;
    let Ok(Ok(token)) = str::from_utf8(input).map(str::parse::<ResponseToken>) else {
        return;
    };
    let expected = if token == *genuine {
        "already-seen-response"
    } else {
        "invalid-input-response"
    };
    match runtime().block_on(fuzzed.gate.verify(&secret_key(), &token, None)) {
        Verification::Refused(refusal) => assert_eq!(refusal.code(), expected),
        Verification::Passed(_) => panic!("a token passed that is not genuine, or spent"),
    }
}
