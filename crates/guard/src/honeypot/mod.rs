//! Fields that people never meet, and programs fill in.
//!
//! Each form that is shown has two of them, beside its [stamp](crate::form): a [`Bait`], whose names and markup follow
//! from a seed that is sealed in the stamp, so that no list of names serves a program for long. A form that comes back
//! with one of them filled in, or without one of them, was not sent by a browser that somebody used, and is refused
//! with status 403 and the code `honeypot`; or [answered with what looks like success](HoneypotLayer::with_pretence).
//!
//! # Who does not meet them
//!
//! - whoever looks: they stand in an element of a name of its own, which no style sheet knows, and have the attribute
//!   `hidden`, as has that element;
//! - whoever uses a keyboard: the element is `inert`, and the fields have `tabindex="-1"`;
//! - whoever listens: the element is `aria-hidden="true"`, and what is hidden or inert is not in the accessibility tree;
//! - autofill and password managers, which pass over what cannot be focused: the fields have `autocomplete="off"` as
//!   well, and names that the heuristics of Chromium and Firefox take for nothing that they would fill in.
//!
//! A program that draws the page and looks at what is visible does not meet them either: a honeypot is for those that
//! do not, which are most of those that send spam.
//!
//! # Example
//!
//! ```
//! use std::convert::Infallible;
//! use std::sync::Arc;
//!
//! use bytes::Bytes;
//! use cattlegrid::{OsEntropy, Secret};
//! use cattlegrid_guard::fields::{FieldsLayer, Limits};
//! use cattlegrid_guard::form::{Forms, Stamp};
//! use cattlegrid_guard::honeypot::{Honeypot, HoneypotLayer};
//! use cattlegrid_store::SystemClock;
//! use http::{Request, Response, StatusCode};
//! use http_body_util::Full;
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let secrets = Secret::generate(&OsEntropy)?.into();
//! let forms = Forms::new(&secrets, Arc::new(SystemClock::new()), Arc::new(OsEntropy), "shop.example")?;
//! let sign_up = forms.form("sign-up")?;
//! let service = ServiceBuilder::new()
//!     .layer(FieldsLayer::new(Limits::default()))
//!     .layer(HoneypotLayer::new(Honeypot::new(sign_up.clone())))
//!     .service(service_fn(async |_: Request<Full<Bytes>>| {
//!         Ok::<_, Infallible>(Response::new("welcome".to_owned()))
//!     }));
//!
//! // What a browser sends of the form, and what a program does.
//! for (typed, status) in [("", StatusCode::OK), ("https://spam.example", StatusCode::FORBIDDEN)] {
//!     let stamp = sign_up.stamp()?;
//!     let bait = stamp.bait();
//!     let [first, second] = bait.names();
//!     let body = format!("{}={}&{first}=&{second}={typed}", Stamp::FIELD, stamp.as_str());
//!     let request = Request::post("/sign-up")
//!         .header("content-type", "application/x-www-form-urlencoded")
//!         .body(Full::<Bytes>::from(body))?;
//!     assert_eq!(service.clone().oneshot(request).await?.status(), status);
//! }
//! # Ok(())
//! # }
//! ```

mod bait;
mod layer;

pub use bait::Bait;
pub(crate) use bait::Seed;
pub use layer::{Honeypot, HoneypotLayer, Pretence};
