//! The servers that the tests of the Python package talk to.

use cattlegrid_services::{MariaDb, Memcached, Postgres, Redis, Service};

use crate::error::Error;

/// One running server of each kind, gone when this is dropped.
pub(crate) struct Services {
    redis: Service,
    memcached: Service,
    postgres: Service,
    mariadb: Service,
}

impl Services {
    /// Starts all of them.
    ///
    /// # Errors
    ///
    /// One that does not start.
    pub(crate) fn start() -> Result<Self, Error> {
        Ok(Self {
            redis: Redis::start()?,
            memcached: Memcached::start()?,
            postgres: Postgres::start()?,
            mariadb: MariaDb::start()?,
        })
    }

    /// The variables by which tests find them.
    pub(crate) fn environment(&self) -> [(&'static str, String); 4] {
        [
            ("CATTLEGRID_TEST_REDIS", self.redis.url().to_owned()),
            (
                "CATTLEGRID_TEST_MEMCACHED",
                self.memcached.address().to_string(),
            ),
            ("CATTLEGRID_TEST_POSTGRES", self.postgres.url().to_owned()),
            ("CATTLEGRID_TEST_MARIADB", self.mariadb.url().to_owned()),
        ]
    }
}
