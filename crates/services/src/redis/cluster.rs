use std::net::SocketAddr;

use super::{ask, listed, start};
use crate::{Error, Port, Service, service::until};

/// How many slots a cluster has.
const SLOTS: u16 = 16_384;

/// A Redis Cluster of three masters, with a replica each. A master that does not answer for two seconds is replaced by its
/// replica; what the other masters have is reachable all the time.
pub struct RedisCluster {
    nodes: Vec<Service>,
}

impl RedisCluster {
    /// Starts one, and waits until it is whole.
    ///
    /// # Errors
    ///
    /// A program is missing or does not start.
    pub fn start() -> Result<Self, Error> {
        Self::with(&[])
    }

    /// Starts one, each node with further arguments, such as `["--maxmemory", "2mb"]`.
    ///
    /// # Errors
    ///
    /// A program is missing or does not start.
    pub fn with(arguments: &[&str]) -> Result<Self, Error> {
        let nodes = (0..6)
            .map(|_| node(arguments))
            .collect::<Result<Vec<Service>, Error>>()?;
        let cluster = Self { nodes };
        cluster.join()?;
        Ok(cluster)
    }

    /// The URL by which a node finds it as its store.
    pub fn url(&self) -> String {
        format!("redis+cluster://{}", listed(&self.nodes))
    }

    /// All six servers.
    pub fn nodes(&mut self) -> &mut [Service] {
        &mut self.nodes
    }

    /// The server that has this slot now, a master; the last that had it, while none has.
    ///
    /// # Errors
    ///
    /// None of the servers answers.
    pub fn master_of(&mut self, slot: u16) -> Result<&mut Service, Error> {
        let owner = self.view()?.lines().find_map(|line| owns(line, slot));
        self.nodes
            .iter_mut()
            .find(|node| Some(node.address()) == owner)
            .ok_or(Error::NoMaster)
    }

    /// Waits until every slot has a master that answers, and every master that runs agrees.
    ///
    /// # Errors
    ///
    /// [`Error::NoMaster`] after a minute.
    pub fn wait_until_ok(&self) -> Result<(), Error> {
        until(Error::NoMaster, || {
            self.running().all(|address| {
                let state = ask(address, &["cluster", "info"]).unwrap_or_default();
                ["cluster_state:ok", "cluster_slots_ok:16384"]
                    .iter()
                    .all(|line| state.contains(line))
            })
        })
    }

    /// Waits until every master has a replica that has all that it had.
    ///
    /// # Errors
    ///
    /// [`Error::NoMaster`] after a minute.
    pub fn wait_until_replicated(&self) -> Result<(), Error> {
        until(Error::NoMaster, || {
            let masters: Vec<SocketAddr> = self
                .view()
                .iter()
                .flat_map(|view| view.lines())
                .filter(|line| owns_any(line))
                .filter_map(address_of)
                .collect();
            masters.len() == 3
                && masters.into_iter().all(|master| {
                    let said = ask(master, &["info", "replication"]).unwrap_or_default();
                    said.contains("state=online")
                })
        })
    }

    /// Makes one cluster of servers that do not know each other.
    fn join(&self) -> Result<(), Error> {
        let (masters, replicas) = self.nodes.split_at(3);
        let first = self.nodes[0].address();
        for (number, master) in (0..).zip(masters) {
            let from = SLOTS / 3 * number;
            let to = if number == 2 {
                SLOTS - 1
            } else {
                from + SLOTS / 3 - 1
            };
            let range = [from.to_string(), to.to_string()];
            ask(
                master.address(),
                &["cluster", "addslotsrange", &range[0], &range[1]],
            )?;
        }
        for node in &self.nodes[1..] {
            let port = node.address().port().to_string();
            let bus = ask(node.address(), &["config", "get", "cluster-port"])?;
            let bus = bus.lines().last().unwrap_or_default();
            ask(first, &["cluster", "meet", "127.0.0.1", &port, bus])?;
        }
        for (replica, master) in replicas.iter().zip(masters) {
            let id = ask(master.address(), &["cluster", "myid"])?;
            until(Error::NoMaster, || {
                ask(replica.address(), &["cluster", "replicate", &id])
                    .is_ok_and(|said| said == "OK")
            })?;
        }
        self.wait_until_ok()?;
        self.wait_until_replicated()
    }

    /// What the first server that answers knows of all of them.
    fn view(&self) -> Result<String, Error> {
        self.running()
            .find_map(|address| {
                ask(address, &["cluster", "nodes"])
                    .ok()
                    .filter(|said| !said.is_empty())
            })
            .ok_or(Error::NoMaster)
    }

    fn running(&self) -> impl Iterator<Item = SocketAddr> {
        self.nodes
            .iter()
            .filter(|node| node.id().is_some())
            .map(Service::address)
    }
}

fn node(arguments: &[&str]) -> Result<Service, Error> {
    let bus = Port::free()?;
    let number = bus.number().to_string();
    let own = [
        ["--cluster-enabled", "yes"],
        ["--cluster-port", &number],
        ["--cluster-node-timeout", "2000"],
        ["--cluster-require-full-coverage", "no"],
        ["--repl-diskless-sync-delay", "0"],
    ];
    let node = start("redis", Port::free()?, &[&own.concat(), arguments].concat())?;
    Ok(node.holding(bus))
}

/// The address in a line of `CLUSTER NODES`, which has it second, before the port of the bus.
fn address_of(line: &str) -> Option<SocketAddr> {
    line.split_whitespace()
        .nth(1)?
        .split('@')
        .next()?
        .parse()
        .ok()
}

/// Whether the line is that of a master with slots that has not failed.
fn owns_any(line: &str) -> bool {
    let flags = line.split_whitespace().nth(2).unwrap_or_default();
    flags.contains("master") && !flags.contains("fail") && line.split_whitespace().nth(8).is_some()
}

/// The address in the line, if the slot is among those that stand there from the ninth word on.
fn owns(line: &str, slot: u16) -> Option<SocketAddr> {
    line.split_whitespace()
        .skip(8)
        .any(|range| {
            let (from, to) = range.split_once('-').unwrap_or((range, range));
            let contains = |from: u16, to: u16| (from..=to).contains(&slot);
            from.parse()
                .is_ok_and(|from| to.parse().is_ok_and(|to| contains(from, to)))
        })
        .then(|| address_of(line))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_is_found_in_what_a_node_says() {
        let line =
            "07c37df 127.0.0.1:30004@31004,host master - 0 1426238317239 4 connected 0-5460 9000";
        let address = "127.0.0.1:30004".parse().ok();
        assert_eq!(owns(line, 5460), address);
        assert_eq!(owns(line, 9000), address);
        assert_eq!(owns(line, 5461), None);
        assert!(owns_any(line));
        assert!(!owns_any(&line.replace("master", "master,fail")));
    }
}
