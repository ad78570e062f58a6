//! Redis alone, as a cluster, and under sentinels.

mod cluster;
mod sentinel;

use std::{net::SocketAddr, process::Command};

pub use cluster::RedisCluster;
pub use sentinel::RedisSentinel;

use crate::{
    Certificates, Error, Port, Service, command,
    find::require,
    service::{Recipe, data},
};

const PACKAGE: &str = "redis-server";

/// Redis, from Debian's package `redis-server`. It keeps everything in memory.
pub struct Redis;

impl Redis {
    /// Starts one.
    ///
    /// # Errors
    ///
    /// The program is missing or does not start.
    pub fn start() -> Result<Service, Error> {
        Self::with(&[])
    }

    /// Starts one with further arguments, such as `["--maxmemory", "2mb"]`.
    ///
    /// # Errors
    ///
    /// The program is missing or does not start.
    pub fn with(arguments: &[&str]) -> Result<Service, Error> {
        start("redis", Port::free()?, arguments)
    }

    /// Starts one that speaks TLS alone, and looks at a client's certificate if it has one.
    ///
    /// # Errors
    ///
    /// The program is missing or does not start.
    pub fn with_tls(certificates: &Certificates) -> Result<Service, Error> {
        let port = Port::free()?;
        let number = port.number().to_string();
        let [authority, certificate, key] = certificates.server();
        start(
            "rediss",
            port,
            &[
                ["--port", "0"],
                ["--tls-port", &number],
                ["--tls-ca-cert-file", &authority],
                ["--tls-cert-file", &certificate],
                ["--tls-key-file", &key],
                ["--tls-auth-clients", "optional"],
            ]
            .concat(),
        )
    }
}

fn start(scheme: &str, port: Port, arguments: &[&str]) -> Result<Service, Error> {
    let data = data()?;
    let program = require("redis-server", PACKAGE)?;
    let files = data.path().to_owned();
    let number = port.number().to_string();
    let recipe = Recipe::new(arguments, move || {
        let mut command = command(&program);
        command
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(["--port", &number])
            .arg("--dir")
            .arg(&files);
        command
    });
    let url = format!("{scheme}://{}", port.address());
    Service::start(url, port, data, recipe)
}

/// What a server says to a command.
fn ask(address: SocketAddr, words: &[&str]) -> Result<String, Error> {
    let program = require("redis-cli", "redis-tools")?;
    let said = Command::new(&program)
        .args(["-h", "127.0.0.1", "-p", &address.port().to_string()])
        .args(words)
        .output()
        .map_err(Error::file(&program))?;
    Ok(String::from_utf8_lossy(&said.stdout).trim().to_owned())
}

/// The servers' addresses, as a store's URL lists them.
fn listed(services: &[Service]) -> String {
    let addresses: Vec<String> = services
        .iter()
        .map(|service| service.address().to_string())
        .collect();
    addresses.join(",")
}
