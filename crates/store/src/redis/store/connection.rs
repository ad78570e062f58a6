//! One connection, shared by everybody who asks its server for something.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use redis::aio::{ConnectionLike, MultiplexedConnection};
use redis::{AsyncConnectionConfig, Cmd, Pipeline, RedisConnectionInfo, Value};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::AbortHandle;

use super::failure::Failure;

/// How many commands may wait to be written before those who send more are held up.
const BUFFERED: usize = 1024;

/// A connection on which commands are sent without waiting for the answers to those before, and which is closed when
/// this is dropped. It retries nothing.
pub(super) struct Connection {
    commands: MultiplexedConnection,
    server: String,
    driver: AbortHandle,
    is_open: Arc<AtomicBool>,
    opened: Instant,
    /// When something was last heard from the server, in microseconds after `opened`.
    heard: AtomicU64,
}

impl Connection {
    /// Speaks to `server` over `stream`.
    pub(super) async fn over(
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        server: String,
    ) -> Result<Self, Failure> {
        // Why nothing of the login: what a server says to it is told here in plainer words than the driver's.
        let nothing = RedisConnectionInfo::default().set_skip_set_lib_name();
        let config = AsyncConnectionConfig::new()
            .set_response_timeout(None)
            .set_pipeline_buffer_size(BUFFERED);
        let (commands, driver) = MultiplexedConnection::new_with_config(&nothing, stream, config)
            .await
            .map_err(|error| Failure::broken(&server, &error))?;
        let is_open = Arc::new(AtomicBool::new(true));
        let until_closed = Closing(Arc::clone(&is_open));
        let driver = tokio::spawn(async move {
            let _until_closed = until_closed;
            driver.await;
        });
        Ok(Self {
            commands,
            server,
            driver: driver.abort_handle(),
            is_open,
            opened: Instant::now(),
            heard: AtomicU64::new(0),
        })
    }

    /// The server's name, for messages.
    pub(super) fn server(&self) -> &str {
        &self.server
    }

    /// Whether commands can still be sent on it, as far as is known.
    pub(super) fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Acquire)
    }

    /// Whether the server has ever answered on it.
    pub(super) fn has_answered(&self) -> bool {
        self.heard.load(Ordering::Relaxed) > 0
    }

    /// Whether nothing was heard from the server since `moment`.
    pub(super) fn is_silent_since(&self, moment: Instant) -> bool {
        let moment = moment.saturating_duration_since(self.opened).as_micros();
        u128::from(self.heard.load(Ordering::Relaxed)) < moment
    }

    /// Closes it; what is on its way fails.
    pub(super) fn close(&self) {
        self.driver.abort();
    }

    /// Sends one command.
    pub(super) async fn send(&self, command: &Cmd) -> Result<Value, Failure> {
        let mut commands = self.commands.clone();
        let answer = commands.req_packed_command(command).await;
        self.heard(answer)
    }

    /// Sends several commands with none between them, and returns as many answers. A refusal is an answer.
    pub(super) async fn send_all(&self, pipeline: &Pipeline) -> Result<Vec<Value>, Failure> {
        let mut commands = self.commands.clone();
        let answers = commands
            .req_packed_commands(pipeline, 0, pipeline.len())
            .await;
        self.heard(answers)
    }

    fn heard<T>(&self, answer: redis::RedisResult<T>) -> Result<T, Failure> {
        let answer = answer.map_err(|error| Failure::broken(&self.server, &error))?;
        let now = self.opened.elapsed().as_micros();
        self.heard.fetch_max(now.max(1) as u64, Ordering::Relaxed);
        Ok(answer)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // Why: the driver would go on for as long as somebody waits for an answer that may never come.
        self.close();
    }
}

/// Says that the connection is closed when its driver ends, in whatever way, that of its runtime included.
struct Closing(Arc<AtomicBool>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}
