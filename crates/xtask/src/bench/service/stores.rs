//! The stores that nodes are measured with: real ones, as they come, and with what they write flushed to the disk.

use std::{
    fmt, fs,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
};

use cattlegrid_services::{MariaDb, Memcached, Postgres, Redis, Service, find};
use clap::ValueEnum;
use tempfile::TempDir;
use xshell::{Shell, cmd};

use crate::{error::Error, tools::Tool};

/// What a store is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StoreKind {
    Memory,
    Sqlite,
    Redis,
    Memcached,
    Postgres,
    Mariadb,
}

impl StoreKind {
    pub(super) const ALL: [Self; 6] = [
        Self::Memory,
        Self::Sqlite,
        Self::Redis,
        Self::Memcached,
        Self::Postgres,
        Self::Mariadb,
    ];

    /// Whether several nodes can share it.
    pub(super) const fn is_shared(self) -> bool {
        self.tool().is_some()
    }

    const fn tool(self) -> Option<Tool> {
        match self {
            Self::Memory | Self::Sqlite => None,
            Self::Redis => Some(Tool::Redis),
            Self::Memcached => Some(Tool::Memcached),
            Self::Postgres => Some(Tool::Postgres),
            Self::Mariadb => Some(Tool::MariaDb),
        }
    }

    /// What the program says of its version, if there is a program.
    ///
    /// # Errors
    ///
    /// It is missing.
    pub(super) fn version(self, shell: &Shell) -> Result<Option<String>, Error> {
        let program = match self {
            Self::Memory | Self::Sqlite => return Ok(None),
            Self::Redis => "redis-server",
            Self::Memcached => "memcached",
            Self::Postgres => "postgres",
            Self::Mariadb => "mariadbd",
        };
        let path = find(program).ok_or(Error::NoFigure("version of a store"))?;
        let said = cmd!(shell, "{path} --version").quiet().read()?;
        let version = said
            .split([' ', '=', '-'])
            .find(|word| word.starts_with(|first: char| first.is_ascii_digit()));
        Ok(Some(format!("{self} {}", version.unwrap_or("unknown"))))
    }
}

impl fmt::Display for StoreKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Memory => "memory",
            Self::Sqlite => "SQLite",
            Self::Redis => "Redis",
            Self::Memcached => "Memcached",
            Self::Postgres => "PostgreSQL",
            Self::Mariadb => "MariaDB",
        })
    }
}

/// A store that is there to be used.
pub(super) struct Store {
    kind: StoreKind,
    url: String,
    service: Option<Service>,
    folder: TempDir,
}

impl Store {
    /// Starts one, with nothing in it.
    ///
    /// # Errors
    ///
    /// Its server is missing or does not start.
    pub(super) fn start(shell: &Shell, kind: StoreKind) -> Result<Self, Error> {
        if let Some(tool) = kind.tool() {
            tool.ensure(shell)?;
        }
        let folder = tempfile::tempdir().map_err(Error::file("a temporary folder"))?;
        let service = match kind {
            StoreKind::Memory | StoreKind::Sqlite => None,
            StoreKind::Redis => Some(Redis::start()?),
            StoreKind::Memcached => Some(Memcached::with(&["--memory-limit", "1024"])?),
            StoreKind::Postgres => Some(Postgres::with(&["-c", "fsync=on"])?),
            StoreKind::Mariadb => Some(MariaDb::with(&["--innodb-flush-log-at-trx-commit=1"])?),
        };
        let url = match (kind, &service) {
            (_, Some(service)) => service.url().to_owned(),
            (StoreKind::Sqlite, None) => {
                format!("sqlite:{}", folder.path().join("spent.sqlite3").display())
            }
            (_, None) => "memory:".to_owned(),
        };
        Ok(Self {
            kind,
            url,
            service,
            folder,
        })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// How many bytes the store's server or file has for what is in it; of a store in a process's own memory nothing.
    ///
    /// # Errors
    ///
    /// It does not say.
    pub(super) fn bytes(&self, shell: &Shell) -> Result<f64, Error> {
        let Some(service) = &self.service else {
            return bytes_of_files(self.folder.path());
        };
        let address = service.address();
        let port = address.port().to_string();
        let said = match self.kind {
            StoreKind::Redis => ask(service, "INFO memory\r\n", "used_memory:")?,
            StoreKind::Memcached => ask(service, "stats\r\n", "STAT bytes ")?,
            StoreKind::Postgres => {
                let psql = find("psql").ok_or(Error::NoFigure("size of a database"))?;
                let question = "SELECT pg_database_size(current_database())";
                cmd!(
                    shell,
                    "{psql} --host 127.0.0.1 --port {port} --username cattlegrid --no-align --tuples-only --command {question} postgres"
                )
                .quiet()
                .read()?
            }
            _ => {
                let question = "SELECT SUM(file_size) FROM information_schema.innodb_sys_tablespaces WHERE name LIKE 'cattlegrid/%'";
                cmd!(
                    shell,
                    "mariadb --host 127.0.0.1 --port {port} --user cattlegrid --password=cattlegrid --skip-column-names --batch --execute {question}"
                )
                .quiet()
                .read()?
            }
        };
        // Why: a database without a table has no size.
        Ok(said.trim().parse().unwrap_or_default())
    }
}

/// Asks a server that speaks lines of text, and returns the rest of the line of its reply that starts so.
fn ask(service: &Service, question: &str, start: &str) -> Result<String, Error> {
    let unreachable = || Error::file(service.url());
    let mut stream = TcpStream::connect(service.address()).map_err(unreachable())?;
    stream
        .write_all(format!("{question}quit\r\n").as_bytes())
        .map_err(unreachable())?;
    let mut reply = String::new();
    stream.read_to_string(&mut reply).map_err(unreachable())?;
    reply
        .lines()
        .find_map(|line| line.strip_prefix(start))
        .map(str::to_owned)
        .ok_or(Error::NoFigure("size of a store"))
}

fn bytes_of_files(folder: &Path) -> Result<f64, Error> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder).map_err(Error::file(folder))? {
        let metadata = entry.and_then(|entry| entry.metadata());
        bytes += metadata.map_err(Error::file(folder))?.len();
    }
    Ok(bytes as f64)
}
