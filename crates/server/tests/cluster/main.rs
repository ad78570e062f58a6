//! Several nodes of the real program on one shared store, behind a real balancer.

#![allow(
    clippy::unwrap_used,
    reason = "in a test, what is missing is a failure"
)]

mod failures;
mod forgetting;
mod passing;
mod replays;
mod rolling;

use std::path::Path;

/// The program.
fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_cattlegrid"))
}
