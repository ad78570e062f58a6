//! The request that a proxy asks about, as the proxy tells it.
//!
//! Anybody can write these headers, so none is looked at unless the connection comes from a proxy that is trusted; and such
//! a proxy has to write each that is asked for here, so that none of a visitor's own is left. What is missing, there
//! twice, or contradicts itself is refused: it may be a visitor's.

use std::net::IpAddr;
use std::sync::{Arc, Once};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use cattlegrid::Hostname;
use cattlegrid_guard::client_ip::{ClientIp, PeerAddr};

use super::path::RequestPath;
use crate::app::App;
use crate::problem::Problem;

/// The names under which proxies tell of the request line: those of Traefik and Caddy, and those that nginx's documentation has.
const METHOD: &[&str] = &["x-forwarded-method", "x-original-method"];
const TARGET: &[&str] = &["x-forwarded-uri", "x-original-uri"];
const HOST: &[&str] = &["x-forwarded-host"];
const SCHEME: &[&str] = &["x-forwarded-proto"];

/// Whoever sent a request to the proxy, and where to.
#[derive(Clone)]
pub(crate) struct Visitor {
    /// Whether they came by `https`.
    pub(crate) is_secure: bool,
    pub(crate) host: Hostname,
    pub(crate) address: IpAddr,
    /// What their browser says that it is; empty if it says nothing.
    pub(crate) agent: HeaderValue,
}

/// A request that a proxy asks about.
pub(crate) struct Original {
    pub(crate) visitor: Visitor,
    pub(crate) method: Method,
    /// Path and query, as they were sent.
    pub(crate) target: String,
    pub(crate) path: RequestPath,
}

impl FromRequestParts<Arc<App>> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let headers = &parts.headers;
        let proxies = app.proxies();
        let is_trusted = |&PeerAddr(peer): &PeerAddr| proxies.trusts(peer.ip());
        if !parts.extensions.get().is_some_and(is_trusted) {
            return Err(untrusted());
        }
        // Why: without it everybody would have the proxy's own address.
        let forwarding = proxies.header().name();
        if !headers.contains_key(&forwarding) {
            return Err(untold(&[forwarding.as_str()]));
        }
        let Some(&ClientIp(address)) = parts.extensions.get() else {
            return Err(untold(&[forwarding.as_str()]));
        };
        let host = told(headers, HOST)?;
        let agent = headers.get(header::USER_AGENT).cloned();
        Ok(Self {
            is_secure: is_secure(told(headers, SCHEME)?)?,
            host: Hostname::from_authority(host).map_err(|_| untold(HOST))?,
            address,
            agent: agent.unwrap_or_else(|| HeaderValue::from_static("")),
        })
    }
}

impl FromRequestParts<Arc<App>> for Original {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let visitor = Visitor::from_request_parts(parts, app).await?;
        let method = told(&parts.headers, METHOD)?;
        let target = told(&parts.headers, TARGET)?;
        if !target.starts_with('/') {
            return Err(untold(TARGET));
        }
        Ok(Self {
            visitor,
            method: Method::from_bytes(method.as_bytes()).map_err(|_| untold(METHOD))?,
            path: RequestPath::of(target),
            target: target.to_owned(),
        })
    }
}

/// Whether the scheme is an encrypted one; proxies tell of `WebSockets` under schemes of their own.
fn is_secure(scheme: &str) -> Result<bool, Problem> {
    match scheme {
        "https" | "wss" => Ok(true),
        "http" | "ws" => Ok(false),
        _ => Err(untold(SCHEME)),
    }
}

/// What stands in these headers; nothing else may stand in another of them, or in the same one again.
fn told<'a>(headers: &'a HeaderMap, names: &[&'static str]) -> Result<&'a str, Problem> {
    let mut values = names.iter().flat_map(|&name| headers.get_all(name));
    let told = values.next();
    let told = told.filter(|&first| values.all(|other| other == first));
    told.and_then(|value| value.to_str().ok())
        .ok_or_else(|| untold(names))
}

fn untrusted() -> Problem {
    static WARNED: Once = Once::new();
    WARNED.call_once(|| {
        tracing::warn!(
            "forward auth was asked by somebody who is not in client_address.trusted_proxies, and refuses"
        );
    });
    Problem::new(
        StatusCode::FORBIDDEN,
        "untrusted-proxy",
        "only a proxy that is trusted may ask this",
    )
}

fn untold(names: &[&str]) -> Problem {
    let names = names.join("` or `");
    let detail = format!("the proxy has to write `{names}`, and to let nobody else do so");
    Problem::new(StatusCode::FORBIDDEN, "bad-forwarding", detail)
}
