//! A store on Memcached servers that run here.

#![cfg(feature = "memcached")]
#![allow(
    clippy::unwrap_used,
    reason = "clippy knows only test functions as tests, not what they call"
)]

use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cattlegrid_services::{Memcached, Service};
use cattlegrid_store::conformance::{self, Fixture, Shared};
use cattlegrid_store::{AnyStore, Claim, Quota, RateKey, SpentId, Store, StoreError, SystemClock};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tracing::subscriber::DefaultGuard;

/// Servers, and what follows their hosts in the URLs of stores on them.
struct Servers {
    running: Vec<Service>,
    stores: AtomicU32,
}

impl Servers {
    fn start(count: usize) -> Self {
        Self {
            running: (0..count).map(|_| Memcached::start().unwrap()).collect(),
            stores: AtomicU32::new(0),
        }
    }

    fn url(&self, parameters: &str) -> String {
        let hosts: Vec<_> = self
            .running
            .iter()
            .map(|it| it.address().to_string())
            .collect();
        format!("memcached://{}?{parameters}", hosts.join(","))
    }
}

fn open(url: &str) -> AnyStore {
    AnyStore::open(&url.parse().unwrap(), Arc::new(SystemClock::new())).unwrap()
}

impl Servers {
    /// The URL of a store that nobody else uses.
    fn fresh(&self) -> String {
        let number = self.stores.fetch_add(1, Ordering::Relaxed);
        self.url(&format!("prefix=store{number}:&timeout_ms=10000"))
    }
}

impl Fixture for Servers {
    type Store = AnyStore;

    async fn store(&self, _limit: usize) -> AnyStore {
        open(&self.fresh())
    }

    async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    fn ttl(&self) -> Duration {
        Duration::from_secs(5)
    }

    /// A second by rounding, and one of the server's clock.
    fn lag(&self) -> Duration {
        Duration::from_millis(2200)
    }
}

impl Shared for Servers {
    async fn nodes(&self, count: usize) -> Vec<AnyStore> {
        let url = self.fresh();
        (0..count).map(|_| open(&url)).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_server_passes_the_suite() {
    let servers = Servers::start(1);
    conformance::run(&servers).await;
    conformance::run_shared(&servers).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_servers_pass_the_suite() {
    let servers = Servers::start(3);
    conformance::run(&servers).await;
    conformance::run_shared(&servers).await;
}

/// Enough to fill a server of one mebibyte twice over.
const MANY: u64 = 20_000;
const HOUR: Duration = Duration::from_secs(3600);

fn id(n: u64) -> SpentId {
    SpentId::from_bytes(u128::from(n).to_be_bytes())
}

/// A server that holds no more than some 8,700 ids.
fn tiny(more: &[&str]) -> Service {
    let small = "--memory-limit=1 --max-item-size=512k --extended=slab_chunk_max=256";
    let arguments: Vec<_> = small.split(' ').chain(more.iter().copied()).collect();
    Memcached::with(&arguments).unwrap()
}

/// Claims ids, a thousand at a time, and returns what became of each.
async fn claims(store: &Arc<AnyStore>, ids: Range<u64>, ttl: Duration) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for start in ids.clone().step_by(1000) {
        let some = (start..ids.end.min(start + 1000)).map(|n| {
            let store = Arc::clone(store);
            tokio::spawn(async move { store.claim(id(n), ttl).await })
        });
        for claim in some.collect::<Vec<_>>() {
            outcomes.push(claim.await.unwrap());
        }
    }
    outcomes
}

type Outcome = Result<Claim, StoreError>;

fn is_first(outcome: &Outcome) -> bool {
    matches!(outcome, Ok(Claim::First))
}

/// Waits until the store says that it is ready.
async fn until_ready(store: &AnyStore) {
    for _ in 0..600 {
        if store.ready().await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the store is not ready again: {:?}", store.ready().await);
}

/// What docs/stores.md warns of.
#[tokio::test]
async fn what_a_full_server_evicts_can_be_used_again() {
    let server = tiny(&[]);
    let store = Arc::new(open(&format!("{}?timeout_ms=10000", server.url())));
    let (log, _guard) = Log::start();
    assert!(claims(&store, 0..MANY, HOUR).await.iter().all(is_first));
    assert_eq!(log.count("start it with --disable-evictions"), 1);
    assert_eq!(log.count("before its time"), 0);
    store.ready().await.unwrap();
    assert_eq!(log.count("before its time"), 1);
    let again = claims(&store, 0..1000, HOUR).await;
    assert!(again.iter().all(is_first), "nothing was evicted");
    assert_eq!(log.count("WARN"), 2);
}

#[tokio::test]
async fn a_full_server_that_may_not_evict_refuses_until_ids_expire() {
    let server = tiny(&["--disable-evictions"]);
    let store = Arc::new(open(&format!("{}?timeout_ms=10000", server.url())));
    let (log, _guard) = Log::start();
    let outcomes = claims(&store, 0..MANY, Duration::from_secs(5)).await;
    assert_eq!(log.count("start it with --disable-evictions"), 0);
    assert_eq!(log.count("when it is restarted or flushed"), 1);
    let taken = outcomes.iter().filter(|it| is_first(it)).count();
    assert!(taken > 5000, "{taken}");
    let refused = outcomes.iter().filter(|it| it.is_err()).count();
    assert_eq!(taken + refused, outcomes.len());
    let why = store.ready().await.unwrap_err().to_string();
    assert!(why.contains("out of memory"), "{why}");
    let again = claims(&store, 0..1000, HOUR).await;
    assert!(!again.iter().any(is_first), "an id was forgotten");
    until_ready(&store).await;
    let fresh = claims(&store, MANY..MANY + 1000, HOUR).await;
    assert!(fresh.iter().all(is_first), "expiry has made no room");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_takes_its_own_ids_along_and_no_others() {
    let mut servers = Servers::start(3);
    let store = Arc::new(open(&servers.url("timeout_ms=2000")));
    assert!(claims(&store, 0..300, HOUR).await.iter().all(is_first));

    servers.running[1].kill().unwrap();
    let address = servers.running[1].address().to_string();
    let down = claims(&store, 0..300, HOUR).await;
    assert!(!down.iter().any(is_first), "an id moved to another server");
    let refused = down.iter().filter_map(|outcome| outcome.as_ref().err());
    let refused: Vec<_> = refused.map(ToString::to_string).collect();
    assert!((50..150).contains(&refused.len()), "{}", refused.len());
    assert!(refused.iter().all(|why| why.contains(&address)));
    let why = store.ready().await.unwrap_err().to_string();
    assert!(why.contains(&address), "{why}");

    servers.running[1].restart().unwrap();
    until_ready(&store).await;
    let back = claims(&store, 0..300, HOUR).await;
    let forgotten = back.iter().filter(|it| is_first(it)).count();
    assert_eq!(forgotten, refused.len(), "a server starts with nothing");
    assert!(back.iter().all(Result::is_ok));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_answering_is_refused_in_time_and_never_answers_another_call() {
    let mut server = Memcached::start().unwrap();
    let store = Arc::new(open(&format!("{}?timeout_ms=400", server.url())));
    let quota: Quota = "10/h".parse().unwrap();
    let key = RateKey::from_bytes([7; 16]);
    for round in 0..3 {
        let new = round * 1000..round * 1000 + 100;
        until_ready(&store).await;
        assert!(claims(&store, new.clone(), HOUR).await.iter().all(is_first));
        assert!(store.step(key, quota).await.is_ok());

        server.pause().unwrap();
        let lost = round * 1000 + 500..round * 1000 + 600;
        assert!(claims(&store, lost, HOUR).await.iter().all(Result::is_err));
        assert!(store.is_spent(id(1)).await.is_err());
        assert!(store.step(key, quota).await.is_err());
        assert!(store.ready().await.is_err());

        server.resume().unwrap();
        until_ready(&store).await;
        for n in new {
            assert!(store.is_spent(id(n)).await.unwrap(), "{n}");
            assert!(!store.is_spent(id(n + 200)).await.unwrap(), "{n}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_agree_in_whatever_order_they_name_the_servers() {
    let mut servers = Servers::start(3);
    let here = Arc::new(open(&servers.url("timeout_ms=10000")));
    servers.running.rotate_left(1);
    let there = Arc::new(open(&servers.url("timeout_ms=10000")));
    assert!(claims(&here, 0..500, HOUR).await.iter().all(is_first));
    let again = claims(&there, 0..500, HOUR).await;
    assert!(again.iter().all(|it| matches!(it, Ok(Claim::Spent))));
}

#[tokio::test]
async fn a_server_that_asks_for_a_login_gets_it() {
    let users = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&users, "node:s3cret\n").unwrap();
    let readable = PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(&users, readable).unwrap();
    let path = users.path().to_str().unwrap();
    let server = Memcached::with(&["--auth-file", path]).unwrap();
    let address = server.address();
    let password = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&password, "s3cret\nanother line").unwrap();

    let given = open(&format!("memcached://node:s3cret@{address}"));
    assert!(is_first(&given.claim(id(1), HOUR).await));
    let file = password.path().display();
    let in_file = open(&format!("memcached://node@{address}?password_file={file}"));
    assert!(is_first(&in_file.claim(id(2), HOUR).await));

    let wrong = open(&format!("memcached://node:s3cre7@{address}"));
    let why = wrong.claim(id(3), HOUR).await.unwrap_err().to_string();
    assert!(why.contains("authentication failure"), "{why}");
    assert!(!why.contains("s3cre7"), "{why}");
    let none = open(&format!("memcached://{address}"));
    let why = none.claim(id(4), HOUR).await.unwrap_err().to_string();
    assert!(why.contains("unauthenticated"), "{why}");

    for half in [
        "memcached://node@localhost",
        "memcached://:s3cret@localhost",
    ] {
        let opened = AnyStore::open(&half.parse().unwrap(), Arc::new(SystemClock::new()));
        let why = opened.err().unwrap().to_string();
        assert!(why.contains("memcached://USER:PASSWORD@HOST"), "{why}");
    }
}

/// As in a process that was forked, or in tests with a runtime each.
#[test]
fn a_runtime_that_ends_leaves_nobody_waiting() {
    let mut server = Memcached::start().unwrap();
    let store = Arc::new(open(&format!("{}?timeout_ms=1000", server.url())));
    let quota: Quota = "10/h".parse().unwrap();
    let step = |n: u8| {
        let store = Arc::clone(&store);
        async move { store.step(RateKey::from_bytes([n; 16]), quota).await }
    };
    let runtime = || tokio::runtime::Runtime::new().unwrap();
    let first = runtime();
    assert!(first.block_on(step(1)).is_ok());
    server.pause().unwrap();
    assert!(first.block_on(step(1)).is_err());
    first.spawn(step(2));
    drop(first);
    server.resume().unwrap();
    let second = runtime();
    second.block_on(until_ready(&store));
    assert!(second.block_on(step(1)).is_ok());
    assert!(second.block_on(step(2)).is_ok());
}

/// A server that greets as Memcached does and then answers whatever it is asked with `reply`, and closes.
async fn impostor(reply: &[u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let reply = reply.to_vec();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = BufReader::new(stream);
            let mut line = String::new();
            while let Ok(1..) = stream.read_line(&mut line).await {
                let (answer, is_last) = match line.as_str() {
                    "version\r\n" => (b"VERSION 1\r\n".as_slice(), false),
                    stats if stats.starts_with("stats") => (b"END\r\n".as_slice(), false),
                    _ => (reply.as_slice(), true),
                };
                let sent = stream.write_all(answer).await;
                if is_last || sent.is_err() {
                    break;
                }
                line.clear();
            }
        }
    });
    format!("memcached://{address}?timeout_ms=10000")
}

#[tokio::test]
async fn what_is_no_answer_lets_nothing_through() {
    let long = [b"STORED".as_slice(), &[b' '; 10_000]].concat();
    let endless = b"VALUE k 0 18446744073709551615 1\r\n";
    let replies: [&[u8]; 14] = [
        b"",
        b"\r\n",
        b"STORED",
        b"STORED\n",
        b"STORED \r\n",
        b"stored\r\n",
        b"OK\r\n",
        b"EXISTS\r\n",
        b"END\r\nSTORED\r\n",
        b"SERVER_ERROR STORED\r\n",
        b"CLIENT_ERROR bad data chunk\r\n",
        b"\xff\xfe\r\n",
        endless,
        &long,
    ];
    let quota: Quota = "1/h".parse().unwrap();
    for reply in replies {
        let url = impostor(reply).await;
        let what = String::from_utf8_lossy(&reply[..reply.len().min(40)]);
        assert!(open(&url).claim(id(1), HOUR).await.is_err(), "{what}");
        let step = open(&url).step(RateKey::from_bytes([1; 16]), quota).await;
        assert!(step.is_err(), "{what}");
        if !reply.starts_with(b"END\r\n") {
            assert!(open(&url).is_spent(id(1)).await.is_err(), "{what}");
        }
        assert!(open(&url).ready().await.is_err(), "{what}");
    }
}

#[tokio::test]
async fn a_reply_too_many_is_nobody_elses() {
    let store = open(&impostor(b"NOT_STORED\r\nSTORED\r\nSTORED\r\n").await);
    for n in 0..5 {
        let claim = store.claim(id(n), HOUR).await.unwrap();
        assert_eq!(claim, Claim::Spent, "claim {n} got another's reply");
    }
}

/// What this thread logs.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn start() -> (Self, DefaultGuard) {
        let log = Self::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        (log, tracing::subscriber::set_default(subscriber))
    }

    fn count(&self, text: &str) -> usize {
        let log = self.0.lock().unwrap();
        String::from_utf8_lossy(&log).matches(text).count()
    }
}

impl Write for Log {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
