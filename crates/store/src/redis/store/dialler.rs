//! How a connection is made: TCP, TLS where asked for, and the login.

use std::sync::Arc;
use std::time::Duration;

use redis::Value;
use rustls::pki_types::ServerName;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::connection::Connection;
use super::failure::Failure;
use crate::redis::RedisOptions;
use crate::servers::{Host, Login, Password};
use crate::{OpenError, tls};

/// How soon a peer is looked for that has gone without a word, and how often.
const KEEPALIVE: Duration = Duration::from_secs(10);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(3);

/// Makes connections to servers that share a login.
#[derive(Clone)]
pub(super) struct Dialler {
    login: Login,
    tls: Option<TlsConnector>,
    database: u32,
    timeout: Duration,
}

impl Dialler {
    /// One for the servers of `options`.
    ///
    /// # Errors
    /// [`OpenError::File`] when a file cannot be used.
    pub(super) fn new(options: &RedisOptions) -> Result<Self, OpenError> {
        let servers = &options.servers;
        if let Some(Password::File(path)) = &servers.login.password {
            servers.login.password().map_err(|error| OpenError::File {
                path: path.clone(),
                source: error.into(),
            })?;
        }
        let tls = servers.tls.as_ref().map(tls::client_config).transpose()?;
        Ok(Self {
            login: servers.login.clone(),
            tls: tls.map(|config| TlsConnector::from(Arc::new(config))),
            database: options.database,
            timeout: servers.timeout,
        })
    }

    /// How long anything may take.
    pub(super) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// A connection to the server at `host`, logged in, on its database.
    pub(super) async fn connect(&self, host: &Host) -> Result<Connection, Failure> {
        let connection = self.reach(host).await?;
        self.log_in(&connection).await?;
        if self.database != 0 {
            let mut select = redis::cmd("SELECT");
            select.arg(self.database);
            accepted(&connection, connection.send(&select).await?)?;
        }
        Ok(connection)
    }

    /// A connection to the server at `host`, as nobody yet.
    pub(super) async fn reach(&self, host: &Host) -> Result<Connection, Failure> {
        let unreachable = |cause| Failure::Unreachable {
            server: host.to_string(),
            cause: Arc::new(cause),
        };
        let stream = TcpStream::connect((host.name.as_str(), host.port))
            .await
            .map_err(unreachable)?;
        self.watch(&stream).map_err(unreachable)?;
        match &self.tls {
            None => Connection::over(stream, host.to_string()).await,
            Some(tls) => {
                let name = ServerName::try_from(host.name.clone())
                    .map_err(|error| unreachable(std::io::Error::other(error)))?;
                let stream = tls.connect(name, stream).await.map_err(unreachable)?;
                Connection::over(stream, host.to_string()).await
            }
        }
    }

    /// Says who this node is, where there is something to say.
    pub(super) async fn log_in(&self, connection: &Connection) -> Result<(), Failure> {
        // Why read anew each time: a password that is changed in its file is found without a restart.
        let password = self
            .login
            .password()
            .map_err(|error| Failure::PasswordFile {
                cause: Arc::new(error),
            })?;
        let user = self.login.user.as_deref();
        if user.is_none() && password.is_none() {
            return Ok(());
        }
        let mut auth = redis::cmd("AUTH");
        auth.arg(user)
            .arg(password.as_ref().map_or("", |password| password.as_str()));
        accepted(connection, connection.send(&auth).await?)
    }

    /// Has the system find out that the peer is gone, also while nothing is asked of it.
    fn watch(&self, stream: &TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let socket = SockRef::from(stream);
        socket.set_tcp_keepalive(
            &TcpKeepalive::new()
                .with_time(KEEPALIVE)
                .with_interval(KEEPALIVE_INTERVAL),
        )?;
        #[cfg(target_os = "linux")]
        socket.set_tcp_user_timeout(Some(self.timeout))?;
        Ok(())
    }
}

/// That `answer` is no refusal.
pub(super) fn accepted(connection: &Connection, answer: Value) -> Result<(), Failure> {
    match answer {
        Value::ServerError(error) => Err(Failure::refused(connection.server(), &error)),
        _ => Ok(()),
    }
}
