//! How often somebody may come.
//!
//! A [`Limiter`] is a name, a quota and a salt over the [`Rates`] that all limiters of a process share;
//! [`Limiter::check`] takes one step for a subject, which may be whatever a site tells its visitors apart by: a block of
//! addresses, an account, nothing at all for a limit over everybody. [`RateLimitLayer`] does so for each request, and
//! answers those that are over the quota itself.
//!
//! # Several limits
//!
//! Layers that follow one another apply in that order, and what one refuses costs those inside of it nothing. Put the
//! limit that a single client meets outside of those that all share: else a single client could take what is meant for
//! all.
//!
//! # Headers
//!
//! Every response to a request that was counted says how it stands, in `RateLimit-Policy` and `RateLimit`
//! (<https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-10>), one member for each limit; those
//! of several layers add up, as both fields are lists (RFC 9651). `q` is the most at once, `w` in how many seconds that
//! grows back, `r` what is left, and `t` the seconds until all of it is there again; where nothing is left, until there
//! is something. A refusal has `Retry-After` with that same number.
//!
//! # What a store costs, and what happens without it
//!
//! A check is one step of the store, and none for a subject that is known to be over its quota: until the moment that
//! the store has named, its refusals come from this process's memory, so that a flood does not reach the store. As a
//! refusal takes nothing from a quota, that changes no decision.
//!
//! Where the store cannot decide, this process's own counters do: each process then grants the quota by itself. Of the
//! requests after that one a second asks the store again, and the first that it answers ends it.
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//!
//! use cattlegrid_guard::rate_limit::{Limiter, Rates, Salt};
//! use cattlegrid_store::{AnyStore, SystemClock};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let clock = Arc::new(SystemClock::new());
//! let store = AnyStore::open(&"memory:".parse()?, clock.clone())?;
//! let rates = Arc::new(Rates::new(store, clock));
//!
//! let sign_ups = Limiter::new("sign-ups", "1/1h".parse()?, &Salt::new(&[7; 32]), rates)?;
//! assert!(!sign_ups.check("ada@example.org").await.is_refusal());
//! assert!(sign_ups.check("ada@example.org").await.is_refusal());
//! assert!(!sign_ups.check("bob@example.org").await.is_refusal());
//! # Ok(())
//! # }
//! ```

mod decision;
mod layer;
mod limiter;
mod outage;
mod rates;
mod refusals;
mod service;

pub use decision::{Decision, Policy, RATELIMIT, RATELIMIT_POLICY};
pub use layer::RateLimitLayer;
pub use limiter::{Limiter, Salt};
pub use rates::Rates;
pub use service::RateLimit;
