//! The servers that tests talk to: real ones, each on a free port of this machine, gone when they are dropped.

mod mariadb;
mod memcached;
mod postgres;
mod redis;

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{
    background::{Background, Signal},
    error::Error,
};

/// How long a server may take until it listens; a busy machine takes seconds for a database.
const PATIENCE: Duration = Duration::from_secs(60);

/// One running server of each kind.
pub(crate) struct Services([Service; 4]);

/// A running server, and where it is.
struct Service {
    variable: &'static str,
    url: String,
    _process: Background,
    _data: TempDir,
}

impl Services {
    /// Starts all of them.
    ///
    /// # Errors
    ///
    /// One that does not start; it says why itself.
    pub(crate) fn start() -> Result<Self, Error> {
        Ok(Self([
            redis::start()?,
            memcached::start()?,
            postgres::start()?,
            mariadb::start()?,
        ]))
    }

    /// The variables by which tests find them.
    pub(crate) fn environment(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0
            .iter()
            .map(|service| (service.variable, service.url.as_str()))
    }
}

/// A folder for a server's files.
fn data() -> Result<TempDir, Error> {
    tempfile::tempdir().map_err(Error::file("a temporary folder"))
}

/// An address of this machine that nothing listens on.
fn free_address() -> Result<SocketAddr, Error> {
    let listener =
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(Error::file("a free port"))?;
    listener.local_addr().map_err(Error::file("a free port"))
}

/// Starts a server and waits until it listens.
fn listening(command: &mut Command, address: SocketAddr, end: Signal) -> Result<Background, Error> {
    let name = Path::new(command.get_program()).to_owned();
    let mut process = Background::quiet(command, end)?;
    let start = Instant::now();
    while TcpStream::connect(address).is_err() {
        if process.has_ended() || start.elapsed() > PATIENCE {
            eprintln!("{}", process.said());
            return Err(Error::NoService(name));
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(process)
}
