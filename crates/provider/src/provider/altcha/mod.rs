//! ALTCHA (<https://altcha.org/docs/v2/server-verification>), whose payloads are verified in one of three ways, as ALTCHA's
//! own libraries have it. A site uses the one that fits where its challenges come from; what one takes, the others refuse.

mod hash;
mod server;
mod signature;
mod solution;

use std::sync::Arc;
use std::time::Duration;

use cattlegrid_store::Timestamp;
use data_encoding::BASE64;
use serde::de::DeserializeOwned;

pub use server::AltchaServer;

use super::{Judge, Local, Provider, Says, Statement};
use crate::{Refused, ResponseToken, SecretKey};

pub(super) const SERVER: &str = "altcha_server";
pub(super) const SIGNATURE: &str = "altcha_signature";
pub(super) const SOLUTION: &str = "altcha";

/// Where ALTCHA's widget puts payloads.
const FIELD: &str = "altcha";

/// How far away a payload's expiry may be.
const LONGEST_LIFE: Duration = Duration::from_secs(60 * 60);

/// Payloads of ALTCHA's that are judged here, by whoever has the key that they are signed with. Nobody is asked.
#[derive(Clone, Debug)]
pub struct Altcha {
    payloads: Payloads,
    longest_life: Duration,
}

#[derive(Clone, Copy, Debug)]
enum Payloads {
    Solutions,
    Signatures,
}

impl Altcha {
    /// What widgets find to challenges that the site itself has signed, of ALTCHA's first version or its second: ALTCHA's
    /// `verifySolution`.
    ///
    /// The secret key is the HMAC key of the challenges. They have to expire, within an hour, and to be signed with SHA-256,
    /// SHA-384 or SHA-512 (the second version with the first of these); keys are derived with those or with PBKDF2, and
    /// counters are numbers of 32 bits. Salts of the first version end in `&`, as ALTCHA's libraries write them: of others,
    /// digits can be moved from the number to the expiry.
    pub fn solutions() -> Self {
        Self::of(Payloads::Solutions)
    }

    /// What ALTCHA Sentinel, or a server of this project, has signed: ALTCHA's `verifyServerSignature`.
    ///
    /// The secret key is that of Sentinel's API key, or that of the site. Payloads have to expire, within an hour. Sentinel's
    /// classification and score, which are of risk, are not read.
    pub fn signatures() -> Self {
        Self::of(Payloads::Signatures)
    }

    fn of(payloads: Payloads) -> Self {
        Self {
            payloads,
            longest_life: LONGEST_LIFE,
        }
    }

    /// Takes what expires within `life` instead, for as long as which it is remembered.
    #[must_use]
    pub fn with_longest_life(mut self, life: Duration) -> Self {
        self.longest_life = life;
        self
    }
}

impl Provider for Altcha {
    fn name(&self) -> &'static str {
        match self.payloads {
            Payloads::Solutions => SOLUTION,
            Payloads::Signatures => SIGNATURE,
        }
    }

    fn field(&self) -> &'static str {
        FIELD
    }

    fn judge(&self) -> Judge {
        Judge::Local(Arc::new(self.clone()))
    }

    fn token_lifetime(&self) -> Duration {
        self.longest_life
    }

    fn says(&self) -> Says {
        Says {
            hostname: false,
            ..Says::default()
        }
    }
}

impl Local for Altcha {
    fn judge(
        &self,
        secret_key: &SecretKey,
        token: &ResponseToken,
        now: Timestamp,
    ) -> Result<Statement, Refused> {
        let judged = match self.payloads {
            Payloads::Solutions => solution::judge(secret_key, token)?,
            Payloads::Signatures => signature::judge(secret_key, token)?,
        };
        check_expiry(judged.expiry, self.longest_life, now)?;
        Ok(judged.said)
    }
}

/// A payload that its signer vouches for.
struct Judged {
    /// Until when, in seconds of Unix time.
    expiry: u64,
    said: Statement,
}

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
