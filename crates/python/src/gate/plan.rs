//! What a gate is made from, checked.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use cattlegrid::challenge::image;
use cattlegrid::challenge::{Generators, Kind, KindOptions};
use cattlegrid::{HostnamePattern, Secret, SecretKey, Secrets, Site, SiteKey, Sites};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::error::Error;
use crate::text::bounded;

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

pub(super) fn wrong(name: &str, why: impl Display) -> Error {
    Error::Configuration(format!("`{name}`: {why}"))
}

pub(super) fn read_secrets(secret: &Bound<'_, PyAny>) -> Result<Vec<Secret>, Error> {
    let malformed = || {
        wrong(
            "secret",
            "give what `cattlegrid.generate_secret()` gave, or a list of at most 8 of those",
        )
    };
    let texts: Vec<_> = if secret.is_instance_of::<PyString>() {
        vec![secret.clone()]
    } else {
        secret.extract().map_err(|_| malformed())?
    };
    if texts.is_empty() || texts.len() > Secrets::MAX {
        return Err(malformed());
    }
    let secrets: Option<Vec<Secret>> = texts
        .iter()
        .map(|text| Secret::parse(&bounded(text, 512)?).ok())
        .collect();
    secrets.ok_or_else(malformed)
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

pub(super) fn read_all<T: FromStr<Err: Display>>(
    name: &str,
    texts: Vec<String>,
) -> Result<Vec<T>, Error> {
    let read = |text: String| text.parse().map_err(|error| wrong(name, error));
    texts.into_iter().map(read).collect()
}

pub(super) fn seconds(name: &str, seconds: f64) -> Result<Duration, Error> {
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|ttl| (Duration::from_secs(1)..=Site::MAX_TTL).contains(ttl))
        .ok_or_else(|| wrong(name, "give 1 to 86400 seconds"))
}

/// A pair for each secret.
pub(super) fn own_keys(secrets: &[Secret]) -> Result<Vec<(SiteKey, SecretKey)>, Error> {
    secrets
        .iter()
        .map(|secret| Site::own_keys(secret).ok_or_else(|| wrong("secret", "give another one")))
        .collect()
}
