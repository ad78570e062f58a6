//! A store in a MySQL (8.0 or later) or `MariaDB` (10.6 or later) database.
//!
//! It keeps three `InnoDB` tables, `cattlegrid_spent`, `cattlegrid_rates` and `cattlegrid_schema`, in the database of its
//! URL, and makes them when it first connects; many nodes may do so at once. For that the user needs `CREATE` on the
//! database, for all else `SELECT`, `INSERT`, `UPDATE` and `DELETE` on the tables. The statements are in [`SCHEMA`], for
//! whoever makes the tables by hand.
//!
//! Ids expire by the database's clock. A claim survives whatever the server's `innodb_flush_log_at_trx_commit` says it
//! does.

mod connect;
mod link;
mod migrate;

pub use connect::Mysql;
pub use migrate::SCHEMA;

/// Remembers ids and rates in a MySQL or `MariaDB` database that any number of nodes share.
pub type MysqlStore = super::network::DatabaseStore<Mysql>;
