//! What a limiter says, and how that is told to whoever asked.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cattlegrid_store::{Quota, Rate};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::{Error, Problem};

/// `RateLimit-Policy`: what the limits are.
pub const RATELIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// `RateLimit`: how it stands with them.
pub const RATELIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// A limit's name and quota. A clone is the same.
#[derive(Clone)]
pub struct Policy(Arc<Inner>);

struct Inner {
    name: String,
    quota: Quota,
    field: HeaderValue,
}

impl Policy {
    pub(super) fn new(name: &str, quota: Quota) -> Result<Self, Error> {
        let wrong = || Error::LimitName {
            given: name.to_owned(),
        };
        let fits = (1..=64).contains(&name.len())
            && name
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'));
        if !fits {
            return Err(wrong());
        }
        let window = whole_seconds(quota.window());
        let field = format!("\"{name}\";q={};w={window}", quota.burst());
        Ok(Self(Arc::new(Inner {
            name: name.to_owned(),
            quota,
            field: field.parse().map_err(|_| wrong())?,
        })))
    }

    /// The limit's name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// How often somebody may come.
    pub fn quota(&self) -> Quota {
        self.0.quota
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Policy({}: {})", self.name(), self.quota())
    }
}

/// What a limiter says of one step.
#[derive(Clone, Debug)]
#[must_use = "a decision that is not looked at limits nothing"]
pub struct Decision {
    pub(super) policy: Policy,
    pub(super) rate: Rate,
}

impl Decision {
    /// The limit.
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// What became of the step.
    pub const fn rate(&self) -> Rate {
        self.rate
    }

    /// Whether there was no step left.
    pub const fn is_refusal(&self) -> bool {
        matches!(self.rate, Rate::Over { .. })
    }

    /// For how many seconds there will be no step left, rounded up; nothing if there was one.
    pub fn retry_after(&self) -> Option<u64> {
        match self.rate {
            Rate::Over { retry_after } => Some(whole_seconds(retry_after).max(1)),
            Rate::Within { .. } => None,
        }
    }

    /// Adds to the headers of a response what it says of this limit, and to those of a refusal when to come again.
    pub fn tell(&self, headers: &mut HeaderMap) {
        let (left, seconds) = match self.rate {
            Rate::Within {
                remaining,
                full_after,
            } => (remaining, whole_seconds(full_after)),
            Rate::Over { .. } => (0, self.retry_after().unwrap_or(1)),
        };
        let field = format!("\"{}\";r={left};t={seconds}", self.policy.name());
        // Why: the name is checked when the policy is made, so that this cannot fail.
        if let Ok(field) = HeaderValue::try_from(field) {
            headers.append(RATELIMIT, field);
        }
        headers.append(RATELIMIT_POLICY, self.policy.0.field.clone());
        if let Some(seconds) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
    }
}

impl Problem for Decision {
    fn status(&self) -> StatusCode {
        StatusCode::TOO_MANY_REQUESTS
    }

    fn code(&self) -> &'static str {
        "rate-limited"
    }

    fn detail(&self) -> Cow<'static, str> {
        "there were too many requests; see `retry-after`".into()
    }
}

fn whole_seconds(span: Duration) -> u64 {
    span.as_secs() + u64::from(span.subsec_nanos() > 0)
}
