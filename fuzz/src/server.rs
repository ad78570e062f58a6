//! A server whose secrets are the same in every process.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use cattlegrid::store::memory::MemoryStore;
use cattlegrid::store::{AnyStore, SystemClock};
use cattlegrid::{Ask, Secret, Secrets};
use cattlegrid_server::app::App;
use cattlegrid_server::config::Config;
use cattlegrid_server::routes;
use cattlegrid_server::standing::Standing;
use serde_json::Value;
use tower::Service;

use super::gate::runtime;

/// Sites that ask for work, each called like its dialect.
const SITES: [(&str, &str); 6] = [
    ("CATTLEGRID_SITES__0__KEY", "altcha"),
    ("CATTLEGRID_SITES__0__DIALECT", "altcha"),
    ("CATTLEGRID_SITES__0__SECRET", "the-secret-key-of-altcha"),
    ("CATTLEGRID_SITES__1__KEY", "cap"),
    ("CATTLEGRID_SITES__1__DIALECT", "cap"),
    ("CATTLEGRID_SITES__1__SECRET", "the-secret-key-of-cap"),
];

/// What the demo site needs beside other sites, and no keys for tests, as anything passes with some of those.
const FLAGS: [(&str, &str); 2] = [("demo", "true"), ("test_keys", "false")];

static APP: LazyLock<Arc<App>> = LazyLock::new(|| {
    let sites = SITES.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let flags = FLAGS.map(|(name, value)| (name, value.to_owned()));
    let config = Config::load(None, sites, flags).unwrap();
    let secret = Secret::parse(&"a".repeat(43)).unwrap();
    let clock = Arc::new(SystemClock::new());
    let store = AnyStore::Memory(MemoryStore::new(1_000_000, clock.clone()));
    let secrets = Secrets::new(vec![secret]).unwrap();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080));
    let standing = Standing::new(&config.limits, store, clock, address);
    Arc::new(App::new(&config, &secrets, Arc::new(standing)).unwrap())
});

static ROUTER: LazyLock<Router> = LazyLock::new(|| routes::router(&APP));

pub(crate) fn app() -> &'static App {
    &APP
}

/// The key of a new challenge of the demo site.
pub(crate) fn fresh_key() -> String {
    let site = APP.demo().unwrap();
    let issued = APP.gate().issue(site, Ask::any()).unwrap();
    issued.key.to_string()
}

/// What comes back.
pub(crate) fn post(path: &str, content_type: &str, body: Vec<u8>) -> (StatusCode, Value) {
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, content_type)
        .body(Body::from(body))
        .unwrap();
    runtime().block_on(async {
        let response = ROUTER.clone().call(request).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    })
}
