//! A store's address, as a configuration gives it.

mod network;
mod parameters;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use percent_encoding::percent_decode_str;

use crate::memcached::MemcachedOptions;
use crate::redis::{RedisOptions, Topology};
use crate::sql::{DatabaseOptions, SqliteOptions, Synchronous};
use crate::{DEFAULT_LIMIT, OpenError};
use network::{Authority, parameters_of, text_parameter, write_authority};
use parameters::Parameters;

/// What keys in a shared store start with, unless its URL says otherwise.
const DEFAULT_PREFIX: &str = "cattlegrid:";
/// How many connections a database gets, unless its URL says otherwise.
const DEFAULT_CONNECTIONS: u32 = 4;

/// Names a store.
///
/// | URL | store |
/// |---|---|
/// | `memory:` | [`MemoryStore`](crate::memory::MemoryStore) |
/// | `sqlite:PATH` | an SQLite file; a relative path starts from the working directory |
/// | `redis://HOST`, `rediss://HOST` | Redis or Valkey; with TLS |
/// | `redis+cluster://HOST,HOST`, `rediss+cluster://…` | a Redis Cluster |
/// | `redis+sentinel://HOST,HOST/MASTER`, `rediss+sentinel://…` | the master that sentinels know by this name |
/// | `postgres://HOST/DATABASE`, or `postgresql://…` | `PostgreSQL` |
/// | `mysql://HOST/DATABASE`, or `mariadb://…` | MySQL or `MariaDB` |
/// | `memcached://HOST,HOST` | Memcached |
///
/// Parameters follow after a `?`, joined by `&`. `memory:` and `sqlite:` take `limit=N`, the bound on live ids
/// ([`DEFAULT_LIMIT`]). SQLite also takes `synchronous=full` or `synchronous=normal`, and `timeout_ms=N`, as in
/// [`SqliteOptions`]. In a path, `%3F` stands for a question mark, `%23` for a hash and `%25` for a percent sign.
///
/// A host is a name or an address, with a port if it is not the usual one; before the hosts may stand `USER:PASSWORD@`.
/// All stores on servers take `timeout_ms=N` and `password_file=PATH`; all but Memcached `tls=true`, `ca=PATH`, and
/// `cert=PATH` with `key=PATH`, as in [`Servers`](crate::servers::Servers). Redis and Memcached take `prefix=TEXT`, Redis
/// `database=N` (or a path `/N`) and `wait=N`, the databases `connections=N`.
///
/// Written out, a password is three asterisks.
///
/// ```
/// use cattlegrid_store::StoreUrl;
///
/// let url: StoreUrl = "sqlite:/var/lib/cattlegrid/spent.db?synchronous=normal&limit=5000".parse()?;
/// assert_eq!(url.to_string(), "sqlite:/var/lib/cattlegrid/spent.db?limit=5000&synchronous=normal");
///
/// let url: StoreUrl = "rediss://node:secret@cache.example/2?timeout_ms=500".parse()?;
/// assert_eq!(url.to_string(), "rediss://node:***@cache.example:6379/2?timeout_ms=500");
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
    /// `redis:`, `redis+cluster:`, `redis+sentinel:`, and with TLS
    Redis(RedisOptions),
    /// `postgres:`
    Postgres(DatabaseOptions),
    /// `mysql:`
    Mysql(DatabaseOptions),
    /// `memcached:`
    Memcached(MemcachedOptions),
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

    /// Whether several machines can share what it names.
    pub const fn is_shared(&self) -> bool {
        !matches!(self, Self::Memory { .. } | Self::Sqlite { .. })
    }
}

impl FromStr for StoreUrl {
    type Err = OpenError;

    fn from_str(url: &str) -> Result<Self, OpenError> {
        let (scheme, rest) = url.split_once(':').unwrap_or((url, ""));
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        match scheme {
            "memory" => memory(path, Parameters::parse("memory", query)),
            "sqlite" => sqlite(path, Parameters::parse("sqlite", query)),
            "redis" | "rediss" => redis(scheme, path, query, |_| Ok(Topology::Single)),
            "redis+cluster" | "rediss+cluster" => {
                redis(scheme, path, query, |_| Ok(Topology::Cluster))
            }
            "redis+sentinel" | "rediss+sentinel" => redis(scheme, path, query, sentinel),
            "postgres" | "postgresql" => {
                database("postgres", path, query, 5432).map(Self::Postgres)
            }
            "mysql" | "mariadb" => database("mysql", path, query, 3306).map(Self::Mysql),
            "memcached" => memcached(path, Parameters::parse("memcached", query)),
            _ => Err(OpenError::Scheme {
                given: scheme.to_owned(),
            }),
        }
    }
}

fn memory(path: &str, mut parameters: Parameters) -> Result<StoreUrl, OpenError> {
    if !path.is_empty() {
        return Err(OpenError::PathOfMemory);
    }
    let limit = limit(&mut parameters)?;
    parameters.end("limit")?;
    Ok(StoreUrl::Memory { limit })
}

fn limit(parameters: &mut Parameters) -> Result<usize, OpenError> {
    Ok(parameters
        .number("limit")?
        .map_or(DEFAULT_LIMIT, |limit| limit as usize))
}

fn sqlite(path: &str, mut parameters: Parameters) -> Result<StoreUrl, OpenError> {
    let mut options = SqliteOptions {
        limit: limit(&mut parameters)?,
        ..SqliteOptions::default()
    };
    if let Some(millis) = parameters.number("timeout_ms")? {
        options.timeout = Duration::from_millis(u64::from(millis));
    }
    match parameters.take("synchronous").as_deref() {
        None | Some("full") => options.synchronous = Synchronous::Full,
        Some("normal") => options.synchronous = Synchronous::Normal,
        Some(value) => {
            return Err(OpenError::Value {
                parameter: "synchronous",
                given: value.to_owned(),
                expected: "full or normal",
            });
        }
    }
    parameters.end("limit, synchronous, timeout_ms")?;
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

fn redis(
    scheme: &str,
    place: &str,
    query: &str,
    topology: impl Fn(&mut Authority) -> Result<Topology, OpenError>,
) -> Result<StoreUrl, OpenError> {
    let mut parameters = Parameters::parse("redis", query);
    let is_sentinel = scheme.ends_with("+sentinel");
    let mut authority = Authority::parse("redis", place, if is_sentinel { 26379 } else { 6379 })?;
    let topology = topology(&mut authority)?;
    let path = std::mem::take(&mut authority.path);
    let database = parameters.count("database")?;
    let database = match (path.as_str(), database) {
        ("", number) => number.unwrap_or(0),
        (path, None) => path.parse().map_err(|_| OpenError::Value {
            parameter: "database",
            given: path.to_owned(),
            expected: "a number, as in `redis://host/2`",
        })?,
        (path, Some(_)) => {
            return Err(OpenError::Value {
                parameter: "database",
                given: path.to_owned(),
                expected: "given once: as the path or as a parameter",
            });
        }
    };
    if topology == Topology::Cluster && database != 0 {
        return Err(OpenError::Value {
            parameter: "database",
            given: database.to_string(),
            expected: "0, as a cluster has no other",
        });
    }
    let options = RedisOptions {
        servers: authority.servers(&mut parameters, scheme.starts_with("rediss"))?,
        topology,
        database,
        prefix: parameters
            .take("prefix")
            .unwrap_or_else(|| DEFAULT_PREFIX.to_owned()),
        wait: parameters.count("wait")?.unwrap_or(0),
    };
    parameters.end("ca, cert, database, key, password_file, prefix, timeout_ms, tls, wait")?;
    Ok(StoreUrl::Redis(options))
}

fn sentinel(authority: &mut Authority) -> Result<Topology, OpenError> {
    let master = std::mem::take(&mut authority.path);
    if master.is_empty() || master.contains('/') {
        return Err(OpenError::Value {
            parameter: "master",
            given: master,
            expected: "the name that the sentinels have for it, as in `redis+sentinel://host/mymaster`",
        });
    }
    Ok(Topology::Sentinel { master })
}

fn database(
    store: &'static str,
    place: &str,
    query: &str,
    port: u16,
) -> Result<DatabaseOptions, OpenError> {
    let mut parameters = Parameters::parse(store, query);
    let mut authority = Authority::parse(store, place, port)?;
    let database = std::mem::take(&mut authority.path);
    if database.is_empty() || database.contains('/') {
        return Err(OpenError::Servers { store, port });
    }
    let options = DatabaseOptions {
        servers: authority.servers(&mut parameters, false)?,
        database,
        connections: parameters
            .number("connections")?
            .unwrap_or(DEFAULT_CONNECTIONS),
    };
    parameters.end("ca, cert, connections, key, password_file, timeout_ms, tls")?;
    Ok(options)
}

fn memcached(place: &str, mut parameters: Parameters) -> Result<StoreUrl, OpenError> {
    let mut authority = Authority::parse("memcached", place, 11211)?;
    if !std::mem::take(&mut authority.path).is_empty() {
        return Err(OpenError::Servers {
            store: "memcached",
            port: 11211,
        });
    }
    let servers = authority.servers(&mut parameters, false)?;
    if servers.tls.is_some() {
        return Err(OpenError::NoTls { store: "memcached" });
    }
    let prefix = parameters
        .take("prefix")
        .unwrap_or_else(|| DEFAULT_PREFIX.to_owned());
    // Why: a key has at most 250 bytes, none of them white space or a control character.
    if prefix.len() > 64 || !prefix.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(OpenError::Value {
            parameter: "prefix",
            given: prefix,
            expected: "at most 64 ASCII characters, without spaces",
        });
    }
    parameters.end("password_file, prefix, timeout_ms")?;
    Ok(StoreUrl::Memcached(MemcachedOptions { servers, prefix }))
}

impl fmt::Display for StoreUrl {
    /// Only what differs from the default is written out, and no password.
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
            Self::Redis(options) => write_redis(f, options),
            Self::Postgres(options) => write_database(f, "postgres", options),
            Self::Mysql(options) => write_database(f, "mysql", options),
            Self::Memcached(options) => {
                f.write_str("memcached:")?;
                write_authority(f, &options.servers, "")?;
                let mut parameters = parameters_of(&options.servers, false);
                parameters.push(prefix_parameter(&options.prefix));
                write_parameters(f, &parameters)
            }
        }
    }
}

fn write_redis(f: &mut fmt::Formatter<'_>, options: &RedisOptions) -> fmt::Result {
    let is_secure = options.servers.tls.is_some();
    f.write_str(if is_secure { "rediss" } else { "redis" })?;
    let number = (options.database != 0).then_some(options.database);
    let mut parameters = parameters_of(&options.servers, is_secure);
    match &options.topology {
        Topology::Single => {
            f.write_str(":")?;
            let path = number.map_or(String::new(), |number| number.to_string());
            write_authority(f, &options.servers, &path)?;
        }
        Topology::Cluster => {
            f.write_str("+cluster:")?;
            write_authority(f, &options.servers, "")?;
        }
        Topology::Sentinel { master } => {
            f.write_str("+sentinel:")?;
            write_authority(f, &options.servers, master)?;
            parameters.push(number.map(|number| format!("database={number}")));
        }
    }
    parameters.push(prefix_parameter(&options.prefix));
    parameters.push((options.wait != 0).then(|| format!("wait={}", options.wait)));
    write_parameters(f, &parameters)
}

fn write_database(
    f: &mut fmt::Formatter<'_>,
    scheme: &str,
    options: &DatabaseOptions,
) -> fmt::Result {
    write!(f, "{scheme}:")?;
    write_authority(f, &options.servers, &options.database)?;
    let mut parameters = parameters_of(&options.servers, false);
    let connections = options.connections;
    parameters
        .push((connections != DEFAULT_CONNECTIONS).then(|| format!("connections={connections}")));
    write_parameters(f, &parameters)
}

fn prefix_parameter(prefix: &str) -> Option<String> {
    (prefix != DEFAULT_PREFIX).then(|| text_parameter("prefix", prefix))
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
