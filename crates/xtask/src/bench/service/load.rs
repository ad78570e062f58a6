//! The load generator, [wrk](https://github.com/wg/wrk), and what it says.

use serde_json::Value;
use xshell::{Shell, cmd};

use crate::error::Error;

/// Open connections: enough that the server always has something to do.
pub(super) const CONNECTIONS: &str = "64";

/// What a load came to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    /// Those that were replied to
    pub(super) requests: f64,
    pub(super) per_second: f64,
    /// Milliseconds that half of the replies took at most
    pub(super) p50: f64,
    /// Milliseconds that 99 of 100 replies took at most
    pub(super) p99: f64,
}

/// Loads `url` for so many seconds as a script of `bench/load` says.
///
/// # Errors
///
/// [`Error::Refused`] if a reply was no success, or wrk's.
pub(super) fn wrk(
    shell: &Shell,
    script: &str,
    url: &str,
    seconds: u32,
    arguments: &[&str],
) -> Result<Load, Error> {
    let duration = seconds.to_string();
    let output = cmd!(
        shell,
        "wrk --threads 1 --connections {CONNECTIONS} --duration {duration} --script bench/load/{script}.lua {url} -- {arguments...}"
    )
    .quiet()
    .read()?;
    let line = output.lines().last().unwrap_or_default();
    let said: Value = serde_json::from_str(line)?;
    let number = |name| said[name].as_f64().ok_or(Error::NoField(name));
    if number("failed")? > 0.0 {
        return Err(Error::Refused(said.to_string()));
    }
    let requests = number("requests")?;
    Ok(Load {
        requests,
        per_second: requests / number("seconds")?,
        p50: number("p50")?,
        p99: number("p99")?,
    })
}
