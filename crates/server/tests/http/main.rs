//! The real program, over a real socket.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "in a test, what is missing is a failure"
)]

mod altcha;
mod api;
mod bad_input;
mod behaviour;
mod cap;
mod client_address;
mod commands;
mod config;
mod deploy;
mod dialects;
mod drain;
mod durability;
mod forward_auth;
mod gateway;
mod harness;
mod overload;
mod privacy;
mod proxied;
mod races;
mod rate_limits;
mod reload;
mod rest_captcha;
mod simple_captcha;
mod siteverify;
mod start;
mod test_keys;
mod traces;
