//! What a widget found, to a challenge that the site itself has signed.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::hash::Hash;
use super::{Judged, decode};
use crate::provider::Statement;
use crate::{Refused, ResponseToken, SecretKey};

/// The most iterations of a derivation, some tenths of a second. Who signs the challenges chooses how many there are.
const MAX_COST: u32 = 1_000_000;

/// The most bytes of a derived key.
const MAX_KEY_BYTES: usize = 64;

/// What becomes of a solution.
pub(super) fn judge(secret_key: &SecretKey, token: &ResponseToken) -> Result<Judged, Refused> {
    match decode(token)? {
        Payload::First(solved) => solved.check(secret_key),
        Payload::Second(solved) => solved.check(secret_key),
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Payload {
    Second(SecondVersion),
    First(FirstVersion),
}

/// A solution to the challenge that is known by `challenge`, however it is written.
fn solved(challenge: String, expiry: u64) -> Judged {
    Judged {
        expiry,
        said: Statement {
            spent_as: Some(challenge),
            ..Statement::default()
        },
    }
}

/// Find the number whose hash, after the salt, is the challenge.
#[derive(Deserialize)]
struct FirstVersion {
    algorithm: Hash,
    challenge: String,
    number: u64,
    salt: String,
    signature: String,
}

impl FirstVersion {
    fn check(self, secret_key: &SecretKey) -> Result<Judged, Refused> {
        let Self {
            algorithm, salt, ..
        } = &self;
        let found = algorithm.digest(format!("{salt}{}", self.number).as_bytes());
        let right = algorithm.is_signed(secret_key, self.challenge.as_bytes(), &self.signature)
            && HEXLOWER.encode(&found) == self.challenge;
        match self.expiry() {
            Some(expiry) if right => Ok(solved(self.challenge, expiry)),
            _ => Err(Refused::invalid()),
        }
    }

    /// The expiry among the salt's parameters: of several, the earliest.
    fn expiry(&self) -> Option<u64> {
        let (_, parameters) = self.salt.strip_suffix('&')?.split_once('?')?;
        form_urlencoded::parse(parameters.as_bytes())
            .filter(|(name, _)| matches!(&**name, "expires" | "expire"))
            .map(|(_, value)| value.parse().unwrap_or(0))
            .min()
    }
}

/// Find the counter from which a key is derived that begins as it should.
#[derive(Deserialize)]
struct SecondVersion {
    challenge: Challenge,
    solution: Solution,
}

#[derive(Deserialize)]
struct Challenge {
    parameters: Map<String, Value>,
    signature: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Solution {
    counter: u32,
    derived_key: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parameters {
    algorithm: Derivation,
    cost: u32,
    expires_at: u64,
    key_length: usize,
    key_prefix: String,
    nonce: String,
    salt: String,
    #[serde(default)]
    data: Option<Data>,
}

/// What a server of this project wants back with a solution.
#[derive(Deserialize)]
struct Data {
    #[serde(default)]
    challenge: Option<Value>,
}

impl SecondVersion {
    fn check(self, secret_key: &SecretKey) -> Result<Judged, Refused> {
        let Challenge {
            parameters,
            signature,
        } = self.challenge;
        let parameters = sorted(Value::Object(parameters));
        // Why first: what is signed has bounds that its site chose, and only that is worth deriving a key for.
        if !Hash::Sha256.is_signed(secret_key, parameters.to_string().as_bytes(), &signature) {
            return Err(Refused::invalid());
        }
        let parameters: Parameters =
            serde_json::from_value(parameters).map_err(|_| Refused::invalid())?;
        // Why: a server of this project is owed an answer as well, and has not heard it yet.
        if parameters
            .data
            .as_ref()
            .is_some_and(|data| data.challenge.is_some())
        {
            return Err(Refused::because("missing-code"));
        }
        if parameters.accepts(&self.solution) {
            Ok(solved(signature, parameters.expires_at))
        } else {
            Err(Refused::invalid())
        }
    }
}

impl Parameters {
    fn accepts(&self, solution: &Solution) -> bool {
        let prefix = self.key_prefix.to_ascii_lowercase();
        !prefix.is_empty()
            && solution.derived_key.starts_with(&prefix)
            && self
                .derive(solution.counter)
                .is_some_and(|key| HEXLOWER.encode(&key) == solution.derived_key)
    }

    fn derive(&self, counter: u32) -> Option<Vec<u8>> {
        let bounded =
            (1..=MAX_COST).contains(&self.cost) && (1..=MAX_KEY_BYTES).contains(&self.key_length);
        let mut password = HEXLOWER.decode(self.nonce.as_bytes()).ok()?;
        password.extend(counter.to_be_bytes());
        let salt = HEXLOWER.decode(self.salt.as_bytes()).ok()?;
        bounded.then(|| {
            self.algorithm
                .derive(&password, &salt, self.cost, self.key_length)
        })
    }
}

/// How a key is derived. `SCRYPT` and `ARGON2ID` are not, as they take as much memory here as in the browser.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
enum Derivation {
    Hashed(Hash),
    Stretched(Hash),
}

impl TryFrom<String> for Derivation {
    type Error = serde::de::value::Error;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        let hash = |name: &str| {
            let name = serde::de::value::StrDeserializer::<Self::Error>::new(name);
            Hash::deserialize(name)
        };
        match name.strip_prefix("PBKDF2/") {
            Some(name) => hash(name).map(Self::Stretched),
            None => hash(&name).map(Self::Hashed),
        }
    }
}

impl Derivation {
    fn derive(self, password: &[u8], salt: &[u8], cost: u32, length: usize) -> Vec<u8> {
        match self {
            Self::Hashed(hash) => {
                let mut key = hash.hashed(password, salt, cost);
                key.truncate(length);
                key
            }
            Self::Stretched(hash) => {
                let mut key = vec![0; length];
                hash.stretched(password, salt, cost, &mut key);
                key
            }
        }
    }
}

/// The same with the names in order, as ALTCHA signs it.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let object: BTreeMap<_, _> = object.into_iter().collect();
            object
                .into_iter()
                .map(|(name, value)| (name, sorted(value)))
                .collect()
        }
        Value::Array(list) => list.into_iter().map(sorted).collect(),
        other => other,
    }
}
