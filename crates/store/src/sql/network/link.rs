//! What each kind of database has of its own: how it is reached, and the statements that it understands.

use std::collections::{HashMap, HashSet};
use std::future::Future;

use crate::rate::gcra::Micros;
use crate::servers::Host;
use crate::sql::DatabaseOptions;
use crate::{OpenError, RateKey, SpentId};

/// A kind of database.
pub trait Driver: Sized + Send + Sync + 'static {
    /// A connection to one.
    type Link: Link;

    /// Reads the files that `options` name, and reaches out to nobody.
    fn new(options: &DatabaseOptions) -> Result<Self, OpenError>;

    /// Connects to the database on one host, makes sure that it takes writes, and brings its tables up to date.
    fn connect(&self, host: &Host) -> impl Future<Output = Result<Self::Link, Failure>> + Send;
}

/// A connection. After a failure other than a conflict it is of no more use.
pub trait Link: Send + 'static {
    /// Whether it still seems to be there; `is_suspect` when another one was found not to be.
    fn is_alive(&mut self, is_suspect: bool) -> impl Future<Output = bool> + Send;

    /// Claims ids, each for so many microseconds, in one transaction; gives back those that were free. The ids come
    /// sorted, and each of them once.
    fn claim(
        &mut self,
        ids: &[(SpentId, i64)],
    ) -> impl Future<Output = Result<HashSet<SpentId>, Failure>> + Send;

    /// Those of these ids that are spent.
    fn look(
        &mut self,
        ids: &[SpentId],
    ) -> impl Future<Output = Result<HashSet<SpentId>, Failure>> + Send;

    /// Begins a transaction in which nobody else steps these keys. The keys come sorted, and each of them once.
    fn begin_steps(
        &mut self,
        keys: &[RateKey],
    ) -> impl Future<Output = Result<Rates, Failure>> + Send;

    /// Keeps what has changed, and ends the transaction.
    fn end_steps(
        &mut self,
        changed: &[(RateKey, Micros)],
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Deletes at most `at_most` rows of each table that have been of no use for [`GRACE`]; returns whether there may
    /// be more. Passes over what others are busy with.
    fn sweep(&mut self, at_most: u32) -> impl Future<Output = Result<bool, Failure>> + Send;
}

/// For how many microseconds what has expired is kept: for as long a step back of the database's clock revives nothing.
pub(in crate::sql) const GRACE: i64 = 60_000_000;

/// What is known of some keys, by the database's clock.
#[derive(Default)]
pub struct Rates {
    pub(in crate::sql) now: Micros,
    pub(in crate::sql) whole_at: HashMap<RateKey, Micros>,
}

/// Why something was not done.
pub enum Failure {
    /// It met others' work, and none of it was done: it can be tried again.
    Conflict(String),
    /// It may have been done or not.
    Broken(String),
}

impl Failure {
    pub(in crate::sql) fn why(self) -> String {
        match self {
            Self::Conflict(why) | Self::Broken(why) => why,
        }
    }
}

/// A file that was there when the store was opened, and is not any more.
impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        Self::Broken(error.to_string())
    }
}
