//! The servers that tests and chores talk to: real ones, on free ports of this machine, gone with their owner.
//!
//! ```
//! use cattlegrid_services::Redis;
//!
//! let mut redis = Redis::start()?;
//! assert_eq!(redis.url(), format!("redis://{}", redis.address()));
//! redis.kill()?; // SIGKILL: from now on nobody answers at this address
//! redis.restart()?; // and now somebody does, with nothing in it
//! # Ok::<(), cattlegrid_services::Error>(())
//! ```
//!
//! A program that is missing is an [`Error`] that says which package has it. What is started ends when its handle is
//! dropped, and also when the process that started it is killed, as far as the system can see to that (on Linux, with
//! `setpriv`; the files of a server whose owner was killed stay in the folder for temporary files).

mod background;
mod caddy;
mod certificates;
mod cut;
mod error;
mod find;
mod haproxy;
mod mariadb;
mod memcached;
mod nginx;
mod node;
mod port;
mod postgres;
mod redis;
mod service;
mod user;

pub use background::{Background, command};
pub use caddy::Caddy;
pub use certificates::Certificates;
pub use cut::Cut;
pub use error::Error;
pub use find::find;
pub use haproxy::HaProxy;
pub use mariadb::MariaDb;
pub use memcached::Memcached;
pub use nginx::Nginx;
pub use node::Node;
pub use port::Port;
pub use postgres::Postgres;
pub use redis::{Redis, RedisCluster, RedisSentinel};
pub use service::Service;
