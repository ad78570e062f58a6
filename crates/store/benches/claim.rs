//! What a claim costs, beside what it would cost in the simplest thing that could work.

#![allow(missing_docs, reason = "criterion's macros make functions without any")]
#![allow(
    clippy::unwrap_used,
    reason = "a bench that fails should stop, like a test"
)]

use std::collections::HashMap;
use std::hint::black_box;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use cattlegrid_store::memory::MemoryStore;
use cattlegrid_store::sql::sqlite::SqliteStore;
use cattlegrid_store::sql::{SqliteOptions, Synchronous};
use cattlegrid_store::{Clock, SpentId, Store, SystemClock};
use criterion::{BatchSize, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use rusqlite::{Connection, params};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

const TTL: Duration = Duration::from_secs(300);

/// Ids in one measurement of a store in memory.
const CROWD: u64 = 100_000;

/// Well spread ids, as the real ones are; multiplying by an odd number never gives one twice.
fn id(n: u64) -> SpentId {
    let spread = u128::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    SpentId::from_bytes(spread.to_be_bytes())
}

trait Claims: Sync {
    fn claim(&self, n: u64);
}

impl Claims for MemoryStore {
    fn claim(&self, n: u64) {
        // Why by hand: this store never waits, and a runtime would be most of what is measured.
        let claim = pin!(Store::claim(self, id(n), TTL));
        match claim.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(claim) => drop(black_box(claim.unwrap())),
            Poll::Pending => unreachable!("a store in memory never waits"),
        }
    }
}

/// The reference: one map behind one lock, which forgets nothing and has no bound.
struct LockedMap {
    map: Mutex<HashMap<SpentId, u64>>,
    clock: SystemClock,
}

impl Claims for LockedMap {
    fn claim(&self, n: u64) {
        let expires_at = self.clock.now().saturating_add(TTL).as_millis();
        black_box(self.map.lock().unwrap().entry(id(n)).or_insert(expires_at));
    }
}

fn claim_crowd(store: &impl Claims, threads: u64) {
    thread::scope(|scope| {
        for thread in 0..threads {
            scope.spawn(move || {
                for n in (thread..CROWD).step_by(threads as usize) {
                    store.claim(n);
                }
            });
        }
    });
}

fn memory(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("claim in memory");
    group
        .throughput(Throughput::Elements(CROWD))
        .sample_size(20);
    for threads in [1, 2] {
        group.bench_function(format!("MemoryStore, {threads} threads"), |bench| {
            bench.iter_batched_ref(
                || MemoryStore::new(usize::MAX, Arc::new(SystemClock::new())),
                |store| claim_crowd(store, threads),
                BatchSize::PerIteration,
            );
        });
        group.bench_function(format!("Mutex<HashMap>, {threads} threads"), |bench| {
            bench.iter_batched_ref(
                || LockedMap {
                    map: Mutex::default(),
                    clock: SystemClock::new(),
                },
                |store| claim_crowd(store, threads),
                BatchSize::PerIteration,
            );
        });
    }
}

fn sqlite(criterion: &mut Criterion) {
    const TOGETHER: u64 = 64;
    let runtime = Runtime::new().unwrap();
    let mut group = criterion.benchmark_group("claim in SQLite");
    group.sampling_mode(SamplingMode::Flat).sample_size(20);
    let mut next = 0..;
    let mut ids = || next.next().map(id).unwrap();

    for (name, pragma, synchronous) in [
        ("synchronous=full", "FULL", Synchronous::Full),
        ("synchronous=normal", "NORMAL", Synchronous::Normal),
    ] {
        let files = tempfile::tempdir().unwrap();
        let plain = Connection::open(files.path().join("plain.db")).unwrap();
        plain
            .execute_batch(&format!(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = {pragma};
                 CREATE TABLE spent (id BLOB PRIMARY KEY, expires_at INTEGER) WITHOUT ROWID"
            ))
            .unwrap();
        let options = SqliteOptions {
            limit: usize::MAX,
            synchronous,
            timeout: Duration::from_secs(30),
        };
        let clock = Arc::new(SystemClock::new());
        let store = SqliteStore::open(files.path().join("spent.db"), options, clock).unwrap();
        let store = Arc::new(store);

        group.throughput(Throughput::Elements(1));
        group.bench_function(format!("a plain insert, {name}"), |bench| {
            bench.iter(|| {
                plain
                    .prepare_cached("INSERT OR IGNORE INTO spent VALUES (?1, ?2)")
                    .unwrap()
                    .execute(params![ids().as_bytes(), 0])
                    .unwrap()
            });
        });
        group.bench_function(format!("SqliteStore, one by one, {name}"), |bench| {
            bench.iter(|| runtime.block_on(store.claim(ids(), TTL)).unwrap());
        });
        group.throughput(Throughput::Elements(TOGETHER));
        group.bench_function(
            format!("SqliteStore, {TOGETHER} together, {name}"),
            |bench| {
                bench.iter(|| {
                    let mut claims = JoinSet::new();
                    for _ in 0..TOGETHER {
                        let (store, id) = (Arc::clone(&store), ids());
                        claims.spawn_on(
                            async move { store.claim(id, TTL).await.unwrap() },
                            runtime.handle(),
                        );
                    }
                    runtime.block_on(claims.join_all())
                });
            },
        );
    }
}

criterion_group!(benches, memory, sqlite);
criterion_main!(benches);
