//! Reaching a server.

use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config, NoTls};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::link::PostgresLink;
use super::migrate::migrate;
use crate::servers::{Host, Login, Servers};
use crate::sql::DatabaseOptions;
use crate::sql::network::{Driver, Failure, password};
use crate::{OpenError, tls};

/// How a `PostgreSQL` server is reached.
pub struct Postgres {
    config: Config,
    login: Login,
    tls: Option<MakeRustlsConnect>,
    /// For the session, so that no statement and no transaction outlives what it is good for.
    settings: String,
}

impl Driver for Postgres {
    type Link = PostgresLink;

    fn new(options: &DatabaseOptions) -> Result<Self, OpenError> {
        let Servers {
            login,
            tls,
            timeout,
            ..
        } = &options.servers;
        let mut config = Config::new();
        config
            .dbname(&options.database)
            .application_name("cattlegrid")
            .connect_timeout(*timeout)
            .tcp_user_timeout(*timeout)
            .ssl_mode(if tls.is_some() {
                SslMode::Require
            } else {
                SslMode::Disable
            });
        if let Some(user) = &login.user {
            config.user(user);
        }
        password(login)?;
        let millis = timeout.as_millis().clamp(1, 2_147_483_647);
        Ok(Self {
            config,
            login: login.clone(),
            tls: match tls {
                Some(tls) => Some(MakeRustlsConnect::new(tls::client_config(tls)?)),
                None => None,
            },
            // Why no sequential scans: a plan that was made for an empty table is used long after it has grown.
            settings: format!(
                "SET statement_timeout = {millis};
                 SET idle_in_transaction_session_timeout = {millis};
                 SET enable_seqscan = off;
                 SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED"
            ),
        })
    }

    async fn connect(&self, host: &Host) -> Result<PostgresLink, Failure> {
        let mut client = self.reach(host).await?;
        client.batch_execute(&self.settings).await?;
        takes_writes(&client).await?;
        migrate(&mut client).await?;
        Ok(PostgresLink::new(client).await?)
    }
}

impl Postgres {
    async fn reach(&self, host: &Host) -> Result<Client, Failure> {
        let mut config = self.config.clone();
        config.host(&host.name).port(host.port);
        if let Some(password) = password(&self.login)? {
            config.password(password.as_bytes());
        }
        // Why the connections' own results are of no interest: whoever uses the client is told the same.
        if let Some(tls) = &self.tls {
            let (client, connection) = config.connect(tls.clone()).await?;
            tokio::spawn(connection);
            Ok(client)
        } else {
            let (client, connection) = config.connect(NoTls).await?;
            tokio::spawn(connection);
            Ok(client)
        }
    }
}

async fn takes_writes(client: &Client) -> Result<(), Failure> {
    let is_read_only: bool = client
        .query_one_scalar(
            "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean",
            &[],
        )
        .await?;
    if is_read_only {
        return Err(Failure::Broken(
            "it takes no writes, as a standby does not; name the primary".to_owned(),
        ));
    }
    Ok(())
}
