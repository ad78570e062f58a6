use std::{
    fs,
    os::unix::{fs::MetadataExt, fs::chown, process::CommandExt},
    path::{Path, PathBuf},
    process::Command,
};

use super::{Service, data, free_address, listening};
use crate::{background::Signal, error::Error, tools};

pub(super) fn start() -> Result<Service, Error> {
    let (data, address) = (data()?, free_address()?);
    let owner = Owner::of(data.path())?;
    let files = data.path().join("files");
    owner.run(
        Command::new(program("initdb")?)
            .args([
                "--username=cattlegrid",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
            ])
            .arg(&files),
    )?;
    let process = listening(
        owner
            .lend(&mut Command::new(program("postgres")?))
            .arg("-D")
            .arg(&files)
            .args([
                "-h",
                "127.0.0.1",
                "-c",
                "fsync=off",
                "-c",
                "max_connections=200",
            ])
            .arg("-k")
            .arg(data.path())
            .arg("-p")
            .arg(address.port().to_string()),
        address,
        Signal::Interrupt,
    )?;
    Ok(Service {
        variable: "CATTLEGRID_TEST_POSTGRES",
        url: format!("postgresql://cattlegrid@{address}/postgres"),
        _process: process,
        _data: data,
    })
}

fn program(name: &'static str) -> Result<PathBuf, Error> {
    tools::postgres(name).ok_or(Error::Missing {
        name,
        remedy: "install PostgreSQL (on Debian: apt-get install postgresql)".to_owned(),
    })
}

/// Whom the database runs as: it refuses to run as root.
struct Owner(Option<(u32, u32)>);

impl Owner {
    /// Hands `folder` over to the user that Debian's package made, if this is root.
    fn of(folder: &Path) -> Result<Self, Error> {
        let mine = fs::metadata(folder).map_err(Error::file(folder))?;
        if mine.uid() != 0 {
            return Ok(Self(None));
        }
        let passwd = Path::new("/etc/passwd");
        let users = fs::read_to_string(passwd).map_err(Error::file(passwd))?;
        let ids = users
            .lines()
            .find_map(ids_of_postgres)
            .ok_or(Error::Missing {
                name: "the user postgres",
                remedy: "run as somebody else than root, or add the user".to_owned(),
            })?;
        chown(folder, Some(ids.0), Some(ids.1)).map_err(Error::file(folder))?;
        Ok(Self(Some(ids)))
    }

    fn lend<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        match self.0 {
            Some((user, group)) => command.uid(user).gid(group).current_dir("/"),
            None => command,
        }
    }

    fn run(&self, command: &mut Command) -> Result<(), Error> {
        let name = PathBuf::from(command.get_program());
        let output = self.lend(command).output().map_err(Error::file(&name))?;
        if output.status.success() {
            return Ok(());
        }
        eprintln!("{}", String::from_utf8_lossy(&output.stderr));
        Err(Error::NoService(name))
    }
}

/// User and group from the line of `/etc/passwd` that has them.
fn ids_of_postgres(line: &str) -> Option<(u32, u32)> {
    let mut fields = line.strip_prefix("postgres:")?.split(':').skip(1);
    Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_stand_after_name_and_password() {
        let line = "postgres:x:107:115:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash";
        assert_eq!(ids_of_postgres(line), Some((107, 115)));
        assert_eq!(ids_of_postgres("postgresql:x:1:2::/:/bin/sh"), None);
    }
}
