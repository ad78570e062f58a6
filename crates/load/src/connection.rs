//! A connection that is made again when it is needed again.

use std::{net::SocketAddr, time::Duration};

use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request,
    body::Bytes,
    client::conn::http1::{SendRequest, handshake},
    header::{CONTENT_TYPE, HOST},
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{net::TcpStream, time::timeout};

use crate::Told;

/// How long an answer may take: longer than any bound that a node has on its own.
const PATIENCE: Duration = Duration::from_secs(30);

type Sender = SendRequest<Full<Bytes>>;

/// One connection at a time to one address, kept open between requests.
#[derive(Debug)]
pub struct Connection {
    address: SocketAddr,
    sender: Option<Sender>,
}

impl Connection {
    /// A connection to be made with the first request.
    pub fn to(address: SocketAddr) -> Self {
        Self {
            address,
            sender: None,
        }
    }

    /// Sends a request with a body of JSON, once.
    pub async fn post(&mut self, path: &str, body: &Value) -> Told {
        self.send(Method::POST, path, body.to_string().into()).await
    }

    /// Sends a request without a body, once.
    pub async fn get(&mut self, path: &str) -> Told {
        self.send(Method::GET, path, Bytes::new()).await
    }

    async fn send(&mut self, method: Method, path: &str, body: Bytes) -> Told {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, self.address.to_string())
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body));
        let Ok(request) = request else {
            return Told::Status(400);
        };
        let Ok(told) = timeout(PATIENCE, self.exchange(request)).await else {
            self.sender = None;
            return Told::Late;
        };
        told.unwrap_or_else(|told| {
            self.sender = None;
            told
        })
    }

    async fn exchange(&mut self, request: Request<Full<Bytes>>) -> Result<Told, Told> {
        let sender = self.sender().await?;
        // Why the difference: what was not sent yet cannot have been done.
        let response = sender.send_request(request).await.map_err(|error| {
            if error.is_canceled() {
                Told::NoConnection
            } else {
                Told::Lost
            }
        })?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await;
        Ok(Told::read(
            status,
            &body.map_err(|_| Told::Lost)?.to_bytes(),
        ))
    }

    /// What sends on the connection that is open, or on a new one.
    async fn sender(&mut self) -> Result<&mut Sender, Told> {
        if let Some(open) = &mut self.sender
            && open.ready().await.is_err()
        {
            self.sender = None;
        }
        let open = match self.sender.take() {
            Some(open) => open,
            None => self.connect().await?,
        };
        Ok(self.sender.insert(open))
    }

    async fn connect(&self) -> Result<Sender, Told> {
        let refused = |_| Told::NoConnection;
        let stream = TcpStream::connect(self.address).await.map_err(refused)?;
        stream.set_nodelay(true).map_err(refused)?;
        let (sender, connection) = handshake(TokioIo::new(stream))
            .await
            .map_err(|_| Told::NoConnection)?;
        // Why unheard: what ends a connection is told to whoever waits for an answer on it.
        tokio::spawn(connection);
        Ok(sender)
    }
}
