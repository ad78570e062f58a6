//! The layers around a CAPTCHA, for any tower service.
//!
//! - [`client_ip`] finds the client's address, from the socket or through proxies that are trusted;
//! - [`rate_limit`] lets each client through so many times, counted in a [`Store`](cattlegrid_store::Store) that nodes
//!   may share;
//! - [`fields`] reads the fields of a form, for those that look at them;
//! - [`form`] stamps the forms of a site, so that
//! - [`honeypot`] notices who fills in what people never see, and
//! - [`form_timing`] who is faster than people, and who sends the same again;
//! - [`captcha`] runs nothing without a response token that was verified;
//! - [`email`] confirms an address by a link in a letter, which works once;
//! - [`behaviour`] makes a score of how an answer came. It is for whoever judges answers.
//!
//! Each of the others is a [`tower::Layer`] of its own. They combine from the outside to the inside: what finds the client
//! comes before what counts clients, and what reads a form's fields before what looks at them.
//!
//! # Refusals
//!
//! What a layer refuses it answers with problem details (RFC 9457) that have a stable `code`, or as the site says, in a
//! closure given to the layer's `with_refusal`: of the refusal and the request's head, so that people can be shown their form
//! again, with what they typed and a [fresh stamp](form::OpenedStamp::again). Where a store cannot decide, forms are refused.
//! A check of one's own is a [`Check`], and its layer a [`CheckLayer`].
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
mod check;
pub mod client_ip;
pub mod email;
mod error;
pub mod fields;
pub mod form;
pub mod form_timing;
mod future;
pub mod honeypot;
mod networks;
mod prefix;
mod problem;
pub mod rate_limit;
mod refusal;

pub use check::{Check, CheckLayer, Checked};
pub use error::Error;
pub use future::ResponseFuture;
pub use networks::Networks;
pub use prefix::{AddressBlock, AddressPrefix};
pub use problem::{Problem, ProblemDetails, Refuse};
pub use refusal::Refusal;
