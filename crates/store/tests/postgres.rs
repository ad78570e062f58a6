//! What the store in a `PostgreSQL` database does, against real servers.

#![cfg(feature = "postgres")]
#![allow(
    clippy::unwrap_used,
    reason = "clippy knows only test functions as tests, not what they call"
)]

mod database;

use std::fs;
use std::net::SocketAddr;

use cattlegrid_services::{Certificates, Postgres, Service};
use cattlegrid_store::sql::postgres::SCHEMA;
use database::Database;
use tempfile::NamedTempFile;
use tokio_postgres::{NoTls, SimpleQueryMessage};

struct Server {
    service: Service,
    _access: Option<NamedTempFile>,
}

/// Who must show a password, and who need not.
const ACCESS: &str = "host all guest 127.0.0.1/32 scram-sha-256
host all all 127.0.0.1/32 trust
";

impl From<Service> for Server {
    fn from(service: Service) -> Self {
        Self {
            service,
            _access: None,
        }
    }
}

impl Database for Server {
    const DEFAULT: &str = "postgres";
    const LOGIN: &str = "cattlegrid@";
    const NOW: &str = "(extract(epoch FROM now()) * 1000000)::bigint";
    const SCHEMA: &str = SCHEMA;
    const GUEST: &str = "CREATE ROLE guest LOGIN PASSWORD 'guest'";
    const GRANT: &str = "GRANT SELECT ON cattlegrid_schema TO guest;
        GRANT SELECT, INSERT, UPDATE, DELETE ON cattlegrid_spent, cattlegrid_rates TO guest";

    fn start() -> Self {
        let access = NamedTempFile::new().unwrap();
        fs::write(&access, ACCESS).unwrap();
        #[cfg(unix)]
        fs::set_permissions(&access, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
        let setting = format!("hba_file={}", access.path().display());
        Self {
            service: Postgres::with(&["-c", &setting]).unwrap(),
            _access: Some(access),
        }
    }

    fn start_read_only() -> Self {
        Postgres::with(&["-c", "default_transaction_read_only=on"])
            .unwrap()
            .into()
    }

    fn start_with_tls(certificates: &Certificates) -> Self {
        Postgres::with_tls(certificates).unwrap().into()
    }

    fn server(&mut self) -> &mut Service {
        &mut self.service
    }

    fn address(&self) -> SocketAddr {
        self.service.address()
    }

    async fn run(&self, database: &str, statements: &str) -> Option<i64> {
        let address = self.address();
        let (host, port) = (address.ip(), address.port());
        let url = format!("host={host} port={port} user=cattlegrid dbname={database}");
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        tokio::spawn(connection);
        let said = client.simple_query(statements).await.unwrap();
        said.iter().rev().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0)?.parse().ok(),
            _ => None,
        })
    }

    fn url(addresses: &str, database: &str) -> String {
        format!("postgres://cattlegrid@{addresses}/{database}")
    }

    fn insert(at: &str, count: u32) -> String {
        format!(
            "INSERT INTO cattlegrid_spent (id, expires_at)
             SELECT decode(md5(n::text), 'hex'), {at} FROM generate_series(1, {count}) AS n"
        )
    }
}

test_all!(Server);
