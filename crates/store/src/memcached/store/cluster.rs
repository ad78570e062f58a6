//! All of the servers.

use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use tokio::time::timeout;

use super::rendezvous::Rendezvous;
use super::server::Server;
use crate::OpenError;
use crate::memcached::MemcachedOptions;
use crate::servers::{Host, Login, Password};

/// The servers, and what lives where on them.
pub(super) struct Cluster {
    servers: Vec<Server>,
    rendezvous: Rendezvous,
    prefix: String,
    timeout: Duration,
}

impl Cluster {
    pub(super) fn new(options: &MemcachedOptions) -> Result<Self, OpenError> {
        let (hosts, timeout) = (&options.servers.hosts, options.servers.timeout);
        let login = &options.servers.login;
        check(login)?;
        let server = |host: &Host| Server::new(host.clone(), login.clone(), timeout);
        Ok(Self {
            servers: hosts.iter().map(server).collect(),
            rendezvous: Rendezvous::new(hosts),
            prefix: options.prefix.clone(),
            timeout,
        })
    }

    pub(super) fn servers(&self) -> &[Server] {
        &self.servers
    }

    pub(super) fn server_of(&self, id: &[u8; 16]) -> &Server {
        &self.servers[self.rendezvous.choose(id)]
    }

    /// What an id is called there, among others of its sort.
    pub(super) fn name(&self, sort: char, id: &[u8; 16]) -> String {
        let mut name = format!("{}{sort}:", self.prefix);
        for byte in id {
            // Why: writing to a string does not fail.
            let _ = write!(name, "{byte:02x}");
        }
        name
    }

    /// What comes of `work`, if it comes in time.
    pub(super) async fn in_time<T>(
        &self,
        work: impl Future<Output = io::Result<T>>,
    ) -> io::Result<T> {
        timeout(self.timeout, work).await.unwrap_or_else(|_| {
            let why = format!("no answer came within {:?}", self.timeout);
            Err(io::Error::new(io::ErrorKind::TimedOut, why))
        })
    }
}

/// That there is a user and a password, or neither.
fn check(login: &Login) -> Result<(), OpenError> {
    let password = login.password().map_err(|error| match &login.password {
        Some(Password::File(path)) => OpenError::File {
            path: path.clone(),
            source: error.into(),
        },
        _ => INCOMPLETE,
    })?;
    if login.user.is_some() == password.is_some() {
        Ok(())
    } else {
        Err(INCOMPLETE)
    }
}

const INCOMPLETE: OpenError = OpenError::Servers {
    store: "memcached",
    port: 11211,
};
