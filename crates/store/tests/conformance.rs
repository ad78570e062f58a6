//! Every store of this crate passes the suite.

#![allow(
    clippy::unwrap_used,
    reason = "clippy knows only test functions as tests, not what they call"
)]

use std::sync::Arc;
use std::time::Duration;

use cattlegrid_store::conformance::{self, Fixture};
use cattlegrid_store::memory::MemoryStore;
use cattlegrid_store::{ManualClock, Timestamp};

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Timestamp::from_millis(1_700_000_000_123)))
}

struct Memory(Arc<ManualClock>);

impl Fixture for Memory {
    type Store = MemoryStore;

    async fn store(&self, limit: usize) -> MemoryStore {
        MemoryStore::new(limit, self.0.clone())
    }

    async fn pass(&self, time: Duration) {
        self.0.advance(time);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn memory() {
    let fixture = Memory(clock());
    conformance::run(&fixture).await;
    conformance::run_bounded(&fixture).await;
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use super::*;
    use cattlegrid_store::sql::SqliteOptions;
    use cattlegrid_store::sql::sqlite::SqliteStore;
    use tempfile::TempDir;

    struct Sqlite {
        clock: Arc<ManualClock>,
        files: TempDir,
    }

    impl Fixture for Sqlite {
        type Store = SqliteStore;

        async fn store(&self, limit: usize) -> SqliteStore {
            let file = tempfile::Builder::new().tempfile_in(&self.files).unwrap();
            let options = SqliteOptions {
                limit,
                timeout: Duration::from_secs(4),
                ..SqliteOptions::default()
            };
            let path = file.into_temp_path().keep().unwrap();
            SqliteStore::open(path, options, self.clock.clone()).unwrap()
        }

        async fn pass(&self, time: Duration) {
            self.clock.advance(time);
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn sqlite() {
        let files = tempfile::tempdir().unwrap();
        let fixture = Sqlite {
            clock: clock(),
            files,
        };
        conformance::run(&fixture).await;
        conformance::run_bounded(&fixture).await;
    }
}
