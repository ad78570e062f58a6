//! What a gate is made from, checked.

use std::sync::Arc;
use std::time::Duration;

use cattlegrid::challenge::image;
use cattlegrid::challenge::{Generators, Kind, KindOptions};
use cattlegrid::{HostnamePattern, ScoreRules, Secret, SecretKey, Site, SiteKey, Sites};

use crate::arguments::{read_all, seconds, wrong};
use crate::error::Error;

/// What the gate's sites have in common.
pub(super) struct Plan {
    pub(super) kinds: Vec<Kind>,
    pub(super) style: image::Style,
    pub(super) hostnames: Vec<HostnamePattern>,
    pub(super) challenge_ttl: Duration,
    pub(super) token_ttl: Duration,
}

impl Plan {
    /// One site as it looks under each of the gate's secrets, so that what was issued under an older one still counts.
    pub(super) fn sites(self, keys: &[(SiteKey, SecretKey)]) -> Result<Sites, Error> {
        let generators =
            Generators::for_kinds(&self.kinds, &KindOptions::default(), self.style.fonts())?;
        let (generators, style) = (Arc::new(generators), Arc::new(self.style));
        let site = |(key, secret): &(SiteKey, SecretKey)| {
            Site::new(
                key.clone(),
                secret.clone(),
                generators.clone(),
                style.clone(),
            )
            .with_hostnames(self.hostnames.clone())
            .with_scores(ScoreRules::default())
            .with_kinds(self.kinds.clone())?
            .with_ttls(self.challenge_ttl, self.token_ttl)
        };
        keys.iter()
            .map(site)
            .collect::<Result<Vec<_>, _>>()
            .and_then(Sites::new)
            .map_err(|error| match error {
                cattlegrid::Error::DuplicateSiteKey(_) => {
                    wrong("secret", "one of them is there twice")
                }
                other => Error::configuration(&other),
            })
    }
}

pub(super) fn read_kinds(kinds: Option<Vec<String>>) -> Result<Vec<Kind>, Error> {
    let kinds = kinds.map_or(Ok(vec![Kind::Chars]), |kinds| read_all("kinds", kinds))?;
    if kinds.iter().all(|kind| Kind::GENERATED.contains(kind)) {
        Ok(kinds)
    } else {
        Err(wrong(
            "kinds",
            "those of a gate are chars, math, words and unicode",
        ))
    }
}

pub(super) fn ttl(name: &str, given: f64) -> Result<Duration, Error> {
    seconds(name, given, Duration::from_secs(1)..=Site::MAX_TTL)
}

/// A pair for each secret.
pub(super) fn own_keys(secrets: &[Secret]) -> Result<Vec<(SiteKey, SecretKey)>, Error> {
    secrets
        .iter()
        .map(|secret| Site::own_keys(secret).ok_or_else(|| wrong("secret", "give another one")))
        .collect()
}
