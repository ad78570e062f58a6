//! What the layers cost a request, with the rates and what is spent in memory.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "a benchmark stops where something is missing, and the macro makes functions without documentation"
)]

use std::convert::Infallible;
use std::hint::black_box;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use cattlegrid::{OsEntropy, Secret};
use cattlegrid_guard::behaviour::{History, Signals, WrongAnswers, score};
use cattlegrid_guard::captcha::{Captcha, CaptchaLayer, TOKEN_HEADER};
use cattlegrid_guard::client_ip::{ClientIp, ClientIpLayer, ForwardingHeader, PeerAddr, Proxies};
use cattlegrid_guard::fields::{Fields, FieldsLayer, Limits};
use cattlegrid_guard::form::{Form, Forms, Stamp};
use cattlegrid_guard::form_timing::{Ages, FormTiming, FormTimingLayer};
use cattlegrid_guard::honeypot::{Honeypot, HoneypotLayer};
use cattlegrid_guard::rate_limit::{Limiter, RateLimitLayer, Rates, Salt};
use cattlegrid_guard::{AddressPrefix, Networks};
use cattlegrid_provider::provider::Statement;
use cattlegrid_provider::{
    BoxFuture, Error, Expected, Passed, Refused, Verification, Verify, Visit,
};
use cattlegrid_store::SystemClock;
use cattlegrid_store::memory::MemoryStore;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{Request, Response};
use http_body_util::Full;
use tokio::runtime::Builder;
use tower::{Layer, Service, ServiceBuilder, service_fn};

fn rates() -> Arc<Rates<MemoryStore>> {
    let clock = Arc::new(SystemClock::new());
    Arc::new(Rates::new(MemoryStore::new(1, clock.clone()), clock))
}

fn limiter(quota: &str) -> Limiter<MemoryStore> {
    let salt = Salt::new(&[7; 32]);
    Limiter::new("address", quota.parse().unwrap(), &salt, rates()).unwrap()
}

fn request(header: ForwardingHeader, value: &str) -> Request<()> {
    let peer: SocketAddr = "10.0.0.1:4711".parse().unwrap();
    let request = Request::builder().header(header.name(), value);
    request.extension(PeerAddr(peer)).body(()).unwrap()
}

const FORM: &str = "application/x-www-form-urlencoded";

fn sign_up() -> Form {
    let secrets = Secret::generate(&OsEntropy).unwrap().into();
    let clock = Arc::new(SystemClock::new());
    let forms = Forms::new(&secrets, clock, Arc::new(OsEntropy), "shop.example").unwrap();
    forms.form("sign-up").unwrap()
}

/// The body of a form that was shown, as a browser sends it.
fn body(form: &Form) -> Bytes {
    let stamp = form.stamp().unwrap();
    let bait = stamp.bait();
    let [first, second] = bait.names();
    let stamp = stamp.as_str();
    let field = Stamp::FIELD;
    format!("name=Ada+Lovelace&email=ada%40example.org&{field}={stamp}&{first}=&{second}=").into()
}

fn form_layers(criterion: &mut Criterion) {
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    let form = sign_up();
    let sent = body(&form);
    criterion.bench_function("form/stamp", |bencher| {
        bencher.iter(|| form.stamp().unwrap().html());
    });
    criterion.bench_function("form/fields", |bencher| {
        bencher.iter(|| Fields::parse(FORM, &sent, 1000).unwrap());
    });
    let fields = Fields::parse(FORM, &sent, 1000).unwrap();
    criterion.bench_function("form/open", |bencher| {
        bencher.iter(|| form.open(&fields).unwrap());
    });

    let answer = service_fn(async |_: Request<Full<Bytes>>| {
        Ok::<_, Infallible>(Response::new(String::new()))
    });
    let store = MemoryStore::new(10_000_000, Arc::new(SystemClock::new()));
    let ages = Ages::new(Duration::ZERO, Duration::from_secs(60)).unwrap();
    let timing = FormTiming::new(form.clone(), ages, Arc::new(store));
    let mut guarded = ServiceBuilder::new()
        .layer(FieldsLayer::new(Limits::default()))
        .layer(HoneypotLayer::new(Honeypot::new(form.clone())))
        .layer(FormTimingLayer::new(timing))
        .service(answer);
    criterion.bench_function("request/form_layers", |bencher| {
        bencher.iter_batched(
            || {
                let request = Request::post("/").header(CONTENT_TYPE, FORM);
                request.body(Full::new(body(&form))).unwrap()
            },
            |request| {
                let response = runtime.block_on(guarded.call(request)).unwrap();
                assert_eq!(response.status(), 200);
            },
            BatchSize::SmallInput,
        );
    });
}

/// Lets every token through at once.
struct AtOnce;

impl Verify for AtOnce {
    fn fields(&self) -> Vec<&str> {
        vec!["captcha-response"]
    }

    fn verify<'a>(&'a self, _: &'a str, _: Visit) -> BoxFuture<'a, Result<Verification, Error>> {
        let passed = Passed::vouched("bench", Statement::default(), &Expected::default());
        Box::pin(async { Ok(passed.into()) })
    }

    fn claim<'a>(
        &'a self,
        _: &'a str,
        _: Visit,
    ) -> BoxFuture<'a, Result<Result<(), Refused>, Error>> {
        Box::pin(async { Ok(Ok(())) })
    }

    fn reachable(&self) -> BoxFuture<'_, bool> {
        Box::pin(async { true })
    }
}

fn all_layers(criterion: &mut Criterion) {
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    let answer = service_fn(async |_: Request<Full<Bytes>>| {
        Ok::<_, Infallible>(Response::new(String::new()))
    });
    let captcha = Captcha::new(Arc::new(AtOnce));
    let mut alone = CaptchaLayer::new(captcha.clone().in_header_alone()).layer(answer);
    let request = || Request::post("/").header(CONTENT_TYPE, FORM);
    criterion.bench_function("request/captcha", |bencher| {
        bencher.iter_batched(
            || {
                let request = request().header(TOKEN_HEADER, "token");
                request.body(Full::new(Bytes::new())).unwrap()
            },
            |request| {
                let response = runtime.block_on(alone.call(request)).unwrap();
                assert_eq!(response.status(), 200);
            },
            BatchSize::SmallInput,
        );
    });

    let form = sign_up();
    let store = MemoryStore::new(10_000_000, Arc::new(SystemClock::new()));
    let ages = Ages::new(Duration::ZERO, Duration::from_secs(60)).unwrap();
    let timing = FormTiming::new(form.clone(), ages, Arc::new(store));
    let trusted = Networks::parse(["10.0.0.0/8"]).unwrap();
    let proxies = Proxies::new(trusted, ForwardingHeader::XForwardedFor);
    let prefix = AddressPrefix::default();
    let mut guarded = ServiceBuilder::new()
        .layer(ClientIpLayer::new(proxies))
        .layer(RateLimitLayer::new(
            limiter("1000000/1s"),
            move |parts: &Parts| {
                let client = parts.extensions.get();
                client.map(|&ClientIp(client)| prefix.block(client))
            },
        ))
        .layer(FieldsLayer::new(Limits::default()))
        .layer(HoneypotLayer::new(Honeypot::new(form.clone())))
        .layer(FormTimingLayer::new(timing))
        .layer(CaptchaLayer::new(captcha))
        .service(answer);
    let peer: SocketAddr = "10.0.0.1:4711".parse().unwrap();
    criterion.bench_function("request/all_layers", |bencher| {
        bencher.iter_batched(
            || {
                let request = request()
                    .header(TOKEN_HEADER, "token")
                    .header("x-forwarded-for", "198.51.100.7")
                    .extension(PeerAddr(peer));
                request.body(Full::new(body(&form))).unwrap()
            },
            |request| {
                let response = runtime.block_on(guarded.call(request)).unwrap();
                assert_eq!(response.status(), 200);
            },
            BatchSize::SmallInput,
        );
    });
}

/// What a score adds to an answer, of which there is one for each form.
fn scores(criterion: &mut Criterion) {
    let runtime = Builder::new_current_thread().build().unwrap();
    let signals = Signals {
        half_seconds: 17,
        edits: 6,
        ..Signals::default()
    };
    let history = History {
        age: Some(Duration::from_secs(10)),
        many_wrong_answers: false,
    };
    criterion.bench_function("behaviour/score", |bencher| {
        bencher.iter(|| score(black_box(Some(signals)), black_box(history)));
    });
    let wrong_answers = WrongAnswers::new(&Salt::new(&[7; 32]), rates()).unwrap();
    criterion.bench_function("behaviour/wrong_answers", |bencher| {
        bencher.iter(|| runtime.block_on(wrong_answers.are_many([7; 16])));
    });
}

fn layers(criterion: &mut Criterion) {
    let runtime = Builder::new_current_thread().build().unwrap();
    let trusted = Networks::parse(["10.0.0.0/8"]).unwrap();

    for (name, header, value) in [
        (
            "x_forwarded_for",
            ForwardingHeader::XForwardedFor,
            "203.0.113.9, 198.51.100.7",
        ),
        (
            "forwarded",
            ForwardingHeader::Forwarded,
            "for=203.0.113.9, for=\"198.51.100.7:80\";proto=https",
        ),
    ] {
        let proxies = Proxies::new(trusted.clone(), header);
        let request = request(header, value);
        let peer = request.extensions().get::<PeerAddr>().unwrap().0.ip();
        criterion.bench_function(&format!("client_ip/{name}"), |bencher| {
            bencher.iter(|| proxies.client(peer, request.headers()));
        });
    }

    for (name, quota) in [("within", "1000000/1s"), ("over", "1/1h")] {
        let limiter = limiter(quota);
        criterion.bench_function(&format!("check/{name}"), |bencher| {
            bencher.iter(|| runtime.block_on(limiter.check([7; 16])));
        });
    }

    let answer =
        service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(String::new())));
    let prefix = AddressPrefix::default();
    let mut guarded = ServiceBuilder::new()
        .layer(ClientIpLayer::new(Proxies::new(
            trusted,
            ForwardingHeader::XForwardedFor,
        )))
        .layer(RateLimitLayer::new(
            limiter("1000000/1s"),
            move |parts: &Parts| {
                let client = parts.extensions.get();
                client.map(|&ClientIp(client)| prefix.block(client))
            },
        ))
        .service(answer);
    let mut bare = answer;
    let asked = request(ForwardingHeader::XForwardedFor, "198.51.100.7");
    criterion.bench_function("request/bare", |bencher| {
        bencher.iter(|| runtime.block_on(bare.call(asked.clone())));
    });
    criterion.bench_function("request/both_layers", |bencher| {
        bencher.iter(|| runtime.block_on(guarded.call(asked.clone())));
    });
}

criterion_group!(benches, layers, form_layers, all_layers, scores);
criterion_main!(benches);
