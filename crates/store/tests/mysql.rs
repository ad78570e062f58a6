//! What the store in a `MariaDB` database does, against real servers.

#![cfg(feature = "mysql")]
#![allow(
    clippy::unwrap_used,
    reason = "clippy knows only test functions as tests, not what they call"
)]

mod database;

use std::net::SocketAddr;

use cattlegrid_services::{Certificates, MariaDb, Service};
use cattlegrid_store::sql::mysql::SCHEMA;
use database::Database;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, OptsBuilder};

struct Server(Service);

impl Database for Server {
    const DEFAULT: &str = "cattlegrid";
    const LOGIN: &str = "cattlegrid:cattlegrid@";
    const NOW: &str = "TIMESTAMPDIFF(MICROSECOND, '1970-01-01', UTC_TIMESTAMP(6))";
    const SCHEMA: &str = SCHEMA;
    const GUEST: &str = "CREATE USER guest@'127.0.0.1' IDENTIFIED BY 'guest'";
    const GRANT: &str = "GRANT SELECT ON cattlegrid_schema TO guest@'127.0.0.1';
        GRANT SELECT, INSERT, UPDATE, DELETE ON cattlegrid_spent TO guest@'127.0.0.1';
        GRANT SELECT, INSERT, UPDATE, DELETE ON cattlegrid_rates TO guest@'127.0.0.1'";

    fn start() -> Self {
        // Why: the server is killed, and must not have forgotten what it has said since the last second.
        Self(MariaDb::with(&["--innodb-flush-log-at-trx-commit=2"]).unwrap())
    }

    fn start_read_only() -> Self {
        Self(MariaDb::with(&["--read-only=1"]).unwrap())
    }

    fn start_with_tls(certificates: &Certificates) -> Self {
        Self(MariaDb::with_tls(certificates).unwrap())
    }

    fn server(&mut self) -> &mut Service {
        &mut self.0
    }

    fn address(&self) -> SocketAddr {
        self.0.address()
    }

    async fn run(&self, database: &str, statements: &str) -> Option<i64> {
        let address = self.address();
        let options = OptsBuilder::default()
            .ip_or_hostname(address.ip().to_string())
            .tcp_port(address.port())
            .prefer_socket(false)
            .user(Some("cattlegrid"))
            .pass(Some("cattlegrid"))
            .db_name(Some(database));
        let mut connection = Conn::new(options).await.unwrap();
        let mut said = connection.query_iter(statements).await.unwrap();
        let mut last = None;
        while !said.is_empty() {
            last = said.collect::<i64>().await.unwrap().pop().or(last);
        }
        last
    }

    fn url(addresses: &str, database: &str) -> String {
        format!("mysql://cattlegrid:cattlegrid@{addresses}/{database}")
    }

    fn insert(at: &str, count: u32) -> String {
        format!(
            "INSERT INTO cattlegrid_spent (id, expires_at, claimed_by)
             SELECT UNHEX(MD5(seq)), {at}, 0 FROM seq_1_to_{count}"
        )
    }
}

test_all!(Server);
