//! A running server with nothing configured, as the README starts it, and gone when it is dropped.

use std::{
    env,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use cattlegrid_services::{Background, command};
use serde_json::{Value, json};
use tempfile::TempDir;
use xshell::{Shell, cmd};

use crate::error::Error;

/// A server on a free port of this machine, with its own secret and its own store.
pub(crate) struct Live {
    process: Background,
    binary: PathBuf,
    data: TempDir,
    /// Such as `http://127.0.0.1:40123`
    pub(crate) address: String,
    pub(crate) site_key: String,
    pub(crate) secret_key: String,
    /// From the start of the process until `/readyz` said yes
    pub(crate) time_to_ready: Duration,
}

impl Live {
    /// Starts `binary` with the variables of `environment` and waits until it is ready.
    ///
    /// # Errors
    ///
    /// The server does not start; it says why itself.
    pub(crate) fn start(binary: &Path, environment: &[(&str, &str)]) -> Result<Self, Error> {
        Self::started_by(command(binary), binary, environment)
    }

    /// Starts `binary` like [`Live::start`], by a command that may begin with another program.
    ///
    /// # Errors
    ///
    /// The server does not start; it says why itself.
    pub(crate) fn started_by(
        mut command: Command,
        binary: &Path,
        environment: &[(&str, &str)],
    ) -> Result<Self, Error> {
        let data = tempfile::tempdir().map_err(Error::file("a temporary folder"))?;
        let start = Instant::now();
        without_settings(&mut command)
            .args(["serve", "--json", "--listen", "127.0.0.1:0"])
            .args(["--log-level", "warn", "--data"])
            .arg(data.path())
            .envs(environment.iter().copied());
        let (process, line) = Background::start(command)?;
        let said: Value = serde_json::from_str(&line)?;
        let address = text(&said, "address")?;
        ureq::get(format!("{address}/readyz")).call()?;
        Ok(Self {
            process,
            binary: binary.to_owned(),
            data,
            address,
            site_key: text(&said, "site_key")?,
            secret_key: text(&said, "secret_key")?,
            time_to_ready: start.elapsed(),
        })
    }

    /// Where the server listens.
    ///
    /// # Errors
    ///
    /// It said something else.
    pub(crate) fn socket_address(&self) -> Result<SocketAddr, Error> {
        let address = self.address.strip_prefix("http://");
        address
            .and_then(|address| address.parse().ok())
            .ok_or(Error::NoField("address"))
    }

    /// The id of the server's process.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// The server's data directory, which has its secret.
    pub(crate) fn data(&self) -> &Path {
        self.data.path()
    }

    /// The key of a new challenge of the demo site, and its answer, without anybody reading the picture.
    ///
    /// # Errors
    ///
    /// The server refuses, or the key does not open.
    pub(crate) fn solved(&self, shell: &Shell) -> Result<(String, String), Error> {
        let Self {
            address, binary, ..
        } = self;
        let data = self.data();
        let challenge = post(
            &format!("{address}/api/v1/challenges"),
            &json!({"sitekey": self.site_key}),
        )?;
        let key = text(&challenge, "key")?;
        let opened = cmd!(shell, "{binary} open {key} --data {data}")
            .quiet()
            .read()?;
        let answer = text(&serde_json::from_str(&opened)?, "answer")?;
        Ok((key, answer))
    }

    /// A response token of the demo site.
    ///
    /// # Errors
    ///
    /// The server refuses, or the key does not open.
    pub(crate) fn token(&self, shell: &Shell) -> Result<String, Error> {
        let (key, answer) = self.solved(shell)?;
        let address = &self.address;
        let answered = post(
            &format!("{address}/api/v1/challenges/{key}/answer"),
            &json!({"answer": answer}),
        )?;
        text(&answered, "token")
    }
}

/// Leaves out what this shell would configure, so that the server runs as a newcomer's does.
fn without_settings(command: &mut Command) -> &mut Command {
    env::vars_os()
        .filter(|(name, _)| name.to_string_lossy().starts_with("CATTLEGRID_"))
        .fold(command, |command, (name, _)| command.env_remove(name))
}

fn post(url: &str, body: &Value) -> Result<Value, Error> {
    Ok(ureq::post(url).send_json(body)?.body_mut().read_json()?)
}

fn text(object: &Value, name: &'static str) -> Result<String, Error> {
    object[name]
        .as_str()
        .map(str::to_owned)
        .ok_or(Error::NoField(name))
}
