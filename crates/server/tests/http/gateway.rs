//! Sites that another provider checks, whose back ends ask here.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};

use axum::extract::{Form, State};
use axum::routing::post;
use axum::{Json, Router};
use cattlegrid_services::{Certificates, Nginx, Service};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::harness::{Home, Reply, Server, program, run};

pub(crate) const SECRET: &str = "the-secret-key-of-the-shop";
pub(crate) const THEIRS: &str = "the-shops-secret-key-at-the-provider";

type Asked = HashMap<String, String>;

/// Answers as a provider, with what a test says, and keeps what it was asked.
pub(crate) struct StandIn {
    endpoint: String,
    state: Arc<Mutex<Said>>,
}

struct Said {
    reply: Value,
    asked: Vec<Asked>,
}

impl StandIn {
    pub(crate) async fn start(reply: Value) -> Self {
        async fn answer(
            State(state): State<Arc<Mutex<Said>>>,
            Form(asked): Form<Asked>,
        ) -> Json<Value> {
            let mut state = state.lock().unwrap();
            state.asked.push(asked);
            Json(state.reply.clone())
        }
        let asked = Vec::new();
        let state = Arc::new(Mutex::new(Said { reply, asked }));
        let router = Router::new()
            .route("/siteverify", post(answer))
            .with_state(Arc::clone(&state));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}/siteverify", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { endpoint, state }
    }

    async fn passing() -> Self {
        let reply = json!({
            "success": true, "challenge_ts": "2026-01-31T12:01:30.250Z", "hostname": "shop.example",
            "action": "sign-up",
        });
        Self::start(reply).await
    }

    /// From now on at an address that is reached by TLS alone, where something decrypts for it.
    fn encrypted(&mut self, certificates: &Certificates) -> Service {
        let [_, certificate, key] = certificates.server();
        let proxy = Nginx::start(|at| {
            format!(
                "server {{ listen {at} ssl; ssl_certificate {certificate}; ssl_certificate_key {key}; \
                 location = /siteverify {{ proxy_pass {}; }} }}",
                self.endpoint
            )
        });
        let proxy = proxy.unwrap();
        self.endpoint = format!("{}/siteverify", proxy.url().replace("http:", "https:"));
        proxy
    }

    pub(crate) fn say(&self, reply: Value) {
        self.state.lock().unwrap().reply = reply;
    }

    fn asked(&self) -> Vec<Asked> {
        self.state.lock().unwrap().asked.clone()
    }

    /// A site that is checked by this as `provider`.
    pub(crate) fn site(&self, dialect: &str, provider: &str, more: &str) -> String {
        format!(
            "[[sites]]\nkey = \"shop\"\nsecret = \"{SECRET}\"\ndialect = \"{dialect}\"\n\
             hostnames = [\"shop.example\"]\n\
             [sites.provider]\nname = \"{provider}\"\nsecret_key = \"{THEIRS}\"\n\
             endpoints = [\"{}\"]\n{more}\n",
            self.endpoint
        )
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

/// What the shop's back end is told of a token, where its dialect is asked.
async fn told(server: &Server, path: &str, token: &str) -> Value {
    let body = format!("secret={SECRET}&response={token}&remoteip=203.0.113.7");
    let reply = server.post_raw(path, FORM, body).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply.json()
}

#[tokio::test]
async fn each_dialect_is_told_in_its_own_words_who_passed() {
    let provider = StandIn::passing().await;
    for (dialect, path, expected) in [
        (
            "cattlegrid",
            "/siteverify",
            json!({
                "success": true, "challenge_ts": "2026-01-31T12:01:30.250Z", "hostname": "shop.example",
                "action": "sign-up", "error-codes": [],
            }),
        ),
        (
            "hcaptcha",
            "/siteverify",
            json!({
                "success": true, "challenge_ts": "2026-01-31T12:01:30Z", "hostname": "shop.example",
                "credit": false, "error-codes": [],
            }),
        ),
        (
            "recaptcha-v2",
            "/recaptcha/api/siteverify",
            json!({
                "success": true, "challenge_ts": "2026-01-31T12:01:30Z", "hostname": "shop.example",
                "error-codes": [],
            }),
        ),
        (
            "recaptcha-v3",
            "/recaptcha/api/siteverify",
            json!({
                "success": true, "challenge_ts": "2026-01-31T12:01:30Z", "hostname": "shop.example",
                "score": 0.9, "action": "sign-up", "error-codes": [],
            }),
        ),
        (
            "turnstile",
            "/turnstile/v0/siteverify",
            json!({
                "success": true, "challenge_ts": "2026-01-31T12:01:30.250Z", "hostname": "shop.example",
                "action": "sign-up", "cdata": "", "error-codes": [],
            }),
        ),
    ] {
        let home = Home::new();
        let server = home.start_configured(&provider.site(dialect, "turnstile", ""));
        assert_eq!(told(&server, path, "a-token").await, expected, "{dialect}");
        let asked = provider.asked().pop().unwrap();
        assert_eq!(asked["secret"], THEIRS, "{dialect}");
        assert_eq!(asked["response"], "a-token", "{dialect}");
        assert_eq!(asked["remoteip"], "203.0.113.7", "{dialect}");
        let again = told(&server, path, "a-token").await;
        assert_eq!(again["success"], false, "the provider would take it again");
    }
}

#[tokio::test]
async fn a_score_is_the_providers() {
    let reply =
        json!({ "success": true, "hostname": "shop.example", "score": 0.7, "action": "buy" });
    let provider = StandIn::start(reply).await;
    for (dialect, path) in [
        ("recaptcha-v3", "/recaptcha/api/siteverify"),
        ("cattlegrid", "/siteverify"),
    ] {
        let home = Home::new();
        let site = provider.site(dialect, "recaptcha_v3", "minimum_score = 0.6");
        let server = home.start_configured(&site);
        let passed = told(&server, path, "a-token").await;
        assert_eq!(passed["success"], true, "{passed}");
        assert!(
            (passed["score"].as_f64().unwrap() - 0.7).abs() < 1e-6,
            "{passed}"
        );
    }
}

#[tokio::test]
async fn what_is_expected_is_checked_here() {
    let provider = StandIn::passing().await;
    let home = Home::new();
    let server =
        home.start_configured(&provider.site("cattlegrid", "turnstile", "action = \"sign-up\""));
    for (reply, code) in [
        (
            json!({ "hostname": "evil.example", "action": "sign-up" }),
            "hostname-mismatch",
        ),
        (json!({ "action": "sign-up" }), "hostname-mismatch"),
        (
            json!({ "hostname": "shop.example", "action": "log-in" }),
            "action-mismatch",
        ),
        (json!({ "hostname": "shop.example" }), "action-mismatch"),
    ] {
        let mut reply = reply;
        reply["success"] = true.into();
        provider.say(reply.clone());
        assert_eq!(
            server.verify(SECRET, "a-token").await.refused(),
            code,
            "{reply}"
        );
    }
    let low = json!({ "success": true, "hostname": "shop.example", "score": 0.4 });
    let provider = StandIn::start(low).await;
    let server = home.start_configured(&provider.site("cattlegrid", "recaptcha_v3", ""));
    assert_eq!(
        server.verify(SECRET, "a-token").await.refused(),
        "score-too-low"
    );
    let recaptcha = home.start_configured(&provider.site("recaptcha-v3", "recaptcha_v3", ""));
    let refused = told(&recaptcha, "/recaptcha/api/siteverify", "a-token").await;
    assert_eq!(refused["error-codes"], json!(["invalid-input-response"]));
}

#[tokio::test]
async fn a_providers_codes_are_said_in_the_sites_dialect() {
    let provider = StandIn::passing().await;
    let servers = [
        ("cattlegrid", "/siteverify"),
        ("hcaptcha", "/siteverify"),
        ("recaptcha-v2", "/recaptcha/api/siteverify"),
        ("turnstile", "/turnstile/v0/siteverify"),
    ]
    .map(|(dialect, path)| {
        let home = Home::new();
        let server = home.start_configured(&provider.site(dialect, "hcaptcha", ""));
        (home, server, path)
    });
    let (invalid, twice) = ("invalid-input-response", "timeout-or-duplicate");
    for (said, told_as) in [
        ("invalid-input-response", [invalid; 4]),
        ("missing-input-response", [invalid; 4]),
        (
            "expired-input-response",
            [
                "expired-input-response",
                "expired-input-response",
                twice,
                twice,
            ],
        ),
        (
            "already-seen-response",
            [
                "already-seen-response",
                "already-seen-response",
                twice,
                twice,
            ],
        ),
        (
            "timeout-or-duplicate",
            [
                "already-seen-response",
                "already-seen-response",
                twice,
                twice,
            ],
        ),
        (
            "sitekey-secret-mismatch",
            [
                "sitekey-secret-mismatch",
                "sitekey-secret-mismatch",
                invalid,
                invalid,
            ],
        ),
        (
            "response_duplicate",
            [
                "already-seen-response",
                "already-seen-response",
                twice,
                twice,
            ],
        ),
        (
            "of-its-own",
            ["refused-by-provider", invalid, invalid, invalid],
        ),
        (
            "invalid-input-secret",
            [
                "provider-broken",
                "bad-request",
                "bad-request",
                "internal-error",
            ],
        ),
    ] {
        provider.say(json!({ "success": false, "error-codes": [said] }));
        for ((_, server, path), code) in servers.iter().zip(told_as) {
            let refused = told(server, path, "a-token").await;
            assert_eq!(refused["success"], false, "{said}");
            assert_eq!(refused["error-codes"], json!([code]), "{said} at {path}");
        }
    }
    let (home, server, _) = &servers[0];
    assert!(
        home.log().contains("invalid-input-secret"),
        "{}",
        home.log()
    );
    server
        .assert_counted(&[
            "cattlegrid_verified_total{outcome=\"provider-broken\"} 1",
            "cattlegrid_verified_total{outcome=\"refused-by-provider\"} 1",
            "cattlegrid_provider_duration_seconds_count{provider=\"hcaptcha\",outcome=\"refused\"} 9",
        ])
        .await;
}

#[tokio::test]
async fn while_the_provider_is_gone_nobody_passes_unless_the_site_would_have_it_so() {
    let gone = StandIn {
        endpoint: "http://127.0.0.1:9/siteverify".to_owned(),
        ..StandIn::passing().await
    };
    for (dialect, path, code) in [
        ("cattlegrid", "/siteverify", "provider-unreachable"),
        ("hcaptcha", "/siteverify", "bad-request"),
        ("recaptcha-v2", "/recaptcha/api/siteverify", "bad-request"),
        ("turnstile", "/turnstile/v0/siteverify", "internal-error"),
    ] {
        let home = Home::new();
        let server = home.start_configured(&gone.site(dialect, "turnstile", ""));
        let refused = told(&server, path, "a-token").await;
        assert_eq!(refused["error-codes"], json!([code]), "{dialect}");
        assert!(home.log().contains("turnstile"), "{}", home.log());
    }
    let home = Home::new();
    let lenient = gone.site(
        "cattlegrid",
        "turnstile",
        "when_unreachable = \"let-through\"",
    );
    let server = home.start_configured(&lenient);
    let passed = server.verify(SECRET, "a-token").await.json();
    assert_eq!(
        (&passed["success"], &passed["hostname"]),
        (&json!(true), &json!(""))
    );
    assert_eq!(
        server.verify(SECRET, "a-token").await.refused(),
        "already-seen-response"
    );
    assert_eq!(
        server.verify(SECRET, "no token").await.refused(),
        "invalid-input-response"
    );

    // What decides nothing is no outage: a visitor may bring it about.
    let broken = StandIn::start(json!("what?")).await;
    let server = home.start_configured(&broken.site(
        "cattlegrid",
        "turnstile",
        "when_unreachable = \"let-through\"",
    ));
    assert_eq!(
        server.verify(SECRET, "another").await.refused(),
        "provider-broken"
    );
}

#[tokio::test]
async fn a_site_that_another_checks_issues_nothing() {
    let provider = StandIn::passing().await;
    let home = Home::new();
    let site = provider.site(
        "cattlegrid",
        "turnstile",
        "site_key = \"the-shop-at-turnstile\"",
    );
    let server = home.start_configured(&format!("demo = true\n{site}"));
    let asked = server
        .post("/api/v1/challenges", &json!({ "sitekey": "shop" }))
        .await;
    asked.assert_problem(403, "other-provider");
    assert!(
        asked.json()["detail"]
            .as_str()
            .unwrap()
            .contains("turnstile"),
        "{asked:?}"
    );
    for path in [
        "/api/captcha/?sitekey=shop",
        "/altcha/challenge?sitekey=shop",
        "/captcha/refresh/?sitekey=shop",
    ] {
        let reply = server.get(path).await;
        assert!((400..500).contains(&reply.status), "{path} {reply:?}");
    }
    // Another site's tokens are no better there than any text.
    provider.say(json!({ "success": false, "error-codes": ["invalid-input-response"] }));
    let token = server.earn(&home).await;
    assert_eq!(
        server.verify(SECRET, &token).await.refused(),
        "invalid-input-response"
    );
    let verified = server.verify(&server.secret_key, &token).await.json();
    assert_eq!(verified["success"], true);
    // A back end may say its own site key, or that of its pages, and no other.
    for (site_key, code) in [
        ("shop", "invalid-input-response"),
        ("the-shop-at-turnstile", "invalid-input-response"),
        ("other", "sitekey-secret-mismatch"),
    ] {
        let body = json!({ "secret": SECRET, "response": "x", "sitekey": site_key });
        assert_eq!(
            server.post("/siteverify", &body).await.refused(),
            code,
            "{site_key}"
        );
    }
}

#[tokio::test]
async fn what_was_issued_before_counts_no_more_once_another_checks() {
    let provider = StandIn::start(json!({ "success": false, "error-codes": [] })).await;
    let home = Home::new();
    let own = format!("[[sites]]\nkey = \"shop\"\nsecret = \"{SECRET}\"\n");
    let server = home.start_configured(&own);
    let (earned, key) = (
        server.earn_for(&home, "shop").await,
        server.issue_for("shop").await,
    );
    home.file(
        "cattlegrid.toml",
        &provider.site("cattlegrid", "turnstile", ""),
    );
    server.reload("success").await;
    assert_eq!(
        server.verify(SECRET, &earned).await.refused(),
        "refused-by-provider"
    );
    let answered: Reply = server.answer(&key, &home.answer_to(&key)).await;
    answered.assert_problem(404, "unknown-key");
    for path in [
        "/altcha/siteverify",
        "/turnstile/v0/siteverify",
        "/recaptcha/api/siteverify",
    ] {
        assert_eq!(
            told(&server, path, &earned).await["success"],
            false,
            "{path}"
        );
    }
    home.file("cattlegrid.toml", &own);
    server.reload("success").await;
    assert_eq!(server.verify(SECRET, &earned).await.json()["success"], true);
}

#[tokio::test]
async fn a_key_in_a_file_is_read_again_and_shown_nowhere() {
    let provider = StandIn::passing().await;
    let home = Home::new();
    let file = home.file("turnstile.key", &format!("{THEIRS}\n"));
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let site = provider.site("cattlegrid", "turnstile", "");
    let site = site.replace(
        &format!("secret_key = \"{THEIRS}\""),
        "secret_key_file = \"turnstile.key\"",
    );
    let server = home.start_configured(&format!("log.level = \"trace\"\n{site}"));
    assert_eq!(server.verify(SECRET, "one").await.json()["success"], true);
    let rotated = THEIRS.to_uppercase();
    fs::write(&file, &rotated).unwrap();
    server.reload("success").await;
    assert_eq!(server.verify(SECRET, "two").await.json()["success"], true);
    assert_eq!(
        server.verify(SECRET, "one").await.refused(),
        "already-seen-response"
    );
    let keys: Vec<_> = provider
        .asked()
        .into_iter()
        .map(|asked| asked["secret"].clone())
        .collect();
    assert_eq!(keys[..2], [THEIRS.to_owned(), rotated.clone()]);

    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    server.reload("refused").await;
    assert_eq!(server.verify(SECRET, "three").await.json()["success"], true);
    let checked = run(program()
        .args(["check", "--config"])
        .arg(home.path().join("cattlegrid.toml")));
    assert_eq!(checked.status, Some(77), "{}", checked.err);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let checked = run(program()
        .args(["check", "--config"])
        .arg(home.path().join("cattlegrid.toml")));
    assert!(
        checked.out.contains("turnstile"),
        "{}{}",
        checked.out,
        checked.err
    );
    for text in [home.log(), checked.out, checked.err, server.metrics().await] {
        for hidden in [THEIRS, &rotated, SECRET, "203.0.113.7"] {
            assert!(!text.contains(hidden), "{hidden} in {text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_by_tls_is_known_by_the_authority_that_the_site_names() {
    let mut provider = StandIn::passing().await;
    let (own, strange) = (Certificates::new().unwrap(), Certificates::new().unwrap());
    let _proxy = provider.encrypted(&own);
    let home = Home::new();
    let trusted = home.path().join("ca.pem");
    fs::copy(own.authority(), &trusted).unwrap();
    let by_file = provider.site("cattlegrid", "turnstile", "ca_file = \"ca.pem\"");
    let server = home.start_configured(&by_file);
    let passed = server.verify(SECRET, "one").await.json();
    assert_eq!(passed["success"], true, "{passed} {}", home.log());
    let asked = provider.asked();
    assert_eq!((asked.len(), &*asked[0]["secret"]), (1, THEIRS));

    fs::copy(strange.authority(), &trusted).unwrap();
    let by_system = provider.site("cattlegrid", "turnstile", "");
    for site in [by_file, by_system] {
        home.file("cattlegrid.toml", &site);
        server.reload("success").await;
        let verified = server.verify(SECRET, "two").await;
        assert_eq!(verified.refused(), "provider-unreachable");
    }
    assert_eq!(
        provider.asked().len(),
        1,
        "nobody has our key but who should"
    );
}

#[test]
fn what_will_not_do_is_refused_at_the_start() {
    let home = Home::new();
    let start = format!("[[sites]]\nkey = \"shop\"\nsecret = \"{SECRET}\"\n");
    let keyed = format!("secret_key = \"{THEIRS}\"\n");
    for (lines, word) in [
        ("name = \"nobody\"\n".to_owned() + &keyed, "nobody"),
        ("name = \"turnstile\"\n".to_owned(), "secret_key_file"),
        (
            format!("name = \"turnstile\"\nsecret_key_file = \"x\"\n{keyed}"),
            "secret_key_file",
        ),
        (
            "name = \"turnstile\"\nsecret_key_file = \"x\"\n".to_owned(),
            "x",
        ),
        (
            "name = \"turnstile\"\nsecret_key = \"short\"\n".to_owned(),
            "16",
        ),
        (format!("name = \"cattlegrid\"\n{keyed}"), "cattlegrid"),
        (
            format!("name = \"hcaptcha\"\naction = \"a\"\n{keyed}"),
            "action",
        ),
        (
            format!("name = \"turnstile\"\nminimum_score = 0.5\n{keyed}"),
            "score",
        ),
        (
            format!("name = \"recaptcha_v3\"\nminimum_score = 2\n{keyed}"),
            "minimum_score",
        ),
        (
            format!("name = \"turnstile\"\ntimeout = \"2m\"\n{keyed}"),
            "timeout",
        ),
        (
            format!("name = \"turnstile\"\nendpoints = [\"example.org\"]\n{keyed}"),
            "endpoints",
        ),
        (
            format!("name = \"turnstile\"\nca_file = \"none.pem\"\n{keyed}"),
            "none.pem",
        ),
        (
            format!("name = \"turnstile\"\nwhen_unreachable = \"maybe\"\n{keyed}"),
            "when_unreachable",
        ),
        (
            format!("name = \"turnstile\"\ncolour = 1\n{keyed}"),
            "colour",
        ),
    ] {
        let file = home.file("c.toml", &format!("{start}[sites.provider]\n{lines}"));
        let checked = run(program().args(["check", "--config"]).arg(&file));
        assert_ne!(checked.status, Some(0), "{lines}");
        assert!(checked.err.contains(word), "{word} not in {}", checked.err);
        assert!(!checked.err.contains(THEIRS), "{}", checked.err);
    }
    for dialect in [
        "altcha",
        "cap",
        "django-rest-captcha",
        "django-simple-captcha",
    ] {
        let provider = format!("[sites.provider]\nname = \"turnstile\"\n{keyed}");
        let file = home.file(
            "c.toml",
            &format!("{start}dialect = \"{dialect}\"\n{provider}"),
        );
        let checked = run(program().args(["check", "--config"]).arg(&file));
        assert_eq!(checked.status, Some(78), "{dialect}");
        assert!(checked.err.contains("dialect"), "{}", checked.err);
    }
}

#[tokio::test]
async fn a_server_of_this_project_checks_for_another() {
    let (behind, front) = (Home::new(), Home::new());
    let issuer = behind.start();
    let gateway = front.start_configured(&format!(
        "[[sites]]\nkey = \"shop\"\nsecret = \"{SECRET}\"\n\
         [sites.provider]\nname = \"cattlegrid\"\nsite_key = \"{}\"\nsecret_key = \"{}\"\n\
         endpoints = [\"http://127.0.0.1:9/siteverify\", \"{}/siteverify\"]\n",
        issuer.site_key, issuer.secret_key, issuer.address
    ));
    let token = issuer.earn(&behind).await;
    let passed = gateway.verify(SECRET, &token).await.json();
    assert_eq!(passed["success"], true, "{passed}");
    assert!(passed["challenge_ts"].is_string(), "{passed}");
    let score = passed["score"].as_f64().unwrap();
    // Why between: the test answers at once, and not through the widget.
    assert!(0.0 < score && score < 1.0, "{passed}");
    assert_eq!(
        gateway.verify(SECRET, &token).await.refused(),
        "already-seen-response"
    );
    assert_eq!(
        gateway.verify(SECRET, "forged").await.refused(),
        "invalid-input-response"
    );
    let direct = issuer.verify(&issuer.secret_key, &token).await;
    assert_eq!(direct.refused(), "already-seen-response");
    issuer.stop();
    assert_eq!(
        gateway.verify(SECRET, "late").await.refused(),
        "provider-unreachable"
    );
    gateway
        .assert_counted(&[
            "cattlegrid_provider_duration_seconds_count{provider=\"cattlegrid\",outcome=\"passed\"} 1",
            "cattlegrid_verified_total{outcome=\"success\"} 1",
        ])
        .await;
}
