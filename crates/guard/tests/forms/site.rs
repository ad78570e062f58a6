//! A site with one form, whose clock a test moves by hand.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use cattlegrid::{OsEntropy, Secret, Secrets};
use cattlegrid_guard::CheckLayer;
use cattlegrid_guard::fields::{Fields, FieldsLayer, Limits};
use cattlegrid_guard::form::{Form, Forms, OpenedStamp, Stamp};
use cattlegrid_guard::form_timing::{Ages, FormTiming, FormTimingLayer};
use cattlegrid_guard::honeypot::{Honeypot, HoneypotLayer};
use cattlegrid_store::memory::MemoryStore;
use cattlegrid_store::{
    Claim, Clock, ManualClock, Quota, Rate, RateKey, SpentId, Store, StoreError, Timestamp,
};
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

/// A store that can be lost.
pub(crate) struct Losable {
    inner: MemoryStore,
    lost: AtomicBool,
}

impl Store for Losable {
    async fn claim(&self, id: SpentId, ttl: Duration) -> Result<Claim, StoreError> {
        if self.lost.load(Ordering::Relaxed) {
            return Err(StoreError::Unavailable("lost".into()));
        }
        self.inner.claim(id, ttl).await
    }

    async fn is_spent(&self, id: SpentId) -> Result<bool, StoreError> {
        self.inner.is_spent(id).await
    }

    async fn step(&self, key: RateKey, quota: Quota) -> Result<Rate, StoreError> {
        self.inner.step(key, quota).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.inner.ready().await
    }
}

/// One node of a site. Nodes have the same store.
pub(crate) struct Node {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) forms: Forms,
    pub(crate) sign_up: Form,
    store: Arc<Losable>,
    /// How many forms have come to the handler.
    handled: Arc<AtomicUsize>,
}

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

pub(crate) fn secrets(letters: &str) -> Secrets {
    let secrets = letters.chars().map(|letter| letter.to_string().repeat(43));
    Secrets::new(secrets.map(|text| Secret::parse(&text).unwrap()).collect()).unwrap()
}

pub(crate) fn forms(secrets: &Secrets, clock: Arc<dyn Clock>, site: &str) -> Forms {
    Forms::new(secrets, clock, Arc::new(OsEntropy), site).unwrap()
}

impl Node {
    pub(crate) fn new() -> Self {
        let clock = Arc::new(ManualClock::new(NOW));
        let store = Arc::new(Losable {
            inner: MemoryStore::new(1000, clock.clone()),
            lost: AtomicBool::new(false),
        });
        Self::beside(clock, store)
    }

    fn beside(clock: Arc<ManualClock>, store: Arc<Losable>) -> Self {
        let forms = forms(&secrets("a"), clock.clone(), "shop.example");
        Self {
            sign_up: forms.form("sign-up").unwrap(),
            forms,
            clock,
            store,
            handled: Arc::default(),
        }
    }

    /// Another node with the same store, whose clock is ahead.
    pub(crate) fn ahead_by(&self, by: Duration) -> Self {
        let clock = ManualClock::new(self.clock.now().saturating_add(by));
        Self::beside(Arc::new(clock), Arc::clone(&self.store))
    }

    pub(crate) fn lose_store(&self) {
        self.store.lost.store(true, Ordering::Relaxed);
    }

    pub(crate) fn handled(&self) -> usize {
        self.handled.load(Ordering::Relaxed)
    }

    pub(crate) fn timing(&self) -> FormTimingLayer<Losable> {
        let store = Arc::clone(&self.store);
        CheckLayer::new(FormTiming::new(
            self.sign_up.clone(),
            Ages::default(),
            store,
        ))
    }

    pub(crate) fn honeypot(&self) -> HoneypotLayer {
        CheckLayer::new(Honeypot::new(self.sign_up.clone()))
    }

    /// The site with both layers: it answers with the stamp of the form when that is sent back for correction.
    pub(crate) fn site(&self) -> impl Site {
        let handled = Arc::clone(&self.handled);
        ServiceBuilder::new()
            .layer(FieldsLayer::new(Limits::default()))
            .layer(self.timing())
            .layer(self.honeypot())
            .service(service_fn(move |request: Request<Full<Bytes>>| {
                handled.fetch_add(1, Ordering::Relaxed);
                let opened = request.extensions().get::<OpenedStamp>();
                let again = opened.map(|opened| opened.again().unwrap().as_str().to_owned());
                async { Ok::<_, Infallible>(Response::new(again.unwrap_or_default())) }
            }))
    }
}

/// A service of a site.
pub(crate) trait Site:
    Service<Request<Full<Bytes>>, Response = Response<String>, Error = Infallible, Future: Send>
    + Clone
    + Send
    + 'static
{
}

impl<T> Site for T where
    T: Service<Request<Full<Bytes>>, Response = Response<String>, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static
{
}

/// What a browser sends of a form that was shown with this stamp.
pub(crate) fn as_shown(stamp: &Stamp) -> Vec<(String, String)> {
    let bait = stamp.bait();
    let untouched = bait.names().map(|name| (name.to_owned(), String::new()));
    let own = [(Stamp::FIELD.to_owned(), stamp.as_str().to_owned())];
    own.into_iter().chain(untouched).collect()
}

pub(crate) fn request(method: &Method, fields: &[(String, String)]) -> Request<Full<Bytes>> {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    Request::builder()
        .method(method)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Full::<Bytes>::from(body))
        .unwrap()
}

/// The status, and the code of the problem or what the site answered.
pub(crate) async fn post(site: impl Site, fields: &[(String, String)]) -> (StatusCode, String) {
    send(site, request(&Method::POST, fields)).await
}

pub(crate) async fn send(site: impl Site, request: Request<Full<Bytes>>) -> (StatusCode, String) {
    let response = site.oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    if parts.headers.get(header::CONTENT_TYPE).is_none() {
        return (parts.status, body);
    }
    assert_eq!(
        parts.headers[header::CONTENT_TYPE],
        "application/problem+json"
    );
    let problem: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(problem["status"], parts.status.as_u16());
    (parts.status, problem["code"].as_str().unwrap().to_owned())
}

pub(crate) fn fields(fields: &[(String, String)]) -> Fields {
    fields.iter().cloned().collect()
}
