//! A challenge key opens if and only if this server sealed it.

use std::sync::LazyLock;

use cattlegrid::ChallengeKey;
use cattlegrid::challenge::image::Scale;

use super::gate::Fuzzed;

static GATE: LazyLock<(Fuzzed, ChallengeKey)> = LazyLock::new(|| {
    let fuzzed = Fuzzed::new();
    let genuine = fuzzed.genuine_key();
    (fuzzed, genuine)
});

/// The input that is a genuine key.
pub fn genuine() -> Vec<u8> {
    GATE.1.as_str().into()
}

/// Opens `input` as a challenge key in every way there is.
pub fn check(input: &[u8]) {
    let (fuzzed, genuine) = &*GATE;
    let Ok(Ok(key)) = str::from_utf8(input).map(str::parse::<ChallengeKey>) else {
        return;
    };
    let is_genuine = key == *genuine;
    assert_eq!(fuzzed.gate.inspect(&key).is_ok(), is_genuine);
    assert_eq!(fuzzed.gate.image(&key, Scale::One).is_ok(), is_genuine);
}
