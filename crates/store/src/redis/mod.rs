//! A store on Redis, Valkey, or what else speaks their protocol.

mod options;

pub use options::{RedisOptions, Topology};
