//! `cattlegrid probe`

use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;
use reqwest::Client;
use serde_json::Value;

use super::{Settings, print};
use crate::Error;
use crate::standing::from_here;

/// How long the server may take. A container's engine waits longer.
const PATIENCE: Duration = Duration::from_secs(4);

#[derive(Debug, Args)]
pub(super) struct Probe {
    /// Ask whether it is ready to judge, and not just whether it lives.
    #[arg(long)]
    ready: bool,
    #[command(flatten)]
    settings: Settings,
}

impl Probe {
    pub(super) fn run(self) -> Result<(), Error> {
        let address = from_here(self.settings.load()?.listen);
        let path = if self.ready { "/readyz" } else { "/healthz" };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|source| Error::System {
                doing: "starting the runtime",
                source,
            })?;
        let said = runtime
            .block_on(ask(address, path))
            .map_err(|why| Error::Probe { address, why })?;
        print(said.as_bytes())
    }
}

/// What the server says, if that is good.
async fn ask(address: SocketAddr, path: &str) -> Result<String, String> {
    let unreachable = |error: reqwest::Error| {
        let mut causes: &dyn std::error::Error = &error;
        while let Some(cause) = causes.source() {
            causes = cause;
        }
        causes.to_string()
    };
    let client = Client::builder()
        // Why: a proxy that the environment names leads away from this machine.
        .no_proxy()
        .timeout(PATIENCE)
        .build()
        .map_err(unreachable)?;
    let request = client.get(format!("http://{address}{path}"));
    let response = request.send().await.map_err(unreachable)?;
    let status = response.status();
    let body = response.text().await.map_err(unreachable)?;
    if status.is_success() {
        return Ok(body);
    }
    let problem: Value = serde_json::from_str(&body).unwrap_or_default();
    Err(problem["detail"]
        .as_str()
        .map_or_else(|| status.to_string(), str::to_owned))
}
