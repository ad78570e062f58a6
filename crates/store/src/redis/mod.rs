//! A store on Redis, Valkey, or what else speaks their protocol: one server, a cluster, or a master that sentinels know.

mod options;
#[cfg(feature = "redis")]
mod store;

pub use options::{RedisOptions, Topology};
#[cfg(feature = "redis")]
pub use store::RedisStore;
