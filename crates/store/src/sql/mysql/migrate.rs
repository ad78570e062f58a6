//! The tables, and how they come to be what this release expects.

use mysql_async::Conn;

use super::link::{query, single};
use crate::sql::network::{Failure, Migrations};

/// The statements that make the tables, for whoever makes them by hand.
pub const SCHEMA: &str = include_str!("schema.sql");

const MIGRATIONS: Migrations = Migrations(&[SCHEMA]);

/// The name, on the whole server, of what is held while the tables of this database are changed, by one node at a time.
const LOCK: &str = "CONCAT('cattlegrid-', MD5(DATABASE()))";

/// Brings the tables up to date.
pub(super) async fn migrate(connection: &mut Conn) -> Result<(), Failure> {
    if MIGRATIONS.after(version(connection).await?)?.is_empty() {
        return Ok(());
    }
    // Why for so long: whoever waits gives up before that, and its connection is closed.
    let has_lock: Option<bool> =
        single(connection, &format!("SELECT GET_LOCK({LOCK}, 60)")).await?;
    if has_lock != Some(true) {
        return Err(Failure::Broken(
            "another node is making its tables; this one waits for it".to_owned(),
        ));
    }
    // Why again: another node may have done it while this one waited.
    for migration in MIGRATIONS.after(version(connection).await?)? {
        query(connection, migration).await?;
    }
    query(connection, &format!("DO RELEASE_LOCK({LOCK})"))
        .await
        .map(drop)
}

/// The version of the tables; zero if there are none.
async fn version(connection: &mut Conn) -> Result<i64, Failure> {
    let tables: i64 = single(
        connection,
        "SELECT COUNT(*) FROM information_schema.tables
         WHERE table_schema = DATABASE() AND table_name = 'cattlegrid_schema'",
    )
    .await?;
    if tables == 0 {
        return Ok(0);
    }
    single(
        connection,
        "SELECT COALESCE(MAX(version), 0) FROM cattlegrid_schema",
    )
    .await
}
