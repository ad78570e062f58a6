//! ALTCHA's protocol, as its widget and a site's back end use it, solved and verified by ALTCHA's own library.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use altcha::{
    HmacAlgorithm, ServerSignaturePayload, SolveChallengeOptions, VerifySolutionOptions,
    sign_challenge, solve_challenge, verify_server_signature, verify_solution,
};
use cattlegrid_provider::provider::{Altcha, AltchaServer};
use cattlegrid_provider::store::{AnyStore, StoreUrl, SystemClock};
use cattlegrid_provider::{Expected, Provider, Settings, Verification, Verifier, Verify, Visit};
use data_encoding::BASE64;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::{Home, Reply, Server, program, read, run};

const FORM: &str = "application/x-www-form-urlencoded";
const PICTURED: &str = "secret-of-the-pictured-site";
const WORKED: &str = "secret-of-the-worked-site";

const SITES: &str = r#"
    [[sites]]
    key = "pictured"
    secret = "secret-of-the-pictured-site"
    dialect = "altcha"
    hostnames = ["example.org"]
    altcha = { cost = 10, zeros = 2 }

    [[sites]]
    key = "worked"
    secret = "secret-of-the-worked-site"
    dialect = "altcha"
    altcha = { cost = 10, zeros = 2, code = false }

    [[sites]]
    key = "short"
    secret = "secret-of-the-short-site"
    dialect = "altcha"
    challenge_ttl = "1s"
    altcha = { cost = 1, zeros = 1, code = false }

    [[sites]]
    key = "fleeting"
    secret = "secret-of-the-fleeting-site"
    dialect = "altcha"
    token_ttl = "1s"
    altcha = { cost = 1, zeros = 1, code = false }

    [[sites]]
    key = "native"
    secret = "secret-of-the-native-site"
"#;

/// What the server asks a page of `site` to do.
async fn challenge(server: &Server, site: &str) -> Value {
    let reply = server
        .get(&format!("/altcha/challenge?sitekey={site}"))
        .await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()
}

/// The challenge as ALTCHA's library has it.
fn theirs(challenge: &Value) -> altcha::Challenge {
    serde_json::from_value(challenge.clone()).unwrap()
}

/// What a widget makes of a challenge.
fn solve(challenge: &Value) -> Value {
    let solution = solve_challenge(SolveChallengeOptions::new(&theirs(challenge)));
    json!({
        "challenge": { "parameters": challenge["parameters"], "signature": challenge["signature"] },
        "solution": solution.unwrap().unwrap(),
    })
}

/// What a widget would make of a challenge with other parameters, signed as its site does.
fn solve_signed(challenge: &Value, secret: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut changed = challenge.clone();
    change(&mut changed["parameters"]);
    let mut parameters = theirs(&changed).parameters;
    let signed = sign_challenge(&HmacAlgorithm::Sha256, &mut parameters, None, secret, None);
    solve(&serde_json::to_value(signed.unwrap()).unwrap())
}

fn encode(payload: &Value) -> String {
    BASE64.encode(payload.to_string().as_bytes())
}

fn decode(payload: &Value) -> Value {
    serde_json::from_slice(&BASE64.decode(payload.as_str().unwrap().as_bytes()).unwrap()).unwrap()
}

/// The answer to the picture that comes with a challenge.
fn answer(home: &Home, challenge: &Value) -> String {
    home.answer_to(
        challenge["parameters"]["data"]["challenge"]
            .as_str()
            .unwrap(),
    )
}

async fn verify(server: &Server, payload: &Value, code: Option<&str>) -> Reply {
    let mut body = json!({ "payload": encode(payload) });
    if let Some(code) = code {
        body["code"] = code.into();
    }
    server.post("/altcha/verify", &body).await
}

/// What a form of `site`, whose work earns a token, is sent with.
async fn earn(server: &Server, site: &str) -> String {
    let solved = solve(&challenge(server, site).await);
    let reply = verify(server, &solved, None).await.json();
    assert_eq!(reply["verified"], true, "{reply}");
    reply["payload"].as_str().unwrap().to_owned()
}

async fn siteverify(server: &Server, secret: &str, payload: &str) -> Reply {
    let body = json!({ "secret": secret, "payload": payload });
    server.post("/altcha/siteverify", &body).await
}

/// The reason why a widget is not verified.
#[track_caller]
fn unverified(reply: &Reply) -> String {
    let body = reply.json();
    assert_eq!(reply.status, 200, "{body}");
    assert_eq!(body["verified"], false, "{body}");
    assert!(body.get("payload").is_none(), "{body}");
    body["reason"].as_str().unwrap().to_owned()
}

/// The reason why a back end is refused.
#[track_caller]
fn refused(reply: &Reply) -> String {
    let code = reply.refused();
    assert_eq!(unverified(reply), code);
    code
}

#[tokio::test]
async fn a_visitor_who_works_and_reads_gets_through_once() {
    let home = Home::new();
    let server = home.start_configured(SITES);
    let challenge = challenge(&server, "pictured").await;
    let parameters = &challenge["parameters"];
    assert_eq!(parameters["algorithm"], "PBKDF2/SHA-256");
    assert_eq!(parameters["cost"], 10);
    assert_eq!(parameters["keyLength"], 32);
    assert_eq!(parameters["keyPrefix"], "00");
    for random in ["nonce", "salt"] {
        assert_eq!(parameters[random].as_str().unwrap().len(), 32, "{random}");
    }
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let left = parameters["expiresAt"].as_u64().unwrap() - now;
    assert!((290..=300).contains(&left), "{left}");
    assert_eq!(challenge["configuration"], json!({ "verifyUrl": "verify" }));

    let code = &challenge["codeChallenge"];
    assert_eq!(code["length"], 6);
    let picture = code["image"].as_str().unwrap();
    let picture = picture.strip_prefix("data:image/png;base64,").unwrap();
    let key = parameters["data"]["challenge"].as_str().unwrap();
    let path = format!("/api/v1/challenges/{key}/image?scale=2");
    let native = server.get(&path).await.body;
    assert_eq!(BASE64.decode(picture.as_bytes()).unwrap(), native);

    let solved = solve(&challenge);
    let solution = serde_json::from_value(solved["solution"].clone()).unwrap();
    let theirs = theirs(&challenge);
    let options = VerifySolutionOptions::new(&theirs, &solution, PICTURED);
    assert!(verify_solution(options).unwrap().verified);

    let asked = json!({ "payload": encode(&solved), "code": answer(&home, &challenge) });
    let request = server
        .request("POST", "/altcha/verify")
        .header("origin", "https://example.org")
        .json(&asked);
    let verified = read(request).await.json();
    assert_eq!(verified["verified"], true, "{verified}");
    let payload = verified["payload"].as_str().unwrap();
    let signature: ServerSignaturePayload =
        serde_json::from_value(decode(&verified["payload"])).unwrap();
    let checked = verify_server_signature(&signature, PICTURED).unwrap();
    assert!(checked.verified);
    let data = checked.verification_data.unwrap();
    assert!(data.expire.unwrap() - now >= 290);
    assert_eq!(data.id.unwrap().len(), 32);
    assert!(
        !verify_server_signature(&signature, WORKED)
            .unwrap()
            .verified
    );

    let passed = siteverify(&server, PICTURED, payload).await.json();
    assert_eq!(passed["success"], true, "{passed}");
    assert_eq!(passed["verified"], true);
    assert_eq!(passed["hostname"], "example.org");
    assert!(passed["challenge_ts"].is_string());
    assert_eq!(passed["error-codes"], json!([]));
    let again = siteverify(&server, PICTURED, payload).await;
    assert_eq!(refused(&again), "already-seen-response");
}

#[tokio::test]
async fn work_alone_gets_through_once_where_that_is_enough() {
    let home = Home::new();
    let server = home.start_configured(SITES);
    let challenge = challenge(&server, "worked").await;
    assert!(challenge.get("codeChallenge").is_none(), "{challenge}");
    let solved = solve(&challenge);
    let verified = verify(&server, &solved, None).await.json();
    assert_eq!(verified["verified"], true, "{verified}");
    let unjudged = siteverify(&server, WORKED, &encode(&solved)).await;
    assert_eq!(refused(&unjudged), "already-seen-response");

    let payload = verified["payload"].as_str().unwrap();
    let form = format!("secret={WORKED}&response={}", payload.replace('+', "%2B"));
    let passed = server.post_raw("/altcha/siteverify", FORM, form).await;
    assert_eq!(passed.json()["success"], true, "{passed:?}");

    let unjudged = encode(&solve(&self::challenge(&server, "worked").await));
    let passed = siteverify(&server, WORKED, &unjudged).await.json();
    assert_eq!(passed["success"], true, "{passed}");
    assert_eq!(passed["hostname"], "");
    let again = siteverify(&server, WORKED, &unjudged).await;
    assert_eq!(refused(&again), "already-seen-response");
}

#[tokio::test]
async fn a_back_end_may_send_the_payload_decoded_as_altchas_plugins_do() {
    let home = Home::new();
    let server = home.start_configured(SITES);
    let payload = decode(&earn(&server, "worked").await.into());
    let body = json!({ "secret": WORKED, "payload": payload });
    let passed = server.post("/altcha/siteverify", &body).await;
    assert_eq!(passed.json()["verified"], true, "{passed:?}");
}

#[tokio::test]
async fn every_algorithm_is_what_altchas_library_takes_it_for() {
    let algorithms = [
        "SHA-256",
        "SHA-384",
        "SHA-512",
        "PBKDF2/SHA-256",
        "PBKDF2/SHA-384",
        "PBKDF2/SHA-512",
    ];
    let site = |(number, algorithm)| {
        format!(
            "[[sites]]\nkey = \"site-{number}\"\nsecret = \"secret-of-site-{number}\"\ndialect = \"altcha\"\n\
             altcha = {{ algorithm = \"{algorithm}\", cost = 7, zeros = 1, code = false }}\n"
        )
    };
    let sites: Vec<_> = algorithms.iter().enumerate().map(site).collect();
    let home = Home::new();
    let server = home.start_configured(&sites.concat());
    for (number, algorithm) in algorithms.into_iter().enumerate() {
        let challenge = challenge(&server, &format!("site-{number}")).await;
        assert_eq!(challenge["parameters"]["algorithm"], algorithm);
        let verified = verify(&server, &solve(&challenge), None).await.json();
        assert_eq!(verified["verified"], true, "{algorithm}: {verified}");
    }
}

#[tokio::test]
async fn a_page_names_its_site_unless_it_is_the_only_one() {
    let home = Home::new();
    let server = home.start_configured(
        r#"
        [[sites]]
        key = "only"
        secret = "secret-of-the-only-site"
        dialect = "altcha"
        kinds = ["math"]
        altcha = { zeros = 1 }
        "#,
    );
    let challenge = server.get("/altcha/challenge").await.json();
    assert_eq!(challenge["parameters"]["data"]["sitekey"], "only");
    // Why: the answer to a sum does not stand in its picture, so its length would be a hint.
    assert!(challenge["codeChallenge"].get("length").is_none());
}

#[tokio::test]
async fn every_reason_why_there_is_no_challenge() {
    let home = Home::new();
    let server = home.start_configured(SITES);
    for (query, origin, status, error) in [
        ("", "", 400, "unknown-site"),
        ("?sitekey=nobody", "", 400, "unknown-site"),
        ("?sitekey=native", "", 400, "no-work"),
        ("?sitekey=worked&sitekey=worked", "", 400, "bad-request"),
        ("?sitekey=worked", "https://a b", 400, "bad-request"),
        (
            "?sitekey=pictured",
            "https://evil.example",
            403,
            "wrong-site",
        ),
    ] {
        let request = server
            .request("GET", &format!("/altcha/challenge{query}"))
            .header("origin", origin);
        let reply = read(request).await;
        assert_eq!(reply.header("content-type"), "application/json");
        let want = (status, json!({ "error": error }));
        assert_eq!((reply.status, reply.json()), want, "{query} {origin}");
    }
}

#[tokio::test]
async fn every_reason_why_a_widget_is_not_verified() {
    let home = Home::new();
    let server = home.start_configured(SITES);
    let late = solve(&challenge(&server, "short").await);
    let pictured = challenge(&server, "pictured").await;
    let right = answer(&home, &pictured);
    let solved = solve(&pictured);
    let other = solve(&challenge(&server, "pictured").await);

    let altered = |pointer: &str, value: Value| {
        let mut altered = solved.clone();
        *altered.pointer_mut(pointer).unwrap() = value;
        altered
    };
    let parameter = |name: &str| format!("/challenge/parameters/{name}");
    let mut extra = solved.clone();
    extra["challenge"]["parameters"]["memoryCost"] = 1.into();
    for payload in [
        json!(null),
        json!({}),
        json!({ "challenge": solved["challenge"] }),
        altered("/solution/counter", json!(-1)),
        altered("/solution/counter", json!(1.5)),
        altered("/solution/counter", json!(4_294_967_296_u64)),
        altered("/solution/derivedKey", json!(null)),
        altered(&parameter("cost"), json!("10")),
        altered(&parameter("algorithm"), json!("MD5")),
        altered(&parameter("nonce"), json!("x".repeat(5000))),
        extra,
        decode(&earn(&server, "worked").await.into()),
    ] {
        let reply = verify(&server, &payload, Some(&right)).await;
        assert_eq!(unverified(&reply), "invalid-payload", "{payload}");
    }
    for text in ["", "!", "e30", "é"] {
        let body = json!({ "payload": text, "code": right });
        let reply = server.post("/altcha/verify", &body).await;
        assert_eq!(unverified(&reply), "invalid-payload", "{text}");
    }

    let signature = solved["challenge"]["signature"].as_str().unwrap();
    let other_parameters = &other["challenge"]["parameters"];
    for payload in [
        altered("/challenge/signature", json!("")),
        altered("/challenge/signature", json!("0".repeat(64))),
        altered("/challenge/signature", json!(signature[..62])),
        altered("/challenge/signature", json!(signature.to_uppercase())),
        altered(&parameter("algorithm"), json!("SHA-256")),
        altered(&parameter("cost"), json!(1)),
        altered(&parameter("expiresAt"), json!(4_000_000_000_u64)),
        altered(&parameter("keyLength"), json!(16)),
        altered(&parameter("keyPrefix"), json!("0")),
        altered(&parameter("nonce"), other_parameters["nonce"].clone()),
        altered(&parameter("salt"), other_parameters["salt"].clone()),
        altered(&parameter("data"), other_parameters["data"].clone()),
        altered(&parameter("data/sitekey"), json!("worked")),
        altered(&parameter("data/sitekey"), json!("nobody")),
        altered(&parameter("data/challenge"), json!(null)),
    ] {
        let reply = verify(&server, &payload, Some(&right)).await;
        assert_eq!(unverified(&reply), "invalid-signature", "{payload}");
    }

    let reply = verify(&server, &solved, None).await;
    assert_eq!(unverified(&reply), "missing-code");

    let counter = solved["solution"]["counter"].as_u64().unwrap();
    for payload in [
        altered("/solution/counter", json!(counter + 1)),
        altered("/solution/derivedKey", json!("")),
        altered("/solution/derivedKey", json!("zz")),
        altered("/solution/derivedKey", json!("0".repeat(64))),
        altered("/solution", other["solution"].clone()),
    ] {
        let reply = verify(&server, &payload, Some(&right)).await;
        assert_eq!(unverified(&reply), "wrong-solution", "{payload}");
    }

    let from_elsewhere = server
        .request("POST", "/altcha/verify")
        .header("origin", "https://evil.example")
        .json(&json!({ "payload": encode(&solved), "code": right }));
    assert_eq!(unverified(&read(from_elsewhere).await), "wrong-site");

    // Signed as the site does, which nobody else can.
    let unknown = solve_signed(&pictured, PICTURED, |parameters| {
        parameters["data"]["work"] = "unknown".into();
    });
    let reply = verify(&server, &unknown, Some(&right)).await;
    assert_eq!(unverified(&reply), "unknown-key");
    let unasked = solve_signed(&pictured, PICTURED, |parameters| {
        parameters["data"] = json!({ "sitekey": "pictured", "work": parameters["data"]["work"] });
    });
    let reply = verify(&server, &unasked, None).await;
    assert_eq!(unverified(&reply), "no-work");

    let reply = verify(&server, &solved, Some("wrong")).await;
    assert_eq!(unverified(&reply), "wrong-answer");
    let reply = verify(&server, &solved, Some(&right)).await;
    assert_eq!(unverified(&reply), "spent-key");

    tokio::time::sleep(Duration::from_millis(1100)).await;
    let reply = verify(&server, &late, None).await;
    assert_eq!(unverified(&reply), "expired-key");
}

#[tokio::test]
async fn nothing_is_spent_by_what_is_refused_unjudged() {
    let home = Home::new();
    let server = home.start_configured(SITES);
    let challenge = challenge(&server, "pictured").await;
    let right = answer(&home, &challenge);
    let solved = solve(&challenge);
    let mut tampered = solved.clone();
    tampered["challenge"]["signature"] = "0".repeat(64).into();
    let mut wrong = solved.clone();
    wrong["solution"]["counter"] = 0.into();
    wrong["solution"]["derivedKey"] = "0".repeat(64).into();
    for (payload, code) in [(&tampered, Some("x")), (&wrong, Some("x")), (&solved, None)] {
        unverified(&verify(&server, payload, code).await);
    }
    for secret in [WORKED, "secret-of-a-stranger"] {
        siteverify(&server, secret, &encode(&solved))
            .await
            .refused();
    }
    let verified = verify(&server, &solved, Some(&right)).await.json();
    assert_eq!(verified["verified"], true, "{verified}");
}

#[tokio::test]
async fn an_answer_is_heard_after_its_own_work_only() {
    let home = Home::new();
    let server = home.start_configured(SITES);
    let challenge = challenge(&server, "pictured").await;
    let key = challenge["parameters"]["data"]["challenge"]
        .as_str()
        .unwrap();
    let reply = server.answer(key, &answer(&home, &challenge)).await;
    reply.assert_problem(403, "work-required");

    // Work cannot be done once for many pictures.
    let solved = solve(&challenge);
    assert_eq!(
        unverified(&verify(&server, &solved, Some("wrong")).await),
        "wrong-answer"
    );
    let another = self::challenge(&server, "pictured").await;
    let again = solve_signed(&challenge, PICTURED, |parameters| {
        parameters["data"]["challenge"] = another["parameters"]["data"]["challenge"].clone();
    });
    let reply = verify(&server, &again, Some(&answer(&home, &another))).await;
    assert_eq!(unverified(&reply), "spent-key");
}

#[tokio::test]
async fn every_reason_why_a_back_end_is_refused() {
    let home = Home::new();
    let server = home.start_configured(SITES);
    let late_token = earn(&server, "fleeting").await;
    let late_work = encode(&solve(&challenge(&server, "short").await));
    let payload = earn(&server, "worked").await;
    let unanswered = encode(&solve(&challenge(&server, "pictured").await));
    let work = solve(&challenge(&server, "worked").await);

    let ask = async |body: Value| server.post("/altcha/siteverify", &body).await;
    for (body, code) in [
        (json!({}), "missing-input-secret"),
        (json!({ "payload": payload }), "missing-input-secret"),
        (json!({ "secret": WORKED }), "missing-input-response"),
        (
            json!({ "secret": WORKED, "payload": "" }),
            "missing-input-response",
        ),
        (json!({ "secret": 1, "payload": payload }), "bad-request"),
        (
            json!({ "secret": "short", "payload": payload }),
            "invalid-input-secret",
        ),
        (
            json!({ "secret": "secret-of-a-stranger", "payload": payload }),
            "invalid-input-secret",
        ),
        (
            json!({ "secret": PICTURED, "payload": payload }),
            "invalid-input-response",
        ),
        (
            json!({ "secret": PICTURED, "payload": encode(&work) }),
            "invalid-input-response",
        ),
        (
            json!({ "secret": WORKED, "payload": payload, "sitekey": "pictured" }),
            "sitekey-secret-mismatch",
        ),
        (
            json!({ "secret": PICTURED, "payload": unanswered }),
            "missing-code",
        ),
    ] {
        assert_eq!(refused(&ask(body.clone()).await), code, "{body}");
    }
    let reply = server.post_raw("/altcha/siteverify", FORM, "%ff=").await;
    assert_eq!(refused(&reply), "missing-input-secret");
    let reply = server
        .post_raw("/altcha/siteverify", "text/plain", "x")
        .await;
    assert_eq!(refused(&reply), "bad-request");
    let huge = format!("secret={WORKED}&payload={}", "A".repeat(100_000));
    let reply = server.post_raw("/altcha/siteverify", FORM, huge).await;
    assert_eq!(refused(&reply), "bad-request");

    assert_eq!(
        siteverify(&server, WORKED, &payload).await.json()["success"],
        true
    );
    let again = siteverify(&server, WORKED, &payload).await;
    assert_eq!(refused(&again), "already-seen-response");
    let passed = siteverify(&server, WORKED, &encode(&work)).await.json();
    assert_eq!(passed["success"], true, "{passed}");

    tokio::time::sleep(Duration::from_millis(1100)).await;
    for (secret, payload) in [
        ("secret-of-the-fleeting-site", late_token),
        ("secret-of-the-short-site", late_work),
    ] {
        let late = siteverify(&server, secret, &payload).await;
        assert_eq!(refused(&late), "expired-input-response");
    }
}

#[tokio::test]
async fn what_was_altered_is_refused_and_spends_nothing() {
    let home = Home::new();
    let server = home.start_configured(SITES);
    let payload = earn(&server, "worked").await;
    let work = solve(&challenge(&server, "worked").await);
    let whole = decode(&payload.clone().into());
    let altered = |name: &str, value: Value| {
        let mut altered = whole.clone();
        altered[name] = value;
        altered
    };
    let data = whole["verificationData"].as_str().unwrap();
    let mut wrong = work.clone();
    wrong["solution"]["counter"] = 0.into();
    wrong["solution"]["derivedKey"] = "0".repeat(64).into();
    let mut forged = work.clone();
    forged["challenge"]["parameters"]["keyPrefix"] = "0".into();
    let unknown = solve_signed(&work["challenge"], WORKED, |parameters| {
        parameters["data"]["work"] = "unknown".into();
    });
    for payload in [
        json!("A".repeat(5000)),
        json!([]),
        json!(null_signature(&whole)),
        altered("signature", json!("0".repeat(64))),
        altered("algorithm", json!("SHA-1")),
        altered("algorithm", json!("SHA-512")),
        altered("verified", json!(false)),
        altered(
            "verificationData",
            json!(data.replace("expire=1", "expire=2")),
        ),
        altered("verificationData", json!(format!("{data}&score=1"))),
        altered("verificationData", json!("")),
        wrong,
        forged,
        unknown,
    ] {
        let reply = server
            .post(
                "/altcha/siteverify",
                &json!({ "secret": WORKED, "payload": payload }),
            )
            .await;
        assert_eq!(refused(&reply), "invalid-input-response", "{payload}");
    }

    for payload in [payload, encode(&work)] {
        let passed = siteverify(&server, WORKED, &payload).await.json();
        assert_eq!(passed["success"], true, "{passed}");
    }
}

/// A server's word that is not signed at all.
fn null_signature(payload: &Value) -> Value {
    let fields: BTreeMap<_, _> = payload.as_object().unwrap().iter().collect();
    let unsigned = fields.into_iter().filter(|(name, _)| *name != "signature");
    unsigned
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

#[tokio::test]
async fn what_is_no_request_is_an_error_in_altchas_form() {
    let home = Home::new();
    let server = home.start_configured(SITES);
    let json = "application/json";
    let huge = json!({ "payload": "A".repeat(100_000) }).to_string();
    for (kind, body, status, error) in [
        (json, "{".to_owned(), 400, "bad-request"),
        (json, "{}".to_owned(), 400, "bad-request"),
        (json, "{\"payload\":1}".to_owned(), 400, "bad-request"),
        (json, huge, 413, "body-too-large"),
        (FORM, "payload=x".to_owned(), 415, "unsupported-media-type"),
    ] {
        let reply = server.post_raw("/altcha/verify", kind, body).await;
        assert_eq!(reply.header("content-type"), "application/json");
        assert_eq!(
            (reply.status, reply.json()),
            (status, json!({ "error": error }))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_much_to_judge_is_refused() {
    let home = Home::new();
    let config = home.file(
        "cattlegrid.toml",
        r#"
        [limits]
        drawing_threads = 1
        drawing_queue = 0
        [[sites]]
        key = "dear"
        secret = "secret-of-the-dear-site"
        dialect = "altcha"
        altcha = { cost = 100000, zeros = 1, code = false }
        [[sites]]
        key = "pictured"
        secret = "secret-of-the-pictured-site"
        dialect = "altcha"
        "#,
    );
    let server = Arc::new(home.start_with(|command| {
        command.arg("--config").arg(config);
    }));
    let mut payload = challenge(&server, "dear").await;
    payload = json!({
        "challenge": { "parameters": payload["parameters"], "signature": payload["signature"] },
        "solution": { "counter": 0, "derivedKey": "0".repeat(64) },
    });
    let mut refused = (false, false, false);
    while refused != (true, true, true) {
        let mut racers = JoinSet::new();
        for racer in 0..12 {
            let (server, payload) = (Arc::clone(&server), payload.clone());
            racers.spawn(async move {
                let reply = match racer % 3 {
                    0 => verify(&server, &payload, None).await,
                    1 => siteverify(&server, "secret-of-the-dear-site", &encode(&payload)).await,
                    _ => server.get("/altcha/challenge?sitekey=pictured").await,
                };
                (racer % 3, reply)
            });
        }
        for (what, reply) in racers.join_all().await {
            match what {
                0 => refused.0 |= unverified(&reply) == "overloaded",
                1 => refused.1 |= self::refused(&reply) == "overloaded",
                _ if reply.status == 200 => {}
                _ => {
                    let want = (503, json!({ "error": "overloaded" }));
                    assert_eq!((reply.status, reply.json()), want);
                    refused.2 = true;
                }
            }
        }
    }
}

#[tokio::test]
async fn a_full_store_lets_nothing_through() {
    let home = Home::new();
    let config = home.file("cattlegrid.toml", SITES);
    let server = home.start_with(|command| {
        command
            .args(["--store", "memory:?limit=1", "--config"])
            .arg(config);
    });
    let token = loop {
        let solved = solve(&challenge(&server, "worked").await);
        let reply = verify(&server, &solved, None).await;
        if reply.json()["verified"] == false {
            assert_eq!(unverified(&reply), "store-unavailable");
            break None;
        }
        let payload = reply.json()["payload"].as_str().unwrap().to_owned();
        let verdict = siteverify(&server, WORKED, &payload).await;
        if verdict.json()["success"] == false {
            break Some(refused(&verdict));
        }
    };
    assert!(token.is_none_or(|code| code == "store-unavailable"));
    assert!(home.log().contains("the store is full"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_wins() {
    const RACERS: usize = 32;
    let home = Home::new();
    let server = Arc::new(home.start_configured(SITES));
    let solved = solve(&challenge(&server, "worked").await);
    let unjudged = encode(&solve(&challenge(&server, "worked").await));
    let mut racers = JoinSet::new();
    for _ in 0..RACERS {
        let (widget, payload) = (Arc::clone(&server), solved.clone());
        racers.spawn(async move { ("widget", verify(&widget, &payload, None).await) });
        let (back_end, payload) = (Arc::clone(&server), unjudged.clone());
        racers.spawn(async move { ("back end", siteverify(&back_end, WORKED, &payload).await) });
    }
    let mut wins = BTreeMap::new();
    for (who, reply) in racers.join_all().await {
        if reply.json()["verified"] == true {
            *wins.entry(who).or_insert(0) += 1;
        } else if who == "widget" {
            assert_eq!(unverified(&reply), "spent-key");
        } else {
            assert_eq!(refused(&reply), "already-seen-response");
        }
    }
    assert_eq!(wins, BTreeMap::from([("back end", 1), ("widget", 1)]));
}

#[tokio::test]
async fn pages_of_the_site_may_ask_from_elsewhere() {
    let home = Home::new();
    let server = home.start_configured(SITES);
    let preflight = read(
        server
            .request("OPTIONS", "/altcha/verify")
            .header("origin", "https://example.org")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "content-type"),
    )
    .await;
    assert_eq!(preflight.status, 200);
    assert!(
        preflight
            .header("access-control-allow-headers")
            .contains("content-type")
    );
    assert_ne!(preflight.header("access-control-allow-origin"), "");
    let reply = read(
        server
            .request("GET", "/altcha/challenge?sitekey=pictured")
            .header("origin", "https://example.org"),
    )
    .await;
    assert_eq!(reply.status, 200);
    assert_ne!(reply.header("access-control-allow-origin"), "");
    assert_eq!(reply.header("cache-control"), "no-store");
}

#[tokio::test]
async fn a_parameter_that_will_not_do_stops_the_start_by_name() {
    let home = Home::new();
    for (parameter, name) in [
        ("algorithm = \"MD5\"", "algorithm"),
        ("algorithm = \"SCRYPT\"", "algorithm"),
        ("cost = 0", "cost"),
        ("cost = 100001", "cost"),
        ("cost = -1", "cost"),
        ("zeros = 0", "zeros"),
        ("zeros = 7", "zeros"),
        ("zeros = 256", "zeros"),
        ("code = 1", "code"),
        ("difficulty = 3", "difficulty"),
    ] {
        let site =
            "[[sites]]\nkey = \"one\"\nsecret = \"secret-of-the-one-site\"\ndialect = \"altcha\"";
        let toml = format!("{site}\n[sites.altcha]\n{parameter}\n");
        let file = home.file("bad.toml", &toml);
        let ended = run(program().arg("check").arg("--config").arg(file));
        assert_ne!(ended.status, Some(0), "{parameter}");
        let named = ended.err.contains("altcha") && ended.err.contains(name);
        assert!(named, "{parameter}: {}", ended.err);
    }
}

/// A back end in Rust, of the site with this secret.
fn back_end(provider: Box<dyn Provider>, secret: &str, expected: Expected) -> Verifier<AnyStore> {
    let store = AnyStore::open(&StoreUrl::memory(), Arc::new(SystemClock::new())).unwrap();
    let settings = Settings {
        expected,
        timeout: Duration::from_secs(60),
        ..Settings::default()
    };
    Verifier::new(provider, secret.parse().unwrap(), store, settings).unwrap()
}

/// That a payload passes once, and is then known.
async fn passes_once(verifier: &Verifier<AnyStore>, payload: &str) {
    let first = verifier.verify(payload, Visit::new()).await.unwrap();
    assert!(matches!(first, Verification::Passed(_)), "{first:?}");
    let again = verifier.verify(payload, Visit::new()).await.unwrap();
    let Verification::Refused(refused) = again else {
        panic!("{again:?}");
    };
    let codes: Vec<_> = refused.codes().collect();
    assert_eq!(codes, ["already-seen-response"]);
}

#[tokio::test]
async fn a_back_end_in_rust_verifies_payloads_in_each_of_three_ways() {
    let server = Home::new().start_configured(SITES);
    let any = Expected::default;

    let endpoint = format!("{}/altcha/siteverify", server.address);
    let asks = |expected| {
        let server = AltchaServer::at(endpoint.parse().unwrap());
        back_end(Box::new(server), WORKED, expected)
    };
    passes_once(&asks(any()), &earn(&server, "worked").await).await;
    let elsewhere = Expected {
        hostnames: vec!["example.org".parse().unwrap()],
        ..any()
    };
    let payload = earn(&server, "worked").await;
    let refused = asks(elsewhere).verify(&payload, Visit::new()).await;
    assert!(matches!(refused, Ok(Verification::Refused(_))));

    let judges = back_end(Box::new(Altcha::signatures()), WORKED, any());
    passes_once(&judges, &earn(&server, "worked").await).await;

    let judges = back_end(Box::new(Altcha::solutions()), WORKED, any());
    let solved = encode(&solve(&challenge(&server, "worked").await));
    passes_once(&judges, &solved).await;
}

#[tokio::test]
async fn a_back_end_in_rust_takes_no_work_where_an_answer_is_owed() {
    let server = Home::new().start_configured(SITES);
    let judges = back_end(Box::new(Altcha::solutions()), PICTURED, Expected::default());
    let solved = encode(&solve(&challenge(&server, "pictured").await));
    let told = judges.verify(&solved, Visit::new()).await.unwrap();
    let Verification::Refused(refused) = told else {
        panic!("{told:?}");
    };
    assert_eq!(refused.codes().collect::<Vec<_>>(), ["missing-code"]);
}
