//! The arguments that several of the types take.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use cattlegrid::{Secret, Secrets};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::error::Error;
use crate::text::bounded;

pub(crate) fn wrong(name: &str, why: impl Display) -> Error {
    Error::Configuration(format!("`{name}`: {why}"))
}

/// What `generate_secret` gave: one, or several.
pub(crate) fn each_secret(secret: &Bound<'_, PyAny>) -> Result<Vec<Secret>, Error> {
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

/// The same, of which the first seals and all open.
pub(crate) fn read_secrets(secret: &Bound<'_, PyAny>) -> Result<Secrets, Error> {
    Secrets::new(each_secret(secret)?).map_err(|error| wrong("secret", error))
}

pub(crate) fn read_all<T: FromStr<Err: Display>>(
    name: &str,
    texts: Vec<String>,
) -> Result<Vec<T>, Error> {
    let read = |text: String| text.parse().map_err(|error| wrong(name, error));
    texts.into_iter().map(read).collect()
}

/// So many seconds, within bounds.
pub(crate) fn seconds(
    name: &str,
    given: f64,
    bounds: RangeInclusive<Duration>,
) -> Result<Duration, Error> {
    Duration::try_from_secs_f64(given)
        .ok()
        .filter(|span| bounds.contains(span))
        .ok_or_else(|| {
            let (least, most) = (bounds.start().as_secs_f64(), bounds.end().as_secs_f64());
            wrong(name, format_args!("give {least} to {most} seconds"))
        })
}
