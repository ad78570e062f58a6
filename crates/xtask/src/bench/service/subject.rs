//! The server under test, and the handler that it is measured beside.

use std::path::PathBuf;

use cattlegrid_services::Background;
use xshell::Shell;

use super::cores::on_server_core;
use crate::{artifact, error::Error, live::Live};

/// The site that all visit, as the program that loads the server knows it.
pub(super) const SITE_KEY: &str = "shop";
/// Its secret key.
pub(super) const SECRET_KEY: &str = "the-secret-key-of-the-shop";
/// The secret of all nodes, and of whoever mints what they accept.
pub(super) const SECRET: &str = "the-secret-of-the-benchmark-which-is-no-secret";

/// The native dialect's name.
pub(super) const NATIVE: &str = "cattlegrid";

/// The limits that are on as the server comes, those by client address. All load comes from one address.
const LIMITED: [&str; 3] = [
    "CATTLEGRID_RATE_LIMITS__ISSUE__ADDRESS",
    "CATTLEGRID_RATE_LIMITS__IMAGE__ADDRESS",
    "CATTLEGRID_RATE_LIMITS__ANSWER__ADDRESS",
];

/// What limits how often clients may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limits {
    /// Those that are on as the server comes, with quotas that no load reaches: each step is taken, none refused
    AsShipped,
    /// None
    Off,
}

impl Limits {
    const fn quota(self) -> &'static str {
        match self {
            Self::AsShipped => "1000000/1s",
            Self::Off => "off",
        }
    }
}

/// What is measured, and what measures it.
pub(super) struct Programs {
    pub(super) server: PathBuf,
    pub(super) constant: PathBuf,
    pub(super) load: PathBuf,
}

impl Programs {
    /// Builds them.
    ///
    /// # Errors
    ///
    /// cargo's.
    pub(super) fn build(shell: &Shell) -> Result<Self, Error> {
        let names = ["cattlegrid", "constant", "bench"];
        let [server, constant, load] = artifact::release_loads(shell, names)?;
        Ok(Self {
            server,
            constant,
            load,
        })
    }

    /// Starts a server on its core, with this store and a site that speaks `dialect`.
    ///
    /// # Errors
    ///
    /// It does not start; it says why itself.
    pub(super) fn node(&self, store: &str, dialect: &str, limits: Limits) -> Result<Live, Error> {
        let mut environment = vec![
            ("CATTLEGRID_STORE", store),
            ("CATTLEGRID_SECRET", SECRET),
            ("CATTLEGRID_DEMO", "true"),
            ("CATTLEGRID_TEST_KEYS", "false"),
            // Why: limits by address do not count this machine, unless it is a proxy's and known to be.
            ("CATTLEGRID_CLIENT_ADDRESS__TRUSTED_PROXIES", "loopback"),
            ("CATTLEGRID_SITES__0__KEY", SITE_KEY),
            ("CATTLEGRID_SITES__0__SECRET", SECRET_KEY),
            ("CATTLEGRID_SITES__0__DIALECT", dialect),
        ];
        environment.extend(LIMITED.map(|limit| (limit, limits.quota())));
        Live::started_by(on_server_core(&self.server), &self.server, &environment)
    }

    /// Starts the handler that returns a constant on the same core, and returns its address.
    ///
    /// # Errors
    ///
    /// It does not start.
    pub(super) fn constant(&self) -> Result<(Background, String), Error> {
        let (process, address) = Background::start(on_server_core(&self.constant))?;
        Ok((process, address.trim().to_owned()))
    }
}
