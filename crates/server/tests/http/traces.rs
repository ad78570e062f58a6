//! What a collector of traces is sent.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use serde_json::json;
use tokio::net::TcpListener;

use crate::gateway::{SECRET, StandIn, THEIRS};
use crate::harness::{Home, Server, read};

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const TRACE: [u8; 16] = *b"\x0a\xf7\x65\x19\x16\xcd\x43\xdd\x84\x48\xeb\x21\x1c\x80\x31\x9c";
const CALLER: [u8; 8] = *b"\xb7\xad\x6b\x71\x69\x20\x33\x31";

type Received = Arc<Mutex<Vec<ExportTraceServiceRequest>>>;

/// Takes traces, and keeps them.
struct Collector {
    endpoint: String,
    received: Received,
}

impl Collector {
    async fn start() -> Self {
        async fn take(State(received): State<Received>, body: Bytes) {
            let traces = ExportTraceServiceRequest::decode(body).unwrap();
            received.lock().unwrap().push(traces);
        }
        let received = Received::default();
        let router = Router::new()
            .route("/v1/traces", post(take))
            .with_state(Arc::clone(&received));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { endpoint, received }
    }

    fn text(&self) -> String {
        format!("{:?}", self.received.lock().unwrap())
    }

    fn spans(&self) -> Vec<Span> {
        let received = self.received.lock().unwrap();
        let resources = received.iter().flat_map(|export| &export.resource_spans);
        let scopes = resources.flat_map(|resource| &resource.scope_spans);
        scopes.flat_map(|scope| scope.spans.clone()).collect()
    }

    fn span(&self, name: &str) -> Span {
        let spans = self.spans();
        let found = spans.iter().find(|span| span.name == name);
        found
            .unwrap_or_else(|| panic!("no {name} in {spans:?}"))
            .clone()
    }
}

fn attribute(span: &Span, name: &str) -> Option<Value> {
    let found = span.attributes.iter().find(|pair| pair.key == name)?;
    found.value.as_ref()?.value.clone()
}

fn start(home: &Home, endpoint: &str, others: &[(&str, &str)]) -> Server {
    home.start_with(|command| {
        command
            .env("CATTLEGRID_TELEMETRY__OTLP_ENDPOINT", endpoint)
            .envs(others.iter().copied());
    })
}

/// Stops the server somewhere else than where the collector runs.
async fn stop(server: Server) {
    tokio::task::spawn_blocking(move || server.stop())
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_traced_with_what_it_waits_for_and_nothing_it_holds() {
    let (home, collector) = (Home::new(), Collector::start().await);
    let server = start(&home, &collector.endpoint, &[]);
    let key = server.issue().await;
    let answer = home.answer_to(&key);
    let image = format!("/api/v1/challenges/{key}/image?x=a-mark-of-its-own");
    let request = server.request("GET", &image).header("traceparent", PARENT);
    assert_eq!(read(request).await.status, 200);
    let token = server.answer(&key, &answer).await.json()["token"].clone();
    let token = token.as_str().unwrap().to_owned();
    let verified = server.verify(&server.secret_key, &token).await;
    assert_eq!(verified.json()["success"], true);
    server.get("/readyz").await;
    let secret_key = server.secret_key.clone();
    stop(server).await;

    let shown = collector.span("GET /api/v1/challenges/{key}/image");
    assert_eq!(
        (&shown.trace_id[..], &shown.parent_span_id[..]),
        (&TRACE[..], &CALLER[..])
    );
    let drawn = collector.span("draw");
    assert_eq!(
        (&drawn.trace_id[..], &drawn.parent_span_id),
        (&TRACE[..], &shown.span_id)
    );
    let answered = collector.span("POST /api/v1/challenges/{key}/answer");
    assert_ne!(answered.trace_id, TRACE);
    assert!(answered.parent_span_id.is_empty());
    let claimed = collector
        .spans()
        .into_iter()
        .find(|span| span.name == "store claim" && span.parent_span_id == answered.span_id);
    assert!(claimed.is_some(), "{}", collector.text());
    assert_eq!(
        attribute(&answered, "http.response.status_code"),
        Some(Value::IntValue(200))
    );
    assert_eq!(
        attribute(&answered, "http.request.method"),
        Some(Value::StringValue("POST".to_owned()))
    );
    collector.span("POST /siteverify");
    collector.span("store ready");

    let text = collector.text();
    for hidden in [
        &key[..40],
        &answer,
        &token[..40],
        &secret_key,
        "a-mark-of-its-own",
        "127.0.0.1",
    ] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
    assert!(text.contains("cattlegrid"), "the service's name in {text}");
    assert!(!home.log().contains("otel"), "{}", home.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_providers_check_is_traced_with_its_outcome_and_neither_token_nor_key() {
    let provider = StandIn::start(json!({ "success": true, "hostname": "shop.example" })).await;
    let (home, collector) = (Home::new(), Collector::start().await);
    let site = provider.site("cattlegrid", "turnstile", "");
    let config = home.file("cattlegrid.toml", &site);
    let server = home.start_with(|command| {
        command
            .arg("--config")
            .arg(config)
            .env("CATTLEGRID_TELEMETRY__OTLP_ENDPOINT", &collector.endpoint);
    });
    for said in [
        json!({ "success": true, "hostname": "shop.example" }),
        json!({ "success": false, "error-codes": ["invalid-input-response"] }),
        json!({}),
    ] {
        provider.say(said);
        let body =
            json!({ "secret": SECRET, "response": "a-visitors-token", "remoteip": "203.0.113.7" });
        let request = server.request("POST", "/siteverify").json(&body);
        assert_eq!(
            read(request.header("traceparent", PARENT)).await.status,
            200
        );
    }
    stop(server).await;

    let spans = collector.spans();
    let named = |name: &str| {
        let mut spans: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
        spans.sort_by_key(|span| span.start_time_unix_nano);
        spans
    };
    let (asked, checked) = (named("POST /siteverify"), named("provider verify"));
    assert_eq!((asked.len(), checked.len()), (3, 3), "{}", collector.text());
    let outcomes = [("passed", 0), ("refused", 0), ("provider-broken", 2)];
    for ((asked, checked), (outcome, status)) in asked.iter().zip(checked).zip(outcomes) {
        assert_eq!(
            (&checked.trace_id[..], &checked.parent_span_id),
            (&TRACE[..], &asked.span_id)
        );
        let text = |text: &str| Some(Value::StringValue(text.to_owned()));
        assert_eq!(attribute(checked, "cattlegrid.provider"), text("turnstile"));
        assert_eq!(attribute(checked, "cattlegrid.outcome"), text(outcome));
        let code = checked.status.as_ref().map_or(0, |status| status.code);
        assert_eq!(code, status, "{outcome}");
    }
    let text = collector.text();
    for hidden in ["a-visitors-token", SECRET, THEIRS, "203.0.113.7"] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn as_many_are_traced_as_are_asked_for() {
    let (home, collector) = (Home::new(), Collector::start().await);
    let none = [("CATTLEGRID_TELEMETRY__SAMPLE_RATIO", "0")];
    let server = start(&home, &collector.endpoint, &none);
    server.issue().await;
    let request = server.request("GET", "/healthz");
    read(request.header("traceparent", PARENT)).await;
    stop(server).await;
    let spans = collector.spans();
    assert_eq!(spans.len(), 1, "only what its caller traces: {spans:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_gone_or_silent_stops_nobody() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = format!("http://{}", silent.local_addr().unwrap());
    let gone = "http://127.0.0.1:9".to_owned();
    // More spans than the queue takes, sent as soon as there are two.
    let often = [
        ("OTEL_BSP_MAX_QUEUE_SIZE", "8"),
        ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "2"),
        ("OTEL_BSP_SCHEDULE_DELAY", "1"),
    ];
    for endpoint in [silent, gone] {
        let home = Home::new();
        let server = start(&home, &endpoint, &often);
        for _ in 0..20 {
            let token = server.earn(&home).await;
            let verified = server.verify(&server.secret_key, &token).await;
            assert_eq!(verified.json()["success"], true);
        }
        tokio::time::timeout(Duration::from_secs(60), stop(server))
            .await
            .unwrap();
    }
}
