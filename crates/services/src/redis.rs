use crate::{
    Error, Port, Service, command,
    find::require,
    service::{Recipe, data},
};

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
        let (data, port) = (data()?, Port::free()?);
        let program = require("redis-server", "redis-server")?;
        let files = data.path().to_owned();
        let number = port.number().to_string();
        let recipe = Recipe::new(arguments, move || {
            let mut command = command(&program);
            command
                .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
                .arg("--port")
                .arg(&number)
                .arg("--dir")
                .arg(&files);
            command
        });
        Service::start(format!("redis://{}", port.address()), port, data, recipe)
    }
}
