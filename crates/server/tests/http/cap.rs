//! Cap's protocol, as Cap's widget and a site's back end use it.

use std::sync::Arc;
use std::time::Duration;

use num_bigint::BigUint;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::task::JoinSet;

use crate::harness::{Home, Reply, Server, read};

const FORM: &str = "application/x-www-form-urlencoded";
const SECRET: &str = "secret-of-the-one-site";
const OTHER_SECRET: &str = "secret-of-the-other-site";

const SITES: &str = r#"
    [[sites]]
    key = "one"
    secret = "secret-of-the-one-site"
    dialect = "cap"
    [sites.cap]
    count = 3
    zeros = 1

    [[sites]]
    key = "other"
    secret = "secret-of-the-other-site"
    dialect = "cap"
    hostnames = ["example.org"]
    [sites.cap]
    count = 3
    zeros = 1

    [[sites]]
    key = "short"
    secret = "secret-of-the-short-site"
    dialect = "cap"
    challenge_ttl = "1s"
    token_ttl = "1s"
    [sites.cap]
    count = 1
    zeros = 1

    [[sites]]
    key = "locked"
    secret = "secret-of-the-locked-site"
    dialect = "cap"
    [sites.cap]
    protocols = ["rsw", "sha256-pow"]
    squarings = 500
    count = 1
    zeros = 1

    [[sites]]
    key = "programmed"
    secret = "secret-of-the-programmed-site"
    dialect = "cap"
    [sites.cap]
    protocols = ["sha256-pow", "instrumentation"]
    count = 1
    zeros = 1

    [[sites]]
    key = "native"
    secret = "secret-of-the-native-site"
"#;

impl Server {
    async fn challenge(&self, site: &str) -> Value {
        let reply = read(self.request("POST", &format!("/cap/{site}/challenge"))).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()
    }

    async fn redeem(&self, site: &str, challenge: &Value, solutions: &Value) -> Reply {
        let body = json!({ "token": challenge["token"], "solutions": solutions });
        self.post(&format!("/cap/{site}/redeem"), &body).await
    }

    async fn token(&self, site: &str) -> String {
        let challenge = self.challenge(site).await;
        let reply = self.redeem(site, &challenge, &solve(&challenge)).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()["token"].as_str().unwrap().to_owned()
    }

    async fn cap_verify(&self, site: &str, secret: &str, token: &str) -> Reply {
        let body = json!({ "secret": secret, "response": token });
        self.post(&format!("/cap/{site}/siteverify"), &body).await
    }
}

/// What the widget makes of a challenge.
fn solve(challenge: &Value) -> Value {
    let posed = challenge["challenges"].as_array().unwrap();
    posed.iter().map(solve_one).collect()
}

fn solve_one(posed: &Value) -> Value {
    let payload = |name: &str| posed["payload"][name].as_str().unwrap();
    match posed["protocol"].as_str().unwrap() {
        "sha256-pow" => {
            let (salt, target) = (payload("salt"), payload("target"));
            json!({ "nonce": search(salt, 0..u64::MAX, |hash| hash.starts_with(target)) })
        }
        "rsw" => {
            let times = posed["payload"]["t"].as_u64().unwrap();
            json!({ "y": square(payload("x"), payload("N"), times) })
        }
        other => panic!("unknown protocol {other}"),
    }
}

/// What squaring comes to, in hexadecimal.
fn square(base: &str, modulus: &str, times: u64) -> String {
    let number = |digits: &str| BigUint::parse_bytes(digits.as_bytes(), 16).unwrap();
    let modulus = number(modulus);
    let squared = (0..times).fold(number(base), |square, _| &square * &square % &modulus);
    squared.to_str_radix(16)
}

/// The first of these nonces whose hash is as wanted.
fn search(salt: &str, mut nonces: impl Iterator<Item = u64>, wanted: impl Fn(&str) -> bool) -> u64 {
    let hash =
        |nonce: u64| data_encoding::HEXLOWER.encode(&Sha256::digest(format!("{salt}{nonce}")));
    nonces.find(|&nonce| wanted(&hash(nonce))).unwrap()
}

#[track_caller]
fn assert_refused(reply: &Reply, status: u16, error: &str) {
    let body = json!({ "success": false, "error": error });
    assert_eq!((reply.status, reply.json()), (status, body));
}

#[tokio::test]
async fn work_earns_a_token_that_is_good_once() {
    let home = Home::new();
    let server = home.start_configured(SITES);
    let challenge = server.challenge("one").await;
    assert_eq!(challenge["format"], 2);
    let posed = challenge["challenges"].as_array().unwrap();
    assert_eq!(posed.len(), 3);
    for one in posed {
        assert_eq!(one["protocol"], "sha256-pow");
        assert_eq!(one["payload"]["salt"].as_str().unwrap().len(), 32);
        assert_eq!(one["payload"]["target"], "0");
    }
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis();
    let left = |expires: &Value| u128::from(expires.as_u64().unwrap()) - now;
    assert!((580_000..=620_000).contains(&left(&challenge["expires"])));
    let redeemed = server.redeem("one", &challenge, &solve(&challenge)).await;
    assert_eq!(redeemed.status, 200);
    let redeemed = redeemed.json();
    assert_eq!(redeemed["success"], true);
    assert!((1_180_000..=1_220_000).contains(&left(&redeemed["expires"])));
    let token = redeemed["token"].as_str().unwrap();
    let first = server.cap_verify("one", SECRET, token).await;
    assert_eq!(
        (first.status, first.json()),
        (200, json!({ "success": true }))
    );
    let second = server.cap_verify("one", SECRET, token).await;
    assert_refused(&second, 404, "Token not found");
    server
        .assert_counted(&[
            "cattlegrid_answered_total{outcome=\"success\"} 1",
            "cattlegrid_verified_total{outcome=\"success\"} 1",
            "cattlegrid_verified_total{outcome=\"already-seen-response\"} 1",
        ])
        .await;
}

#[tokio::test]
async fn a_back_end_may_ask_in_a_form_or_at_the_native_address() {
    let home = Home::new();
    let server = home.start_configured(SITES);
    let token = server.token("one").await;
    let form = format!("secret={SECRET}&response={token}");
    let reply = server.post_raw("/cap/one/siteverify", FORM, form).await;
    assert_eq!(reply.json(), json!({ "success": true }));
    let token = server.token("one").await;
    assert_eq!(server.verify(SECRET, &token).await.json()["success"], true);
    let again = server.cap_verify("one", SECRET, &token).await;
    assert_refused(&again, 404, "Token not found");
}

#[tokio::test]
async fn nonces_are_numbers_or_strings_of_digits() {
    let home = Home::new();
    let server = home.start_configured(SITES);
    let challenge = server.challenge("one").await;
    let right = solve(&challenge);
    let with_first = |nonce: Value| {
        let mut solutions = right.clone();
        solutions[0] = json!({ "nonce": nonce });
        solutions
    };
    let digits = right[0]["nonce"].to_string();
    let salt = challenge["challenges"][0]["payload"]["salt"]
        .as_str()
        .unwrap();
    let wrong = |nonces| json!(search(salt, nonces, |hash| !hash.starts_with('0')));
    for nonce in [
        wrong(0..u64::MAX),
        wrong(9_007_199_254_740_993..u64::MAX),
        wrong(u64::MAX - 100..u64::MAX),
        json!(format!("0{digits}")),
        json!(format!("+{digits}")),
        json!(format!(" {digits}")),
        json!(""),
        json!("x"),
        json!(-1),
        json!(0.5),
        json!(1e300),
        json!("1".repeat(1000)),
        json!(null),
        json!(true),
        json!([1]),
        json!({ "nonce": 1 }),
    ] {
        let reply = server.redeem("one", &challenge, &with_first(nonce)).await;
        assert_refused(&reply, 403, "Invalid solution");
    }
    let mut solutions = right.clone();
    for not_a_solution in [
        json!(null),
        json!(7),
        json!("7"),
        json!([]),
        json!({}),
        json!({ "y": "1" }),
    ] {
        solutions[1] = not_a_solution;
        let reply = server.redeem("one", &challenge, &solutions).await;
        assert_refused(&reply, 403, "Invalid solution");
    }
    // A number that is too large for JSON is as wrong as any other.
    let body = format!(
        r#"{{"token":{},"solutions":[{{"nonce":{}}},{},{}]}}"#,
        challenge["token"],
        "9".repeat(400),
        right[1],
        right[2]
    );
    let reply = server
        .post_raw("/cap/one/redeem", "application/json", body)
        .await;
    assert_refused(&reply, 400, "Missing required fields");
    let reply = server
        .redeem("one", &challenge, &with_first(json!(digits)))
        .await;
    assert_eq!(
        reply.json()["success"],
        true,
        "nothing was spent by what was wrong"
    );
}

#[tokio::test]
async fn a_time_lock_opens_for_who_squares() {
    let home = Home::new();
    let server = home.start_configured(SITES);
    let challenge = server.challenge("locked").await;
    let posed = &challenge["challenges"];
    assert_eq!(posed[0]["protocol"], "rsw");
    assert_eq!(posed[1]["protocol"], "sha256-pow");
    let lock = &posed[0]["payload"];
    assert_eq!(lock["t"], 500);
    let [modulus, base] = ["N", "x"].map(|name| lock[name].as_str().unwrap());
    assert_eq!(modulus.len(), 512);
    assert!(u8::from_str_radix(&modulus[..1], 16).unwrap() >= 8);
    let right = solve(&challenge);
    let y = right[0]["y"].as_str().unwrap();
    let too_large = BigUint::parse_bytes(y.as_bytes(), 16).unwrap()
        + BigUint::parse_bytes(modulus.as_bytes(), 16).unwrap();
    for wrong in [
        json!(square(base, modulus, 499)),
        json!(square(base, modulus, 501)),
        json!(base),
        json!("0"),
        json!("1"),
        json!(""),
        json!("-1"),
        json!("not hexadecimal"),
        json!(too_large.to_str_radix(16)),
        json!("f".repeat(512)),
        json!(format!("{y:0>513}")),
        json!("f".repeat(40_000)),
        json!(7),
        json!(null),
    ] {
        let solutions = json!([{ "y": wrong }, right[1]]);
        let reply = server.redeem("locked", &challenge, &solutions).await;
        assert_refused(&reply, 403, "Invalid solution");
    }
    for (solutions, status, error) in [
        (json!([right[1], right[0]]), 403, "Invalid solution"),
        (json!([right[0], right[0]]), 403, "Invalid solution"),
        (json!([right[1], right[1]]), 403, "Invalid solution"),
        (json!([right[0]]), 400, "Invalid solutions"),
    ] {
        let reply = server.redeem("locked", &challenge, &solutions).await;
        assert_refused(&reply, status, error);
    }
    let reply = server.redeem("locked", &challenge, &right).await;
    assert_eq!(reply.json()["success"], true, "{reply:?}");
    let reply = server.redeem("locked", &challenge, &right).await;
    assert_refused(&reply, 403, "Challenge already redeemed");
}

#[tokio::test]
async fn a_program_that_was_not_run_earns_nothing() {
    let home = Home::new();
    let server = home.start_configured(SITES);
    let challenge = server.challenge("programmed").await;
    let posed = challenge["challenges"].as_array().unwrap();
    let nonce = solve_one(&posed[0]);
    assert_eq!(posed[1]["protocol"], "instrumentation");
    let blob = posed[1]["payload"]["blob"].as_str().unwrap();
    let deflated = data_encoding::BASE64.decode(blob.as_bytes()).unwrap();
    let script = String::from_utf8(deflated[5..].to_vec()).unwrap();
    assert!(script.starts_with("parent.postMessage("), "{script}");
    for not_run in [
        json!({ "instr": [1, 2, 3, 4] }),
        json!({ "instr": [1, 2, 3] }),
        json!({ "instr": [1, 2, 3, 4, 5] }),
        json!({ "instr": [-1, 0.5, 4_294_967_296_u64, "1"] }),
        json!({ "instr": { "i": "1", "state": {} } }),
        json!({ "instr": null }),
        json!({ "timeout": true }),
        json!({ "blocked": true }),
        nonce.clone(),
    ] {
        let solutions = json!([nonce, not_run]);
        let reply = server.redeem("programmed", &challenge, &solutions).await;
        assert_refused(&reply, 403, "Invalid solution");
    }
}

#[tokio::test]
async fn time_locks_are_the_same_after_a_restart_and_other_with_another_secret() {
    let home = Home::new();
    let server = home.start_configured(SITES);
    let challenge = server.challenge("locked").await;
    server.stop();
    let server = home.start_configured(SITES);
    let reply = server
        .redeem("locked", &challenge, &solve(&challenge))
        .await;
    assert_eq!(reply.json()["success"], true, "{reply:?}");
    let stranger_home = Home::new();
    let stranger = stranger_home.start_configured(SITES);
    let modulus = |challenge: &Value| challenge["challenges"][0]["payload"]["N"].clone();
    assert_ne!(
        modulus(&stranger.challenge("locked").await),
        modulus(&challenge)
    );
}

#[tokio::test]
#[allow(clippy::too_many_lines, reason = "a table")]
async fn every_refusal_has_the_status_and_the_words_of_caps_server() {
    let home = Home::new();
    let server = home.start_configured(SITES);
    let json = "application/json";

    for site in ["none", "native", "%ff", "%00"] {
        let reply = read(server.request("POST", &format!("/cap/{site}/challenge"))).await;
        assert_refused(&reply, 404, "Invalid site key or secret");
    }
    for origin in ["https://elsewhere.example", "null", "nonsense"] {
        let request = server
            .request("POST", "/cap/other/challenge")
            .header("origin", origin);
        assert_refused(&read(request).await, 403, "Blocked");
    }

    let challenge = server.challenge("one").await;
    let right = solve(&challenge);
    let token = challenge["token"].clone();
    let large = "x".repeat(70_000);
    for (kind, body, status, error) in [
        (json, json!({}), 400, "Missing required fields"),
        (
            json,
            json!({ "token": token }),
            400,
            "Missing required fields",
        ),
        (
            json,
            json!({ "solutions": right }),
            400,
            "Missing required fields",
        ),
        (json, json!([1]), 400, "Missing required fields"),
        (
            FORM,
            json!({ "token": token, "solutions": right }),
            400,
            "Missing required fields",
        ),
        (
            json,
            json!({ "token": token, "solutions": large }),
            413,
            "Body too large",
        ),
        (
            json,
            json!({ "token": 5, "solutions": right }),
            400,
            "Invalid solutions",
        ),
        (
            json,
            json!({ "token": token, "solutions": {} }),
            400,
            "Invalid solutions",
        ),
        (
            json,
            json!({ "token": token, "solutions": [] }),
            400,
            "Invalid solutions",
        ),
        (
            json,
            json!({ "token": token, "solutions": [right[0]] }),
            400,
            "Invalid solutions",
        ),
        (
            json,
            json!({ "token": token, "solutions": vec![&right[0]; 1000] }),
            400,
            "Invalid solutions",
        ),
        (
            json,
            json!({ "token": token, "solutions": [right[0], right[1], {}] }),
            403,
            "Invalid solution",
        ),
        (
            json,
            json!({ "token": token, "solutions": [{}, right[1], right[2]] }),
            403,
            "Invalid solution",
        ),
        (
            json,
            json!({ "token": "x", "solutions": right }),
            403,
            "Invalid challenge token",
        ),
        (
            json,
            json!({ "token": "x".repeat(5000), "solutions": right }),
            403,
            "Invalid challenge token",
        ),
    ] {
        let reply = server
            .post_raw("/cap/one/redeem", kind, body.to_string())
            .await;
        assert_refused(&reply, status, error);
    }
    for (site, error) in [("none", "Invalid site key"), ("native", "Invalid site key")] {
        let reply = server.redeem(site, &challenge, &right).await;
        assert_refused(&reply, 404, error);
    }
    let reply = server.redeem("other", &challenge, &right).await;
    assert_refused(&reply, 403, "Challenge token does not match site key");
    let reply = server.redeem("one", &challenge, &right).await;
    assert_eq!(reply.status, 200, "nothing was spent by what was refused");
    let earned = reply.json()["token"].as_str().unwrap().to_owned();
    let reply = server.redeem("one", &challenge, &right).await;
    assert_refused(&reply, 403, "Challenge already redeemed");

    let challenge = server.challenge("other").await;
    let request = server
        .request("POST", "/cap/other/redeem")
        .header("origin", "https://elsewhere.example")
        .json(&json!({ "token": challenge["token"], "solutions": solve(&challenge) }));
    assert_refused(&read(request).await, 403, "Blocked");

    let challenge = server.challenge("short").await;
    let reply = server.redeem("short", &challenge, &solve(&challenge)).await;
    let stale_token = reply.json()["token"].as_str().unwrap().to_owned();
    let stale = server.challenge("short").await;
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let reply = server.redeem("short", &stale, &solve(&stale)).await;
    assert_refused(&reply, 403, "Challenge expired");
    let reply = server
        .cap_verify("short", "secret-of-the-short-site", &stale_token)
        .await;
    assert_refused(&reply, 403, "Token expired");

    for (kind, body, status, error) in [
        (json, "{}".to_owned(), 400, "Missing required parameters"),
        (
            json,
            format!(r#"{{"secret":"{SECRET}"}}"#),
            400,
            "Missing required parameters",
        ),
        (
            json,
            format!(r#"{{"response":"{earned}"}}"#),
            400,
            "Missing required parameters",
        ),
        (
            json,
            format!(r#"{{"secret":5,"response":"{earned}"}}"#),
            400,
            "Missing required parameters",
        ),
        (
            FORM,
            format!("secret={SECRET}&response="),
            400,
            "Missing required parameters",
        ),
        (
            "text/plain",
            format!("secret={SECRET}&response={earned}"),
            400,
            "Missing required parameters",
        ),
        (
            FORM,
            format!("secret={SECRET}&response={large}"),
            400,
            "Missing required parameters",
        ),
        (
            FORM,
            format!("secret={SECRET}x&response={earned}"),
            403,
            "Invalid site key or secret",
        ),
        (
            FORM,
            format!("secret=x&response={earned}"),
            403,
            "Invalid site key or secret",
        ),
        (
            FORM,
            format!("secret={OTHER_SECRET}&response={earned}"),
            403,
            "Invalid site key or secret",
        ),
        (
            FORM,
            format!("secret={SECRET}&response={earned}x"),
            404,
            "Token not found",
        ),
        (
            FORM,
            format!("secret={SECRET}&response={}", "x".repeat(2000)),
            404,
            "Token not found",
        ),
    ] {
        let reply = server.post_raw("/cap/one/siteverify", kind, body).await;
        assert_refused(&reply, status, error);
    }
    let reply = server.cap_verify("none", SECRET, &earned).await;
    assert_refused(&reply, 404, "Invalid site key or secret");
    let reply = server.cap_verify("other", SECRET, &earned).await;
    assert_refused(&reply, 403, "Invalid site key or secret");
    let reply = server.cap_verify("other", OTHER_SECRET, &earned).await;
    assert_refused(&reply, 404, "Invalid site key or secret");
    let reply = server.cap_verify("one", SECRET, &earned).await;
    assert_eq!(reply.status, 200, "nothing was spent by what was refused");
}

#[tokio::test]
async fn a_full_store_lets_nothing_through() {
    let home = Home::new();
    let server = home.start_configured(&format!("store = \"memory:?limit=1\"\n{SITES}"));
    let token = server.token("one").await;
    let challenge = server.challenge("one").await;
    let reply = server.redeem("one", &challenge, &solve(&challenge)).await;
    assert_refused(&reply, 503, "Validation failed");
    let reply = server.cap_verify("one", SECRET, &token).await;
    assert_refused(&reply, 503, "Validation failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_can_be_judged_is_refused() {
    let home = Home::new();
    let limits = "[limits]\ndrawing_threads = 1\ndrawing_queue = 0\n";
    let server = Arc::new(home.start_configured(&format!("{limits}{SITES}")));
    let challenge = Arc::new(server.challenge("locked").await);
    let mut refused = false;
    while !refused {
        let mut callers = JoinSet::new();
        for _ in 0..32 {
            let (server, challenge) = (Arc::clone(&server), Arc::clone(&challenge));
            callers.spawn(async move {
                let wrong = json!([{ "y": "2" }, { "nonce": 0 }]);
                server.redeem("locked", &challenge, &wrong).await
            });
        }
        for reply in callers.join_all().await {
            if reply.status == 503 {
                assert_refused(&reply, 503, "Overloaded");
                refused = true;
            } else {
                assert_refused(&reply, 403, "Invalid solution");
            }
        }
    }
    let reply = server
        .redeem("locked", &challenge, &solve(&challenge))
        .await;
    assert_eq!(reply.status, 200, "it recovers");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_redemptions_wins() {
    let home = Home::new();
    let server = Arc::new(home.start_configured(SITES));
    let challenge = Arc::new(server.challenge("one").await);
    let solutions = Arc::new(solve(&challenge));
    let mut racers = JoinSet::new();
    for _ in 0..32 {
        let (server, challenge, solutions) = (
            Arc::clone(&server),
            Arc::clone(&challenge),
            Arc::clone(&solutions),
        );
        racers.spawn(async move { server.redeem("one", &challenge, &solutions).await });
    }
    let replies = racers.join_all().await;
    let (won, lost): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 200);
    assert_eq!(won.len(), 1);
    for reply in lost {
        assert_refused(reply, 403, "Challenge already redeemed");
    }
}

#[tokio::test]
async fn pages_of_the_site_may_ask_from_elsewhere() {
    let home = Home::new();
    let only_listed = SITES
        .split_once("[[sites]]")
        .unwrap()
        .1
        .split_once("[[sites]]")
        .unwrap()
        .1;
    let only_listed = only_listed.split_once("[[sites]]").unwrap().0;
    let server = home.start_configured(&format!("demo = false\n[[sites]]{only_listed}"));
    for (origin, allowed) in [
        ("https://example.org", "https://example.org"),
        ("https://elsewhere.example", ""),
    ] {
        for path in ["/cap/other/challenge", "/cap/other/redeem"] {
            let request = server
                .request("OPTIONS", path)
                .header("origin", origin)
                .header("access-control-request-method", "POST")
                .header("access-control-request-headers", "content-type");
            let reply = read(request).await;
            assert_eq!(
                reply.header("access-control-allow-origin"),
                allowed,
                "{path}"
            );
        }
    }
    let request = server
        .request("POST", "/cap/other/challenge")
        .header("origin", "https://example.org");
    let reply = read(request).await;
    assert_eq!(
        reply.header("access-control-allow-origin"),
        "https://example.org"
    );
    let challenge = reply.json();
    let request = server
        .request("POST", "/cap/other/redeem")
        .header("origin", "https://example.org")
        .json(&json!({ "token": challenge["token"], "solutions": solve(&challenge) }));
    let token = read(request).await.json()["token"]
        .as_str()
        .unwrap()
        .to_owned();
    let passed = server.verify(OTHER_SECRET, &token).await.json();
    assert_eq!(passed["hostname"], "example.org");
}

#[tokio::test]
async fn a_parameter_that_will_not_do_stops_the_start_by_name() {
    let home = Home::new();
    for (parameters, name) in [
        ("protocols = []", "protocols"),
        ("protocols = [\"instrumentation\"]", "protocols"),
        ("protocols = [\"sha256-pow\", \"sha256-pow\"]", "protocols"),
        ("protocols = [\"md5-pow\"]", "protocols"),
        ("count = 0", "count"),
        ("count = 501", "count"),
        ("count = 70000", "count"),
        ("zeros = 9", "zeros"),
        ("protocols = [\"rsw\"]\nsquarings = 0", "squarings"),
        ("protocols = [\"rsw\"]\nsquarings = 1000001", "squarings"),
        ("zeroes = 4", "zeroes"),
    ] {
        let file = home.file(
            "bad.toml",
            &format!("[[sites]]\nkey = \"one\"\nsecret = \"{SECRET}\"\ndialect = \"cap\"\n[sites.cap]\n{parameters}\n"),
        );
        let ended = crate::harness::run(
            crate::harness::program()
                .arg("check")
                .arg("--config")
                .arg(file),
        );
        assert_ne!(ended.status, Some(0), "{parameters}");
        assert!(
            ended.err.contains("cap") && ended.err.contains(name),
            "{}",
            ended.err
        );
    }
}

#[tokio::test]
async fn work_that_was_set_before_the_secret_was_rotated_is_good_after() {
    let (old, new) = ("o".repeat(43), "n".repeat(43));
    let home = Home::new();
    let config = home.file("cattlegrid.toml", SITES);
    let start = |secrets: &str| {
        home.start_with(|command| {
            command.arg("--config").arg(&config);
            command.env("CATTLEGRID_SECRET", secrets);
        })
    };
    let (behind, ahead) = (
        start(&format!("{old} {new}")),
        start(&format!("{new} {old}")),
    );
    for (set_by, judged_by) in [(&behind, &ahead), (&ahead, &behind)] {
        for site in ["one", "locked"] {
            let challenge = set_by.challenge(site).await;
            let reply = judged_by.redeem(site, &challenge, &solve(&challenge)).await;
            assert_eq!(reply.json()["success"], true, "{site}: {reply:?}");
        }
    }
}
