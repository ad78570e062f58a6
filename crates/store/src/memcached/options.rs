//! How a Memcached store is reached and used.

use crate::servers::Servers;

/// How a Memcached store is reached and used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemcachedOptions {
    /// Where. Each id lives on one of the hosts; every node must name the same ones.
    pub servers: Servers,
    /// What every key in it starts with. `cattlegrid:` unless the URL says otherwise.
    pub prefix: String,
}
