//! The statements.
//!
//! They are sent as text, several at once, so that a batch of any size costs one round trip; all that is in them is
//! numbers.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use mysql_async::prelude::{FromValue, Queryable as _};
use mysql_async::{Conn, Error, IoError, Row};

use crate::chance::random;
use crate::rate::gcra::Micros;
use crate::sql::network::{Failure, GRACE, Link, Rates};
use crate::{RateKey, SpentId};

/// The database's clock when a statement came, in microseconds since the Unix epoch.
const NOW: &str = "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))";

/// After how long a rest a connection is tried before it is used.
const REST: Duration = Duration::from_secs(1);

/// A connection to a MySQL or `MariaDB` server.
pub struct MysqlLink {
    connection: Conn,
    used_at: Instant,
}

impl MysqlLink {
    pub(super) fn new(connection: Conn) -> Self {
        Self {
            connection,
            used_at: Instant::now(),
        }
    }

    async fn query(&mut self, statements: &str) -> Result<Vec<Row>, Failure> {
        let rows = query(&mut self.connection, statements).await?;
        self.used_at = Instant::now();
        Ok(rows)
    }

    /// The sixteen bytes in the first column of each row.
    async fn names(&mut self, statements: &str) -> Result<Vec<[u8; 16]>, Failure> {
        self.query(statements).await?.iter().map(name).collect()
    }

    /// Deletes expired rows of one table; returns whether there may be more.
    async fn sweep_table(
        &mut self,
        table: &str,
        name: &str,
        end: &str,
        at_most: u32,
    ) -> Result<bool, Failure> {
        let expired = self
            .names(&format!(
                "START TRANSACTION;
                 SELECT {name} FROM {table} WHERE {end} <= {NOW} - {GRACE}
                 ORDER BY {end} LIMIT {at_most} FOR UPDATE SKIP LOCKED"
            ))
            .await?;
        let delete = if expired.is_empty() {
            String::new()
        } else {
            format!("DELETE FROM {table} WHERE {name} IN ({});", list(&expired))
        };
        self.query(&format!("{delete} COMMIT")).await?;
        Ok(expired.len() >= at_most as usize)
    }
}

impl Link for MysqlLink {
    async fn is_alive(&mut self, is_suspect: bool) -> bool {
        (!is_suspect && self.used_at.elapsed() < REST) || self.connection.ping().await.is_ok()
    }

    /// Makes rows that bear a number of this claim's own, and sees which of them stand.
    async fn claim(&mut self, ids: &[(SpentId, i64)]) -> Result<HashSet<SpentId>, Failure> {
        let claim = random();
        let rows = joined(ids, |text, (id, ttl)| {
            write!(text, "({}, @now + {ttl}, {claim})", literal(*id.as_bytes()))
        });
        let names: Vec<_> = ids.iter().map(|(id, _)| *id.as_bytes()).collect();
        // Why in this order: the second assignment may see what the first has done.
        let statements = format!(
            "SET @now = {NOW}; START TRANSACTION;
             INSERT INTO cattlegrid_spent (id, expires_at, claimed_by) VALUES {rows}
             ON DUPLICATE KEY UPDATE
             claimed_by = IF(expires_at <= @now, VALUES(claimed_by), claimed_by),
             expires_at = IF(expires_at <= @now, VALUES(expires_at), expires_at);
             SELECT id FROM cattlegrid_spent WHERE id IN ({}) AND claimed_by = {claim};
             COMMIT",
            list(&names)
        );
        let first = self.names(&statements).await?;
        Ok(first.into_iter().map(SpentId::from_bytes).collect())
    }

    async fn look(&mut self, ids: &[SpentId]) -> Result<HashSet<SpentId>, Failure> {
        let names: Vec<_> = ids.iter().map(|id| *id.as_bytes()).collect();
        let spent = self
            .names(&format!(
                "SELECT id FROM cattlegrid_spent WHERE id IN ({}) AND expires_at > {NOW}",
                list(&names)
            ))
            .await?;
        Ok(spent.into_iter().map(SpentId::from_bytes).collect())
    }

    /// Makes the rows that are missing, which locks them, as a change does that changes nothing; then reads them.
    async fn begin_steps(&mut self, keys: &[RateKey]) -> Result<Rates, Failure> {
        let rows = joined(keys, |text, key| {
            write!(text, "({}, 0)", literal(*key.as_bytes()))
        });
        let names: Vec<_> = keys.iter().map(|key| *key.as_bytes()).collect();
        let rows = self
            .query(&format!(
                "START TRANSACTION;
                 INSERT INTO cattlegrid_rates (rate_key, whole_at) VALUES {rows}
                 ON DUPLICATE KEY UPDATE whole_at = whole_at;
                 SELECT rate_key, whole_at, {NOW} FROM cattlegrid_rates WHERE rate_key IN ({})",
                list(&names)
            ))
            .await?;
        let mut rates = Rates::default();
        for row in &rows {
            rates.now = value(row, 2)?;
            rates
                .whole_at
                .insert(RateKey::from_bytes(name(row)?), value(row, 1)?);
        }
        Ok(rates)
    }

    async fn end_steps(&mut self, changed: &[(RateKey, Micros)]) -> Result<(), Failure> {
        let keep = if changed.is_empty() {
            String::new()
        } else {
            let rows = joined(changed, |text, (key, whole_at)| {
                write!(text, "({}, {whole_at})", literal(*key.as_bytes()))
            });
            format!(
                "INSERT INTO cattlegrid_rates (rate_key, whole_at) VALUES {rows}
                 ON DUPLICATE KEY UPDATE whole_at = VALUES(whole_at);"
            )
        };
        self.query(&format!("{keep} COMMIT")).await.map(drop)
    }

    async fn sweep(&mut self, at_most: u32) -> Result<bool, Failure> {
        let ids = self.sweep_table("cattlegrid_spent", "id", "expires_at", at_most);
        let more_ids = ids.await?;
        let rates = self.sweep_table("cattlegrid_rates", "rate_key", "whole_at", at_most);
        Ok(rates.await? || more_ids)
    }
}

/// Runs statements, and gives what rows there are.
pub(super) async fn query(connection: &mut Conn, statements: &str) -> Result<Vec<Row>, Failure> {
    let mut results = connection.query_iter(statements).await?;
    let mut rows = Vec::new();
    while !results.is_empty() {
        rows.extend(results.collect::<Row>().await?);
    }
    Ok(rows)
}

/// Runs a statement that gives one value.
pub(super) async fn single<T: FromValue>(
    connection: &mut Conn,
    statement: &str,
) -> Result<T, Failure> {
    let rows = query(connection, statement).await?;
    rows.first()
        .ok_or_else(unexpected)
        .and_then(|row| value(row, 0))
}

fn value<T: FromValue>(row: &Row, column: usize) -> Result<T, Failure> {
    row.get_opt(column)
        .and_then(Result::ok)
        .ok_or_else(unexpected)
}

fn name(row: &Row) -> Result<[u8; 16], Failure> {
    let bytes: Vec<u8> = value(row, 0)?;
    bytes.try_into().map_err(|_| unexpected())
}

fn unexpected() -> Failure {
    Failure::Broken("it said something unexpected".to_owned())
}

fn literal(name: [u8; 16]) -> String {
    format!("x'{:032x}'", u128::from_be_bytes(name))
}

fn list(names: &[[u8; 16]]) -> String {
    joined(names, |text, name| text.write_str(&literal(*name)))
}

/// What is written of each, with commas between.
fn joined<T>(all: &[T], write: impl Fn(&mut String, &T) -> std::fmt::Result) -> String {
    let mut text = String::new();
    for one in all {
        if !text.is_empty() {
            text.push(',');
        }
        // Why its result is of no interest: writing to a string does not fail.
        let _ = write(&mut text, one);
    }
    text
}

/// The transaction was chosen as the one to give way, and was rolled back as a whole.
const DEADLOCK: u16 = 1213;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Server(said) if said.code == DEADLOCK => Self::Conflict(said.message),
            Error::Server(said) => Self::Broken(said.message),
            Error::Io(IoError::Io(error)) => Self::Broken(error.to_string()),
            error => Self::Broken(error.to_string()),
        }
    }
}
