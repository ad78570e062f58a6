//! ALTCHA's payloads, judged here, beside what ALTCHA's own library makes of them.

use std::sync::Arc;
use std::time::Duration;

use altcha::{
    CreateChallengeOptions, HmacAlgorithm, Payload, ServerSignaturePayload, SolveChallengeOptions,
    create_challenge, solve_challenge,
};
use cattlegrid_provider::provider::by_name;
use cattlegrid_provider::store::memory::MemoryStore;
use cattlegrid_provider::store::{Clock, ManualClock, Timestamp};
use cattlegrid_provider::{Expected, Settings, Verification, Verifier, Verify, Visit};
use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use proptest::prelude::*;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::stand_in::{SECRET_KEY, codes, memory, passed, patient};

/// When it is, in seconds: 2026-01-31T12:00:00Z.
const NOW: u64 = 1_769_860_800;

struct Site {
    verifier: Verifier<MemoryStore>,
    clock: Arc<ManualClock>,
}

impl Site {
    fn new(name: &str) -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(NOW * 1000)));
        let settings = Settings {
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            ..patient(Expected::default())
        };
        let provider = by_name(name, None, None).unwrap();
        let secret_key = SECRET_KEY.parse().unwrap();
        let verifier = Verifier::new(provider, secret_key, memory(), settings).unwrap();
        Self { verifier, clock }
    }

    async fn verify(&self, payload: &Value) -> Verification {
        let token = encoded(payload);
        self.verifier.verify(&token, Visit::new()).await.unwrap()
    }

    async fn refuses(&self, payload: &Value, code: &str) {
        let verification = self.verify(payload).await;
        assert_eq!(codes(&verification), [code], "{payload}");
    }
}

fn encoded(payload: &Value) -> String {
    BASE64.encode(payload.to_string().as_bytes())
}

fn signature(message: &[u8]) -> String {
    let mac = Hmac::<Sha256>::new_from_slice(SECRET_KEY.as_bytes()).unwrap();
    HEXLOWER.encode(&mac.chain_update(message).finalize().into_bytes())
}

/// A payload of ALTCHA's first version.
fn first_version(salt: &str, number: u64) -> Value {
    let challenge = HEXLOWER.encode(&Sha256::digest(format!("{salt}{number}")));
    json!({
        "algorithm": "SHA-256",
        "signature": signature(challenge.as_bytes()),
        "challenge": challenge,
        "number": number,
        "salt": salt,
        "took": 417,
    })
}

fn good_salt() -> String {
    format!("f00dcafe?expires={}&", NOW + 300)
}

/// What ALTCHA's library makes of a challenge of its second version.
fn second_version(change: impl FnOnce(&mut CreateChallengeOptions)) -> Value {
    let mut options = CreateChallengeOptions {
        algorithm: "SHA-256".to_owned(),
        cost: 3,
        expires_at: Some(i64::try_from(NOW + 300).unwrap()),
        hmac_signature_secret: Some(SECRET_KEY.to_owned()),
        ..CreateChallengeOptions::default()
    };
    change(&mut options);
    let challenge = create_challenge(options).unwrap();
    let solution = solve_challenge(SolveChallengeOptions::new(&challenge))
        .unwrap()
        .unwrap();
    serde_json::to_value(Payload {
        challenge,
        solution,
    })
    .unwrap()
}

/// A server's word.
fn judged(data: &str) -> Value {
    json!({
        "algorithm": "SHA-256",
        "signature": signature(&Sha256::digest(data)),
        "verificationData": data,
        "verified": true,
    })
}

fn good_data() -> String {
    format!(
        "classification=GOOD&expire={}&id=x&time={NOW}&verified=true",
        NOW + 300
    )
}

#[tokio::test]
async fn a_solution_of_the_first_version_passes_once() {
    let site = Site::new("altcha");
    let mut payload = first_version(&good_salt(), 4711);
    let first = passed(site.verify(&payload).await);
    assert_eq!((first.provider(), first.hostname()), ("altcha", None));
    site.refuses(&payload, "already-seen-response").await;
    // Why: the same solution can be written in any number of ways.
    payload["took"] = 418.into();
    payload["more"] = json!(["a", "b"]);
    site.refuses(&payload, "already-seen-response").await;
}

/// As altcha-lib 2.8.0 (npm) makes it, in its first version.
#[tokio::test]
async fn a_solution_of_the_published_library_passes() {
    const SALT: &str = "f00dcafe0123456789abcdef?form=sign+up&expires=1769861100&";
    for (algorithm, challenge, signature) in [
        (
            "SHA-256",
            "7c7d26dfb724751ecf26ec6b7f2d825e8af04451e366654e710bb5645d685070",
            "9a68c7e02a02491f8e78e266fded692c96d66e078e38f0822201c9d1625ed3ed",
        ),
        (
            "SHA-512",
            "5b3cd660ea122b695845df335f418801de264204e82acb17c0269ab76a3cc02de59dc7c5d2c4977a598a7758eb793c52799e6113c1ab258890016b00fe72bd23",
            "e3956d34180b90b009497b4d306a55326107704d95e5c77483650774e5e5173e36308baf462093eccd40d726a12f0eaa1099607b7706b7059e4e29ec65f8dd28",
        ),
    ] {
        let payload = json!({
            "algorithm": algorithm,
            "challenge": challenge,
            "number": 4711,
            "salt": SALT,
            "signature": signature,
            "took": 12,
        });
        passed(Site::new("altcha").verify(&payload).await);
    }
}

#[tokio::test]
async fn only_what_was_signed_passes() {
    let site = Site::new("altcha");
    for (field, value) in [
        ("number", json!(4712)),
        ("number", json!(-1)),
        ("number", json!("4711")),
        ("salt", json!(format!("f00dcafe?expires={}&", NOW + 3000))),
        ("challenge", json!("00")),
        ("signature", json!("00")),
        ("signature", json!("")),
        ("algorithm", json!("SHA-1")),
        ("algorithm", json!("SHA-512")),
        ("algorithm", json!("none")),
        ("algorithm", json!(null)),
    ] {
        let mut payload = first_version(&good_salt(), 4711);
        payload[field] = value;
        site.refuses(&payload, "invalid-input-response").await;
    }
    for bad in ["", "null", "[]", "{}", "not json"] {
        let token = BASE64.encode(bad.as_bytes());
        if !token.is_empty() {
            let verification = site.verifier.verify(&token, Visit::new()).await.unwrap();
            assert_eq!(codes(&verification), ["invalid-input-response"]);
        }
    }
}

#[tokio::test]
async fn digits_cannot_be_moved_into_the_expiry() {
    let site = Site::new("altcha");
    let unsafe_salt = format!("f00dcafe?expires={}", NOW + 300);
    let payload = first_version(&unsafe_salt, 4711);
    site.refuses(&payload, "invalid-input-response").await;
    let mut spliced = payload;
    spliced["salt"] = format!("{unsafe_salt}4").into();
    spliced["number"] = 711.into();
    site.refuses(&spliced, "invalid-input-response").await;
}

#[tokio::test]
async fn what_never_expires_could_be_sent_for_ever() {
    let site = Site::new("altcha");
    for (salt, code) in [
        ("f00dcafe".to_owned(), "invalid-input-response"),
        ("f00dcafe?x=y&".to_owned(), "invalid-input-response"),
        (
            "f00dcafe?expires=soon&".to_owned(),
            "expired-input-response",
        ),
        (
            format!("f00dcafe?expires={}&", NOW - 1),
            "expired-input-response",
        ),
        (
            format!("f00dcafe?expires={}&expire={}&", NOW + 300, NOW - 1),
            "expired-input-response",
        ),
        (
            format!("f00dcafe?expires={}&", NOW + 3601),
            "expires-too-late",
        ),
        (
            format!("f00dcafe?expires={}&", u64::MAX),
            "expires-too-late",
        ),
    ] {
        site.refuses(&first_version(&salt, 1), code).await;
    }
    let payload = second_version(|options| options.expires_at = None);
    site.refuses(&payload, "invalid-input-response").await;
    let payload = second_version(|options| options.expires_at = Some(-1));
    site.refuses(&payload, "invalid-input-response").await;
    let data = format!("time={NOW}&verified=true");
    let site = Site::new("altcha_signature");
    site.refuses(&judged(&data), "invalid-input-response").await;
}

#[tokio::test]
async fn every_algorithm_of_the_second_version_is_known() {
    for algorithm in [
        "SHA-256",
        "SHA-384",
        "SHA-512",
        "PBKDF2/SHA-256",
        "PBKDF2/SHA-384",
        "PBKDF2/SHA-512",
    ] {
        let site = Site::new("altcha");
        let payload = second_version(|options| algorithm.clone_into(&mut options.algorithm));
        passed(site.verify(&payload).await);
        site.refuses(&payload, "already-seen-response").await;
    }
}

#[tokio::test]
async fn a_foreseen_counter_and_data_are_known_too() {
    let site = Site::new("altcha");
    let payload = second_version(|options| options.counter = Some(300));
    passed(site.verify(&payload).await);
    let payload = second_version(|options| {
        let data = json!({"z": {"b": 1, "a": ["ü", "\u{1}", "\"", null]}, "a": true});
        options.data = serde_json::from_value(data).unwrap();
    });
    passed(site.verify(&payload).await);
}

#[tokio::test]
async fn a_challenge_is_spent_whatever_its_solution() {
    let site = Site::new("altcha");
    let mut payload = second_version(|options| options.key_prefix = "0".to_owned());
    passed(site.verify(&payload).await);
    let challenge = serde_json::from_value(payload["challenge"].clone()).unwrap();
    let counter = payload["solution"]["counter"].as_u64().unwrap();
    let mut options = SolveChallengeOptions::new(&challenge);
    options.counter_start = u32::try_from(counter).unwrap() + 1;
    let other = solve_challenge(options).unwrap().unwrap();
    payload["solution"] = serde_json::to_value(other).unwrap();
    site.refuses(&payload, "already-seen-response").await;
}

#[tokio::test]
async fn only_parameters_that_were_signed_pass() {
    let site = Site::new("altcha");
    let genuine = second_version(|_| {});
    for (pointer, value) in [
        ("/challenge/parameters/cost", json!(1)),
        ("/challenge/parameters/keyPrefix", json!("")),
        ("/challenge/parameters/expiresAt", json!(NOW + 301)),
        ("/challenge/parameters/nonce", json!("00")),
        ("/challenge/signature", json!("00")),
        ("/solution/counter", json!(4_294_967_296_u64)),
        ("/solution/derivedKey", json!("")),
        ("/solution/derivedKey", json!("00".repeat(32))),
    ] {
        let mut payload = genuine.clone();
        *payload.pointer_mut(pointer).unwrap() = value;
        site.refuses(&payload, "invalid-input-response").await;
    }
    let mut payload = genuine;
    payload["challenge"]["parameters"]["more"] = json!(1);
    site.refuses(&payload, "invalid-input-response").await;
}

#[tokio::test]
async fn what_is_signed_has_bounds_here_all_the_same() {
    let site = Site::new("altcha");
    for (field, value) in [
        ("cost", json!(0)),
        ("cost", json!(1_000_001)),
        ("keyLength", json!(0)),
        ("keyLength", json!(65)),
        ("keyPrefix", json!("")),
        ("algorithm", json!("ARGON2ID")),
        ("algorithm", json!("SCRYPT")),
        ("nonce", json!("no hex")),
    ] {
        let mut payload = second_version(|_| {});
        let parameters = &mut payload["challenge"]["parameters"];
        parameters[field] = value;
        let signed = signature(parameters.to_string().as_bytes());
        payload["challenge"]["signature"] = signed.into();
        site.refuses(&payload, "invalid-input-response").await;
    }
}

#[tokio::test]
async fn work_alone_is_not_enough_where_an_answer_is_owed_as_well() {
    let site = Site::new("altcha");
    let payload = second_version(|options| {
        let data = json!({"challenge": "…", "sitekey": "my-site", "work": "…"});
        options.data = serde_json::from_value(data).unwrap();
    });
    site.refuses(&payload, "missing-code").await;
}

#[tokio::test]
async fn a_servers_word_passes_once() {
    let site = Site::new("altcha_signature");
    let payload = judged(&good_data());
    let theirs: ServerSignaturePayload = serde_json::from_value(payload.clone()).unwrap();
    let theirs = altcha::verify_server_signature(&theirs, SECRET_KEY).unwrap();
    assert!(!theirs.invalid_signature && !theirs.invalid_solution);
    let first = passed(site.verify(&payload).await);
    assert_eq!(first.provider(), "altcha_signature");
    assert_eq!(first.challenge_ts(), Some("2026-01-31T12:00:00.000Z"));
    let mut again = payload;
    again["id"] = "another".into();
    site.refuses(&again, "already-seen-response").await;
    site.clock.advance(Duration::from_secs(301));
    site.refuses(&again, "expired-input-response").await;
}

#[tokio::test]
async fn only_a_servers_own_word_passes() {
    let site = Site::new("altcha_signature");
    let no = good_data().replace("verified=true", "verified=false");
    site.refuses(&judged(&no), "not-verified").await;
    for (field, value, code) in [
        ("verified", json!(false), "not-verified"),
        ("verified", json!("true"), "invalid-input-response"),
        (
            "verificationData",
            json!(good_data() + "&x=y"),
            "invalid-input-response",
        ),
        ("signature", json!("00"), "invalid-input-response"),
        ("algorithm", json!("SHA-512"), "invalid-input-response"),
        ("algorithm", json!("SHA-1"), "invalid-input-response"),
    ] {
        let mut payload = judged(&good_data());
        payload[field] = value;
        site.refuses(&payload, code).await;
    }
}

#[tokio::test]
async fn one_kind_of_payload_is_not_taken_for_another() {
    let solutions = Site::new("altcha");
    let words = Site::new("altcha_signature");
    solutions
        .refuses(&judged(&good_data()), "invalid-input-response")
        .await;
    words
        .refuses(&first_version(&good_salt(), 1), "invalid-input-response")
        .await;
    words
        .refuses(&second_version(|_| {}), "invalid-input-response")
        .await;
    assert!(solutions.verifier.reachable().await);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_32_at_once_one_passes() {
    let site = Arc::new(Site::new("altcha"));
    let payload = second_version(|options| options.hmac_algorithm = HmacAlgorithm::Sha256);
    let tasks: Vec<_> = (0..32)
        .map(|took| {
            let (site, mut payload) = (Arc::clone(&site), payload.clone());
            payload["took"] = took.into();
            tokio::spawn(async move { site.verify(&payload).await })
        })
        .collect();
    let mut passes = 0;
    for task in tasks {
        passes += usize::from(matches!(task.await.unwrap(), Verification::Passed(_)));
    }
    assert_eq!(passes, 1);
}

proptest! {
    #[test]
    fn no_payload_that_was_not_signed_passes(
        salt in ".{0,40}",
        number: u64,
        signature in "[0-9a-f]{64}",
        data in ".{0,80}",
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut first = first_version(&salt, number);
        first["signature"] = signature.clone().into();
        let mut word = judged(&data);
        word["signature"] = signature.into();
        for (name, payload) in [("altcha", first), ("altcha_signature", word)] {
            let verification = runtime.block_on(Site::new(name).verify(&payload));
            prop_assert_eq!(codes(&verification), ["invalid-input-response"]);
        }
    }
}
