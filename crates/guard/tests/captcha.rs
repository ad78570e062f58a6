//! Nothing runs without a verified token: over HTTP, by every method, in every body.

#![allow(
    clippy::unwrap_used,
    reason = "in a test, what is missing is a failure"
)]

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::{Method, Request, Response, StatusCode, header};
use axum::routing::{any, get, post};
use axum::{Form, Json, Router};
use cattlegrid::challenge::image::{Fonts, Style};
use cattlegrid::challenge::{Generators, KindOptions};
use cattlegrid::{Ask, Attempt, Gate, OsEntropy, Reason, Secret, Secrets, Site, SiteKey, Sites};
use cattlegrid_guard::captcha::{
    Captcha, CaptchaLayer, GateVerifier, TOKEN_HEADER, Unverified, Verified,
};
use cattlegrid_guard::client_ip::{ClientIpLayer, Proxies};
use cattlegrid_guard::fields::{FieldsLayer, Limits};
use cattlegrid_guard::{Error, Problem};
use cattlegrid_provider::Score;
use cattlegrid_provider::fake::{Fake, Verdict};
use cattlegrid_provider::provider::Statement;
use cattlegrid_store::memory::MemoryStore;
use cattlegrid_store::{
    Claim, Clock, ManualClock, Quota, Rate, RateKey, SpentId, Store, StoreError, SystemClock,
    Timestamp,
};
use http::request::Parts;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower::{ServiceBuilder, ServiceExt};

const FORM: &str = "application/x-www-form-urlencoded";

/// Lets pass whoever has `good`, or anything that begins so, and says for what the form was.
fn fake() -> Arc<Fake> {
    Arc::new(Fake::new(|token, _| {
        if token.starts_with("good") {
            Verdict::Pass(Statement {
                hostname: Some("example.org".to_owned()),
                action: Some("sign-up".to_owned()),
                ..Statement::default()
            })
        } else {
            Verdict::Refuse("invalid-input-response")
        }
    }))
}

fn captcha(fake: &Arc<Fake>) -> Captcha {
    Captcha::new(Arc::clone(fake) as _)
}

/// What runs behind the layer, counted.
#[derive(Clone, Default)]
struct Runs(Arc<AtomicUsize>);

impl Runs {
    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

async fn run(State(runs): State<Runs>) {
    runs.0.fetch_add(1, Ordering::SeqCst);
}

/// A site that has the layer around a route for every method, and whose handler checks nothing.
fn site(captcha: Captcha) -> (Router, Runs) {
    let runs = Runs::default();
    let layers = ServiceBuilder::new()
        .layer(FieldsLayer::new(Limits::default()))
        .layer(CaptchaLayer::new(captcha));
    let site = Router::new().route("/", any(run)).layer(layers);
    (site.with_state(runs.clone()), runs)
}

fn request(method: &Method, kind: &str, body: impl Into<Body>) -> Request<Body> {
    let request = Request::builder().method(method).uri("/");
    let request = request.header(header::CONTENT_TYPE, kind);
    request.body(body.into()).unwrap()
}

fn post_form(body: &str) -> Request<Body> {
    request(&Method::POST, FORM, body.to_owned())
}

async fn answer(site: &Router, request: Request<Body>) -> (StatusCode, String) {
    let Ok(response) = site.clone().oneshot(request).await;
    code_of(response).await
}

/// The status, and the `code` of problem details or an empty text.
async fn code_of(response: Response<Body>) -> (StatusCode, String) {
    let status = response.status();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
    if !problem.is_null() {
        assert_eq!(problem["status"], status.as_u16());
    }
    (
        status,
        problem["code"].as_str().unwrap_or_default().to_owned(),
    )
}

fn said(status: u16, code: &str) -> (StatusCode, String) {
    (StatusCode::from_u16(status).unwrap(), code.to_owned())
}

#[tokio::test]
async fn every_method_that_may_change_something_needs_a_token() {
    let fake = fake();
    let (site, runs) = site(captcha(&fake));
    for (n, method) in ["POST", "PUT", "PATCH", "DELETE", "PROPFIND", "get", "MOO"]
        .into_iter()
        .enumerate()
    {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let asked = answer(&site, request(&method, FORM, "")).await;
        assert_eq!(asked, said(400, "missing-token"), "{method}");
        assert_eq!(runs.count(), n, "{method}");
        let body = format!("captcha-response=good-{n}");
        let asked = answer(&site, request(&method, FORM, body)).await;
        assert_eq!(asked, said(200, ""), "{method}");
        assert_eq!(runs.count(), n + 1, "{method}");
    }
}

#[tokio::test]
async fn methods_that_change_nothing_pass_and_spend_nothing() {
    let fake = fake();
    let (site, runs) = site(captcha(&fake));
    for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::TRACE] {
        let mut request = request(&method, FORM, "");
        request
            .headers_mut()
            .insert(TOKEN_HEADER, "good".parse().unwrap());
        assert_eq!(answer(&site, request).await, said(200, ""), "{method}");
    }
    assert_eq!(runs.count(), 4);
    assert!(fake.asked().is_empty());
}

#[tokio::test]
async fn a_header_does_not_make_another_method_of_it() {
    let fake = fake();
    let (site, runs) = site(captcha(&fake));
    for name in [
        "x-http-method-override",
        "x-http-method",
        "x-method-override",
    ] {
        let mut request = post_form("");
        request.headers_mut().insert(name, "GET".parse().unwrap());
        let asked = answer(&site, request).await;
        assert_eq!(asked, said(400, "missing-token"), "{name}");
    }
    let asked = answer(&site, post_form("_method=GET")).await;
    assert_eq!(asked, said(400, "missing-token"));
    assert_eq!(runs.count(), 0);
}

#[tokio::test]
async fn a_token_is_found_however_the_body_is_written() {
    let parts = "--x\r\ncontent-disposition: form-data; name=\"captcha-response\"\r\n\r\ngood-2\r\n--x--\r\n";
    let fake = fake();
    let (site, runs) = site(captcha(&fake));
    for (kind, body) in [
        (FORM, "comment=Moo&captcha-response=good-1"),
        ("multipart/form-data; boundary=x", parts),
        ("application/json", r#"{"captcha-response": "good-3"}"#),
        (
            "application/vnd.api+json",
            r#"{"captcha-response": "good-4"}"#,
        ),
    ] {
        let asked = answer(&site, request(&Method::POST, kind, body)).await;
        assert_eq!(asked, said(200, ""), "{kind}");
    }
    assert_eq!(runs.count(), 4);
}

#[tokio::test]
async fn what_is_no_token_passes_nobody() {
    let fake = fake();
    let (site, runs) = site(captcha(&fake));
    let long = format!("captcha-response={}", "x".repeat(100_000));
    let json = "application/json";
    for (kind, body, want) in [
        (FORM, "captcha-response=", said(400, "missing-token")),
        (
            FORM,
            "captcha-response=good&captcha-response=good",
            said(400, "missing-token"),
        ),
        (FORM, "Captcha-Response=good", said(400, "missing-token")),
        (FORM, "h-captcha-response=good", said(400, "missing-token")),
        (
            FORM,
            "g-recaptcha-response=good",
            said(400, "missing-token"),
        ),
        (FORM, "captcha-response=forged", said(403, "refused-token")),
        (FORM, "captcha-response=%00", said(403, "refused-token")),
        (
            FORM,
            "captcha-response=%EE%BF%BF",
            said(403, "refused-token"),
        ),
        (FORM, &long, said(403, "refused-token")),
        (json, "{}", said(400, "missing-token")),
        (json, "[]", said(400, "missing-token")),
        (
            json,
            r#"{"captcha-response": null}"#,
            said(400, "missing-token"),
        ),
        (
            json,
            r#"{"captcha-response": true}"#,
            said(400, "missing-token"),
        ),
        (
            json,
            r#"{"captcha-response": ["good"]}"#,
            said(400, "missing-token"),
        ),
        (
            json,
            r#"{"a": {"captcha-response": "good"}}"#,
            said(400, "missing-token"),
        ),
        (
            "text/plain",
            "captcha-response=good",
            said(400, "missing-token"),
        ),
    ] {
        let asked = answer(&site, request(&Method::POST, kind, body.to_owned())).await;
        assert_eq!(asked, want, "{kind} {}", &body[..body.len().min(80)]);
    }
    // Why: a name that stands twice in an object is read in one way here and in another there.
    let twice = r#"{"captcha-response": "good", "captcha-response": "good"}"#;
    let (status, _) = answer(&site, request(&Method::POST, json, twice)).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(runs.count(), 0);
}

#[tokio::test]
async fn an_empty_field_beside_the_token_is_none() {
    let fake = fake();
    let (site, _) = site(captcha(&fake));
    let asked = post_form("captcha-response=&captcha-response=good");
    assert_eq!(answer(&site, asked).await, said(200, ""));
}

#[tokio::test]
async fn a_program_may_send_the_token_in_a_header() {
    let fake = fake();
    let (site, runs) = site(captcha(&fake));
    let with = |values: &[&'static str], body: &str| {
        let mut request = post_form(body);
        for value in values {
            let value = header::HeaderValue::from_static(value);
            request.headers_mut().append(TOKEN_HEADER, value);
        }
        request
    };
    assert_eq!(
        answer(&site, with(&["good"], "song=Moo")).await,
        said(200, "")
    );
    for request in [
        with(&["good-2", "good-3"], ""),
        with(&["good-2"], "captcha-response=good-3"),
        with(&[""], ""),
    ] {
        assert_eq!(answer(&site, request).await, said(400, "missing-token"));
    }
    let mut request = post_form("");
    let broken = header::HeaderValue::from_bytes(b"g\xffood").unwrap();
    request.headers_mut().insert(TOKEN_HEADER, broken);
    assert_eq!(answer(&site, request).await, said(400, "missing-token"));
    assert_eq!(runs.count(), 1);
}

#[tokio::test]
async fn the_field_is_the_one_of_whoever_verifies() {
    let (of_fake, of_gate) = ("captcha-response", "cattlegrid-response");
    let clock = Arc::new(SystemClock::new());
    let own = Own::new(MemoryStore::new(1000, clock.clone()), clock);
    for (captcha, field, other, token) in [
        (captcha(&fake()), of_fake, of_gate, "good".to_owned()),
        (own.captcha(), of_gate, of_fake, own.token("comment").await),
    ] {
        let (site, _) = site(captcha);
        let asked = post_form(&format!("{other}={token}"));
        assert_eq!(answer(&site, asked).await, said(400, "missing-token"));
        let asked = post_form(&format!("{field}={token}"));
        assert_eq!(answer(&site, asked).await, said(200, ""));
    }
}

#[tokio::test]
async fn without_the_fields_nothing_runs() {
    let fake = fake();
    let runs = Runs::default();
    let bare = |captcha| {
        let site = Router::new().route("/", any(run));
        site.layer(CaptchaLayer::new(captcha))
            .with_state(runs.clone())
    };
    let wrong = bare(captcha(&fake));
    let asked = answer(&wrong, post_form("captcha-response=good")).await;
    assert_eq!(asked, said(500, "internal-error"));
    assert_eq!(runs.count(), 0);

    let api = bare(captcha(&fake).in_header_alone());
    let asked = answer(&api, post_form("captcha-response=good")).await;
    assert_eq!(asked, said(400, "missing-token"));
    let mut request = post_form("");
    request
        .headers_mut()
        .insert(TOKEN_HEADER, "good".parse().unwrap());
    assert_eq!(answer(&api, request).await, said(200, ""));
    assert_eq!(runs.count(), 1);
}

#[tokio::test]
async fn where_nobody_can_decide_nothing_runs() {
    for (says, code) in [
        (Verdict::Unreachable, "provider-unreachable"),
        (Verdict::Broken, "provider-broken"),
        (Verdict::StoreUnavailable, "store-unavailable"),
    ] {
        let (site, runs) = site(captcha(&Arc::new(Fake::always(says))));
        let Ok(response) = site.oneshot(post_form("captcha-response=good")).await;
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
        assert_eq!(code_of(response).await, said(503, code));
        assert_eq!(runs.count(), 0);
    }
}

#[tokio::test]
async fn a_site_answers_in_its_own_words() {
    let refuse = |unverified: &Unverified, _: &Parts| {
        let mut response = Response::new(Body::from(format!("no: {}", unverified.code())));
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        response
    };
    let layers = ServiceBuilder::new()
        .layer(FieldsLayer::new(Limits::default()))
        .layer(CaptchaLayer::new(captcha(&fake())).with_refusal(refuse));
    let site: Router = Router::new().route("/", post(|| async {})).layer(layers);
    let Ok(response) = site.oneshot(post_form("")).await;
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let body = to_bytes(response.into_body(), 100).await.unwrap();
    assert_eq!(body, "no: missing-token");
}

#[tokio::test]
async fn whoever_verifies_is_told_of_client_and_action() {
    let fake = fake();
    let captcha = captcha(&fake).with_action("sign-up".parse().unwrap());
    let peer = |extensions: &axum::http::Extensions| {
        let peer = extensions.get::<ConnectInfo<SocketAddr>>();
        peer.map(|info| info.0)
    };
    let layers = ServiceBuilder::new()
        .layer(ClientIpLayer::new(Proxies::none()).with_peer(peer))
        .layer(FieldsLayer::new(Limits::default()))
        .layer(CaptchaLayer::new(captcha));
    let site: Router = Router::new().route("/", post(|| async {})).layer(layers);

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(
        axum::serve(
            listener,
            site.into_make_service_with_connect_info::<SocketAddr>(),
        )
        .into_future(),
    );
    let sent = reqwest::Client::new()
        .post(url)
        .header(header::CONTENT_TYPE, FORM)
        .header(header::USER_AGENT, "a browser")
        .header("x-forwarded-for", "203.0.113.9")
        .body("captcha-response=good")
        .send();
    assert_eq!(sent.await.unwrap().status().as_u16(), 200);

    let asked = fake.asked();
    let visit = &asked[0].visit;
    assert_eq!(asked[0].token, "good");
    assert_eq!(visit.remote_ip, Some(IpAddr::from([127, 0, 0, 1])));
    assert_eq!(visit.field.as_deref(), Some("captcha-response"));
    assert_eq!(visit.action, Some("sign-up".parse().unwrap()));
    assert_eq!(visit.user_agent.as_deref(), Some("a browser"));
}

/// A handler that demands the proof, and takes the body as well.
async fn comment(proof: Verified, Form(fields): Form<Vec<(String, String)>>) -> String {
    format!("{} {}", proof.hostname().unwrap(), fields[0].1)
}

#[tokio::test]
async fn a_handler_gets_its_proof_and_the_whole_body() {
    async fn wish(proof: Verified, Json(wish): Json<Value>) -> String {
        format!("{} {}", proof.action().unwrap(), wish["song"])
    }
    let fake = fake();
    let site = Router::new()
        .route("/", post(comment))
        .route("/wishes", post(wish))
        .layer(FieldsLayer::new(Limits::default()))
        .with_state(captcha(&fake));
    let text = async |request: Request<Body>| {
        let Ok(response) = site.clone().oneshot(request).await;
        let body = to_bytes(response.into_body(), 1000).await.unwrap();
        String::from_utf8(body.into()).unwrap()
    };
    let body = "comment=Moo&captcha-response=good";
    assert_eq!(text(post_form(body)).await, "example.org Moo");

    let body = json!({ "song": "Moo", "captcha-response": "good-2" }).to_string();
    let mut request = request(&Method::POST, "application/json", body);
    *request.uri_mut() = "/wishes".parse().unwrap();
    assert_eq!(text(request).await, "sign-up \"Moo\"");
    assert_eq!(fake.asked().len(), 2);
}

#[tokio::test]
async fn a_handler_that_demands_it_runs_for_nobody_else() {
    let fake = fake();
    let runs = Runs::default();
    let counted = runs.clone();
    let read = async move |_: Verified| {
        counted.0.fetch_add(1, Ordering::SeqCst);
    };
    let site = Router::new()
        .route("/", get(read.clone()).post(read))
        .layer(FieldsLayer::new(Limits::default()))
        .with_state(captcha(&fake));
    for (request, want) in [
        (post_form("a=b"), said(400, "missing-token")),
        (
            post_form("captcha-response=forged"),
            said(403, "refused-token"),
        ),
        (request(&Method::GET, FORM, ""), said(400, "missing-token")),
        (request(&Method::HEAD, FORM, ""), said(400, "")),
    ] {
        assert_eq!(answer(&site, request).await, want);
    }
    assert_eq!(runs.count(), 0);
    let mut request = request(&Method::GET, FORM, "");
    request
        .headers_mut()
        .insert(TOKEN_HEADER, "good".parse().unwrap());
    assert_eq!(answer(&site, request).await, said(200, ""));
    assert_eq!(runs.count(), 1);
}

#[tokio::test]
async fn a_token_is_verified_once_for_each_request() {
    let fake = fake();
    let captcha = captcha(&fake);
    let inner = captcha.clone().with_action("sign-up".parse().unwrap());
    let site = Router::new()
        .route("/", post(async |_: Verified, _: Verified| ()))
        .layer(CaptchaLayer::new(inner))
        .layer(CaptchaLayer::new(captcha.clone()))
        .layer(FieldsLayer::new(Limits::default()))
        .with_state(captcha);
    let asked = post_form("captcha-response=good");
    assert_eq!(answer(&site, asked).await, said(200, ""));
    assert_eq!(fake.asked().len(), 1);
}

#[tokio::test]
async fn what_was_verified_for_another_form_is_refused() {
    let fake = fake();
    let captcha = captcha(&fake);
    let inner = captcha
        .clone()
        .with_action("delete-account".parse().unwrap());
    let handler = async |_: Verified| ();
    let by_layer: Router = Router::new()
        .route("/", post(async || ()))
        .layer(CaptchaLayer::new(inner.clone()))
        .layer(CaptchaLayer::new(captcha.clone()))
        .layer(FieldsLayer::new(Limits::default()));
    let by_handler = Router::new()
        .route("/", post(handler))
        .layer(CaptchaLayer::new(captcha))
        .layer(FieldsLayer::new(Limits::default()))
        .with_state(inner);
    for (n, site) in [by_layer, by_handler].iter().enumerate() {
        let asked = post_form(&format!("captcha-response=good-{n}"));
        assert_eq!(answer(site, asked).await, said(403, "refused-token"));
    }
}

#[tokio::test]
async fn what_another_captcha_has_verified_does_not_count() {
    let (fake, other) = (fake(), Arc::new(Fake::refusing("not-here")));
    let site: Router = Router::new()
        .route("/", post(async || ()))
        .layer(CaptchaLayer::new(captcha(&other)))
        .layer(CaptchaLayer::new(captcha(&fake)))
        .layer(FieldsLayer::new(Limits::default()));
    let asked = post_form("captcha-response=good");
    assert_eq!(answer(&site, asked).await, said(403, "refused-token"));
    assert_eq!((fake.asked().len(), other.asked().len()), (1, 1));
}

#[tokio::test]
async fn a_handler_may_answer_a_refusal_itself() {
    async fn own(proof: Result<Verified, Unverified>) -> (StatusCode, String) {
        match proof {
            Ok(_) => (StatusCode::OK, String::new()),
            Err(why) => (StatusCode::IM_A_TEAPOT, why.to_string()),
        }
    }
    let site = Router::new()
        .route("/", post(own))
        .layer(FieldsLayer::new(Limits::default()))
        .with_state(captcha(&fake()));
    let (status, _) = answer(&site, post_form("")).await;
    assert_eq!(status, StatusCode::IM_A_TEAPOT);
}

/// A gate in this process, and somebody who answers its challenges.
struct Own<S> {
    gate: Arc<Gate<S>>,
    site_key: SiteKey,
}

impl<S: Store> Own<S> {
    fn new(store: S, clock: Arc<dyn Clock>) -> Self {
        let secrets = Secrets::from(Secret::generate(&OsEntropy).unwrap());
        let (site_key, secret_key) = Site::generate_keys(&OsEntropy).unwrap();
        let generators = Generators::new(&KindOptions::default(), &Fonts::embedded()).unwrap();
        let style = Arc::new(Style::hard());
        let site = Site::new(site_key.clone(), secret_key, Arc::new(generators), style);
        let sites = Sites::new(vec![site]).unwrap();
        let gate = Gate::new(&secrets, sites, store, clock, Arc::new(OsEntropy));
        Self {
            gate: Arc::new(gate),
            site_key,
        }
    }

    fn captcha(&self) -> Captcha {
        let verifier = GateVerifier::new(Arc::clone(&self.gate), &self.site_key).unwrap();
        Captcha::new(Arc::new(verifier))
    }

    async fn token(&self, action: &str) -> String {
        let site = self.gate.sites().get(self.site_key.as_str()).unwrap();
        let ask = Ask::any().with_action(Some(action.parse().unwrap()));
        let key = self.gate.issue(site, ask).unwrap().key;
        let inspected = self.gate.inspect(&key).unwrap();
        let answer = inspected.challenge.answer().as_str();
        let host = "example.org".parse().unwrap();
        let attempt = Attempt::new(answer).from_page(Some(&host));
        let attempt = attempt.with_score(Some([Reason::Automated].into_iter().collect()));
        self.gate
            .answer(&key, attempt)
            .await
            .unwrap()
            .token
            .to_string()
    }
}

#[tokio::test]
async fn the_gate_of_this_process_refuses_a_score_that_is_too_low() {
    let clock = Arc::new(SystemClock::new());
    let own = Own::new(MemoryStore::new(1000, clock.clone()), clock);
    for (least, expected) in [(0.6, said(200, "")), (0.61, said(403, "refused-token"))] {
        let verifier = GateVerifier::new(Arc::clone(&own.gate), &own.site_key).unwrap();
        let verifier = verifier.with_minimum_score(Score::new(least).unwrap());
        let (site, _) = site(Captcha::new(Arc::new(verifier)));
        let form = format!("cattlegrid-response={}", own.token("comment").await);
        assert_eq!(answer(&site, post_form(&form)).await, expected, "{least}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_all_who_come_at_once_with_one_token_one_passes() {
    let clock = Arc::new(SystemClock::new());
    let own = Own::new(MemoryStore::new(1000, clock.clone()), clock);
    let (site, runs) = site(own.captcha());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(axum::serve(listener, site).into_future());

    let body = format!("cattlegrid-response={}", own.token("comment").await);
    let client = reqwest::Client::new();
    let sends = (0..50).map(|_| {
        let post = client.post(&url).header(header::CONTENT_TYPE, FORM);
        tokio::spawn(post.body(body.clone()).send())
    });
    let sends: Vec<_> = sends.collect();
    let mut statuses = Vec::new();
    for send in sends {
        statuses.push(send.await.unwrap().unwrap().status().as_u16());
    }
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200);
    assert!(statuses[1..].iter().all(|&status| status == 403));
    assert_eq!(runs.count(), 1);
}

#[tokio::test]
async fn the_gate_of_this_process_says_what_it_knows() {
    let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_700_000_000_000)));
    let own = Own::new(MemoryStore::new(1000, clock.clone()), clock.clone());
    let site = |captcha: Captcha| {
        let handler = async |proof: Verified| format!("{proof:?}");
        let site = Router::new().route("/", post(handler));
        let site = site.layer(FieldsLayer::new(Limits::default()));
        site.with_state(captcha)
    };
    let any = site(own.captcha());
    let form = |token: String| post_form(&format!("cattlegrid-response={token}"));
    let Ok(response) = any.clone().oneshot(form(own.token("comment").await)).await;
    let body = to_bytes(response.into_body(), 1000).await.unwrap();
    let body = String::from_utf8(body.into()).unwrap();
    for part in [
        "gate",
        "example.org",
        "comment",
        "2023-11-14T22:13:20.000Z",
        "0.6",
    ] {
        assert!(body.contains(part), "{part} in {body}");
    }

    let sign_up = site(own.captcha().with_action("sign-up".parse().unwrap()));
    let refused = said(403, "refused-token");
    let other = own.token("comment").await;
    assert_eq!(answer(&sign_up, form(other.clone())).await, refused);
    assert_eq!(answer(&any, form(other)).await, refused, "it is spent");
    let right = own.token("sign-up").await;
    assert_eq!(answer(&sign_up, form(right)).await, said(200, ""));

    let late = own.token("comment").await;
    clock.advance(Site::DEFAULT_TTL + Duration::from_secs(1));
    assert_eq!(answer(&any, form(late)).await, refused);

    let wrong: SiteKey = "another".parse().unwrap();
    let none = GateVerifier::new(Arc::clone(&own.gate), &wrong);
    assert_eq!(
        none.err(),
        Some(Error::NoSite {
            given: "another".to_owned()
        })
    );
}

#[tokio::test]
async fn a_gate_whose_store_is_lost_lets_nobody_through() {
    /// Claims as long as challenges are answered, and then no more.
    struct Lost(MemoryStore, AtomicUsize);
    impl Store for Lost {
        async fn claim(&self, id: SpentId, ttl: Duration) -> Result<Claim, StoreError> {
            if self.1.fetch_add(1, Ordering::SeqCst) > 0 {
                return Err(StoreError::Unavailable("lost".into()));
            }
            self.0.claim(id, ttl).await
        }
        async fn is_spent(&self, id: SpentId) -> Result<bool, StoreError> {
            self.0.is_spent(id).await
        }
        async fn step(&self, key: RateKey, quota: Quota) -> Result<Rate, StoreError> {
            self.0.step(key, quota).await
        }
        async fn ready(&self) -> Result<(), StoreError> {
            self.0.ready().await
        }
    }
    let clock = Arc::new(SystemClock::new());
    let store = Lost(MemoryStore::new(1000, clock.clone()), AtomicUsize::new(0));
    let own = Own::new(store, clock);
    let token = own.token("comment").await;
    let (site, runs) = site(own.captcha());
    let asked = answer(&site, post_form(&format!("cattlegrid-response={token}"))).await;
    assert_eq!(asked, said(503, "store-unavailable"));
    assert_eq!(runs.count(), 0);
}
