//! The wheel, built as pip builds it for a user.

use std::{ffi::OsStr, fs, path::PathBuf};

use xshell::{Shell, cmd};

use super::{SCRATCH, interpreter::Interpreter};
use crate::error::Error;

/// Builds the wheel of this tree.
///
/// # Errors
///
/// pip's or the build's, or [`Error::NoWheel`].
pub(crate) fn build(shell: &Shell) -> Result<PathBuf, Error> {
    let folder = shell.current_dir().join(SCRATCH).join("wheel");
    shell.remove_path(&folder)?;
    let python = Interpreter::default(shell)?.path;
    cmd!(
        shell,
        "{python} -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir {folder} ."
    )
    .run()?;
    let mut wheels = fs::read_dir(&folder)
        .map_err(Error::file(&folder))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension() == Some(OsStr::new("whl")));
    match (wheels.next(), wheels.next()) {
        (Some(wheel), None) => Ok(wheel),
        _ => Err(Error::NoWheel(folder)),
    }
}
