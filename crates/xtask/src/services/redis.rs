use std::process::Command;

use super::{Service, data, free_address, listening};
use crate::{background::Signal, error::Error};

pub(super) fn start() -> Result<Service, Error> {
    let (data, address) = (data()?, free_address()?);
    let process = listening(
        Command::new("redis-server")
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .arg("--port")
            .arg(address.port().to_string())
            .arg("--dir")
            .arg(data.path()),
        address,
        Signal::Terminate,
    )?;
    Ok(Service {
        variable: "CATTLEGRID_TEST_REDIS",
        url: format!("redis://{address}"),
        _process: process,
        _data: data,
    })
}
