//! A store in a `PostgreSQL` database.
//!
//! It keeps three tables, `cattlegrid_spent`, `cattlegrid_rates` and `cattlegrid_schema`, in the first schema of the user's
//! search path, and makes them when it first connects; many nodes may do so at once. For that the user needs `CREATE` on
//! the schema, for all else `SELECT`, `INSERT`, `UPDATE` and `DELETE` on the tables. The statements are in
//! [`SCHEMA`], for whoever makes the tables by hand.
//!
//! Ids expire by the database's clock. A claim survives whatever the server's `synchronous_commit` says it does.

mod connect;
mod link;
mod migrate;

pub use connect::Postgres;
pub use migrate::SCHEMA;

/// Remembers ids and rates in a `PostgreSQL` database that any number of nodes share.
pub type PostgresStore = super::network::DatabaseStore<Postgres>;
