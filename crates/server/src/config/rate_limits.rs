//! How often somebody may come.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use cattlegrid::store::{Quota, QuotaError};
use cattlegrid_guard::{AddressPrefix, Networks};
use serde::{Deserialize, Deserializer};

use super::client_address::networks;
use super::values::{Count, parsed};
use crate::rate_limits::{By, Operation};

/// How often somebody may come, for each thing that the server does.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RateLimits {
    /// Challenges, and work in their place. Default by address `120/1m`.
    pub issue: Quotas,
    /// Pictures. Default by address `240/1m`.
    pub image: Quotas,
    /// Answers, and work that was done. Default by address `120/1m`.
    pub answer: Quotas,
    /// Verifications, and answers that a back end has judged. Default `off`, as a back end is one address.
    pub verify: Quotas,
    /// How many bits of an IPv4 address tell clients apart. Default 32.
    pub ipv4_prefix: Count<1, 32>,
    /// How many bits of an IPv6 address tell clients apart. Default 64.
    pub ipv6_prefix: Count<1, 128>,
    /// The networks that no limit by address counts, such as those of back ends that fetch challenges. Default: none.
    #[serde(deserialize_with = "networks")]
    pub exempt: Networks,
}

/// How often one thing may be done.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quotas {
    /// By one client address.
    pub address: Option<Limit>,
    /// For one site, unless the site says otherwise. Default `off`.
    pub site: Limit,
    /// Over all. Default `off`.
    pub total: Limit,
}

/// A site's own quotas, each instead of what is configured for any site.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SiteRateLimits {
    issue: Option<Limit>,
    image: Option<Limit>,
    answer: Option<Limit>,
    verify: Option<Limit>,
}

impl SiteRateLimits {
    /// How often that may be done for the site, if it says so itself.
    pub const fn of(&self, operation: Operation) -> Option<Limit> {
        match operation {
            Operation::Issue => self.issue,
            Operation::Image => self.image,
            Operation::Answer => self.answer,
            Operation::Verify => self.verify,
        }
    }
}

/// A quota such as `60/1m` or `60/1m burst 20`, or `off`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limit(Option<Quota>);

impl Limit {
    /// The quota, unless it is off.
    pub const fn quota(self) -> Option<Quota> {
        self.0
    }
}

impl FromStr for Limit {
    type Err = QuotaError;

    fn from_str(text: &str) -> Result<Self, QuotaError> {
        match text.trim() {
            "off" => Ok(Self(None)),
            quota => quota.parse().map(|quota| Self(Some(quota))),
        }
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        parsed(deserializer)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(quota) => quota.fmt(f),
            None => f.write_str("off"),
        }
    }
}

impl Default for RateLimits {
    fn default() -> Self {
        Self {
            issue: Quotas::default(),
            image: Quotas::default(),
            answer: Quotas::default(),
            verify: Quotas::default(),
            ipv4_prefix: Count::clamped(32),
            ipv6_prefix: Count::clamped(64),
            exempt: Networks::default(),
        }
    }
}

impl RateLimits {
    /// How often that may be done by those.
    pub fn limit(&self, operation: Operation, by: By) -> Limit {
        let quotas = match operation {
            Operation::Issue => self.issue,
            Operation::Image => self.image,
            Operation::Answer => self.answer,
            Operation::Verify => self.verify,
        };
        match by {
            By::Address => quotas.address.unwrap_or_else(|| by_address(operation)),
            By::Site => quotas.site,
            By::Total => quotas.total,
        }
    }

    /// How much of an address is one client.
    pub fn prefix(&self) -> AddressPrefix {
        prefix(self.ipv4_prefix, self.ipv6_prefix)
    }

    /// Whether any limit is by address.
    pub fn has_any_by_address(&self) -> bool {
        let quota = |operation| self.limit(operation, By::Address).quota();
        Operation::ALL
            .into_iter()
            .any(|operation| quota(operation).is_some())
    }
}

/// The prefix of so many bits.
pub(super) fn prefix(v4: Count<1, 32>, v6: Count<1, 128>) -> AddressPrefix {
    let bits = |count| u8::try_from(count).unwrap_or(u8::MAX);
    // Why: the numbers are within their bounds, so that there always is such a prefix.
    AddressPrefix::new(bits(v4.get()), bits(v6.get())).unwrap_or_default()
}

/// How often one address may do that unless said otherwise.
fn by_address(operation: Operation) -> Limit {
    let per_minute = match operation {
        Operation::Issue | Operation::Answer => 120,
        Operation::Image => 240,
        Operation::Verify => return Limit::default(),
    };
    Limit(Quota::new(per_minute, Duration::from_secs(60)).ok())
}
