//! Files that hold secrets.

use std::fs;
use std::path::Path;

use crate::Error;

/// What is in the file, if nobody but its owner may read it.
///
/// # Errors
/// [`Error::SecretIsOpen`] when others may, [`Error::ReadFile`] when it cannot be read.
pub(crate) fn read(path: &Path) -> Result<String, Error> {
    let unreadable = |source| Error::ReadFile {
        path: path.to_owned(),
        source,
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path).map_err(unreadable)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(Error::SecretIsOpen {
                path: path.to_owned(),
                mode,
            });
        }
    }
    fs::read_to_string(path).map_err(unreadable)
}
