use std::{
    fs,
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
};

use rustix::process::Signal;
use tempfile::TempDir;

use crate::{
    Certificates, Error, Port, Service,
    background::ending_with_its_owner,
    find::{find, require},
    service::{Recipe, data},
    user::User,
};

const PACKAGE: &str = "postgresql";

/// `PostgreSQL`, from Debian's package `postgresql`. Its user `cattlegrid` needs no password and may do all; its database is
/// `postgres`. Nothing is flushed to the disk, which a killed process does not need and a killed machine would.
pub struct Postgres;

impl Postgres {
    /// Starts one with an empty database.
    ///
    /// # Errors
    ///
    /// A program is missing or does not start.
    pub fn start() -> Result<Service, Error> {
        Self::with(&[])
    }

    /// Starts one with further arguments, such as `["-c", "max_connections=20"]`.
    ///
    /// # Errors
    ///
    /// A program is missing or does not start.
    pub fn with(arguments: &[&str]) -> Result<Service, Error> {
        let data = data()?;
        let user = User::owning(data.path(), "postgres")?;
        Self::start_in(data, user, arguments)
    }

    /// Starts one that speaks TLS, too, and looks at a client's certificate if it has one.
    ///
    /// # Errors
    ///
    /// A program is missing or does not start.
    pub fn with_tls(certificates: &Certificates) -> Result<Service, Error> {
        let data = data()?;
        let user = User::owning(data.path(), "postgres")?;
        let files = certificates.copy_server(data.path())?;
        for file in &files {
            user.own(file)?;
            // Why: it refuses a key that others may read.
            let owners_alone = fs::Permissions::from_mode(0o600);
            fs::set_permissions(file, owners_alone).map_err(Error::file(file))?;
        }
        let names = ["ssl_ca_file", "ssl_cert_file", "ssl_key_file"];
        let settings: Vec<String> = names
            .iter()
            .zip(&files)
            .map(|(name, file)| format!("{name}={}", file.display()))
            .collect();
        let arguments: Vec<&str> = settings
            .iter()
            .map(String::as_str)
            .chain(["ssl=on"])
            .flat_map(|setting| ["-c", setting])
            .collect();
        Self::start_in(data, user, &arguments)
    }

    fn start_in(data: TempDir, user: User, arguments: &[&str]) -> Result<Service, Error> {
        let port = Port::free()?;
        let program = require("postgres", PACKAGE)?;
        let files = data.path().join("files");
        install(&files, user)?;
        let folder = data.path().to_owned();
        let number = port.number().to_string();
        let recipe = Recipe {
            is_ready: |address| is_ready(address).unwrap_or(false),
            // Why: SIGTERM waits until every client has gone.
            stop: Signal::INT,
            // Why: SIGKILL would leave its shared memory to the machine.
            discard: Signal::QUIT,
            ..Recipe::new(arguments, move || {
                let mut command = ending_with_its_owner(program.as_os_str(), "QUIT");
                user.lend(&mut command);
                command
                    .args(["-h", "127.0.0.1", "-p", &number])
                    .args(["-c", "fsync=off", "-c", "max_connections=200"])
                    .arg("-D")
                    .arg(&files)
                    .arg("-k")
                    .arg(&folder);
                command
            })
        };
        let url = format!("postgres://cattlegrid@{}/postgres", port.address());
        Service::start(url, port, data, recipe)
    }
}

fn install(files: &Path, user: User) -> Result<(), Error> {
    let program = require("initdb", PACKAGE)?;
    let mut command = Command::new(&program);
    user.lend(&mut command);
    let output = command
        .args(["--username=cattlegrid", "--auth=trust"])
        .args(["--encoding=UTF8", "--locale=C", "--no-sync"])
        .arg(files)
        .output()
        .map_err(Error::file(&program))?;
    if output.status.success() {
        return Ok(());
    }
    Err(Error::DidNotStart {
        program,
        said: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

/// Why not whether it listens: it does so before it has recovered from being killed.
fn is_ready(address: SocketAddr) -> Option<bool> {
    let status = Command::new(find("pg_isready")?)
        .args(["-h", "127.0.0.1", "-p", &address.port().to_string()])
        .stdout(Stdio::null())
        .status()
        .ok()?;
    Some(status.success())
}
