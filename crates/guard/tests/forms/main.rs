//! Stamps of forms, what is read from them when they come back, and what is refused.

#![allow(
    clippy::unwrap_used,
    reason = "in a test, what is missing is a failure"
)]

mod honeypot;
mod site;
mod stamps;
mod timing;
