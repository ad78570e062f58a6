//! A store on Memcached servers.

mod options;
#[cfg(feature = "memcached")]
mod store;

pub use options::MemcachedOptions;
#[cfg(feature = "memcached")]
pub use store::MemcachedStore;
