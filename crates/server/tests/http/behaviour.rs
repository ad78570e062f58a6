//! How much like a person's an answer came, and what a site makes of it.

use std::time::Duration;

use cattlegrid::Reason;
use serde_json::{Value, json};

use crate::harness::{Home, Reply, Server, program, read, run};

/// The sites, behind a proxy, as a client is whom the proxy names.
const SITES: &str = r#"
    client_address.trusted_proxies = ["loopback"]
    [[sites]]
    key = "told"
    secret = "the-secret-key-of-the-told"
    [[sites]]
    key = "v3"
    secret = "the-secret-key-of-the-v3"
    dialect = "recaptcha-v3"
    [[sites]]
    key = "off"
    secret = "the-secret-key-of-the-off"
    behaviour.score = false
    [[sites]]
    key = "twice"
    secret = "the-secret-key-of-the-twice"
    kinds = ["chars", "math"]
    behaviour = { second_below = 0.65, second_kind = "math" }
    [[sites]]
    key = "strict"
    secret = "the-secret-key-of-the-strict"
    behaviour.refuse_below = 0.35
"#;

/// What the widget says of a program that takes no trouble: the same score on any machine, however busy.
fn driven() -> Value {
    json!({ "time": 0, "used": ["pointer", "keys"], "edits": 6, "automated": true })
}

impl Server {
    /// What becomes of an answer that comes from this address with these signals.
    async fn answer_seen(&self, address: &str, key: &str, answer: &str, signals: Value) -> Reply {
        let path = format!("/api/v1/challenges/{key}/answer");
        let request = self.request("POST", &path);
        let request = request.header("x-forwarded-for", address);
        read(request.json(&json!({ "answer": answer, "signals": signals }))).await
    }

    /// What siteverify says of a right answer like that.
    async fn score(&self, home: &Home, site: &str, address: &str, signals: Value) -> Value {
        let key = self.issue_for(site).await;
        let answer = home.answer_to(&key);
        let solved = self.answer_seen(address, &key, &answer, signals).await;
        let token = solved.json()["token"].as_str().unwrap().to_owned();
        let secret = format!("the-secret-key-of-the-{site}");
        let told = self.verify(&secret, &token).await.json();
        assert_eq!(told["success"], true, "{told}");
        told
    }
}

#[tokio::test]
async fn siteverify_tells_the_score_and_each_reason_by_its_name() {
    let home = Home::new();
    let server = home.start_configured(SITES);
    let told = server.score(&home, "told", "192.0.2.1", driven()).await;
    assert_eq!(told["score"], 0.4);
    assert_eq!(told["score-reasons"], json!(["automated", "instant"]));

    let told = server.score(&home, "told", "192.0.2.1", Value::Null).await;
    let reasons = told["score-reasons"].as_array().unwrap();
    assert!(reasons.contains(&json!("no-signals")), "{told}");

    let told = server.score(&home, "off", "192.0.2.1", driven()).await;
    let told = told.as_object().unwrap();
    assert!(!told.contains_key("score") && !told.contains_key("score-reasons"));

    for (site, score) in [
        ("v3", json!(0.4)),
        ("off", json!(null)),
        ("told", json!(null)),
    ] {
        let key = server.issue_for(site).await;
        let answer = home.answer_to(&key);
        let solved = server
            .answer_seen("192.0.2.1", &key, &answer, driven())
            .await;
        let token = solved.json()["token"].clone();
        let body = format!(
            "secret=the-secret-key-of-the-{site}&response={}",
            token.as_str().unwrap()
        );
        let form = "application/x-www-form-urlencoded";
        let told = server
            .post_raw("/recaptcha/api/siteverify", form, body)
            .await;
        assert_eq!(told.json()["score"], score, "{site}");
    }
    server
        .assert_counted(&["cattlegrid_score_reasons_total{reason=\"automated\"} 3"])
        .await;
}

#[tokio::test]
async fn a_person_has_the_full_score_whatever_they_use() {
    let home = Home::new();
    let server = home.start_configured(SITES);
    let mut keys = Vec::new();
    for used in [
        json!([]),
        json!(["keys"]),
        json!(["touch"]),
        json!(["pointer", "keys"]),
    ] {
        keys.push((used, server.issue_for("told").await));
    }
    // Why: for the server's own clock, which signals do not talk away.
    tokio::time::sleep(Duration::from_secs(2)).await;
    for (used, key) in keys {
        let signals = json!({ "time": 3, "used": used, "edits": 6, "corrections": 2, "blurs": 1 });
        let answer = home.answer_to(&key);
        let solved = server
            .answer_seen("192.0.2.1", &key, &answer, signals)
            .await;
        let token = solved.json()["token"].as_str().unwrap().to_owned();
        let told = server.verify("the-secret-key-of-the-told", &token).await;
        assert_eq!(told.json()["score"], 1.0, "{used}");
        assert_eq!(told.json()["score-reasons"], json!([]), "{used}");
    }
}

#[tokio::test]
async fn whatever_a_program_says_of_itself_is_bounded() {
    let home = Home::new();
    let server = home.start_configured(SITES);
    let most = u64::MAX;
    for (signals, reason) in [
        (json!({}), "untouched"),
        (json!({ "time": most, "edits": 1 }), "implausible"),
        (json!({ "edits": 1, "corrections": most }), "implausible"),
        (
            json!({ "edits": most, "blurs": most, "another": { "field": [] } }),
            "instant",
        ),
    ] {
        let told = server
            .score(&home, "told", "192.0.2.1", signals.clone())
            .await;
        let reasons = told["score-reasons"].as_array().unwrap();
        assert!(reasons.contains(&json!(reason)), "{signals} {told}");
    }
    for signals in [
        json!("a person"),
        json!({ "time": -1 }),
        json!({ "time": 1e40 }),
        json!({ "used": "keys" }),
        json!({ "used": ["telepathy"] }),
        json!({ "automated": 1 }),
    ] {
        let key = server.issue_for("told").await;
        let answer = home.answer_to(&key);
        let reply = server
            .answer_seen("192.0.2.1", &key, &answer, signals.clone())
            .await;
        reply.assert_problem(400, "bad-request");
        let still = server.answer(&key, &answer).await.json();
        assert_eq!(still["success"], true, "{signals} spends nothing");
    }
}

#[tokio::test]
async fn an_address_with_many_wrong_answers_has_a_lower_score_and_no_other_has() {
    let home = Home::new();
    let server = home.start_configured(SITES);
    for _ in 0..7 {
        let key = server.issue_for("told").await;
        let wrong = server
            .answer_seen("192.0.2.7", &key, "wrong", driven())
            .await;
        assert_eq!(wrong.refused(), "wrong-answer");
    }
    for (address, many) in [("192.0.2.7", true), ("192.0.2.8", false)] {
        let told = server.score(&home, "told", address, driven()).await;
        let reasons = told["score-reasons"].as_array().unwrap();
        let named = reasons.contains(&json!("many-wrong-answers"));
        assert_eq!(named, many, "{address}: {told}");
    }
}

#[tokio::test]
async fn a_low_score_asks_for_a_second_challenge_and_never_for_a_third() {
    let home = Home::new();
    let server = home.start_configured(SITES);
    let key = server.issue_for("twice").await;
    let answer = home.answer_to(&key);
    let first = server
        .answer_seen("192.0.2.1", &key, &answer, driven())
        .await;
    assert_eq!(first.refused(), "another-challenge");
    let second = first.json()["challenge"].clone();
    assert_eq!(second["kind"], "math");
    let spent = server
        .answer_seen("192.0.2.1", &key, &answer, driven())
        .await;
    assert_eq!(spent.refused(), "spent-key");

    // Wrong at the second one is asked again, and is still at the second one.
    let second = second["key"].as_str().unwrap();
    let wrong = server
        .answer_seen("192.0.2.1", second, "no", driven())
        .await;
    assert_eq!(wrong.refused(), "wrong-answer");
    let fresh = wrong.json()["challenge"]["key"].clone();
    let fresh = fresh.as_str().unwrap();
    let answer = home.answer_to(fresh);
    let passed = server
        .answer_seen("192.0.2.1", fresh, &answer, driven())
        .await
        .json();
    let token = passed["token"].as_str().unwrap();
    let told = server
        .verify("the-secret-key-of-the-twice", token)
        .await
        .json();
    assert_eq!(
        (&told["success"], &told["score"]),
        (&json!(true), &json!(0.4))
    );

    let key = server.issue_for("twice").await;
    let answer = home.answer_to(&key);
    let plain = server
        .answer_seen("192.0.2.1", &key, &answer, Value::Null)
        .await
        .json();
    assert_eq!(plain["success"], true, "0.7 is enough: {plain}");
}

#[tokio::test]
async fn nobody_is_refused_for_a_score_unless_the_site_says_so() {
    let home = Home::new();
    let server = home.start_configured(SITES);
    for (site, success) in [("told", true), ("strict", false)] {
        let key = server.issue_for(site).await;
        let answer = home.answer_to(&key);
        let lies = json!({ "automated": true, "edits": 0, "time": 120 });
        let reply = server.answer_seen("192.0.2.1", &key, &answer, lies).await;
        if success {
            assert_eq!(reply.json()["success"], true);
        } else {
            reply.assert_problem(403, "low-score");
            let again = server.answer(&key, &answer).await;
            assert_eq!(again.refused(), "spent-key");
        }
    }
}

#[test]
fn what_cannot_be_is_said_at_the_start() {
    let home = Home::new();
    for (behaviour, said) in [
        (
            "behaviour = { score = false, refuse_below = 0.5 }",
            "score = false",
        ),
        ("behaviour.second_kind = \"words\"", "words"),
        ("behaviour.refuse_below = 2.0", "from 0 to 1"),
        ("behaviour.least = 0.5", "least"),
    ] {
        let site = format!(
            "[[sites]]\nkey = 'shop'\nsecret = 'the-secret-key-of-the-shop'\n{behaviour}\n"
        );
        let file = home.file("cattlegrid.toml", &site);
        let ended = run(program().args(["check", "--config"]).arg(file));
        assert_eq!(ended.status, Some(78), "{behaviour}: {}", ended.out);
        assert!(ended.err.contains(said), "{behaviour}: {}", ended.err);
    }
}

#[test]
fn the_documents_have_every_reason_with_its_weight() {
    for document in [
        include_str!("../../../../docs/behaviour.md"),
        include_str!("../../../guard/src/behaviour/mod.rs"),
    ] {
        for reason in Reason::ALL {
            let weight = f32::from(reason.weight()) / 100.0;
            let row = format!("| `{}` | {weight} | ", reason.as_str());
            assert!(document.contains(&row), "{row}");
        }
    }
}
