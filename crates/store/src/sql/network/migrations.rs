//! Which statements bring the tables of a database up to date.

use super::Failure;

/// What leads from each version of the tables to the next; the first entry from nothing to version 1.
pub(in crate::sql) struct Migrations(pub(in crate::sql) &'static [&'static str]);

impl Migrations {
    /// Those that tables of version `found` still need.
    pub(in crate::sql) fn after(&self, found: i64) -> Result<&'static [&'static str], Failure> {
        usize::try_from(found)
            .ok()
            .and_then(|found| self.0.get(found..))
            .ok_or_else(|| {
                Failure::Broken(format!(
                    "its tables have schema version {found}, and this release knows versions up to {}; use the release that made them, or another database",
                    self.0.len()
                ))
            })
    }
}
