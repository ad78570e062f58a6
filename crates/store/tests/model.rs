//! Every store behaves like a map from ids to expiries, whatever is asked of it in whatever order.

#![allow(
    clippy::unwrap_used,
    reason = "clippy knows only test functions as tests, not what they call"
)]

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use cattlegrid_store::memory::MemoryStore;
use cattlegrid_store::{Claim, Clock, ManualClock, SpentId, Store, StoreError, Timestamp};
use proptest::prelude::*;

const START: Timestamp = Timestamp::from_millis(1_700_000_000_123);
const LIMIT: usize = 4;

#[derive(Clone, Debug)]
enum Step {
    Claim {
        id: u8,
        ttl: Duration,
    },
    Pass(Duration),
    /// The process ends and another starts; its wall clock may have been set back to the very beginning.
    Restart {
        set_back: bool,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // Why both: whole seconds often meet an expiry exactly, and fractions test the rounding.
    let time = |seconds: u64| {
        prop_oneof![
            (0..seconds).prop_map(Duration::from_secs),
            (0..seconds * 1_000_000).prop_map(Duration::from_micros),
        ]
    };
    let step = prop_oneof![
        8 => (0..7_u8, time(40)).prop_map(|(id, ttl)| Step::Claim { id, ttl }),
        4 => time(30).prop_map(Step::Pass),
        1 => any::<bool>().prop_map(|set_back| Step::Restart { set_back }),
    ];
    proptest::collection::vec(step, 1..80)
}

/// What a store should know.
#[derive(Default)]
struct Model(HashMap<u8, Timestamp>);

impl Model {
    /// How many ids other than `id` are remembered `lag` after they expire.
    fn others(&self, id: u8, now: Timestamp, lag: Duration) -> usize {
        self.0
            .iter()
            .filter(|&(&other, expiry)| other != id && now <= expiry.saturating_add(lag))
            .count()
    }

    /// Checks an outcome, and learns from it.
    fn claim(
        &mut self,
        id: u8,
        ttl: Duration,
        now: Timestamp,
        lag: Duration,
        outcome: Result<Claim, StoreError>,
    ) {
        let expiry = self.0.get(&id).copied();
        let lives = expiry.is_some_and(|expiry| now <= expiry);
        let lingers = expiry.is_some_and(|expiry| now <= expiry.saturating_add(lag));
        match outcome {
            Ok(Claim::First) => {
                assert!(!lives, "a live id was first again");
                let others = self.others(id, now, Duration::ZERO);
                assert!(others < LIMIT, "a full store took another id");
                self.0.insert(id, now.saturating_add(ttl));
            }
            Ok(Claim::Spent) => assert!(lingers, "an id was spent that nobody had claimed"),
            Err(StoreError::Full { .. }) => {
                assert!(!lives, "a live id was forgotten");
                let held = self.others(id, now, lag) + usize::from(lingers);
                assert!(held >= LIMIT, "a store with room said it was full");
            }
            Err(error) => panic!("{error}"),
        }
    }
}

fn spent_id(id: u8) -> SpentId {
    SpentId::from_bytes([id; 16])
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        // Why: a failure that matters is written down as a test of its own.
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases(1000))]

    #[test]
    fn memory(steps in steps()) {
        let mut clock = Arc::new(ManualClock::new(START));
        let mut store = MemoryStore::new(LIMIT, clock.clone());
        let mut model = Model::default();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        for step in steps {
            match step {
                Step::Claim { id, ttl } => {
                    let outcome = runtime.block_on(store.claim(spent_id(id), ttl));
                    model.claim(id, ttl, clock.now(), Duration::from_secs(1), outcome);
                }
                Step::Pass(time) => clock.advance(time),
                Step::Restart { set_back } => {
                    if set_back {
                        clock = Arc::new(ManualClock::new(START));
                    }
                    store = MemoryStore::new(LIMIT, clock.clone());
                    model = Model::default();
                }
            }
        }
    }
}

#[cfg(feature = "sqlite")]
proptest! {
    #![proptest_config(cases(50))]

    #[test]
    fn sqlite(steps in steps()) {
        use cattlegrid_store::sql::{SqliteOptions, Synchronous};
        use cattlegrid_store::sql::sqlite::SqliteStore;

        let options = SqliteOptions {
            limit: LIMIT,
            synchronous: Synchronous::Normal,
            timeout: Duration::from_secs(10),
        };
        let files = tempfile::tempdir().unwrap();
        let path = files.path().join("spent.db");
        let mut clock = Arc::new(ManualClock::new(START));
        let mut store = SqliteStore::open(&path, options, clock.clone()).unwrap();
        let mut model = Model::default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        for step in steps {
            match step {
                Step::Claim { id, ttl } => {
                    let outcome = runtime.block_on(store.claim(spent_id(id), ttl));
                    model.claim(id, ttl, clock.now(), options.timeout, outcome);
                }
                Step::Pass(time) => clock.advance(time),
                Step::Restart { set_back } => {
                    drop(store);
                    if set_back {
                        clock = Arc::new(ManualClock::new(START));
                    }
                    store = SqliteStore::open(&path, options, clock.clone()).unwrap();
                }
            }
        }
    }
}
