use crate::{
    Error, Port, Service, command,
    find::require,
    service::{Recipe, data},
    user::User,
};

/// Memcached, from Debian's package `memcached`.
pub struct Memcached;

impl Memcached {
    /// Starts one with room for 64 MiB.
    ///
    /// # Errors
    ///
    /// The program is missing or does not start.
    pub fn start() -> Result<Service, Error> {
        Self::with(&[])
    }

    /// Starts one with further arguments, such as `["--memory-limit", "1"]`.
    ///
    /// # Errors
    ///
    /// The program is missing or does not start.
    pub fn with(arguments: &[&str]) -> Result<Service, Error> {
        let (data, port) = (data()?, Port::free()?);
        let program = require("memcached", "memcached")?;
        // Why: it refuses to run as root, and would not end with its owner if it changed its user by itself.
        let user = User::owning(data.path(), "nobody")?;
        let number = port.number().to_string();
        let recipe = Recipe::new(arguments, move || {
            let mut command = command(&program);
            user.lend(&mut command);
            command
                .args(["--listen", "127.0.0.1", "--udp-port", "0"])
                .arg("--port")
                .arg(&number);
            command
        });
        Service::start(
            format!("memcached://{}", port.address()),
            port,
            data,
            recipe,
        )
    }
}
