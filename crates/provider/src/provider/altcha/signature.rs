//! The signed word of a server that judged a visitor's work.

use cattlegrid_store::Timestamp;
use serde::Deserialize;

use super::hash::Hash;
use super::{Judged, decode};
use crate::provider::Statement;
use crate::{Refused, ResponseToken, SecretKey};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Signed {
    algorithm: Hash,
    signature: String,
    verification_data: String,
    verified: bool,
}

/// What becomes of a server's word.
pub(super) fn judge(secret_key: &SecretKey, token: &ResponseToken) -> Result<Judged, Refused> {
    let signed: Signed = decode(token)?;
    let hash = signed.algorithm;
    // Why of a digest: so ALTCHA has it.
    let digest = hash.digest(signed.verification_data.as_bytes());
    if !hash.is_signed(secret_key, &digest, &signed.signature) {
        return Err(Refused::invalid());
    }
    let data = Data::read(&signed.verification_data);
    if !(signed.verified && data.verified) {
        return Err(Refused::because("not-verified"));
    }
    let moment = |seconds: u64| Timestamp::from_millis(seconds.saturating_mul(1000));
    Ok(Judged {
        expiry: data.expire.ok_or_else(Refused::invalid)?,
        said: Statement {
            challenge_ts: data.time.map(|time| moment(time).to_rfc3339()),
            spent_as: Some(signed.verification_data),
            ..Statement::default()
        },
    })
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
