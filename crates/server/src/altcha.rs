//! What ALTCHA's widget and libraries read and write: challenges, what they make of them, and the signatures on both
//! (<https://altcha.org/docs/v2/proof-of-work-captcha>, <https://altcha.org/docs/v2/server-verification>).
//!
//! A site's secret key is what ALTCHA's libraries call the HMAC secret, so they can check what is signed here.

use cattlegrid::challenge::work::{Algorithm, DerivationPuzzle, Solution};
use cattlegrid::store::Timestamp;
use cattlegrid::{ChallengeKey, SecretKey, Site, Solved, WorkKey, WorkSet};
use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

/// The longest payload that is looked at. The longest that is made here has some 2200 characters.
const MAX_PAYLOAD_CHARS: usize = 4096;

/// The one hash that signatures are made with here.
const SIGNED_WITH: &str = "SHA-256";

/// What the widget has to find a key for. The fields stand in the order of their names, as in what is signed.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = AltchaParameters)]
pub(crate) struct Parameters {
    #[schema(value_type = String, example = "PBKDF2/SHA-256")]
    algorithm: Algorithm,
    /// The iterations of one derivation.
    cost: u32,
    data: Data,
    /// Until when it may be verified, in seconds of Unix time.
    expires_at: u64,
    /// The bytes of a key.
    key_length: usize,
    /// How the key begins.
    key_prefix: String,
    /// What the password begins with, before the counter's four bytes.
    nonce: String,
    salt: String,
}

/// What this server wants back with the key.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AltchaData)]
pub(crate) struct Data {
    /// The key of the challenge that has to be answered, if one has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) challenge: Option<String>,
    /// The site key.
    pub(crate) sitekey: String,
    /// The key of the work.
    pub(crate) work: String,
}

/// Parameters, and the signature of the site that set them.
#[derive(Serialize, Deserialize, ToSchema)]
pub(crate) struct Signed {
    parameters: Parameters,
    /// HMAC-SHA-256 of the parameters' JSON without white space, in hexadecimal.
    signature: String,
}

impl Signed {
    /// The parameters of this work of `site`, and of the challenge that is to be answered after it.
    pub(crate) fn new(
        site: &Site,
        set: &WorkSet,
        puzzle: &DerivationPuzzle,
        challenge: Option<&ChallengeKey>,
    ) -> Option<Self> {
        let parameters = Parameters {
            algorithm: puzzle.algorithm(),
            cost: puzzle.cost(),
            data: Data {
                challenge: challenge.map(ChallengeKey::to_string),
                sitekey: site.key().to_string(),
                work: set.key.to_string(),
            },
            expires_at: seconds(set.expires_at),
            key_length: puzzle.algorithm().key_bytes(),
            key_prefix: puzzle.target(),
            nonce: HEXLOWER.encode(puzzle.nonce()),
            salt: HEXLOWER.encode(puzzle.salt()),
        };
        let signature = parameters.mac(site.secret())?.finalize().into_bytes();
        Some(Self {
            parameters,
            signature: HEXLOWER.encode(&signature),
        })
    }

    /// What this server wanted back, which nobody has vouched for yet.
    pub(crate) const fn data(&self) -> &Data {
        &self.parameters.data
    }

    /// Whether the owner of `secret` has signed this.
    pub(crate) fn is_by(&self, secret: &SecretKey) -> bool {
        is_signed(self.parameters.mac(secret), &self.signature)
    }
}

impl Parameters {
    fn mac(&self, secret: &SecretKey) -> Option<Hmac<Sha256>> {
        mac(secret, &serde_json::to_vec(self).ok()?)
    }
}

/// What a widget found.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    counter: u32,
    derived_key: String,
}

/// What a form is sent with.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Payload {
    /// By a widget that worked.
    Work(Box<WorkDone>),
    /// By a widget whose work, and answer if one was wanted, this server has judged.
    Judged(Box<ServerSignature>),
}

impl Payload {
    /// What the text holds, if it is a payload.
    pub(crate) fn decode(text: &str) -> Option<Self> {
        if text.len() > MAX_PAYLOAD_CHARS {
            return None;
        }
        serde_json::from_slice(&BASE64.decode(text.as_bytes()).ok()?).ok()
    }
}

/// Work that somebody claims to have done.
#[derive(Deserialize)]
pub(crate) struct WorkDone {
    pub(crate) challenge: Signed,
    solution: Found,
}

impl WorkDone {
    /// What the gate can judge.
    pub(crate) fn to_judge(&self) -> Option<(WorkKey, Solution)> {
        let key = self.challenge.data().work.parse().ok()?;
        let solution = Solution::Key {
            counter: self.solution.counter,
            key: HEXLOWER.decode(self.solution.derived_key.as_bytes()).ok()?,
        };
        Some((key, solution))
    }
}

/// This server's word that work was done, and a challenge answered if one had to be.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServerSignature {
    algorithm: String,
    signature: String,
    verification_data: String,
    verified: bool,
}

/// What the signature is on, as the fields of a form.
#[derive(Serialize, Deserialize)]
struct VerificationData {
    /// Until when the token may be verified, in seconds of Unix time.
    expire: u64,
    /// What back ends that verify by themselves can remember it by.
    id: String,
    /// When it was earned, in seconds of Unix time.
    time: u64,
    /// The response token.
    token: String,
    verified: bool,
}

impl ServerSignature {
    /// The word of `site` on what was earned at `now`.
    pub(crate) fn new(site: &Site, solved: &Solved, now: Timestamp) -> Option<Self> {
        let token = solved.token.to_string();
        let verification_data = serde_urlencoded::to_string(VerificationData {
            expire: seconds(solved.expires_at),
            id: HEXLOWER.encode(&Sha256::digest(&token)[..16]),
            time: seconds(now),
            token,
            verified: true,
        })
        .ok()?;
        let signature = Self::mac(site.secret(), &verification_data)?.finalize();
        Some(Self {
            algorithm: SIGNED_WITH.to_owned(),
            signature: HEXLOWER.encode(&signature.into_bytes()),
            verification_data,
            verified: true,
        })
    }

    /// What the widget sends its form with.
    pub(crate) fn encode(&self) -> Option<String> {
        Some(BASE64.encode(&serde_json::to_vec(self).ok()?))
    }

    /// The response token, if the owner of `secret` has signed it.
    pub(crate) fn token_by(&self, secret: &SecretKey) -> Option<String> {
        let signed = self.algorithm == SIGNED_WITH
            && is_signed(Self::mac(secret, &self.verification_data), &self.signature);
        if !signed {
            return None;
        }
        let data: VerificationData = serde_urlencoded::from_str(&self.verification_data).ok()?;
        (self.verified && data.verified).then_some(data.token)
    }

    /// Why of a hash: so ALTCHA's libraries have it.
    fn mac(secret: &SecretKey, verification_data: &str) -> Option<Hmac<Sha256>> {
        mac(secret, &Sha256::digest(verification_data))
    }
}

fn mac(secret: &SecretKey, message: &[u8]) -> Option<Hmac<Sha256>> {
    let mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).ok()?;
    Some(mac.chain_update(message))
}

/// Whether `signature` is the hexadecimal `mac`, in time that does not depend on where they differ.
fn is_signed(mac: Option<Hmac<Sha256>>, signature: &str) -> bool {
    let signature = HEXLOWER.decode(signature.as_bytes()).ok();
    mac.zip(signature)
        .is_some_and(|(mac, signature)| mac.verify_slice(&signature).is_ok())
}

const fn seconds(moment: Timestamp) -> u64 {
    moment.as_millis() / 1000
}
