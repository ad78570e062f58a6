//! Whose request it is: the client's address, from the socket or through proxies that are trusted.
//!
//! The layer puts a [`ClientIp`] into every request's extensions. It knows the address of the socket's other end from
//! the extension [`PeerAddr`], which whoever accepts connections puts there; axum's `ConnectInfo` will do as well, see
//! [`ClientIpLayer::with_peer`]. A request without either gets no [`ClientIp`].
//!
//! # Behind proxies
//!
//! Anybody can write anything into a header. So a header counts only as far as it was written by proxies that are
//! trusted: [`Proxies`] names their networks, and which one header they write, [`ForwardingHeader`]; the other is never
//! looked at. From the right, where each proxy adds the address that it heard from, the first address that is not of a
//! trusted proxy is the client's.
//!
//! | what stands there | the client is |
//! |---|---|
//! | the peer is no trusted proxy | the peer, whatever the headers say |
//! | a trusted proxy sent no header, or an empty one | that proxy |
//! | an address that is not of a trusted proxy | that address; nothing to the left of it is looked at |
//! | only addresses of trusted proxies | the left-most of them |
//! | `unknown`, an obfuscated identifier, an element without `for` | the proxy that wrote it |
//! | something malformed | the proxy that wrote it |
//! | an address with a port, IPv6 in brackets | that address |
//! | an IPv4 address mapped into IPv6 | the IPv4 address |
//! | the header on several lines | as if they were one, in their order |
//! | more than 32 proxies in a row | the 32nd |
//!
//! So the client is always an address that a trusted proxy has seen, or that proxy itself: never one that somebody else
//! made up. `Forwarded` is read from the right as well, element by element, so that nothing a stranger sends, an
//! unclosed quotation mark say, changes how the elements of trusted proxies are read.
//!
//! # Example
//!
//! ```
//! use std::convert::Infallible;
//! use std::net::SocketAddr;
//!
//! use cattlegrid_guard::Networks;
//! use cattlegrid_guard::client_ip::{ClientIp, ClientIpLayer, ForwardingHeader, PeerAddr, Proxies};
//! use http::{Request, Response};
//! use tower::{Layer, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let proxies = Proxies::new(Networks::parse(["10.0.0.0/8"])?, ForwardingHeader::XForwardedFor);
//! let service = ClientIpLayer::new(proxies).layer(service_fn(async |request: Request<()>| {
//!     let client = request.extensions().get::<ClientIp>().map(|ClientIp(ip)| ip.to_string());
//!     Ok::<_, Infallible>(Response::new(client.unwrap_or_default()))
//! }));
//!
//! let mut request = Request::new(());
//! request.extensions_mut().insert(PeerAddr("10.0.0.1:4711".parse::<SocketAddr>()?));
//! // A stranger claims to be 203.0.113.9; the proxy adds where that came from.
//! request.headers_mut().insert("x-forwarded-for", "203.0.113.9, 198.51.100.7".parse()?);
//! let response = service.oneshot(request).await?;
//! assert_eq!(response.body(), "198.51.100.7");
//! # Ok(())
//! # }
//! ```

mod forwarded;
mod layer;
mod proxies;
mod service;
mod x_forwarded_for;

pub use layer::ClientIpLayer;
pub use proxies::{ForwardingHeader, Proxies};
pub use service::SetClientIp;

use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// The client's address, in a request's extensions. Never an IPv4 address that is mapped into IPv6.
///
/// It is personal data, and so not shown by `Debug`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientIp(pub IpAddr);

impl fmt::Debug for ClientIp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientIp(…)")
    }
}

/// The address of the socket's other end, in a request's extensions: the client's, or the last proxy's.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PeerAddr(pub SocketAddr);

impl fmt::Debug for PeerAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PeerAddr(…)")
    }
}
