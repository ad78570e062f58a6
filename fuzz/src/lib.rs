//! What a stranger can send, and what must hold whatever it is.
//!
//! Each module is a target: its `check` takes any bytes and panics if something does not hold that should.
//! libFuzzer calls it for as long as one likes, and the server's tests call it over the corpus.
//!
//! No code of this project is `unsafe`, and the workspace's lints keep it so. What is looked for is a panic, a wrong
//! decision, or work without end.

#![allow(
    clippy::unwrap_used,
    reason = "a check stops where something does not hold"
)]
#![allow(unreachable_pub, reason = "in the server's tests this is a module")]

pub mod answer;
pub mod dialect_body;
pub mod form_fields;
pub mod forwarded;
mod gate;
pub mod memcached;
pub mod open_key;
pub mod open_token;
pub mod provider_reply;
pub mod request_body;
mod server;
