//! What a load asks for, minted beforehand.

use std::{fs, path::PathBuf};

use tempfile::TempDir;
use xshell::{Shell, cmd};

use super::subject::{Programs, SECRET};
use crate::error::Error;

/// Lines of files, one for each request.
pub(super) struct Supplies {
    folder: TempDir,
}

impl Supplies {
    /// Nothing yet.
    ///
    /// # Errors
    ///
    /// There is no place for files.
    pub(super) fn new() -> Result<Self, Error> {
        let folder = tempfile::tempdir().map_err(Error::file("a temporary folder"))?;
        Ok(Self { folder })
    }

    /// The file of what was minted.
    pub(super) fn file(&self, what: &str) -> PathBuf {
        self.folder.path().join(what)
    }

    /// The file of `count` fresh `keys`, `answers` or `tokens`, each good once on each store.
    ///
    /// # Errors
    ///
    /// They cannot be minted or written.
    pub(super) fn mint(
        &self,
        shell: &Shell,
        programs: &Programs,
        what: &str,
        count: usize,
    ) -> Result<PathBuf, Error> {
        let load = &programs.load;
        let count = count.to_string();
        let lines = cmd!(shell, "{load} mint {SECRET} {what} {count}")
            .quiet()
            .read()?;
        let file = self.file(what);
        fs::write(&file, lines).map_err(Error::file(&file))?;
        Ok(file)
    }
}
