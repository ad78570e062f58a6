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
    /// How many replicas must have a claim before it is believed ([`WAIT`](https://redis.io/docs/latest/commands/wait/)).
    /// 0: none, so that a failover may forget the claims of its last moments.
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
