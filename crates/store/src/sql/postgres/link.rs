//! The statements.

use std::collections::HashSet;
use std::error::Error as _;

use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Row, Statement};

use crate::rate::gcra::Micros;
use crate::sql::network::{Failure, GRACE, Link, Rates};
use crate::{RateKey, SpentId};

/// The database's clock when a statement came, in microseconds since the Unix epoch.
macro_rules! now {
    () => {
        "(extract(epoch FROM statement_timestamp()) * 1000000)::bigint"
    };
}

/// Rows of an id that has expired are taken over, others stay as they are.
const CLAIM: &str = concat!(
    "INSERT INTO cattlegrid_spent AS spent (id, expires_at) ",
    "SELECT id, ",
    now!(),
    " + ttl FROM unnest($1::bytea[], $2::bigint[]) AS asked (id, ttl) ",
    "ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at ",
    "WHERE spent.expires_at <= ",
    now!(),
    " RETURNING id"
);

const LOOK: &str = concat!(
    "SELECT id FROM cattlegrid_spent WHERE id = ANY ($1::bytea[]) AND expires_at > ",
    now!()
);

/// Makes the rows that are missing, and locks the others, in the order in which they are given. What the condition turns
/// down is locked all the same.
const HOLD: &str = "INSERT INTO cattlegrid_rates (key, whole_at) \
    SELECT key, 0 FROM unnest($1::bytea[]) AS asked (key) \
    ON CONFLICT (key) DO UPDATE SET whole_at = 0 WHERE false";

const READ: &str = concat!(
    "SELECT key, whole_at, ",
    now!(),
    " FROM cattlegrid_rates WHERE key = ANY ($1::bytea[])"
);

const KEEP: &str = "INSERT INTO cattlegrid_rates (key, whole_at) \
    SELECT key, whole_at FROM unnest($1::bytea[], $2::bigint[]) AS new (key, whole_at) \
    ON CONFLICT (key) DO UPDATE SET whole_at = excluded.whole_at";

const SWEEP_SPENT: &str = concat!(
    "DELETE FROM cattlegrid_spent WHERE id IN (SELECT id FROM cattlegrid_spent WHERE expires_at <= ",
    now!(),
    " - $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)"
);

const SWEEP_RATES: &str = concat!(
    "DELETE FROM cattlegrid_rates WHERE key IN (SELECT key FROM cattlegrid_rates WHERE whole_at <= ",
    now!(),
    " - $1 ORDER BY whole_at LIMIT $2 FOR UPDATE SKIP LOCKED)"
);

/// A connection to a `PostgreSQL` server.
pub struct PostgresLink {
    client: Client,
    claim: Statement,
    look: Statement,
    hold: Statement,
    read: Statement,
    keep: Statement,
}

impl PostgresLink {
    pub(super) async fn new(client: Client) -> Result<Self, Error> {
        let (claim, look, hold, read, keep) = tokio::try_join!(
            client.prepare(CLAIM),
            client.prepare(LOOK),
            client.prepare(HOLD),
            client.prepare(READ),
            client.prepare(KEEP),
        )?;
        Ok(Self {
            client,
            claim,
            look,
            hold,
            read,
            keep,
        })
    }

    /// The ids in the one column that a statement gives.
    async fn ids(
        &self,
        statement: &Statement,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<HashSet<SpentId>, Error> {
        let rows = self.client.query(statement, parameters).await?;
        rows.iter()
            .map(|row| bytes(row).map(SpentId::from_bytes))
            .collect()
    }

    async fn hold_and_read(&self, keys: &[&[u8]]) -> Result<Vec<Row>, Error> {
        // Why together: they are sent in this order, and all at once.
        let keys: &[&(dyn ToSql + Sync)] = &[&keys];
        let ((), _, rows) = tokio::try_join!(
            biased;
            self.client.batch_execute("BEGIN"),
            self.client.execute(&self.hold, keys),
            self.client.query(&self.read, keys),
        )?;
        Ok(rows)
    }
}

impl Link for PostgresLink {
    /// The driver sees by itself when the server closes it.
    async fn is_alive(&mut self, _: bool) -> bool {
        !self.client.is_closed()
    }

    async fn claim(&mut self, ids: &[(SpentId, i64)]) -> Result<HashSet<SpentId>, Failure> {
        let (ids, ttls): (Vec<&[u8]>, Vec<i64>) = ids
            .iter()
            .map(|(id, ttl)| (&id.as_bytes()[..], *ttl))
            .unzip();
        Ok(self.ids(&self.claim, &[&ids, &ttls]).await?)
    }

    async fn look(&mut self, ids: &[SpentId]) -> Result<HashSet<SpentId>, Failure> {
        let ids: Vec<&[u8]> = ids.iter().map(|id| &id.as_bytes()[..]).collect();
        Ok(self.ids(&self.look, &[&ids]).await?)
    }

    async fn begin_steps(&mut self, keys: &[RateKey]) -> Result<Rates, Failure> {
        let keys: Vec<&[u8]> = keys.iter().map(|key| &key.as_bytes()[..]).collect();
        match self.hold_and_read(&keys).await {
            Ok(rows) => Ok(rates(&rows)?),
            Err(error) => {
                self.client.batch_execute("ROLLBACK").await?;
                Err(error.into())
            }
        }
    }

    async fn end_steps(&mut self, changed: &[(RateKey, Micros)]) -> Result<(), Failure> {
        let (keys, whole_at): (Vec<&[u8]>, Vec<i64>) = changed
            .iter()
            .map(|(key, whole_at)| {
                let whole_at = i64::try_from(*whole_at).unwrap_or(i64::MAX);
                (&key.as_bytes()[..], whole_at)
            })
            .unzip();
        let changed: &[&(dyn ToSql + Sync)] = &[&keys, &whole_at];
        tokio::try_join!(
            biased;
            self.client.execute(&self.keep, changed),
            self.client.batch_execute("COMMIT"),
        )?;
        Ok(())
    }

    async fn sweep(&mut self, at_most: u32) -> Result<bool, Failure> {
        let at_most = i64::from(at_most);
        let mut more = false;
        for statement in [SWEEP_SPENT, SWEEP_RATES] {
            let swept = self.client.execute(statement, &[&GRACE, &at_most]).await?;
            more |= swept >= at_most.unsigned_abs();
        }
        Ok(more)
    }
}

fn rates(rows: &[Row]) -> Result<Rates, Error> {
    let mut rates = Rates::default();
    for row in rows {
        let (whole_at, now): (i64, i64) = (row.try_get(1)?, row.try_get(2)?);
        rates.now = now.unsigned_abs();
        rates
            .whole_at
            .insert(RateKey::from_bytes(bytes(row)?), whole_at.unsigned_abs());
    }
    Ok(rates)
}

/// The sixteen bytes in the first column. Nobody but this store writes there; what is of another length is none of ours.
fn bytes(row: &Row) -> Result<[u8; 16], Error> {
    let found: &[u8] = row.try_get(0)?;
    Ok(found.try_into().unwrap_or_default())
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let is_conflict = error.code().is_some_and(|code| {
            [
                SqlState::T_R_DEADLOCK_DETECTED,
                SqlState::T_R_SERIALIZATION_FAILURE,
            ]
            .contains(code)
        });
        if is_conflict {
            Self::Conflict(said(&error))
        } else {
            Self::Broken(said(&error))
        }
    }
}

/// What went wrong, in the words of the server where there are some.
fn said(error: &Error) -> String {
    match (error.as_db_error(), error.source()) {
        (Some(server), _) => server.message().to_owned(),
        (None, Some(source)) => format!("{error}: {source}"),
        (None, None) => error.to_string(),
    }
}
