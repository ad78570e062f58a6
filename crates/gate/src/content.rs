//! What a challenge key and a response token hold, as bytes.
//!
//! Numbers are big-endian; times are milliseconds in 48 bits; texts are preceded by their length in a byte.

use crate::challenge::image::Seed;
use crate::challenge::work::WorkSeed;
use crate::challenge::{Answer, Case, Challenge, Kind, Prompt};
use crate::seal;
use crate::site::SiteId;
use crate::store::Timestamp;
use crate::{Action, CustomerData, Hostname, Score};

/// Length of a challenge key: what fits into 200 characters of base64url.
pub(crate) const KEY_CHARS: usize = 200;
/// The most characters that a token can have: a hostname of 253, an action of 32 and customer data of 255, sealed.
pub(crate) const MAX_TOKEN_CHARS: usize = 1024;
/// The most characters that a work key can have: one with an action of 32 has 161.
pub(crate) const MAX_WORK_CHARS: usize = 200;

/// Why: every key is filled up to this length, so that its own length tells nothing about prompt or answer.
const CHALLENGE_LEN: usize = KEY_CHARS / 4 * 3 - seal::OVERHEAD;

/// The bytes for kind, expiry, site, seed, and the lengths of three texts.
const FIXED_LEN: usize = 1 + 6 + size_of::<SiteId>() + 16 + 3;

/// How many bytes prompt and answer may take together, whatever the action is.
pub(crate) const ROOM: usize = CHALLENGE_LEN - FIXED_LEN - Action::MAX_CHARS;

const EXACT_CASE: u8 = 0x80;
const SECOND: u8 = 0x40;

/// What a challenge key holds.
#[derive(Debug)]
pub(crate) struct SealedChallenge {
    pub(crate) site: SiteId,
    pub(crate) expires: Timestamp,
    pub(crate) seed: Seed,
    pub(crate) action: Option<Action>,
    pub(crate) is_second: bool,
    pub(crate) challenge: Challenge,
}

impl SealedChallenge {
    /// `None` when prompt, answer and action are too long together.
    pub(crate) fn encode(&self) -> Option<Vec<u8>> {
        let (prompt, answer) = (self.challenge.prompt(), self.challenge.answer());
        let case = match answer.case() {
            Case::Fold => 0,
            Case::Exact => EXACT_CASE,
        };
        let second = if self.is_second { SECOND } else { 0 };
        let mut out = Vec::with_capacity(CHALLENGE_LEN + seal::OVERHEAD);
        out.push(kind_code(self.challenge.kind()) | case | second);
        put_time(&mut out, self.expires);
        out.extend_from_slice(&self.site);
        out.extend_from_slice(self.seed.as_bytes());
        put_text(&mut out, self.action.as_ref().map_or("", Action::as_str))?;
        put_text(&mut out, prompt.as_str())?;
        // Why: for most kinds prompt and answer are the same, and a key has room for one of them only.
        let answer = answer.as_str();
        put_text(
            &mut out,
            if answer == prompt.as_str() {
                ""
            } else {
                answer
            },
        )?;
        if out.len() > CHALLENGE_LEN {
            return None;
        }
        out.resize(CHALLENGE_LEN, 0);
        Some(out)
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader(bytes);
        let head = reader.byte()?;
        let kind = kind_of(head & !(EXACT_CASE | SECOND)).ok_or(Malformed)?;
        let case = if head & EXACT_CASE == 0 {
            Case::Fold
        } else {
            Case::Exact
        };
        let expires = reader.time()?;
        let site = reader.array()?;
        let seed = Seed::from_bytes(reader.array()?);
        let action = reader.optional_text()?;
        let prompt = reader.text()?;
        let answer = match reader.text()? {
            "" => prompt,
            other => other,
        };
        let challenge = Challenge::from_parts(
            kind,
            Prompt::new(prompt).map_err(|_| Malformed)?,
            Answer::new(answer, case).map_err(|_| Malformed)?,
        );
        Ok(Self {
            site,
            expires,
            seed,
            action,
            is_second: head & SECOND != 0,
            challenge,
        })
    }
}

/// What a response token holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SealedToken {
    pub(crate) site: SiteId,
    pub(crate) expires: Timestamp,
    pub(crate) solved: Timestamp,
    pub(crate) hostname: Option<Hostname>,
    pub(crate) action: Option<Action>,
    pub(crate) data: Option<CustomerData>,
    pub(crate) score: Option<Score>,
}

impl SealedToken {
    pub(crate) fn encode(&self) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        put_time(&mut out, self.expires);
        put_time(&mut out, self.solved);
        out.extend_from_slice(&self.site);
        put_text(
            &mut out,
            self.hostname.as_ref().map_or("", Hostname::as_str),
        )?;
        put_text(&mut out, self.action.as_ref().map_or("", Action::as_str))?;
        // Why last, and only if there is any: what has none of them stays as short as it was.
        if self.data.is_some() || self.score.is_some() {
            put_text(
                &mut out,
                self.data.as_ref().map_or("", CustomerData::as_str),
            )?;
        }
        out.extend(self.score.map(Score::to_byte));
        Some(out)
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader(bytes);
        let token = Self {
            expires: reader.time()?,
            solved: reader.time()?,
            site: reader.array()?,
            hostname: reader.optional_text()?,
            action: reader.optional_text()?,
            data: match reader.0 {
                [] => None,
                _ => reader.optional_text()?,
            },
            score: match reader.0 {
                [] => None,
                _ => Some(Score::from_byte(reader.byte()?).ok_or(Malformed)?),
            },
        };
        if reader.0.is_empty() {
            Ok(token)
        } else {
            Err(Malformed)
        }
    }
}

/// What a work key holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SealedWork {
    pub(crate) site: SiteId,
    pub(crate) expires: Timestamp,
    pub(crate) seed: WorkSeed,
    pub(crate) action: Option<Action>,
}

impl SealedWork {
    pub(crate) fn encode(&self) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        put_time(&mut out, self.expires);
        out.extend_from_slice(&self.site);
        out.extend_from_slice(self.seed.as_bytes());
        put_text(&mut out, self.action.as_ref().map_or("", Action::as_str))?;
        Some(out)
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader(bytes);
        let work = Self {
            expires: reader.time()?,
            site: reader.array()?,
            seed: WorkSeed::from_bytes(reader.array()?),
            action: reader.optional_text()?,
        };
        if reader.0.is_empty() {
            Ok(work)
        } else {
            Err(Malformed)
        }
    }
}

const fn kind_code(kind: Kind) -> u8 {
    match kind {
        Kind::Chars => 1,
        Kind::Math => 2,
        Kind::Words => 3,
        Kind::Unicode => 4,
        Kind::Custom => 5,
    }
}

fn kind_of(code: u8) -> Option<Kind> {
    Kind::ALL.into_iter().find(|&kind| kind_code(kind) == code)
}

fn put_time(out: &mut Vec<u8>, time: Timestamp) {
    out.extend_from_slice(&time.as_millis().to_be_bytes()[2..]);
}

fn put_text(out: &mut Vec<u8>, text: &str) -> Option<()> {
    out.push(u8::try_from(text.len()).ok()?);
    out.extend_from_slice(text.as_bytes());
    Some(())
}

/// Not what a key or a token holds. Sealed by this server, so from a version of it that wrote otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (head, rest) = self.0.split_first_chunk().ok_or(Malformed)?;
        self.0 = rest;
        Ok(*head)
    }

    fn byte(&mut self) -> Result<u8, Malformed> {
        self.array().map(|[byte]| byte)
    }

    fn time(&mut self) -> Result<Timestamp, Malformed> {
        let mut bytes = [0; 8];
        bytes[2..].copy_from_slice(&self.array::<6>()?);
        Ok(Timestamp::from_millis(u64::from_be_bytes(bytes)))
    }

    fn text(&mut self) -> Result<&'a str, Malformed> {
        let len = usize::from(self.byte()?);
        let (text, rest) = self.0.split_at_checked(len).ok_or(Malformed)?;
        self.0 = rest;
        std::str::from_utf8(text).map_err(|_| Malformed)
    }

    fn optional_text<T: std::str::FromStr>(&mut self) -> Result<Option<T>, Malformed> {
        match self.text()? {
            "" => Ok(None),
            text => text.parse().map(Some).map_err(|_| Malformed),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn time() -> impl Strategy<Value = Timestamp> {
        (0..1_u64 << 48).prop_map(Timestamp::from_millis)
    }

    fn action() -> impl Strategy<Value = Option<Action>> {
        proptest::option::of("[A-Za-z0-9/_-]{1,32}".prop_map(|text| text.parse().unwrap()))
    }

    proptest! {
        #[test]
        fn a_challenge_survives(
            kind in prop::sample::select(Kind::ALL.to_vec()),
            exact: bool,
            expires in time(),
            site: [u8; 8],
            seed: [u8; 16],
            action in action(),
            is_second: bool,
            prompt in "[a-zα-ω一-龥 +=?]{1,8}",
            answer in "[a-z0-9é]{1,10}",
        ) {
            prop_assume!(Prompt::new(prompt.as_str()).is_ok());
            let case = if exact { Case::Exact } else { Case::Fold };
            let sealed = SealedChallenge {
                site,
                expires,
                seed: Seed::from_bytes(seed),
                action: action.clone(),
                is_second,
                challenge: Challenge::from_parts(
                    kind,
                    Prompt::new(prompt.as_str()).unwrap(),
                    Answer::new(&answer, case).unwrap(),
                ),
            };
            let bytes = sealed.encode().unwrap();
            prop_assert_eq!(bytes.len(), CHALLENGE_LEN);
            let read = SealedChallenge::decode(&bytes).unwrap();
            prop_assert_eq!(read.site, site);
            prop_assert_eq!(read.expires, expires);
            prop_assert_eq!(read.seed.as_bytes(), &seed);
            prop_assert_eq!(read.action, action);
            prop_assert_eq!(read.is_second, is_second);
            prop_assert_eq!(read.challenge.kind(), kind);
            prop_assert_eq!(read.challenge.prompt().as_str(), prompt);
            prop_assert_eq!(read.challenge.answer().as_str(), sealed.challenge.answer().as_str());
            prop_assert!(read.challenge.answer().case() == case);
        }

        #[test]
        fn a_token_survives(
            site: [u8; 8],
            expires in time(),
            solved in time(),
            hostname in proptest::option::of("[a-z0-9]{1,20}(\\.[a-z]{1,10}){0,4}"),
            action in action(),
            data in proptest::option::of("[A-Za-z0-9_-]{1,255}"),
            score in proptest::option::of((0_u8..64).prop_map(|byte| Score::from_byte(byte).unwrap())),
        ) {
            let token = SealedToken {
                site,
                expires,
                solved,
                hostname: hostname.map(|text| text.parse().unwrap()),
                action,
                data: data.map(|text| text.parse().unwrap()),
                score,
            };
            let bytes = token.encode().unwrap();
            prop_assert!(((bytes.len() + seal::OVERHEAD) * 4).div_ceil(3) <= MAX_TOKEN_CHARS);
            prop_assert_eq!(SealedToken::decode(&bytes), Ok(token));
        }

        #[test]
        fn work_survives(site: [u8; 8], expires in time(), seed: [u8; 32], action in action()) {
            let work = SealedWork { site, expires, seed: WorkSeed::from_bytes(seed), action };
            let bytes = work.encode().unwrap();
            prop_assert!(((bytes.len() + seal::OVERHEAD) * 4).div_ceil(3) <= MAX_WORK_CHARS);
            prop_assert_eq!(SealedWork::decode(&bytes), Ok(work));
        }

        #[test]
        fn any_bytes_decode_or_are_refused(bytes: Vec<u8>) {
            let _ = SealedChallenge::decode(&bytes);
            let _ = SealedToken::decode(&bytes);
            let _ = SealedWork::decode(&bytes);
        }
    }
}
