//! Servers that play a provider, and verifiers that ask them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::serve::Listener;
use cattlegrid_provider::provider::by_name;
use cattlegrid_provider::store::memory::MemoryStore;
use cattlegrid_provider::store::{Store, SystemClock};
use cattlegrid_provider::{
    Endpoint, Error, Expected, Passed, ResponseToken, SecretKey, Settings, SiteKey, Verification,
    Verifier, Verify, Visit,
};
use cattlegrid_services::Certificates;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

pub(crate) const SECRET_KEY: &str = "the-secret-key-of-the-site";
pub(crate) const SITE_KEY: &str = "the-site-key";
pub(crate) const TOKEN: &str = "P1_the.token-of-a-visitor";

pub(crate) type Fields = HashMap<String, String>;

/// The providers that speak the protocol that reCAPTCHA began.
pub(crate) const SITEVERIFY: [&str; 5] = [
    "cattlegrid",
    "hcaptcha",
    "recaptcha_v2",
    "recaptcha_v3",
    "turnstile",
];

/// The providers that somebody is asked about.
pub(crate) const REMOTE: [&str; 8] = [
    "altcha_server",
    "cattlegrid",
    "friendly_captcha",
    "hcaptcha",
    "recaptcha_enterprise",
    "recaptcha_v2",
    "recaptcha_v3",
    "turnstile",
];

/// A question as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn fields(&self) -> Fields {
        form_urlencoded::parse(self.body.as_bytes())
            .into_owned()
            .collect()
    }

    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.headers["content-type"], "application/json");
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A provider that answers every question alike, and remembers what it was asked.
pub(crate) struct StandIn {
    pub(crate) endpoint: Endpoint,
    asked: Arc<Mutex<Vec<Asked>>>,
    connections: Arc<AtomicUsize>,
}

#[derive(Clone)]
struct Behaviour {
    answer: Arc<dyn Fn() -> Response + Send + Sync>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl StandIn {
    async fn prepared(
        answer: impl Fn() -> Response + Send + Sync + 'static,
    ) -> (Self, Counted, Router) {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let behaviour = Behaviour {
            answer: Arc::new(answer),
            asked: Arc::clone(&asked),
        };
        let app = Router::new()
            .route("/siteverify", post(siteverify))
            .with_state(behaviour);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let stand_in = Self {
            endpoint: endpoint(&listener),
            asked,
            connections: Arc::clone(&connections),
        };
        let counted = Counted {
            listener,
            connections,
        };
        (stand_in, counted, app)
    }

    /// One that answers with what `answer` makes.
    pub(crate) async fn answering(answer: impl Fn() -> Response + Send + Sync + 'static) -> Self {
        let (stand_in, listener, app) = Self::prepared(answer).await;
        tokio::spawn(axum::serve(listener, app).into_future());
        stand_in
    }

    /// The same over TLS, as the host `localhost`.
    pub(crate) async fn secure(
        certificates: &Certificates,
        answer: impl Fn() -> Response + Send + Sync + 'static,
    ) -> Self {
        let (mut stand_in, listener, app) = Self::prepared(answer).await;
        let secure = Secure {
            listener,
            acceptor: acceptor(certificates),
        };
        tokio::spawn(axum::serve(secure, app).into_future());
        let plain = stand_in.endpoint.to_string();
        let endpoint = plain.replace("http://127.0.0.1", "https://localhost");
        stand_in.endpoint = endpoint.parse().unwrap();
        stand_in
    }

    /// One that answers with this body and status 200.
    pub(crate) async fn saying(body: &str) -> Self {
        let body = body.to_owned();
        Self::answering(move || body.clone().into_response()).await
    }

    /// One that lets everybody through who is not on a particular page.
    pub(crate) async fn lenient() -> Self {
        Self::saying(r#"{"success": true, "score": 1, "action": "login"}"#).await
    }

    /// What it was asked.
    pub(crate) fn questions(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The forms that it was asked with.
    pub(crate) fn asked(&self) -> Vec<Fields> {
        self.questions().iter().map(Asked::fields).collect()
    }

    /// How many connections there were.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn siteverify(
    State(behaviour): State<Behaviour>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let asked = Asked { headers, body };
    behaviour.asked.lock().unwrap().push(asked);
    (behaviour.answer)()
}

/// The address of the siteverify that is behind `listener`.
pub(crate) fn endpoint(listener: &TcpListener) -> Endpoint {
    let address = listener.local_addr().unwrap();
    format!("http://{address}/siteverify").parse().unwrap()
}

/// A listener that counts.
struct Counted {
    listener: TcpListener,
    connections: Arc<AtomicUsize>,
}

impl Listener for Counted {
    type Io = TcpStream;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let accepted = Listener::accept(&mut self.listener).await;
        self.connections.fetch_add(1, Ordering::SeqCst);
        accepted
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// A listener that encrypts.
struct Secure {
    listener: Counted,
    acceptor: TlsAcceptor,
}

impl Listener for Secure {
    type Io = TlsStream<TcpStream>;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, address) = self.listener.accept().await;
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

fn acceptor(certificates: &Certificates) -> TlsAcceptor {
    let [_, certificate, key] = certificates.server();
    let chain = CertificateDer::pem_file_iter(certificate)
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let key = PrivateKeyDer::from_pem_file(key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    Arc::new(config).into()
}

/// A server that does to its connections what `play` does, and counts them.
pub(crate) async fn raw<F>(
    play: impl Fn(TcpStream) -> F + Send + 'static,
) -> (Endpoint, Arc<AtomicUsize>)
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = endpoint(&listener);
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(play(stream));
        }
    });
    (endpoint, connections)
}

/// A store of its own.
pub(crate) fn memory() -> MemoryStore {
    MemoryStore::new(1000, Arc::new(SystemClock::new()))
}

/// What expects nothing, and has time.
pub(crate) fn patient(expected: Expected) -> Settings {
    Settings {
        expected,
        timeout: Duration::from_secs(30),
        ..Settings::default()
    }
}

pub(crate) fn verifier_with<S: Store>(
    name: &str,
    endpoint: &Endpoint,
    store: S,
    settings: Settings,
) -> Verifier<S> {
    let site_key: SiteKey = SITE_KEY.parse().unwrap();
    let provider = by_name(name, Some(endpoint.clone()), Some(site_key)).unwrap();
    let secret_key: SecretKey = SECRET_KEY.parse().unwrap();
    Verifier::new(provider, secret_key, store, settings).unwrap()
}

/// A verifier that expects nothing beyond that somebody passed.
pub(crate) fn verifier(name: &str, endpoint: &Endpoint) -> Verifier<MemoryStore> {
    verifier_with(name, endpoint, memory(), patient(Expected::default()))
}

pub(crate) fn token(text: &str) -> ResponseToken {
    text.parse().unwrap()
}

/// What becomes of one token of a fresh verifier.
pub(crate) async fn verify(
    name: &str,
    endpoint: &Endpoint,
    expected: Expected,
) -> Result<Verification, Error> {
    verifier_with(name, endpoint, memory(), patient(expected))
        .verify(TOKEN, Visit::new())
        .await
}

pub(crate) fn passed(verification: Verification) -> Passed {
    match verification {
        Verification::Passed(passed) => passed,
        Verification::Refused(refused) => panic!("{refused}"),
    }
}

pub(crate) fn codes(verification: &Verification) -> Vec<&str> {
    match verification {
        Verification::Passed(passed) => panic!("{passed:?}"),
        Verification::Refused(refused) => refused.codes().collect(),
    }
}

/// An answer of this status.
pub(crate) fn status(status: u16, body: &'static str) -> Response {
    (StatusCode::from_u16(status).unwrap(), body).into_response()
}
