//! The tables, and how they come to be what this release expects.

use tokio_postgres::{Client, GenericClient};

use crate::sql::network::{Failure, Migrations};

/// The statements that make the tables, for whoever makes them by hand.
pub const SCHEMA: &str = include_str!("schema.sql");

const MIGRATIONS: Migrations = Migrations(&[SCHEMA]);

/// Held while the tables are changed, by one node at a time. Chosen at random, once.
const LOCK: i64 = 0x4341_5447_0f6d_a3b1;

/// Brings the tables up to date.
pub(super) async fn migrate(client: &mut Client) -> Result<(), Failure> {
    if MIGRATIONS.after(version(client).await?)?.is_empty() {
        return Ok(());
    }
    let transaction = client.transaction().await?;
    transaction
        .execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK])
        .await?;
    // Why again: another node may have done it while this one waited.
    for migration in MIGRATIONS.after(version(&transaction).await?)? {
        transaction.batch_execute(migration).await?;
    }
    Ok(transaction.commit().await?)
}

/// Whether there are tables, in a schema of the search path.
///
/// Why not `to_regclass`: within a transaction it does not see what others have made since it was last asked.
const THERE_ARE: &str = "SELECT EXISTS (
    SELECT FROM pg_catalog.pg_class JOIN pg_catalog.pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relname = 'cattlegrid_schema' AND nspname = ANY (current_schemas(false)))";

/// The version of the tables; zero if there are none.
async fn version(client: &impl GenericClient) -> Result<i64, Failure> {
    let there_are: bool = client
        .query_one(THERE_ARE, &[])
        .await
        .and_then(|row| row.try_get(0))?;
    if !there_are {
        return Ok(0);
    }
    let row = client
        .query_one(
            "SELECT coalesce(max(version), 0)::bigint FROM cattlegrid_schema",
            &[],
        )
        .await?;
    Ok(row.try_get(0)?)
}
