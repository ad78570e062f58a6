//! The store on Redis, with real servers.

#![allow(
    clippy::unwrap_used,
    reason = "clippy knows only test functions as tests, not what they call"
)]

mod conformance;
mod failovers;
mod fixture;
mod logins;
mod outages;
mod traffic;
mod waits;
mod warnings;
