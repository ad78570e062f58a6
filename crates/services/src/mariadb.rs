use std::{fs, path::Path, process::Command};

use crate::{
    Certificates, Error, Port, Service, command,
    find::require,
    service::{Recipe, data},
};

const PACKAGE: &str = "mariadb-server-core mariadb-client-core";

/// What makes the database that tests use, and the user that may do all in it; run by the server whenever it starts.
const SET_UP: &str = "\
CREATE DATABASE IF NOT EXISTS cattlegrid CHARACTER SET utf8mb4;
CREATE USER IF NOT EXISTS 'cattlegrid'@'127.0.0.1' IDENTIFIED BY 'cattlegrid';
GRANT ALL ON *.* TO 'cattlegrid'@'127.0.0.1' WITH GRANT OPTION;
";

/// `MariaDB`, from Debian's packages `mariadb-server-core` and `mariadb-client-core`. Its user `cattlegrid` has the password
/// `cattlegrid` and may do all; its database is `cattlegrid`.
pub struct MariaDb;

impl MariaDb {
    /// Starts one with an empty database.
    ///
    /// # Errors
    ///
    /// A program is missing or does not start.
    pub fn start() -> Result<Service, Error> {
        Self::with(&[])
    }

    /// Starts one that speaks TLS, too, and looks at a client's certificate if it has one.
    ///
    /// # Errors
    ///
    /// A program is missing or does not start.
    pub fn with_tls(certificates: &Certificates) -> Result<Service, Error> {
        let [authority, certificate, key] = certificates.server();
        let names = ["ca", "cert", "key"];
        let files = [authority, certificate, key];
        let arguments = [0, 1, 2].map(|i| format!("--ssl-{}={}", names[i], files[i]));
        Self::with(&arguments.each_ref().map(String::as_str))
    }

    /// Starts one with further arguments, such as `["--max-connections=20"]`.
    ///
    /// # Errors
    ///
    /// A program is missing or does not start.
    pub fn with(arguments: &[&str]) -> Result<Service, Error> {
        let (data, port) = (data()?, Port::free()?);
        let program = require("mariadbd", PACKAGE)?;
        let files = data.path().join("files");
        install(&files)?;
        let set_up = data.path().join("set-up.sql");
        fs::write(&set_up, SET_UP).map_err(Error::file(&set_up))?;
        let folder = data.path().to_owned();
        let number = port.number();
        let recipe = Recipe::new(arguments, move || {
            let mut command = command(&program);
            common(&mut command, &files)
                .arg(format!("--init-file={}", set_up.display()))
                .arg(format!("--socket={}", folder.join("socket").display()))
                .arg(format!("--pid-file={}", folder.join("pid").display()))
                .arg(format!("--port={number}"))
                .args(["--bind-address=127.0.0.1", "--skip-name-resolve"])
                // Why: what is committed outlives a killed process, and need not outlive a killed machine.
                .arg("--innodb-flush-log-at-trx-commit=2");
            command
        });
        let url = format!(
            "mysql://cattlegrid:cattlegrid@{}/cattlegrid",
            port.address()
        );
        Service::start(url, port, data, recipe)
    }
}

fn install(files: &Path) -> Result<(), Error> {
    // Why both: the one calls the other.
    require("my_print_defaults", PACKAGE)?;
    let program = require("mariadb-install-db", PACKAGE)?;
    let output = common(&mut Command::new(&program), files)
        .args(["--auth-root-authentication-method=normal", "--skip-test-db"])
        .output()
        .map_err(Error::file(&program))?;
    if output.status.success() {
        return Ok(());
    }
    // Why both: on standard output it says what is wrong, on standard error what is missing.
    let said = [output.stdout, output.stderr].concat();
    Err(Error::DidNotStart {
        program,
        said: String::from_utf8_lossy(&said).into_owned(),
    })
}

/// No configuration of the machine's own, the files in their folder, and no objection to root.
fn common<'a>(command: &'a mut Command, files: &Path) -> &'a mut Command {
    command
        // Why: servers in containers of their own may have the same process id, after which they name files.
        .env("TMPDIR", files.parent().unwrap_or(files))
        .arg("--no-defaults")
        .arg(format!("--datadir={}", files.display()))
        .arg("--user=root")
}
