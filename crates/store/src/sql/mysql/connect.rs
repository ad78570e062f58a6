//! Reaching a server.

use mysql_async::{ClientIdentity, Conn, Opts, OptsBuilder, SslOpts};

use super::link::{MysqlLink, query, single};
use super::migrate::migrate;
use crate::servers::{Host, Login, Servers, Tls};
use crate::sql::DatabaseOptions;
use crate::sql::network::{Driver, Failure, password};
use crate::{OpenError, tls};

/// The longest statement; a batch is far shorter.
const LONGEST_STATEMENT: usize = 1 << 20;

/// After how many seconds of rest a server ends a connection.
const REST: usize = 28_800;

/// How a MySQL or `MariaDB` server is reached.
pub struct Mysql {
    options: Opts,
    login: Login,
    /// For the session, so that no statement and no transaction outlives what it is good for.
    settings: String,
}

impl Driver for Mysql {
    type Link = MysqlLink;

    fn new(options: &DatabaseOptions) -> Result<Self, OpenError> {
        let Servers {
            login,
            tls,
            timeout,
            ..
        } = &options.servers;
        password(login)?;
        let builder = OptsBuilder::default()
            .user(login.user.as_deref())
            .db_name(Some(&options.database))
            .prefer_socket(false)
            .tcp_keepalive(Some(*timeout))
            .stmt_cache_size(0)
            // Why given: otherwise they are asked for whenever a connection is made.
            .max_allowed_packet(Some(LONGEST_STATEMENT))
            .wait_timeout(Some(REST))
            .ssl_opts(tls.as_ref().map(protected).transpose()?);
        let seconds = timeout.as_secs().max(1);
        Ok(Self {
            options: builder.into(),
            login: login.clone(),
            settings: format!(
                "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED;
                 SET SESSION autocommit = 1, sql_mode = 'STRICT_ALL_TABLES', wait_timeout = {REST},
                 innodb_lock_wait_timeout = {seconds}
                 /*M!100600 , idle_transaction_timeout = {seconds}, max_statement_time = {seconds} */"
            ),
        })
    }

    async fn connect(&self, host: &Host) -> Result<MysqlLink, Failure> {
        let options = OptsBuilder::from_opts(self.options.clone())
            .ip_or_hostname(&host.name)
            .tcp_port(host.port)
            .pass(password(&self.login)?.map(|password| password.as_str().to_owned()));
        let mut connection = Conn::new(options).await?;
        is_known(&connection)?;
        query(&mut connection, &self.settings).await?;
        takes_writes(&mut connection).await?;
        migrate(&mut connection).await?;
        Ok(MysqlLink::new(connection))
    }
}

fn is_known(connection: &Conn) -> Result<(), Failure> {
    let (major, minor, _) = connection.server_version();
    // Why: MySQL went on from 5.7 with 8.0, and MariaDB from 5.5 with 10.0.
    if major < 8 || (major == 10 && minor < 6) {
        return Err(Failure::Broken(format!(
            "it has version {major}.{minor}; MySQL 8.0 or MariaDB 10.6 are the least that will do"
        )));
    }
    Ok(())
}

async fn takes_writes(connection: &mut Conn) -> Result<(), Failure> {
    let is_read_only: bool = single(connection, "SELECT @@GLOBAL.read_only").await?;
    if is_read_only {
        return Err(Failure::Broken(
            "it takes no writes, as a replica does not; name the primary".to_owned(),
        ));
    }
    Ok(())
}

fn protected(tls: &Tls) -> Result<SslOpts, OpenError> {
    let roots = tls::trusted(tls)?
        .into_iter()
        .map(|certificate| certificate.to_vec().into())
        .collect();
    let identity = tls.identity.as_ref().map(|identity| {
        ClientIdentity::new(
            identity.certificate.clone().into(),
            identity.key.clone().into(),
        )
    });
    Ok(SslOpts::default()
        .with_disable_built_in_roots(true)
        .with_root_certs(roots)
        .with_client_identity(identity))
}
