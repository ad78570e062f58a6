//! Whom a server runs as that refuses to run as root.

use std::{
    fs,
    os::unix::{
        fs::{MetadataExt, chown},
        process::CommandExt,
    },
    path::Path,
    process::Command,
};

use crate::Error;

/// User and group to run as; none where this process is not root's and can run the server as itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct User(Option<(u32, u32)>);

impl User {
    /// The user `name`, to whom `folder` is handed over, if this is root.
    pub(crate) fn owning(folder: &Path, name: &'static str) -> Result<Self, Error> {
        let mine = fs::metadata(folder).map_err(Error::file(folder))?;
        if mine.uid() != 0 {
            return Ok(Self(None));
        }
        let passwd = Path::new("/etc/passwd");
        let users = fs::read_to_string(passwd).map_err(Error::file(passwd))?;
        let ids = users
            .lines()
            .find_map(|line| ids_of(name, line))
            .ok_or(Error::NoUser(name))?;
        let user = Self(Some(ids));
        user.own(folder)?;
        Ok(user)
    }

    /// Hands a file over.
    pub(crate) fn own(self, file: &Path) -> Result<(), Error> {
        self.0.map_or(Ok(()), |(user, group)| {
            chown(file, Some(user), Some(group)).map_err(Error::file(file))
        })
    }

    /// Has the command run as this user.
    pub(crate) fn lend(self, command: &mut Command) {
        if let Some((user, group)) = self.0 {
            command.uid(user).gid(group).current_dir("/");
        }
    }
}

/// User and group from the line of `/etc/passwd` that has them.
fn ids_of(name: &str, line: &str) -> Option<(u32, u32)> {
    let mut fields = line
        .strip_prefix(name)?
        .strip_prefix(':')?
        .split(':')
        .skip(1);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_stand_after_name_and_password() {
        let line = "postgres:x:107:115:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash";
        assert_eq!(ids_of("postgres", line), Some((107, 115)));
        assert_eq!(ids_of("postgres", "postgresql:x:1:2::/:/bin/sh"), None);
    }
}
