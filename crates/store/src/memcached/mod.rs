//! A store on Memcached servers.

mod options;

pub use options::MemcachedOptions;
