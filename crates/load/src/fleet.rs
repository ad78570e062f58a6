//! Several nodes behind a balancer.

use std::{fs, net::SocketAddr, os::unix::fs::PermissionsExt, path::Path, thread, time::Duration};

use cattlegrid_services::{HaProxy, Node, Service};
use tempfile::TempDir;

use crate::{Connection, Error, Keyring, Person};

/// The site key of the one site of a fleet.
pub const SITE_KEY: &str = "shop";
/// Its secret key.
pub const SECRET_KEY: &str = "the-secret-key-of-the-shop";

/// The secret that a fleet has to begin with.
const SECRET: &str = "ooooooooooooooooooooooooooooooooooooooooooo";

/// Nodes that share a secret and, as the caller chooses, a store, behind a balancer.
pub struct Fleet {
    /// The nodes
    pub nodes: Vec<Service>,
    /// The balancer, which sends nothing to a node that is not ready
    pub balancer: Service,
    secrets: TempDir,
}

impl Fleet {
    /// Starts one node of `program` for each of the stores, which may be one and the same. `settings` are further lines at
    /// the top of each configuration.
    ///
    /// # Errors
    ///
    /// One that does not start.
    pub fn start(program: &Path, stores: &[&str], settings: &str) -> Result<Self, Error> {
        let secrets = tempfile::tempdir().map_err(Error::file("a temporary folder"))?;
        write(&secrets.path().join("secret"), SECRET)?;
        let nodes = stores
            .iter()
            .map(|store| {
                let text = configuration(&secrets.path().join("secret"), store, settings);
                Node::start(program, &text)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let addresses: Vec<SocketAddr> = nodes.iter().map(Service::address).collect();
        Ok(Self {
            balancer: HaProxy::start(&addresses, "/readyz")?,
            nodes,
            secrets,
        })
    }

    /// The secrets as they are at first.
    ///
    /// # Errors
    ///
    /// None that could come about.
    pub fn keyring(&self) -> Result<Keyring, Error> {
        Keyring::new(SECRET)
    }

    /// Somebody who talks to the nodes themselves, in turn.
    pub fn person_at_nodes(&self, first: usize) -> Person {
        let nodes = (0..3).map(|way| &self.nodes[(first + way) % self.nodes.len()]);
        Person::new(nodes.map(|node| Connection::to(node.address())))
    }

    /// Somebody who talks to the balancer.
    pub fn person(&self) -> Person {
        Person::new((0..3).map(|_| Connection::to(self.balancer.address())))
    }

    /// Gives all nodes these secrets, separated by commas, the first of which seals: their file changes, and one after the
    /// other reads it.
    ///
    /// # Errors
    ///
    /// The file cannot be written, or a node does not run.
    pub fn rotate(&mut self, secrets: &str) -> Result<(), Error> {
        write(&self.secrets.path().join("secret"), secrets)?;
        for node in &mut self.nodes {
            let before = reloads(node);
            node.reload()?;
            while reloads(node) == before {
                thread::sleep(Duration::from_millis(5));
            }
        }
        Ok(())
    }

    /// The secret that the fleet has to begin with.
    pub fn secret(&self) -> &'static str {
        SECRET
    }
}

fn configuration(secrets: &Path, store: &str, settings: &str) -> String {
    format!(
        "store = \"{store}\"\n\
         secret_file = \"{}\"\n\
         {settings}\n\
         [[sites]]\n\
         key = \"{SITE_KEY}\"\n\
         secret = \"{SECRET_KEY}\"\n\
         challenge_ttl = \"24h\"\n\
         token_ttl = \"24h\"\n",
        secrets.display(),
    )
}

/// How often a node has read its configuration again, by what it logs.
fn reloads(node: &Service) -> usize {
    node.said()
        .matches("the configuration was read again")
        .count()
}

/// Writes a file that nobody else may read, in one step.
fn write(path: &Path, text: &str) -> Result<(), Error> {
    let new = path.with_extension("new");
    fs::write(&new, text).map_err(Error::file(&new))?;
    fs::set_permissions(&new, fs::Permissions::from_mode(0o600)).map_err(Error::file(&new))?;
    fs::rename(&new, path).map_err(Error::file(path))
}
