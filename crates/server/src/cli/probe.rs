//! `cattlegrid probe`

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Request, StatusCode, header};
use clap::Args;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::{Settings, print};
use crate::proxy_protocol;
use crate::standing::from_here;

/// How long the server may take. A container's engine waits longer.
const PATIENCE: Duration = Duration::from_secs(4);
/// The most that it may say, in bytes.
const MOST: usize = 64 * 1024;

#[derive(Debug, Args)]
pub(super) struct Probe {
    /// Ask whether it is ready to judge, and not just whether it lives.
    #[arg(long)]
    ready: bool,
    #[command(flatten)]
    settings: Settings,
}

impl Probe {
    pub(super) fn run(self) -> Result<(), crate::Error> {
        let config = self.settings.load()?;
        let address = from_here(config.listen);
        let introduction = if config.client_address.proxy_protocol {
            &proxy_protocol::LOCAL[..]
        } else {
            &[]
        };
        let path = if self.ready { "/readyz" } else { "/healthz" };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|source| crate::Error::System {
                doing: "starting the runtime",
                source,
            })?;
        let said = runtime
            .block_on(ask(address, path, introduction))
            .map_err(|why| crate::Error::Probe { address, why })?;
        print(said.as_bytes())
    }
}

/// What the server says, if that is good.
async fn ask(address: SocketAddr, path: &str, introduction: &[u8]) -> Result<String, String> {
    let asked = tokio::time::timeout(PATIENCE, reply(address, path, introduction)).await;
    let (status, body) = asked
        .map_err(|_| "it does not answer".to_owned())?
        .map_err(|error| innermost(&*error))?;
    if status.is_success() {
        return Ok(body);
    }
    let problem: Value = serde_json::from_str(&body).unwrap_or_default();
    Err(problem["detail"]
        .as_str()
        .map_or_else(|| status.to_string(), str::to_owned))
}

async fn reply(
    address: SocketAddr,
    path: &str,
    introduction: &[u8],
) -> Result<(StatusCode, String), Box<dyn Error + Send + Sync>> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(introduction).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // Why: what goes wrong with it, the request says as well.
    tokio::spawn(connection);
    let request = Request::get(path)
        .header(header::HOST, address.to_string())
        .body(Empty::<Bytes>::new())?;
    let (head, body) = sender.send_request(request).await?.into_parts();
    let body = Limited::new(body, MOST).collect().await?.to_bytes();
    Ok((head.status, String::from_utf8_lossy(&body).into_owned()))
}

/// What an error comes from, without what it led to.
fn innermost(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
