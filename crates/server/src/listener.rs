//! Connections: how many, how slow they may be, and how they end.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::serving::Serving;

/// The most memory that one connection's unread bytes may take.
const BUFFER: usize = 64 * 1024;
/// How long to wait when the system has no more sockets to give.
const BREATH: Duration = Duration::from_millis(100);

/// Answers connections until `stop` comes, then lets what has begun come to its end.
pub(crate) async fn serve(listener: TcpListener, serving: Serving, stop: impl Future<Output = ()>) {
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).max_buf_size(BUFFER);
    let service = TowerToHyperService::new(serving.clone());
    let connections = serving.app().limits().connections.get();
    let connections = Arc::new(Semaphore::new(connections));
    let running = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let (stream, place) = tokio::select! {
            () = &mut stop => break,
            accepted = accept(&listener, &connections) => accepted,
        };
        let limits = *serving.app().limits();
        if let Err(error) = prepare(&stream, limits.request_timeout.get()) {
            tracing::debug!(%error, "a connection broke");
            continue;
        }
        server.header_read_timeout(limits.header_timeout.get());
        let connection = server.serve_connection(TokioIo::new(stream), service.clone());
        let connection = running.watch(connection);
        tokio::spawn(async move {
            // Why: a connection that breaks is its client's affair, and the client knows.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection broke");
            }
            drop(place);
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
) -> (TcpStream, Option<OwnedSemaphorePermit>) {
    // Why: the semaphore is never closed, so there always is a permit.
    let place = Arc::clone(connections).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return (stream, place),
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted");
                tokio::time::sleep(BREATH).await;
            }
        }
    }
}

fn prepare(stream: &TcpStream, patience: Duration) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    // Why: a client that asks and never reads would keep its place for ever; where the system cannot break such a
    // connection, a proxy in front has to.
    #[cfg(target_os = "linux")]
    socket2::SockRef::from(stream).set_tcp_user_timeout(Some(patience))?;
    Ok(())
}
