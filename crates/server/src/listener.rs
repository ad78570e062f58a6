//! Connections: how many, how slow they may be, and how they end.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::app::App;
use crate::proxy_protocol;
use crate::serving::Serving;

/// The most memory that one connection's unread bytes may take.
const BUFFER: usize = 64 * 1024;
/// How long to wait when the system has no more sockets to give.
const BREATH: Duration = Duration::from_millis(100);

/// Answers connections until `stop` comes, then lets what has begun come to its end.
pub(crate) async fn serve(listener: TcpListener, serving: Serving, stop: impl Future<Output = ()>) {
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).max_buf_size(BUFFER);
    let connections = serving.app().limits().connections.get();
    let connections = Arc::new(Semaphore::new(connections));
    let running = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let (stream, peer, place) = tokio::select! {
            () = &mut stop => break,
            accepted = accept(&listener, &connections) => accepted,
        };
        let app = serving.app();
        let limits = *app.limits();
        server.header_read_timeout(limits.header_timeout.get());
        let (server, serving, watcher) = (server.clone(), serving.clone(), running.watcher());
        let counted = app.metrics().connected();
        tokio::spawn(async move {
            let answered = async {
                let (stream, peer) = prepare(stream, peer, &app).await?;
                drop(app);
                let service = TowerToHyperService::new(serving.to(peer));
                let connection = server.serve_connection(TokioIo::new(stream), service);
                watcher.watch(connection).await.map_err(io::Error::other)
            };
            // Why: a connection that breaks is its client's affair, and the client knows.
            if let Err(error) = answered.await {
                tracing::debug!(%error, "a connection broke");
            }
            drop((place, counted));
        });
    }
    drop(listener);
    let limit = serving.app().limits().shutdown_timeout.get();
    if tokio::time::timeout(limit, running.shutdown())
        .await
        .is_err()
    {
        tracing::warn!("some requests were still running and were cut off");
    }
}

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    connections: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, Option<OwnedSemaphorePermit>) {
    // Why: the semaphore is never closed, so there always is a permit.
    let place = Arc::clone(connections).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => return (stream, peer, place),
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

/// The connection, and the address of its other end: what the proxy says, where one begins each connection with that.
async fn prepare(
    mut stream: TcpStream,
    peer: SocketAddr,
    app: &App,
) -> io::Result<(TcpStream, SocketAddr)> {
    set_options(&stream, app.limits().request_timeout.get())?;
    if !app.has_proxy_protocol() {
        return Ok((stream, peer));
    }
    if !app.proxies().trusts(peer.ip()) {
        return Err(io::Error::other("it is not from a trusted proxy"));
    }
    let patience = app.limits().header_timeout.get();
    let source = tokio::time::timeout(patience, proxy_protocol::source(&mut stream)).await??;
    Ok((stream, source.unwrap_or(peer)))
}

fn set_options(stream: &TcpStream, patience: Duration) -> io::Result<()> {
    stream.set_nodelay(true)?;
    // Why: a client that asks and never reads would keep its place for ever; where the system cannot break such a
    // connection, a proxy in front has to.
    #[cfg(target_os = "linux")]
    socket2::SockRef::from(stream).set_tcp_user_timeout(Some(patience))?;
    Ok(())
}
