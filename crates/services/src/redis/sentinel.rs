use std::{fs, net::SocketAddr};

use super::{PACKAGE, ask, listed, start};
use crate::{
    Error, Port, Service, command,
    find::require,
    service::{Recipe, data, until},
};

/// The name by which the sentinels know the master.
const NAME: &str = "main";

/// A Redis master with two replicas, under three sentinels. A master that does not answer for a second is replaced.
pub struct RedisSentinel {
    servers: Vec<Service>,
    sentinels: Vec<Service>,
}

impl RedisSentinel {
    /// Starts all, and waits until they know each other.
    ///
    /// # Errors
    ///
    /// A program is missing or does not start.
    pub fn start() -> Result<Self, Error> {
        Self::with(&[])
    }

    /// Starts all, the master and its replicas with further arguments.
    ///
    /// # Errors
    ///
    /// A program is missing or does not start.
    pub fn with(arguments: &[&str]) -> Result<Self, Error> {
        let server = |role: &[&str]| {
            let own = ["--repl-diskless-sync-delay", "0"];
            start("redis", Port::free()?, &[&own, role, arguments].concat())
        };
        let mut servers = vec![server(&[])?];
        let master = servers[0].address();
        let port = master.port().to_string();
        for _ in 0..2 {
            servers.push(server(&["--replicaof", "127.0.0.1", &port])?);
        }
        // Why first: sentinels look at a master for replicas only now and then.
        until(Error::NoMaster, || has_replicas(master, 2))?;
        let sentinels = (0..3)
            .map(|_| sentinel(master))
            .collect::<Result<Vec<Service>, Error>>()?;
        let all = Self { servers, sentinels };
        until(Error::NoMaster, || all.sentinels.iter().all(knows_all))?;
        Ok(all)
    }

    /// The URL by which a node finds it as its store.
    pub fn url(&self) -> String {
        format!("redis+sentinel://{}/{NAME}", listed(&self.sentinels))
    }

    /// The master and the replicas.
    pub fn servers(&mut self) -> &mut [Service] {
        &mut self.servers
    }

    /// The sentinels.
    pub fn sentinels(&mut self) -> &mut [Service] {
        &mut self.sentinels
    }

    /// The server that the sentinels that answer take for the master.
    ///
    /// # Errors
    ///
    /// None of them answers.
    pub fn master(&mut self) -> Result<&mut Service, Error> {
        let master = self
            .sentinels
            .iter()
            .filter(|sentinel| sentinel.id().is_some())
            .find_map(|sentinel| {
                let question = ["sentinel", "get-master-addr-by-name", NAME];
                let said = ask(sentinel.address(), &question).ok()?;
                said.lines().nth(1)?.parse::<u16>().ok()
            });
        self.servers
            .iter_mut()
            .find(|server| Some(server.address().port()) == master)
            .ok_or(Error::NoMaster)
    }

    /// Waits until the sentinels name another master than this.
    ///
    /// # Errors
    ///
    /// [`Error::NoMaster`] after a minute.
    pub fn wait_until_replaced(&mut self, master: SocketAddr) -> Result<(), Error> {
        until(Error::NoMaster, || {
            self.master().is_ok_and(|now| {
                let role = ask(now.address(), &["role"]).unwrap_or_default();
                now.address() != master && role.starts_with("master")
            })
        })
    }
}

fn sentinel(master: SocketAddr) -> Result<Service, Error> {
    let (data, port) = (data()?, Port::free()?);
    let program = require("redis-server", PACKAGE)?;
    let file = data.path().join("sentinel.conf");
    let text = format!(
        "bind 127.0.0.1\nport {}\ndir {}\n\
         sentinel monitor {NAME} 127.0.0.1 {} 2\n\
         sentinel down-after-milliseconds {NAME} 1000\n\
         sentinel failover-timeout {NAME} 5000\n",
        port.number(),
        data.path().display(),
        master.port(),
    );
    fs::write(&file, text).map_err(Error::file(&file))?;
    let recipe = Recipe::new(&[], move || {
        let mut command = command(&program);
        command.arg(&file).arg("--sentinel");
        command
    });
    let url = format!("redis://{}", port.address());
    Service::start(url, port, data, recipe)
}

fn has_replicas(master: SocketAddr, count: usize) -> bool {
    let said = ask(master, &["info", "replication"]).unwrap_or_default();
    said.matches("state=online").count() == count
}

/// Whether a sentinel has found both replicas and both other sentinels.
fn knows_all(sentinel: &Service) -> bool {
    let said = ask(sentinel.address(), &["info", "sentinel"]).unwrap_or_default();
    said.contains("status=ok") && said.contains("slaves=2,sentinels=3")
}
