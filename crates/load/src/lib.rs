//! Several nodes under load, and an account of what came of it: for tests, and for the project's chores.
//!
//! A [`Fleet`] is some nodes that share a secret and a store, behind a balancer. A [`Person`] goes the whole way through
//! it, from a challenge to a verification, and tries everything several times at once; [`replay`] sends the same tokens
//! again and again. An [`Account`] counts all that was said, and knows what was accepted how often.

mod account;
mod backend;
mod connection;
mod crowd;
mod error;
mod failover;
mod fleet;
mod keyring;
mod person;
mod replay;
mod samples;
mod soak;
mod told;

pub use account::{Account, Step};
pub use backend::{Backend, Kind};
pub use connection::Connection;
pub use crowd::Crowd;
pub use error::Error;
pub use failover::Failover;
pub use fleet::{Fleet, SECRET_KEY, SITE_KEY};
pub use keyring::Keyring;
pub use person::{Passed, Person};
pub use replay::replay;
pub use samples::{Growth, Samples};
pub use soak::Soak;
pub use told::Told;
