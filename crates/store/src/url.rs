//! A store's address, as a configuration gives it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use percent_encoding::percent_decode_str;

use crate::sql::{SqliteOptions, Synchronous};
use crate::{DEFAULT_LIMIT, OpenError};

/// Names a store.
///
/// | URL | store |
/// |---|---|
/// | `memory:` | [`MemoryStore`](crate::memory::MemoryStore) |
/// | `sqlite:PATH` | an SQLite file; a relative path starts from the working directory |
///
/// Parameters follow after a `?`, joined by `&`. Both take `limit=N`, the bound on live ids
/// ([`DEFAULT_LIMIT`]). SQLite also takes `synchronous=full` or `synchronous=normal`, and `timeout_ms=N`, as in
/// [`SqliteOptions`]. In a path, `%3F` stands for a question mark, `%23` for a hash and `%25` for a percent sign.
///
/// ```
/// use cattlegrid_store::StoreUrl;
///
/// let url: StoreUrl = "sqlite:/var/lib/cattlegrid/spent.db?synchronous=normal&limit=5000".parse()?;
/// assert_eq!(url.to_string(), "sqlite:/var/lib/cattlegrid/spent.db?limit=5000&synchronous=normal");
///
/// let mistake = "memory:?size=5".parse::<StoreUrl>().unwrap_err();
/// assert_eq!(mistake.to_string(), "a memory store has no parameter `size`; it has: limit");
/// # Ok::<(), cattlegrid_store::OpenError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreUrl {
    /// `memory:`
    Memory {
        /// The bound on live ids.
        limit: usize,
    },
    /// `sqlite:PATH`
    Sqlite {
        /// The database file.
        path: PathBuf,
        /// How the file is used.
        options: SqliteOptions,
    },
}

impl StoreUrl {
    /// `memory:`
    pub const fn memory() -> Self {
        Self::Memory {
            limit: DEFAULT_LIMIT,
        }
    }

    /// `sqlite:PATH`, with the default options.
    pub fn sqlite(path: impl Into<PathBuf>) -> Self {
        Self::Sqlite {
            path: path.into(),
            options: SqliteOptions::default(),
        }
    }
}

impl FromStr for StoreUrl {
    type Err = OpenError;

    fn from_str(url: &str) -> Result<Self, OpenError> {
        let (scheme, rest) = url.split_once(':').unwrap_or((url, ""));
        let (path, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        let parameters = parameters
            .split('&')
            .filter(|parameter| !parameter.is_empty());
        match scheme {
            "memory" if path.is_empty() => memory(parameters),
            "memory" => Err(OpenError::PathOfMemory),
            "sqlite" => sqlite(path, parameters),
            _ => Err(OpenError::Scheme {
                given: scheme.to_owned(),
            }),
        }
    }
}

fn memory<'a>(parameters: impl Iterator<Item = &'a str>) -> Result<StoreUrl, OpenError> {
    let mut limit = DEFAULT_LIMIT;
    for parameter in parameters {
        match parameter.split_once('=').unwrap_or((parameter, "")) {
            ("limit", value) => limit = number("limit", value)?,
            (name, _) => return Err(unknown("memory", name, "limit")),
        }
    }
    Ok(StoreUrl::Memory { limit })
}

fn sqlite<'a>(
    path: &str,
    parameters: impl Iterator<Item = &'a str>,
) -> Result<StoreUrl, OpenError> {
    let mut options = SqliteOptions::default();
    for parameter in parameters {
        match parameter.split_once('=').unwrap_or((parameter, "")) {
            ("limit", value) => options.limit = number("limit", value)?,
            ("timeout_ms", value) => {
                options.timeout = Duration::from_millis(number("timeout_ms", value)? as u64);
            }
            ("synchronous", "full") => options.synchronous = Synchronous::Full,
            ("synchronous", "normal") => options.synchronous = Synchronous::Normal,
            ("synchronous", value) => {
                return Err(OpenError::Value {
                    parameter: "synchronous",
                    given: value.to_owned(),
                    expected: "full or normal",
                });
            }
            (name, _) => return Err(unknown("sqlite", name, "limit, synchronous, timeout_ms")),
        }
    }
    let path = percent_decode_str(path)
        .decode_utf8()
        .map_err(|_| OpenError::Path)?;
    // Why: `sqlite://a/b` is `a/b` to some and `/a/b` to others.
    let path = match path.strip_prefix("//") {
        Some(absolute) if absolute.starts_with('/') => absolute,
        Some(_) => return Err(OpenError::Path),
        None => &path,
    };
    if path.is_empty() || path.contains('\0') {
        return Err(OpenError::Path);
    }
    Ok(StoreUrl::Sqlite {
        path: path.into(),
        options,
    })
}

fn number(parameter: &'static str, value: &str) -> Result<usize, OpenError> {
    match value.parse() {
        Ok(number) if (1..=u32::MAX as usize).contains(&number) => Ok(number),
        _ => Err(OpenError::Value {
            parameter,
            given: value.to_owned(),
            expected: "a whole number from 1 to 4294967295",
        }),
    }
}

fn unknown(store: &'static str, given: &str, known: &'static str) -> OpenError {
    OpenError::Parameter {
        store,
        given: given.to_owned(),
        known,
    }
}

impl fmt::Display for StoreUrl {
    /// Only what differs from the default is written out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory { limit } => {
                f.write_str("memory:")?;
                write_parameters(f, &[limit_parameter(*limit)])
            }
            Self::Sqlite { path, options } => {
                f.write_str("sqlite:")?;
                write_path(f, &path.to_string_lossy())?;
                let defaults = SqliteOptions::default();
                let synchronous = match options.synchronous {
                    Synchronous::Full => None,
                    Synchronous::Normal => Some("synchronous=normal".to_owned()),
                };
                let timeout = (options.timeout != defaults.timeout)
                    .then(|| format!("timeout_ms={}", options.timeout.as_millis()));
                write_parameters(f, &[limit_parameter(options.limit), synchronous, timeout])
            }
        }
    }
}

fn limit_parameter(limit: usize) -> Option<String> {
    (limit != DEFAULT_LIMIT).then(|| format!("limit={limit}"))
}

fn write_path(f: &mut fmt::Formatter<'_>, path: &str) -> fmt::Result {
    for char in path.chars() {
        match char {
            '%' | '?' | '#' | '\0'..=' ' => write!(f, "%{:02X}", u32::from(char))?,
            _ => write!(f, "{char}")?,
        }
    }
    Ok(())
}

fn write_parameters(f: &mut fmt::Formatter<'_>, parameters: &[Option<String>]) -> fmt::Result {
    for (parameter, join) in parameters
        .iter()
        .flatten()
        .zip(std::iter::once('?').chain(std::iter::repeat('&')))
    {
        write!(f, "{join}{parameter}")?;
    }
    Ok(())
}
