//! Whatever body is posted, the server answers in its protocol, and does not fail.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use cattlegrid::store::memory::MemoryStore;
use cattlegrid::store::{AnyStore, SystemClock};
use cattlegrid::{Ask, Secret, Secrets};
use cattlegrid_server::app::App;
use cattlegrid_server::config::Config;
use cattlegrid_server::routes;
use serde_json::Value;
use tower::Service;

use super::gate::runtime;

static APP: LazyLock<Arc<App>> = LazyLock::new(|| {
    // Why: anything passes with some of the keys for tests.
    let config = Config::load(None, [], [("test_keys", "false".to_owned())]).unwrap();
    let secret = Secret::parse(&"a".repeat(43)).unwrap();
    let clock = Arc::new(SystemClock::new());
    let store = AnyStore::Memory(MemoryStore::new(1_000_000, clock.clone()));
    let secrets = Secrets::new(vec![secret]).unwrap();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080));
    Arc::new(App::new(&config, &secrets, store, clock, address).unwrap())
});

static ROUTER: LazyLock<Router> = LazyLock::new(|| routes::router(&APP));

const PATHS: [&str; 5] = [
    "/siteverify",
    "/api/v1/challenges",
    "/api/v1/challenges/{key}/answer",
    "/recaptcha/api/siteverify",
    "/turnstile/v0/siteverify",
];

const CONTENT_TYPES: [&str; 5] = [
    "application/json",
    "application/x-www-form-urlencoded",
    "application/json; charset=utf-8",
    "text/plain",
    "multipart/form-data; boundary=x",
];

/// An input that is answered with a challenge.
pub fn genuine() -> Vec<u8> {
    let site_key = APP.demo().unwrap().key().as_str();
    format!("1{{\"sitekey\": \"{site_key}\", \"kind\": \"math\", \"action\": \"sign-up\"}}").into()
}

/// Posts all of `input` but its first byte, which says where to and as what: the digit zero as the first to the first.
pub fn check(input: &[u8]) {
    let Some((&choice, body)) = input.split_first() else {
        return;
    };
    let choice = usize::from(choice.wrapping_sub(b'0'));
    let mut path = PATHS[choice % PATHS.len()].to_owned();
    if path.contains("{key}") {
        path = path.replace("{key}", &fresh_key());
    }
    let content_type = CONTENT_TYPES[choice / PATHS.len() % CONTENT_TYPES.len()];
    let request = Request::post(&path)
        .header(header::CONTENT_TYPE, content_type)
        .body(Body::from(body.to_vec()))
        .unwrap();
    runtime().block_on(async {
        let response = ROUTER.clone().call(request).await.unwrap();
        let status = response.status();
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        let reply: Value = serde_json::from_slice(&body).unwrap();
        assert!(!status.is_server_error(), "{status}");
        if status.is_client_error() {
            assert!(reply["code"].is_string(), "a problem has a code");
        }
        if path.ends_with("/siteverify") {
            assert_eq!(status, 200, "whatever is wrong");
            assert_eq!(reply["success"], false, "no genuine token was posted");
        }
    });
}

fn fresh_key() -> String {
    let site = APP.demo().unwrap();
    let issued = APP.gate().issue(site, Ask::any()).unwrap();
    issued.key.to_string()
}
