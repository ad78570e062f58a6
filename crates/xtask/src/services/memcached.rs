use std::process::Command;

use super::{Service, data, free_address, listening};
use crate::{background::Signal, error::Error};

pub(super) fn start() -> Result<Service, Error> {
    let (data, address) = (data()?, free_address()?);
    let process = listening(
        Command::new("memcached")
            .args([
                "--listen",
                "127.0.0.1",
                "--udp-port",
                "0",
                "--memory-limit",
                "64",
            ])
            // Why: it refuses to run as root; for anybody else the option means nothing.
            .args(["--user", "nobody"])
            .arg("--port")
            .arg(address.port().to_string()),
        address,
        Signal::Terminate,
    )?;
    Ok(Service {
        variable: "CATTLEGRID_TEST_MEMCACHED",
        url: address.to_string(),
        _process: process,
        _data: data,
    })
}
