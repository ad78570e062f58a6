//! Verifiers against servers that play the providers.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

mod altcha;
mod chain;
mod configuration;
mod expectations;
mod once;
mod outages;
mod privacy;
mod properties;
mod replies;
mod requests;
mod stand_in;
mod watched;
