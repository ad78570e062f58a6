use std::{
    path::{Path, PathBuf},
    process::Command,
};

use super::{Service, data, free_address, listening};
use crate::{background::Signal, error::Error, tools};

/// What makes the database that tests use, and the user that may do all in it; run by the server when it starts.
const SET_UP: &str = "\
CREATE DATABASE cattlegrid CHARACTER SET utf8mb4;
CREATE USER 'cattlegrid'@'127.0.0.1' IDENTIFIED BY 'cattlegrid';
GRANT ALL ON *.* TO 'cattlegrid'@'127.0.0.1';
";

pub(super) fn start() -> Result<Service, Error> {
    let (data, address) = (data()?, free_address()?);
    let files = data.path().join("files");
    install(&files)?;
    let set_up = data.path().join("set-up.sql");
    std::fs::write(&set_up, SET_UP).map_err(Error::file(&set_up))?;
    let process = listening(
        common(&mut Command::new(program()?), &files)
            .arg(format!("--init-file={}", set_up.display()))
            .arg(format!("--socket={}", data.path().join("socket").display()))
            .arg(format!("--pid-file={}", data.path().join("pid").display()))
            .arg(format!("--port={}", address.port()))
            .args([
                "--bind-address=127.0.0.1",
                "--skip-name-resolve",
                "--innodb-flush-log-at-trx-commit=0",
            ]),
        address,
        Signal::Terminate,
    )?;
    Ok(Service {
        variable: "CATTLEGRID_TEST_MARIADB",
        url: format!("mysql://cattlegrid:cattlegrid@{address}/cattlegrid"),
        _process: process,
        _data: data,
    })
}

fn install(files: &Path) -> Result<(), Error> {
    let name = "mariadb-install-db";
    let output = common(&mut Command::new(name), files)
        .args(["--auth-root-authentication-method=normal", "--skip-test-db"])
        .output()
        .map_err(Error::file(name))?;
    if output.status.success() {
        return Ok(());
    }
    // Why the former: there it says what is wrong, and nothing on standard error.
    eprintln!("{}", String::from_utf8_lossy(&output.stdout));
    eprintln!("{}", String::from_utf8_lossy(&output.stderr));
    Err(Error::NoService(name.into()))
}

/// No configuration of the machine's own, the files in their folder, and no objection to root.
fn common<'a>(command: &'a mut Command, files: &Path) -> &'a mut Command {
    command
        .arg("--no-defaults")
        .arg(format!("--datadir={}", files.display()))
        .arg("--user=root")
}

fn program() -> Result<PathBuf, Error> {
    tools::mariadb().ok_or(Error::Missing {
        name: "mariadbd",
        remedy:
            "install MariaDB (on Debian: apt-get install mariadb-server-core mariadb-client-core)"
                .to_owned(),
    })
}
