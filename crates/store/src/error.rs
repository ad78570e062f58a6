//! What can go wrong: [`OpenError`] at start, [`StoreError`] afterwards.

use std::path::PathBuf;

/// Why a store could not decide. Whoever asked must refuse.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store holds as many live ids as it may. Raise the bound, or shorten what lives.
    #[error(
        "the store is full: it may hold {limit} live ids; raise the limit or wait until some expire"
    )]
    Full {
        /// The configured bound on live ids.
        limit: usize,
    },
    /// The store could not be reached, or failed. It may work again without a restart.
    #[error("the store is unavailable: {0}")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Why a store could not be opened. All of these are for whoever wrote the configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The URL names no kind of store.
    #[error(
        "there is no store `{given}:`; a store is `memory:`, `sqlite:PATH`, `redis://HOST`, `redis+cluster://HOST`, `redis+sentinel://HOST/MASTER`, `postgres://HOST/DATABASE`, `mysql://HOST/DATABASE` or `memcached://HOST`"
    )]
    Scheme {
        /// What stands before the colon.
        given: String,
    },
    /// The URL of a memory store goes on after its colon.
    #[error("a memory store has no path; write `memory:`")]
    PathOfMemory,
    /// The URL has no usable path.
    #[error(
        "a path is missing or unclear; write `sqlite:relative/path` or `sqlite:/absolute/path`"
    )]
    Path,
    /// The URL does not say where the servers are. It is not repeated here, as a password may be in it.
    #[error(
        "the servers are missing or unclear; write `{store}://USER:PASSWORD@HOST:{port}`, with what else the store needs after a slash, and with `%40` for an `@`, `%2F` for a `/` and `%3A` for a `:` in a name or password"
    )]
    Servers {
        /// The store's scheme.
        store: &'static str,
        /// The port that its servers usually listen on.
        port: u16,
    },
    /// The store cannot be reached with TLS.
    #[error(
        "a {store} store knows no TLS; leave out `tls`, `ca`, `cert` and `key`, and keep its servers in a network of their own"
    )]
    NoTls {
        /// The store's scheme.
        store: &'static str,
    },
    /// A file that the URL names cannot be read, or is not what it should be.
    #[error("cannot use {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The URL has a parameter that this store does not have.
    #[error("a {store} store has no parameter `{given}`; it has: {known}")]
    Parameter {
        /// The store's scheme.
        store: &'static str,
        /// The parameter's name.
        given: String,
        /// The names there are.
        known: &'static str,
    },
    /// A parameter of the URL has a value that it cannot have.
    #[error("`{parameter}={given}` should be {expected}")]
    Value {
        /// The parameter's name.
        parameter: &'static str,
        /// Its value.
        given: String,
        /// What it may be.
        expected: &'static str,
    },
    /// This build has no such store.
    #[error("this build has no such store; build it with the feature `{feature}`")]
    LeftOut {
        /// The Cargo feature of `cattlegrid-store` that has it.
        feature: &'static str,
    },
    /// The file cannot be created or written to.
    #[error("cannot write to {}: {source}; give a path in a directory that exists and that this user may write to", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system or the database said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file belongs to something else.
    #[error("{} is not a store of Cattlegrid; give another path, and leave the file to what made it", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by a later release.
    #[error("{} has schema version {found}, and this release knows versions up to {known}; use the release that wrote it, or a new file", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema's version.
        found: i64,
        /// The latest version that this release knows.
        known: i64,
    },
    /// Another process keeps the file locked.
    #[error("{} is locked by another process; stop that process, or give another path", path.display())]
    Locked {
        /// The file.
        path: PathBuf,
    },
    /// The database failed in another way.
    #[error("cannot open {}: {source}", path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// What the database said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
