//! How often somebody may come, and what they are told.

#![allow(
    clippy::unwrap_used,
    reason = "in a test, what is missing is a failure"
)]

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use cattlegrid_guard::Error;
use cattlegrid_guard::rate_limit::{
    Decision, Limiter, RATELIMIT, RATELIMIT_POLICY, RateLimitLayer, Rates, Salt,
};
use cattlegrid_store::memory::MemoryStore;
use cattlegrid_store::{
    Claim, ManualClock, Quota, Rate, RateKey, SpentId, Store, StoreError, Timestamp,
};
use governor::clock::FakeRelativeClock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DefaultKeyedStateStore;
use http::request::Parts;
use http::{HeaderMap, HeaderName, Request, Response, StatusCode, header};
use proptest::prelude::*;
use sfv::{BareItem, ListEntry, Parser};
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

/// A store that can be lost, and counts what it is asked.
struct Losable {
    inner: MemoryStore,
    lost: AtomicBool,
    asked: AtomicUsize,
}

impl Store for Losable {
    async fn claim(&self, id: SpentId, ttl: Duration) -> Result<Claim, StoreError> {
        self.inner.claim(id, ttl).await
    }

    async fn is_spent(&self, id: SpentId) -> Result<bool, StoreError> {
        self.inner.is_spent(id).await
    }

    async fn step(&self, key: RateKey, quota: Quota) -> Result<Rate, StoreError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        if self.lost.load(Ordering::Relaxed) {
            return Err(StoreError::Unavailable("lost".into()));
        }
        self.inner.step(key, quota).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.inner.ready().await
    }
}

struct Setup {
    clock: Arc<ManualClock>,
    store: Arc<Losable>,
    rates: Arc<Rates<Arc<Losable>>>,
    fallbacks: Arc<AtomicUsize>,
}

impl Setup {
    fn new() -> Self {
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_700_000_000_000)));
        let store = Arc::new(Losable {
            inner: MemoryStore::new(1000, clock.clone()),
            lost: AtomicBool::new(false),
            asked: AtomicUsize::new(0),
        });
        let fallbacks = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&fallbacks);
        let rates = Rates::new(Arc::clone(&store), clock.clone()).on_fallback(move || {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        Self {
            clock,
            store,
            rates: Arc::new(rates),
            fallbacks,
        }
    }

    fn limiter(&self, name: &str, quota: &str) -> Limiter<Arc<Losable>> {
        let salt = Salt::new(&[7; 32]);
        Limiter::new(name, quota.parse().unwrap(), &salt, Arc::clone(&self.rates)).unwrap()
    }

    fn lose(&self, lost: bool) {
        self.store.lost.store(lost, Ordering::Relaxed);
    }

    fn asked(&self) -> usize {
        self.store.asked.load(Ordering::Relaxed)
    }

    fn fallbacks(&self) -> usize {
        self.fallbacks.load(Ordering::Relaxed)
    }
}

/// How many of `tries` are let through.
async fn let_through<S: Store>(limiter: &Limiter<S>, subject: &str, tries: usize) -> usize {
    let mut through = 0;
    for _ in 0..tries {
        through += usize::from(!limiter.check(subject).await.is_refusal());
    }
    through
}

/// What a field says of each limit: its name, and its parameters.
fn members(headers: &HeaderMap, name: &HeaderName) -> Vec<(String, Vec<(String, i64)>)> {
    let lines: Vec<_> = headers
        .get_all(name)
        .iter()
        .map(|value| value.to_str().unwrap())
        .collect();
    let list: sfv::List = Parser::new(&lines.join(", ")).parse().unwrap();
    let member = |entry: &ListEntry| {
        let ListEntry::Item(item) = entry else {
            panic!("an inner list")
        };
        let BareItem::String(name) = &item.bare_item else {
            panic!("no string")
        };
        let parameters = item.params.iter().map(|(name, value)| {
            let BareItem::Integer(value) = value else {
                panic!("no integer")
            };
            (name.as_str().to_owned(), i64::from(*value))
        });
        (name.as_str().to_owned(), parameters.collect())
    };
    list.iter().map(member).collect()
}

fn named(name: &str, parameters: &[(&str, i64)]) -> (String, Vec<(String, i64)>) {
    (
        name.to_owned(),
        parameters
            .iter()
            .map(|&(name, value)| (name.to_owned(), value))
            .collect(),
    )
}

#[tokio::test]
async fn subjects_and_limits_are_counted_apart() {
    let setup = Setup::new();
    let (a, b) = (setup.limiter("a", "2/1m"), setup.limiter("b", "3/1m"));
    assert_eq!(let_through(&a, "x", 5).await, 2);
    assert_eq!(let_through(&a, "y", 5).await, 2);
    assert_eq!(let_through(&b, "x", 5).await, 3);
    let same = setup.limiter("a", "2/1m");
    assert_eq!(
        let_through(&same, "x", 5).await,
        0,
        "limits of one name count together"
    );
    let salt = Salt::new(&[8; 32]);
    let other = Limiter::new(
        "a",
        "2/1m".parse().unwrap(),
        &salt,
        Arc::clone(&setup.rates),
    )
    .unwrap();
    assert_eq!(
        let_through(&other, "x", 5).await,
        2,
        "those of another salt do not"
    );
    let (ab, empty) = (setup.limiter("ab", "1/1m"), setup.limiter("a_b", "1/1m"));
    assert_eq!(
        let_through(&ab, "c", 1).await + let_through(&setup.limiter("a", "9/1m"), "bc", 1).await,
        2
    );
    assert_eq!(let_through(&empty, "", 2).await, 1);
}

#[test]
fn a_name_is_one_that_a_header_can_hold() {
    let setup = Setup::new();
    for name in ["", "a b", "\"", "A", "ä", &"a".repeat(65)] {
        let quota = "1/1m".parse().unwrap();
        let refused =
            Limiter::new(name, quota, &Salt::new(&[0; 32]), Arc::clone(&setup.rates)).unwrap_err();
        assert_eq!(
            refused,
            Error::LimitName {
                given: name.to_owned()
            }
        );
    }
}

#[tokio::test]
async fn a_flood_does_not_reach_the_store() {
    let setup = Setup::new();
    let limiter = setup.limiter("address", "2/10s");
    assert_eq!(let_through(&limiter, "x", 1000).await, 2);
    assert_eq!(
        setup.asked(),
        3,
        "two steps, and one refusal that is remembered"
    );
    setup.clock.advance(Duration::from_millis(4999));
    assert_eq!(let_through(&limiter, "x", 10).await, 0);
    assert_eq!(setup.asked(), 3);
    setup.clock.advance(Duration::from_millis(1));
    assert_eq!(
        let_through(&limiter, "x", 10).await,
        1,
        "not a moment longer than the store says"
    );
    let larger = setup.limiter("address", "10/1m");
    assert!(
        let_through(&larger, "x", 20).await >= 5,
        "a quota that was raised holds at once"
    );
}

#[tokio::test]
async fn without_its_store_a_process_counts_by_itself() {
    let setup = Setup::new();
    let limiter = setup.limiter("address", "2/1m");
    assert_eq!(let_through(&limiter, "x", 1).await, 1);

    setup.lose(true);
    assert_eq!(
        let_through(&limiter, "x", 1000).await,
        2,
        "neither none nor all"
    );
    assert_eq!(let_through(&limiter, "y", 1000).await, 2);
    assert_eq!(setup.asked(), 2, "a store that is gone is left alone");
    assert_eq!(setup.fallbacks(), 2000);
    setup.clock.advance(Duration::from_secs(1));
    assert_eq!(let_through(&limiter, "x", 10).await, 0);
    assert_eq!(setup.asked(), 3, "one asks again");

    setup.lose(false);
    assert_eq!(let_through(&limiter, "z", 1).await, 1);
    assert_eq!(setup.asked(), 3, "before the pause is over, nobody asks");
    setup.clock.advance(Duration::from_secs(1));
    assert_eq!(
        let_through(&limiter, "x", 10).await,
        1,
        "the store knows of one step of two"
    );
    assert_eq!(setup.asked(), 5);
    assert_eq!(setup.fallbacks(), 2011);
}

type Answer = Response<String>;

async fn ask<T>(service: &T, subject: &str) -> Answer
where
    T: Service<Request<()>, Response = Answer, Error = Infallible> + Clone,
{
    let request = Request::get(subject).body(()).unwrap();
    service.clone().oneshot(request).await.unwrap()
}

fn path(parts: &Parts) -> Option<String> {
    Some(parts.uri.path().to_owned()).filter(|path| path != "/free")
}

#[tokio::test]
async fn every_response_says_how_it_stands() {
    let setup = Setup::new();
    let service = ServiceBuilder::new()
        .layer(RateLimitLayer::new(setup.limiter("each", "2/1m"), path))
        .layer(RateLimitLayer::new(
            setup.limiter("all", "3/30s"),
            |_: &Parts| Some(""),
        ))
        .service(service_fn(async |_: Request<()>| {
            Ok::<_, Infallible>(Response::new("in".to_owned()))
        }));

    let first = ask(&service, "/a").await;
    assert_eq!(
        (first.status(), first.body().as_str()),
        (StatusCode::OK, "in")
    );
    assert_eq!(
        members(first.headers(), &RATELIMIT_POLICY),
        [
            named("all", &[("q", 3), ("w", 30)]),
            named("each", &[("q", 2), ("w", 60)])
        ]
    );
    assert_eq!(
        members(first.headers(), &RATELIMIT),
        [
            named("all", &[("r", 2), ("t", 10)]),
            named("each", &[("r", 1), ("t", 30)])
        ]
    );
    assert!(!first.headers().contains_key(header::RETRY_AFTER));

    let _ = ask(&service, "/a").await;
    setup.clock.advance(Duration::from_millis(500));
    let over = ask(&service, "/a").await;
    assert_eq!(over.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(
        over.headers()[header::CONTENT_TYPE],
        "application/problem+json"
    );
    assert!(over.body().contains("\"rate-limited\""), "{}", over.body());
    assert_eq!(
        over.headers()[header::RETRY_AFTER],
        "30",
        "seconds are rounded up"
    );
    assert_eq!(
        members(over.headers(), &RATELIMIT),
        [named("each", &[("r", 0), ("t", 30)])]
    );

    let other = ask(&service, "/b").await;
    assert_eq!(
        other.status(),
        StatusCode::OK,
        "what the outer one refused cost the inner one nothing"
    );
    let all = ask(&service, "/c").await;
    assert_eq!(all.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(
        members(all.headers(), &RATELIMIT),
        [
            named("all", &[("r", 0), ("t", 10)]),
            named("each", &[("r", 1), ("t", 30)])
        ]
    );
}

#[tokio::test]
async fn a_site_says_whom_it_counts_and_how_it_refuses() {
    let setup = Setup::new();
    let layer = RateLimitLayer::new(setup.limiter("each", "1/1m"), path).with_refusal(
        |decision: &Decision, _: &Parts| {
            let mut response = Response::new(decision.policy().name().to_owned());
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            response
        },
    );
    let service = ServiceBuilder::new()
        .layer(layer)
        .service(service_fn(async |_: Request<()>| {
            Ok::<_, Infallible>(Response::new("in".to_owned()))
        }));
    for _ in 0..3 {
        let free = ask(&service, "/free").await;
        assert_eq!(free.status(), StatusCode::OK);
        assert!(!free.headers().contains_key(RATELIMIT), "{free:?}");
    }
    let _ = ask(&service, "/a").await;
    let refused = ask(&service, "/a").await;
    assert_eq!(
        (refused.status(), refused.body().as_str()),
        (StatusCode::SERVICE_UNAVAILABLE, "each")
    );
    assert!(refused.headers().contains_key(header::RETRY_AFTER));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_at_once_as_many_pass_as_there_are_steps() {
    let setup = Setup::new();
    let limiter = setup.limiter("address", "50/1h");
    let tries = (0..400).map(|_| {
        let limiter = limiter.clone();
        tokio::spawn(async move { let_through(&limiter, "x", 5).await })
    });
    let mut through = 0;
    for one in tries.collect::<Vec<_>>() {
        through += one.await.unwrap();
    }
    assert_eq!(through, 50);
}

type Governor =
    governor::RateLimiter<u8, DefaultKeyedStateStore<u8>, FakeRelativeClock, NoOpMiddleware<Nanos>>;

proptest! {
    /// The crate governor decides the same, whoever comes when.
    #[test]
    fn governor_agrees(
        count in 1_u32..20,
        millis_each in 1_u64..5_000,
        visits in prop::collection::vec((0_u8..3, 0_u64..4_000), 1..200),
    ) {
        let interval = Duration::from_millis(millis_each);
        let quota = Quota::new(count, interval * count).unwrap();
        let theirs = governor::Quota::with_period(interval).unwrap().allow_burst(count.try_into().unwrap());
        let their_clock = FakeRelativeClock::default();
        let reference = Governor::new(theirs, DefaultKeyedStateStore::default(), their_clock.clone());
        let setup = Setup::new();
        let limiter = Limiter::new("each", quota, &Salt::new(&[7; 32]), Arc::clone(&setup.rates)).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for (subject, wait) in visits {
            setup.clock.advance(Duration::from_millis(wait));
            their_clock.advance(Duration::from_millis(wait));
            let ours = runtime.block_on(limiter.check([subject]));
            prop_assert_eq!(ours.is_refusal(), reference.check_key(&subject).is_err());
        }
    }
}
