use std::{fs, net::SocketAddr};

use crate::{
    Error, Port, Service, command,
    find::require,
    service::{Recipe, data},
};

/// nginx, from Debian's package `nginx`.
pub struct Nginx;

impl Nginx {
    /// Starts one, in whose block `http` stands what `http` says of the address to listen on.
    ///
    /// # Errors
    ///
    /// The program is missing or does not start.
    pub fn start(http: impl FnOnce(SocketAddr) -> String) -> Result<Service, Error> {
        let (data, port) = (data()?, Port::free()?);
        let program = require("nginx", "nginx")?;
        let folder = data.path().to_owned();
        let file = folder.join("nginx.conf");
        let text = configuration(&folder.display().to_string(), &http(port.address()));
        fs::write(&file, text).map_err(Error::file(&file))?;
        let recipe = Recipe::new(&[], move || {
            let mut command = command(&program);
            command.arg("-p").arg(&folder).arg("-c").arg(&file);
            command
        });
        Service::start(format!("http://{}", port.address()), port, data, recipe)
    }
}

fn configuration(folder: &str, http: &str) -> String {
    // Why one process: with a master, SIGKILL would leave the workers behind.
    format!(
        "\
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
access_log off;
client_body_temp_path {folder}/body;
proxy_temp_path {folder}/proxy;
fastcgi_temp_path {folder}/fastcgi;
uwsgi_temp_path {folder}/uwsgi;
scgi_temp_path {folder}/scgi;
{http}
}}
"
    )
}
