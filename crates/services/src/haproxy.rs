use std::{fmt::Write, fs, net::SocketAddr};

use crate::{
    Error, Port, Service, command,
    find::require,
    service::{Recipe, data},
};

/// `HAProxy`, from Debian's package `haproxy`, as a balancer in front of several HTTP servers.
///
/// Requests go round. One that could not be sent, as nobody took the connection, goes to another server; one that was sent
/// is never sent again, as its answer may have been spent already.
pub struct HaProxy;

impl HaProxy {
    /// Starts one that sends requests only to those of `servers` that say 200 to `GET` of `path`, and asks them twice a
    /// second.
    ///
    /// # Errors
    ///
    /// The program is missing or does not start.
    pub fn start(servers: &[SocketAddr], path: &str) -> Result<Service, Error> {
        Self::with(servers, path, "")
    }

    /// Starts one that has further options for each of the servers, such as `send-proxy-v2`.
    ///
    /// # Errors
    ///
    /// The program is missing or does not start.
    pub fn with(servers: &[SocketAddr], path: &str, options: &str) -> Result<Service, Error> {
        Self::configured(|at| configuration(at, servers, path, options))
    }

    /// Starts one with this configuration, which is told where to listen.
    ///
    /// # Errors
    ///
    /// The program is missing or does not start.
    pub fn configured(text: impl FnOnce(SocketAddr) -> String) -> Result<Service, Error> {
        let (data, port) = (data()?, Port::free()?);
        let program = require("haproxy", "haproxy")?;
        let file = data.path().join("haproxy.cfg");
        fs::write(&file, text(port.address())).map_err(Error::file(&file))?;
        let recipe = Recipe::new(&[], move || {
            let mut command = command(&program);
            // Why -db: in the foreground, as one process.
            command.arg("-db").arg("-f").arg(&file);
            command
        });
        let url = format!("http://{}", port.address());
        Service::start(url, port, data, recipe)
    }
}

fn configuration(at: SocketAddr, servers: &[SocketAddr], path: &str, options: &str) -> String {
    let mut text = format!(
        "\
global
    maxconn 4000
defaults
    mode http
    timeout connect 1s
    timeout client 60s
    timeout server 60s
    retries 3
    retry-on conn-failure
    option redispatch 1
    balance roundrobin
    option forwardfor
listen nodes
    bind {at}
    option httpchk GET {path}
    default-server check inter 500 fall 2 rise 1 {options}
"
    );
    for (number, server) in servers.iter().enumerate() {
        // Why: writing to a string cannot fail.
        let _ = writeln!(text, "    server node{number} {server}");
    }
    text
}
