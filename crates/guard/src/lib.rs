//! The layers around a CAPTCHA, for any tower service: whose request it is, and how often they may come.
//!
//! - [`client_ip`] finds the client's address, from the socket or through proxies that are trusted;
//! - [`rate_limit`] lets each client through so many times, counted in a [`Store`](cattlegrid_store::Store) that nodes
//!   may share;
//! - [`email`] confirms an address by a link in a letter, which works once.
//!
//! Each is a [`tower::Layer`] of its own. They combine from the outside to the inside: what finds the client comes before what
//! counts clients.
//!
//! ```
//! use std::convert::Infallible;
//! use std::net::SocketAddr;
//! use std::sync::Arc;
//!
//! use cattlegrid_guard::AddressPrefix;
//! use cattlegrid_guard::client_ip::{ClientIp, ClientIpLayer, PeerAddr, Proxies};
//! use cattlegrid_guard::rate_limit::{Limiter, RateLimitLayer, Rates, Salt};
//! use cattlegrid_store::{AnyStore, SystemClock};
//! use http::{Request, Response, StatusCode};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let clock = Arc::new(SystemClock::new());
//! let store = AnyStore::open(&"memory:".parse()?, clock.clone())?;
//! let rates = Arc::new(Rates::new(store, clock));
//! let limiter = Limiter::new("address", "2/1m".parse()?, &Salt::new(&[7; 32]), rates)?;
//!
//! let prefix = AddressPrefix::default();
//! let service = ServiceBuilder::new()
//!     .layer(ClientIpLayer::new(Proxies::none()))
//!     .layer(RateLimitLayer::new(limiter, move |parts: &http::request::Parts| {
//!         parts.extensions.get().map(|&ClientIp(address)| prefix.block(address))
//!     }))
//!     .service(service_fn(async |_: Request<()>| {
//!         Ok::<_, Infallible>(Response::new("come in".to_owned()))
//!     }));
//!
//! let mut statuses = Vec::new();
//! for _ in 0..3 {
//!     let mut request = Request::new(());
//!     request.extensions_mut().insert(PeerAddr("192.0.2.1:4711".parse::<SocketAddr>()?));
//!     statuses.push(service.clone().oneshot(request).await?.status());
//! }
//! assert_eq!(statuses, [StatusCode::OK, StatusCode::OK, StatusCode::TOO_MANY_REQUESTS]);
//! # Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]

pub mod behaviour;
pub mod captcha;
pub mod client_ip;
pub mod email;
mod error;
pub mod fields;
pub mod form;
pub mod form_timing;
pub mod honeypot;
mod networks;
mod prefix;
pub mod rate_limit;

pub use error::Error;
pub use networks::Networks;
pub use prefix::{AddressBlock, AddressPrefix};
