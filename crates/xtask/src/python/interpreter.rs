//! The Pythons of this machine.

use std::path::{Path, PathBuf};

use xshell::{Shell, cmd};

use crate::error::Error;

/// Major and minor version.
pub(super) type Version = (u32, u32);

/// The oldest Python that the package supports.
pub(super) const OLDEST: Version = (3, 9);
/// The latest that is looked for by name.
const LATEST: Version = (3, 16);

/// A Python that the package supports.
#[derive(Clone, Debug)]
pub(super) struct Interpreter {
    pub(super) path: PathBuf,
    pub(super) version: Version,
}

impl Interpreter {
    /// What `python3` is here.
    ///
    /// # Errors
    ///
    /// [`Error::NoPython`] if it is too old or not there.
    pub(super) fn default(shell: &Shell) -> Result<Self, Error> {
        Self::at(shell, Path::new("python3"))
            .ok_or_else(|| Error::NoPython(format!("{}.{}", OLDEST.0, OLDEST.1)))
    }

    /// One of each version that is on the `PATH` under its own name, or that pyenv has; the oldest first.
    pub(super) fn all(shell: &Shell) -> Vec<Self> {
        let named = (OLDEST.1..=LATEST.1).map(|minor| PathBuf::from(format!("python3.{minor}")));
        let mut found: Vec<Self> = named
            .chain(of_pyenv(shell))
            .chain([PathBuf::from("python3")])
            .filter_map(|path| Self::at(shell, &path))
            .collect();
        found.sort_by_key(|python| python.version);
        found.dedup_by_key(|python| python.version);
        found
    }

    /// The interpreter at `path`, if it runs and is supported. A name without a program behind it is none.
    fn at(shell: &Shell, path: &Path) -> Option<Self> {
        let code = "import sys; print(sys.executable); print(*sys.version_info[:2])";
        let said = cmd!(shell, "{path} -c {code}")
            .quiet()
            .ignore_stderr()
            .read()
            .ok()?;
        let (path, version) = said.split_once('\n')?;
        let (major, minor) = version.trim().split_once(' ')?;
        let version = (major.parse().ok()?, minor.parse().ok()?);
        (version >= OLDEST).then(|| Self {
            path: path.into(),
            version,
        })
    }
}

fn of_pyenv(shell: &Shell) -> Vec<PathBuf> {
    let root = cmd!(shell, "pyenv root").quiet().ignore_stderr().read();
    let versions = root.map(|root| Path::new(&root).join("versions"));
    let Ok(folders) = versions.map(|folder| shell.read_dir(folder).unwrap_or_default()) else {
        return Vec::new();
    };
    folders
        .into_iter()
        .map(|folder| folder.join("bin/python3"))
        .filter(|python| python.is_file())
        .collect()
}
