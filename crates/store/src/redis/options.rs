//! How a Redis store is reached and used.

use crate::servers::Servers;

/// How a Redis store is reached and used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisOptions {
    /// Where.
    pub servers: Servers,
    /// What the servers are to one another.
    pub topology: Topology,
    /// The number of the database; a cluster has only 0.
    pub database: u32,
    /// What every key in it starts with. `cattlegrid:` unless the URL says otherwise.
    pub prefix: String,
    /// How many replicas must have a claim before it is first
    /// ([`WAIT`](https://redis.io/docs/latest/commands/wait/)). With fewer in a third of the timeout, the claim is
    /// refused as unavailable, and its id stays spent.
    ///
    /// 0: none. Replicas follow a little later, so that a master which is lost takes its last claims with it, and an id
    /// that was claimed then can be claimed once more after the failover. With 1 or more, a replica that is promoted
    /// has all claims that were ever first, unless it is one that did not have them: with as many as there are
    /// replicas, none is. What it costs is a round trip from the master to its replicas for each claim, and that none is
    /// first while too few replicas follow.
    pub wait: u32,
}

/// What several Redis servers are to one another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Topology {
    /// There is one server.
    Single,
    /// A Redis Cluster; the hosts are some of its nodes.
    Cluster,
    /// The hosts are sentinels that know where the master of this name is.
    Sentinel {
        /// The name that the sentinels have for the master.
        master: String,
    },
}
