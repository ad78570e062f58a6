use std::{env, fs, path::Path};

use crate::{
    Error, Port, Service, command,
    service::{Recipe, data},
};

/// A node of Cattlegrid: the server itself.
pub struct Node;

impl Node {
    /// Starts `program serve` with a configuration file of this text, in a data directory of its own that it keeps over its
    /// restarts. Nothing else configures it: neither what this process has in its environment, nor a flag beyond the
    /// address and the folder.
    ///
    /// # Errors
    ///
    /// The program does not start.
    pub fn start(program: &Path, configuration: &str) -> Result<Service, Error> {
        let (data, port) = (data()?, Port::free()?);
        let program = program.to_owned();
        let file = data.path().join("cattlegrid.toml");
        fs::write(&file, configuration).map_err(Error::file(&file))?;
        let folder = data.path().join("data");
        let address = port.address().to_string();
        let recipe = Recipe::new(&[], move || {
            let mut command = command(&program);
            for (name, _) in env::vars_os() {
                if name.to_string_lossy().starts_with("CATTLEGRID_") {
                    command.env_remove(name);
                }
            }
            command
                .args(["serve", "--listen", &address])
                .arg("--data")
                .arg(&folder)
                .arg("--config")
                .arg(&file);
            command
        });
        let url = format!("http://{}", port.address());
        Service::start(url, port, data, recipe)
    }
}
