//! How long somebody took over a form, and that it is sent once.
//!
//! The [stamp](crate::form) says, sealed, when a form was made. One that comes back sooner than anybody could have
//! filled it in is refused, as is one that is older than it may be; and each stamp is spent by one claim on the store,
//! so that one form that was shown is one post, whoever sends it, however often, to whichever node.
//!
//! | | status | code | spends the stamp |
//! |---|---|---|---|
//! | younger than the least age | 403 | `too-early` | no: the same can be sent again in a moment |
//! | older than the greatest | 403 | `expired-stamp` | no |
//! | more than a minute in the future | 403 | `unknown-stamp` | no |
//! | sent before | 403 | `spent-stamp` | it was |
//! | the store cannot decide | 503 | `store-unavailable` | perhaps |
//!
//! # Clocks
//!
//! Nodes need not have quite the same time. A stamp that was made up to [`CLOCK_SKEW`](cattlegrid::CLOCK_SKEW), one
//! minute, in the future counts as made now, and an id is remembered for that much longer than its stamp lives.
//!
//! # People
//!
//! The least age is two seconds by default, which a password manager and a quick hand can undercut: so what is too
//! early is not spent, and the same can be sent again. The greatest age is a day, more than the 20 hours from which on
//! WCAG 2.2 (success criterion 2.2.1) asks for no way to extend a time limit. Whoever meets one of these, or a form that
//! was sent before, should be shown the form again with what they typed; see [the stamp](crate::form#one-stamp-one-post).
//!
//! Whoever presses a button twice sends a form twice, and sees the answer to the second post: so a page should disable its
//! button once it is pressed.
//!
//! # What a store holds
//!
//! One id for each post that passed, for as long as its stamp lives. Nobody can fill a store with stamps that the site
//! did not make, but anybody can ask for forms and send them: put a [rate limit](crate::rate_limit) outside of this, and
//! take a shorter greatest age, or a larger store, where a site has more posts in a day than its store may hold.
//!
//! # Example
//!
//! ```
//! use std::convert::Infallible;
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! use bytes::Bytes;
//! use cattlegrid::{OsEntropy, Secret};
//! use cattlegrid_guard::fields::{FieldsLayer, Limits};
//! use cattlegrid_guard::form::{Forms, Stamp};
//! use cattlegrid_guard::form_timing::{Ages, FormTiming, FormTimingLayer};
//! use cattlegrid_store::memory::MemoryStore;
//! use cattlegrid_store::{ManualClock, Timestamp};
//! use http::{Request, Response, StatusCode};
//! use http_body_util::Full;
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let clock = Arc::new(ManualClock::new(Timestamp::from_millis(1_700_000_000_000)));
//! let store = Arc::new(MemoryStore::new(1_000_000, clock.clone()));
//! let secrets = Secret::generate(&OsEntropy)?.into();
//! let forms = Forms::new(&secrets, clock.clone(), Arc::new(OsEntropy), "shop.example")?;
//! let sign_up = forms.form("sign-up")?;
//!
//! let timing = FormTiming::new(sign_up.clone(), Ages::default(), store);
//! let service = ServiceBuilder::new()
//!     .layer(FieldsLayer::new(Limits::default()))
//!     .layer(FormTimingLayer::new(timing))
//!     .service(service_fn(async |_: Request<Full<Bytes>>| {
//!         Ok::<_, Infallible>(Response::new("welcome".to_owned()))
//!     }));
//!
//! let stamp = sign_up.stamp()?;
//! for (waited, status) in [(0, StatusCode::FORBIDDEN), (5, StatusCode::OK), (5, StatusCode::FORBIDDEN)] {
//!     clock.advance(Duration::from_secs(waited));
//!     let request = Request::post("/sign-up")
//!         .header("content-type", "application/x-www-form-urlencoded")
//!         .body(Full::<Bytes>::from(format!("{}={}", Stamp::FIELD, stamp.as_str())))?;
//!     assert_eq!(service.clone().oneshot(request).await?.status(), status);
//! }
//! # Ok(())
//! # }
//! ```

mod ages;
mod layer;

pub use ages::Ages;
pub use layer::{FormTiming, FormTimingLayer};
