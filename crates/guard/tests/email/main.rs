//! Whether somebody reads the mail of the address that they gave.

#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "in a test, what is missing is a failure"
)]

mod letters;
mod links;
mod sink;

use std::sync::Arc;

use cattlegrid::{OsEntropy, Secret, Secrets};
use cattlegrid_guard::email::{EmailAddress, Links};
use cattlegrid_store::memory::MemoryStore;
use cattlegrid_store::{Clock, ManualClock, Timestamp};

const PURPOSE: &str = "shop.example sign-up";

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Timestamp::from_millis(1_700_000_000_000)))
}

fn secrets() -> Secrets {
    Secret::generate(&OsEntropy).unwrap().into()
}

fn links(secrets: &Secrets, purpose: &str, clock: Arc<dyn Clock>) -> Links<MemoryStore> {
    let store = MemoryStore::new(1000, Arc::clone(&clock));
    Links::new(secrets, purpose, store, clock, Arc::new(OsEntropy))
}

fn ada() -> EmailAddress {
    "ada@example.org".parse().unwrap()
}
