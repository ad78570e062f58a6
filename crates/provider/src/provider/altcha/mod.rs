//! ALTCHA (<https://altcha.org/docs/v2/server-verification>), whose payloads are verified in one of three ways, as ALTCHA's
//! own libraries have it. A site uses the one that fits where its challenges come from; what one takes, the others refuse.

mod hash;
mod server;
mod signature;
mod solution;

use std::time::Duration;

use cattlegrid_store::Timestamp;
use data_encoding::BASE64;
use serde::de::DeserializeOwned;

pub use server::AltchaServer;
pub use signature::AltchaSignature;
pub use solution::AltchaSolution;

use crate::{Refused, ResponseToken};

pub(super) const SERVER: &str = "altcha_server";
pub(super) const SIGNATURE: &str = "altcha_signature";
pub(super) const SOLUTION: &str = "altcha";

/// Where ALTCHA's widget puts payloads.
const FIELD: &str = "altcha";

/// How far away a payload's expiry may be.
const LONGEST_LIFE: Duration = Duration::from_secs(60 * 60);

/// What a payload holds, which is JSON in base64.
fn decode<T: DeserializeOwned>(payload: &ResponseToken) -> Result<T, Refused> {
    BASE64
        .decode(payload.expose().as_bytes())
        .ok()
        .and_then(|json| serde_json::from_slice(&json).ok())
        .ok_or_else(Refused::invalid)
}

/// Refuses what has expired, and what lives so long that it would outlive the memory of having been spent.
fn check_expiry(seconds: u64, longest: Duration, now: Timestamp) -> Result<(), Refused> {
    let expiry = Timestamp::from_millis(seconds.saturating_mul(1000));
    if expiry < now {
        Err(Refused::because("expired-input-response"))
    } else if expiry > now.saturating_add(longest) {
        Err(Refused::because("expires-too-late"))
    } else {
        Ok(())
    }
}
