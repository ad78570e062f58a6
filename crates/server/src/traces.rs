//! Traces: what a request took and where, sent to a collector of OpenTelemetry's by OTLP over HTTP.
//!
//! A span for each request, which continues the trace that its `traceparent` names (W3C Trace Context), with a span below
//! it for each step of the store, for each picture and for each check of another provider's. None holds a path, a key or
//! anything else that a caller chose. Where no collector is configured, none of them is ever made.

use std::time::Duration;

use async_trait::async_trait;
use axum::body::Bytes;
use axum::http::{HeaderMap, Request, Response};
use cattlegrid_provider::observer::Outcome;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TracerProvider;
use opentelemetry_http::{HeaderExtractor, HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing::{Span, Subscriber, field};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::registry::LookupSpan;
use ureq::Agent;

use crate::Error;
use crate::config::Telemetry;
use crate::metrics::Operation;

/// What marks a span as one for traces. The log leaves it out, so that its lines are the same with traces and without.
const TARGET: &str = "trace";
/// How long a collector may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// The most that is read of what a collector answers.
const ANSWER: u64 = 64 * 1024;

/// What sends traces: from a thread of its own, with a bounded queue before it, so that a collector which is slow or gone
/// loses traces and delays nobody.
pub(crate) struct Traces(SdkTracerProvider);

impl Traces {
    /// Starts to send, if there is somewhere to send to.
    ///
    /// # Errors
    /// [`Error::Config`] when what the standard `OTEL_…` variables say will not do.
    pub(crate) fn start(telemetry: &Telemetry) -> Result<Option<Self>, Error> {
        let Some(endpoint) = &telemetry.otlp_endpoint else {
            return Ok(None);
        };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Collector::new())
            .with_endpoint(endpoint.traces())
            .with_timeout(PATIENCE)
            .build()
            .map_err(|error| Error::config("telemetry", error))?;
        let ratio = Sampler::TraceIdRatioBased(telemetry.sample_ratio.get());
        let name = telemetry.service_name.clone();
        let provider = SdkTracerProvider::builder()
            .with_sampler(Sampler::ParentBased(Box::new(ratio)))
            .with_resource(Resource::builder().with_service_name(name).build())
            .with_batch_exporter(exporter)
            .build();
        Ok(Some(Self(provider)))
    }

    /// What turns spans into traces.
    pub(crate) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("cattlegrid"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_level(false)
            .with_tracked_inactivity(false)
            .with_filter(Targets::new().with_target(TARGET, LevelFilter::INFO))
    }

    /// Sends what is left, for as long as a collector may take.
    pub(crate) fn stop(self) {
        if let Err(error) = self.0.shutdown_with_timeout(PATIENCE) {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

/// The span of a request.
pub(crate) fn request(headers: &HeaderMap, method: &'static str, route: &'static str) -> Span {
    let span = tracing::info_span!(
        target: TARGET,
        "request",
        otel.name = field::Empty,
        otel.kind = "server",
        otel.status_code = field::Empty,
        http.request.method = method,
        http.route = route,
        http.response.status_code = field::Empty,
    );
    if !span.is_disabled() {
        span.record("otel.name", format_args!("{method} {route}"));
        let parent = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
        // Why: what fails here is that nothing listens to the span.
        let _ = span.set_parent(parent);
    }
    span
}

/// Says how the request of this span ended.
pub(crate) fn responded(span: &Span, status: u16) {
    span.record("http.response.status_code", i64::from(status));
    if status >= 500 {
        span.record("otel.status_code", "ERROR");
    }
}

/// The span of a step of the store.
pub(crate) fn store(operation: Operation) -> Span {
    tracing::info_span!(
        target: TARGET,
        "store",
        otel.name = operation.span(),
        otel.kind = "client",
        otel.status_code = field::Empty,
    )
}

/// The span of another provider's check of a token.
pub(crate) fn provider(name: &str) -> Span {
    tracing::info_span!(
        target: TARGET,
        "provider",
        otel.name = "provider verify",
        otel.kind = "client",
        otel.status_code = field::Empty,
        cattlegrid.provider = name,
        cattlegrid.outcome = field::Empty,
    )
}

/// Says what became of the check of this span.
pub(crate) fn checked(span: &Span, outcome: Outcome) {
    span.record("cattlegrid.outcome", outcome.as_str());
}

/// Says that whoever was asked in this span could not decide.
pub(crate) fn failed(span: &Span) {
    span.record("otel.status_code", "ERROR");
}

/// The span of a picture, from the queue to its last byte.
pub(crate) fn drawing() -> Span {
    tracing::info_span!(target: TARGET, "draw")
}

/// A client for the one thread that sends: it waits where it stands.
#[derive(Debug)]
struct Collector(Agent);

impl Collector {
    fn new() -> Self {
        let config = Agent::config_builder()
            .timeout_global(Some(PATIENCE))
            .http_status_as_error(false)
            .max_redirects(0)
            // Why: a proxy that the environment names leads away from this machine.
            .proxy(None);
        Self(config.build().new_agent())
    }
}

#[async_trait]
impl HttpClient for Collector {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (parts, body) = request.into_parts();
        let request = Request::from_parts(parts, body.to_vec());
        let (parts, mut body) = self.0.run(request)?.into_parts();
        let answer = body.with_config().limit(ANSWER).read_to_vec()?;
        Ok(Response::from_parts(parts, answer.into()))
    }
}
