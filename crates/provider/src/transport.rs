//! One POST to one address, and the reply to it, within bounds.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderName, HeaderValue, USER_AGENT};
use hyper::{Method, StatusCode};
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tower::ServiceExt;
use tower::util::BoxCloneSyncService;

use crate::question::Request;
use crate::{Broken, ConfigError, Endpoint, Roots, Unreachable};

/// Replies have a few hundred bytes.
pub(crate) const MAX_REPLY_BYTES: usize = 64 * 1024;

/// Shorter than the 5 seconds after which the impatient among servers close a connection: a request that crosses such a
/// close on its way is lost, and may have spent its token.
const IDLE: Duration = Duration::from_secs(4);

type BoxError = Box<dyn StdError + Send + Sync>;
type Connector = BoxCloneSyncService<hyper::Uri, TokioIo<TcpStream>, BoxError>;

/// Why no reply came of a POST.
pub(crate) enum Failure {
    Unreachable(Unreachable),
    Broken(Broken),
}

/// Posts to one address, over connections that it keeps. Follows no redirects.
pub(crate) struct Transport {
    client: Client<HttpsConnector<Connector>, Full<Bytes>>,
    endpoint: Endpoint,
}

impl Transport {
    /// A transport to `endpoint`, through the proxy that the environment names for it, if it does.
    ///
    /// `connect_timeout` is for one attempt to connect.
    ///
    /// # Errors
    /// [`ConfigError::Proxy`], [`ConfigError::Tls`]
    pub(crate) fn to(
        endpoint: Endpoint,
        roots: &Roots,
        connect_timeout: Duration,
    ) -> Result<Self, ConfigError> {
        let connector = HttpsConnectorBuilder::new().with_tls_config(tls(&endpoint, roots)?);
        let connector = if endpoint.is_encrypted() {
            connector.https_only()
        } else {
            connector.https_or_http()
        };
        let connector = connector
            .enable_http1()
            .wrap_connector(route(&endpoint, connect_timeout)?);
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .build(connector);
        Ok(Self { client, endpoint })
    }

    /// Posts `request`, and gives status and body of a reply with one of `statuses`.
    ///
    /// Tries again, once, if there was no connection: then nothing has been sent, and no token spent.
    pub(crate) async fn post(
        &self,
        request: &Request,
        statuses: &[u16],
    ) -> Result<(u16, Bytes), Failure> {
        let reply = match self.client.request(self.message(request)).await {
            Err(error) if error.is_connect() => self.client.request(self.message(request)).await,
            other => other,
        }
        .map_err(|error| failure(error.into()))?;
        let status = accept(reply.status(), statuses)?;
        Limited::new(reply.into_body(), MAX_REPLY_BYTES)
            .collect()
            .await
            .map(|body| (status, body.to_bytes()))
            .map_err(failure)
    }

    fn message(&self, request: &Request) -> hyper::Request<Full<Bytes>> {
        const HEADERS: [(HeaderName, &str); 2] = [
            (ACCEPT, "application/json"),
            (
                USER_AGENT,
                concat!("cattlegrid/", env!("CARGO_PKG_VERSION")),
            ),
        ];
        let mut message = hyper::Request::new(Full::new(request.body.clone()));
        *message.method_mut() = Method::POST;
        *message.uri_mut() = self.endpoint.uri().clone();
        let headers = message.headers_mut();
        headers.extend(HEADERS.map(|(name, value)| (name, HeaderValue::from_static(value))));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(request.content_type));
        headers.extend(request.key.clone());
        message
    }
}

/// Only some statuses come with an answer.
fn accept(status: StatusCode, statuses: &[u16]) -> Result<u16, Failure> {
    match status {
        // Why not 500 as well: that one the provider says itself, and a visitor's token may be what it fails on.
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
            Err(Failure::Unreachable(Unreachable::Gateway(status.as_u16())))
        }
        status if statuses.contains(&status.as_u16()) => Ok(status.as_u16()),
        _ => Err(Failure::Broken(Broken::Status(status.as_u16()))),
    }
}

/// What an error means, by what caused it.
fn failure(error: BoxError) -> Failure {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(&*error);
    while let Some(this) = cause {
        if this.is::<LengthLimitError>() {
            return Failure::Broken(Broken::TooLarge);
        }
        if this
            .downcast_ref::<hyper::Error>()
            .is_some_and(hyper::Error::is_parse)
        {
            return Failure::Broken(Broken::NotHttp);
        }
        cause = this.source();
    }
    Failure::Unreachable(Unreachable::Connection(error))
}

/// How connections to `endpoint` are encrypted, if they are.
///
/// The cryptography is this transport's own choice and leaves the process's default alone, which belongs to the program.
fn tls(endpoint: &Endpoint, roots: &Roots) -> Result<ClientConfig, ConfigError> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| ConfigError::Tls(error.into()))?;
    let config = match roots.of_file() {
        Some(roots) => config.with_root_certificates(roots),
        // Why: a machine without root certificates can still ask a server by plain HTTP.
        None if !endpoint.is_encrypted() => config.with_root_certificates(RootCertStore::empty()),
        None => config
            .try_with_platform_verifier()
            .map_err(|error| ConfigError::Tls(error.into()))?,
    };
    Ok(config.with_no_client_auth())
}

/// The way to `endpoint`: straight, or through the proxy that `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say.
///
/// What is not encrypted goes straight: it is for the private network, and a proxy would read the secret key.
fn route(endpoint: &Endpoint, connect_timeout: Duration) -> Result<Connector, ConfigError> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(connect_timeout));
    let proxy = Some(endpoint)
        .filter(|endpoint| endpoint.is_encrypted())
        .and_then(|endpoint| Matcher::from_env().intercept(endpoint.uri()));
    let Some(proxy) = proxy else {
        return Ok(Connector::new(tcp.map_err(BoxError::from)));
    };
    if proxy.uri().scheme_str() != Some("http") {
        return Err(ConfigError::Proxy);
    }
    let tunnel = Tunnel::new(proxy.uri().clone(), tcp);
    let tunnel = match proxy.basic_auth() {
        Some(credentials) => tunnel.with_auth(credentials.clone()),
        None => tunnel,
    };
    Ok(Connector::new(tunnel.map_err(BoxError::from)))
}
