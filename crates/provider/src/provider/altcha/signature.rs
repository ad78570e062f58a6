//! The signed word of a server that judged a visitor's work.

use std::sync::Arc;
use std::time::Duration;

use cattlegrid_store::Timestamp;
use serde::Deserialize;

use super::hash::Hash;
use super::{FIELD, LONGEST_LIFE, SIGNATURE, check_expiry, decode};
use crate::provider::{Judge, Local, Provider, Says, Statement};
use crate::{Refused, ResponseToken, SecretKey};

/// What ALTCHA Sentinel, or a server of this project, has signed: ALTCHA's `verifyServerSignature`. Nobody is asked.
///
/// The secret key is that of Sentinel's API key, or that of the site. Sentinel's classification and score, which are of risk,
/// are not read.
#[derive(Clone, Debug)]
pub struct AltchaSignature {
    longest_life: Duration,
}

impl AltchaSignature {
    /// Takes payloads that expire within an hour.
    pub fn new() -> Self {
        Self {
            longest_life: LONGEST_LIFE,
        }
    }

    /// Takes payloads that expire within `life`, for as long as which they are remembered.
    #[must_use]
    pub fn with_longest_life(mut self, life: Duration) -> Self {
        self.longest_life = life;
        self
    }
}

impl Default for AltchaSignature {
    fn default() -> Self {
        Self::new()
    }
}

impl Provider for AltchaSignature {
    fn name(&self) -> &'static str {
        SIGNATURE
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Signed {
    algorithm: Hash,
    signature: String,
    verification_data: String,
    verified: bool,
}

impl Local for AltchaSignature {
    fn judge(
        &self,
        secret_key: &SecretKey,
        token: &ResponseToken,
        now: Timestamp,
    ) -> Result<Statement, Refused> {
        let signed: Signed = decode(token)?;
        let digest = signed.algorithm.digest(signed.verification_data.as_bytes());
        // Why of a digest: so ALTCHA has it.
        if !signed
            .algorithm
            .is_signed(secret_key, &digest, &signed.signature)
        {
            return Err(Refused::invalid());
        }
        let data = Data::read(&signed.verification_data);
        let expiry = data.expire.ok_or_else(Refused::invalid)?;
        check_expiry(expiry, self.longest_life, now)?;
        if !(signed.verified && data.verified) {
            return Err(Refused::because("not-verified"));
        }
        Ok(Statement {
            challenge_ts: data
                .time
                .map(|time| Timestamp::from_millis(time.saturating_mul(1000)).to_rfc3339()),
            spent_as: Some(signed.verification_data),
            ..Statement::default()
        })
    }
}

/// What the signature is on, as the fields of a form.
#[derive(Default)]
struct Data {
    expire: Option<u64>,
    time: Option<u64>,
    verified: bool,
}

impl Data {
    fn read(text: &str) -> Self {
        let mut data = Self::default();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            match &*name {
                "expire" => data.expire = value.parse().ok(),
                "time" => data.time = value.parse().ok(),
                "verified" => data.verified = value == "true",
                _ => {}
            }
        }
        data
    }
}
