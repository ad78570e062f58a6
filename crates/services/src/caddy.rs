use std::{fs, net::SocketAddr};

use crate::{
    Error, Port, Service, command,
    find::require,
    service::{Recipe, data},
};

/// Caddy, from Debian's package `caddy`.
pub struct Caddy;

impl Caddy {
    /// Starts one whose Caddyfile has the sites that `sites` says of the address to listen on.
    ///
    /// # Errors
    ///
    /// The program is missing or does not start.
    pub fn start(sites: impl FnOnce(SocketAddr) -> String) -> Result<Service, Error> {
        let (data, port) = (data()?, Port::free()?);
        let program = require("caddy", "caddy")?;
        let folder = data.path().to_owned();
        let file = folder.join("Caddyfile");
        // Why without the two: one takes a port that others want, the other certificates from the network.
        let text = format!(
            "{{\nadmin off\nauto_https off\n}}\n{}",
            sites(port.address())
        );
        fs::write(&file, text).map_err(Error::file(&file))?;
        let recipe = Recipe::new(&[], move || {
            let mut command = command(&program);
            command.args(["run", "--adapter", "caddyfile", "--config"]);
            command.arg(&file);
            command.env("XDG_DATA_HOME", &folder);
            command.env("XDG_CONFIG_HOME", &folder);
            command
        });
        Service::start(format!("http://{}", port.address()), port, data, recipe)
    }
}
