//! A virtual environment that stays between runs.

use std::path::{Path, PathBuf};

use xshell::{Shell, cmd};

use super::{SCRATCH, interpreter::Interpreter};
use crate::error::Error;

pub(crate) struct Venv(PathBuf);

impl Venv {
    /// The environment of this name and the Python that is called `python3`.
    ///
    /// # Errors
    ///
    /// Python's.
    pub(crate) fn usual(shell: &Shell, name: &str) -> Result<Self, Error> {
        Self::new(shell, name, &Interpreter::default(shell)?)
    }

    /// The environment of this name and this Python, made where it is not there yet.
    ///
    /// # Errors
    ///
    /// Python's.
    pub(super) fn new(shell: &Shell, name: &str, python: &Interpreter) -> Result<Self, Error> {
        let (major, minor) = python.version;
        let folder = shell
            .current_dir()
            .join(SCRATCH)
            .join(format!("{name}-{major}.{minor}"));
        let venv = Self(folder.clone());
        // Why not the folder: one whose making was interrupted has no pip.
        if !venv.program("pip").is_file() {
            let python = &python.path;
            cmd!(shell, "{python} -m venv --clear {folder}").run()?;
        }
        Ok(venv)
    }

    /// The path of a program that is installed here.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.0.join("bin").join(name)
    }

    /// Installs what a file of requirements lists.
    ///
    /// # Errors
    ///
    /// pip's.
    pub(crate) fn install_listed(&self, shell: &Shell, file: &str) -> Result<(), Error> {
        let python = self.program("python");
        cmd!(
            shell,
            "{python} -m pip install --quiet --disable-pip-version-check --requirement {file}"
        )
        .run()?;
        Ok(())
    }

    /// Installs a requirement, or a later version of it than is there.
    ///
    /// # Errors
    ///
    /// pip's.
    pub(super) fn install(&self, shell: &Shell, requirement: &str) -> Result<(), Error> {
        let python = self.program("python");
        cmd!(
            shell,
            "{python} -m pip install --quiet --disable-pip-version-check --upgrade {requirement}"
        )
        .run()?;
        Ok(())
    }

    /// Installs the wheel in place of any that is there: its version alone does not tell them apart.
    ///
    /// # Errors
    ///
    /// pip's.
    pub(super) fn replace(&self, shell: &Shell, wheel: &Path) -> Result<(), Error> {
        let python = self.program("python");
        cmd!(shell, "{python} -m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall {wheel}").run()?;
        Ok(())
    }
}
