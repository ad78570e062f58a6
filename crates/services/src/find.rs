//! Where a program is.

use std::path::{Path, PathBuf};

use crate::Error;

/// Where Debian keeps the servers that it does not put onto everybody's `PATH`.
const SERVERS: &str = "/usr/sbin";

/// Where Debian keeps the programs of each version of `PostgreSQL`.
const POSTGRES: &str = "/usr/lib/postgresql";

/// The first program of that name on the `PATH`, or where Debian puts servers aside.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain([PathBuf::from(SERVERS)])
        .chain(newest_postgres())
        .map(|folder| folder.join(program))
        .find(|candidate| candidate.is_file())
}

/// The program, or what to install.
pub(crate) fn require(program: &'static str, package: &'static str) -> Result<PathBuf, Error> {
    find(program).ok_or(Error::Missing { program, package })
}

fn newest_postgres() -> Option<PathBuf> {
    let version = |folder: &Path| -> Option<u32> { folder.file_name()?.to_str()?.parse().ok() };
    std::fs::read_dir(POSTGRES)
        .ok()?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .max_by_key(|folder| version(folder))
        .map(|folder| folder.join("bin"))
}
