//! What a store in any kind of database does: the suite, nodes that race, servers that go and come back.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use cattlegrid_services::{Certificates, Cut, Port, Service};
use cattlegrid_store::conformance::{self, Fixture, Shared};
use cattlegrid_store::{
    AnyStore, Claim, Quota, Rate, RateKey, SpentId, Store, StoreError, SystemClock,
};
use tokio::task::JoinSet;

const TTL: Duration = Duration::from_secs(600);

/// How long the tests wait for what must come true.
const PATIENCE: Duration = Duration::from_secs(60);

/// A kind of database, and a server of it.
pub(crate) trait Database: Sized + Send + Sync + 'static {
    /// A database that every server has.
    const DEFAULT: &str;
    /// The user and the password that the tests have, with the `@` after them.
    const LOGIN: &str;
    /// An expression for the time now, in microseconds since the Unix epoch.
    const NOW: &str;
    /// The statements that make the tables.
    const SCHEMA: &str;
    /// Makes a user `guest`, with the password `guest`.
    const GUEST: &str;
    /// Gives that user what a store needs in tables that are there.
    const GRANT: &str;

    fn start() -> Self;

    /// Starts a server that takes no writes.
    fn start_read_only() -> Self;

    fn start_with_tls(certificates: &Certificates) -> Self;

    fn server(&mut self) -> &mut Service;

    fn address(&self) -> SocketAddr;

    /// Runs statements; gives the number that the last of them gives, if it does.
    fn run(&self, database: &str, statements: &str) -> impl Future<Output = Option<i64>> + Send;

    /// The URL of a database at these addresses, which stand with commas between.
    fn url(addresses: &str, database: &str) -> String;

    /// Statements that insert so many ids, which expire at `at`.
    fn insert(at: &str, count: u32) -> String;
}

/// A new database on this server.
async fn fresh<D: Database>(database: &D) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("store_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let create = format!("CREATE DATABASE {name}");
    database.run(D::DEFAULT, &create).await;
    name
}

fn open(url: &str) -> Arc<AnyStore> {
    let clock = Arc::new(SystemClock::new());
    Arc::new(AnyStore::open(&url.parse().unwrap(), clock).unwrap())
}

/// A store that is patient with a busy machine.
fn patient<D: Database>(database: &D, name: &str) -> Arc<AnyStore> {
    let url = D::url(&database.address().to_string(), name);
    open(&with(&url, "timeout_ms=30000"))
}

/// A store that gives up soon.
fn hasty<D: Database>(address: SocketAddr, name: &str) -> Arc<AnyStore> {
    let url = D::url(&address.to_string(), name);
    open(&with(&url, "timeout_ms=1000"))
}

pub(crate) fn with(url: &str, parameter: &str) -> String {
    let join = if url.contains('?') { '&' } else { '?' };
    format!("{url}{join}{parameter}")
}

fn id(n: u128) -> SpentId {
    SpentId::from_bytes(n.to_be_bytes())
}

pub(crate) fn refusal<T: std::fmt::Debug>(outcome: Result<T, StoreError>) -> String {
    match outcome {
        Err(StoreError::Unavailable(why)) => why.to_string(),
        other => panic!("the store should be unavailable, and said {other:?}"),
    }
}

/// Waits until the store works.
pub(crate) async fn works(store: &AnyStore) {
    let mut last = None;
    let tried = tokio::time::timeout(PATIENCE, async {
        while let Err(error) = store.ready().await {
            last = Some(error);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    assert!(tried.await.is_ok(), "the store should work again: {last:?}");
}

/// Waits until the store does not.
async fn fails(store: &AnyStore) {
    let tried = tokio::time::timeout(PATIENCE, async {
        while store.ready().await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    assert!(tried.await.is_ok(), "the store should be unavailable");
}

struct Fresh<D>(D);

impl<D: Database> Fixture for Fresh<D> {
    type Store = Arc<AnyStore>;

    async fn store(&self, _: usize) -> Arc<AnyStore> {
        patient(&self.0, &fresh(&self.0).await)
    }

    async fn pass(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    fn ttl(&self) -> Duration {
        Duration::from_secs(5)
    }

    fn lag(&self) -> Duration {
        Duration::from_secs(2)
    }
}

impl<D: Database> Shared for Fresh<D> {
    async fn nodes(&self, count: usize) -> Vec<Arc<AnyStore>> {
        let name = fresh(&self.0).await;
        (0..count).map(|_| patient(&self.0, &name)).collect()
    }
}

pub(crate) async fn it_passes_the_suite<D: Database>() {
    let fixture = Fresh(D::start());
    conformance::run(&fixture).await;
    conformance::run_shared(&fixture).await;
}

pub(crate) async fn nodes_that_start_at_once_on_an_empty_database_race_and_one_is_first<
    D: Database,
>() {
    const NODES: usize = 8;
    const IDS: u128 = 500;
    let database = D::start();
    let name = fresh(&database).await;
    let quota = Quota::new(100, Duration::from_secs(86_400)).unwrap();
    let key = RateKey::from_bytes([7; 16]);
    let (mut claims, mut steps) = (JoinSet::new(), JoinSet::new());
    for _ in 0..NODES {
        let node = patient(&database, &name);
        for n in 0..IDS {
            let (claimer, stepper) = (Arc::clone(&node), Arc::clone(&node));
            claims.spawn(async move { (n, claimer.claim(id(n), TTL).await.unwrap()) });
            steps.spawn(async move { stepper.step(key, quota).await.unwrap() });
        }
    }
    let mut first: Vec<_> = claims
        .join_all()
        .await
        .into_iter()
        .filter_map(|(n, claim)| (claim == Claim::First).then_some(n))
        .collect();
    first.sort_unstable();
    assert_eq!(first, (0..IDS).collect::<Vec<_>>());
    let within = steps
        .join_all()
        .await
        .into_iter()
        .filter(|rate| matches!(rate, Rate::Within { .. }))
        .count();
    assert_eq!(within, 100, "steps of one key from {NODES} nodes");
    let versions = "SELECT count(*) FROM cattlegrid_schema";
    assert_eq!(database.run(&name, versions).await, Some(1));
}

pub(crate) async fn a_server_that_is_killed_and_comes_back_has_forgotten_nothing<D: Database>() {
    let mut database = D::start();
    let name = fresh(&database).await;
    let store = hasty::<D>(database.address(), &name);
    works(&store).await;
    assert_eq!(store.claim(id(1), TTL).await.unwrap(), Claim::First);
    for _ in 0..2 {
        database.server().kill().unwrap();
        fails(&store).await;
        refusal(store.claim(id(2), TTL).await);
        refusal(
            store
                .step(RateKey::from_bytes([1; 16]), Quota::new(1, TTL).unwrap())
                .await,
        );
        database.server().restart().unwrap();
        works(&store).await;
        assert_eq!(store.claim(id(1), TTL).await.unwrap(), Claim::Spent);
    }
    assert_eq!(store.claim(id(3), TTL).await.unwrap(), Claim::First);
}

pub(crate) async fn while_a_server_does_not_answer_the_queue_is_bounded_and_then_it_goes_on<
    D: Database,
>() {
    let mut database = D::start();
    let name = fresh(&database).await;
    let store = hasty::<D>(database.address(), &name);
    works(&store).await;
    database.server().pause().unwrap();
    let mut claims = JoinSet::new();
    for n in 0..20_000 {
        let store = Arc::clone(&store);
        claims.spawn(async move { refusal(store.claim(id(n), TTL).await) });
    }
    let refusals = claims.join_all().await;
    let at_once = refusals
        .iter()
        .filter(|why| why.contains("too many"))
        .count();
    assert!(at_once > 10_000, "{at_once} of 20000 were refused at once");
    database.server().resume().unwrap();
    works(&store).await;
    // Why not `First`: what was under way when the server stopped may have been decided since.
    let _ = store.claim(id(0), TTL).await.unwrap();
    assert_eq!(store.claim(id(0), TTL).await.unwrap(), Claim::Spent);
    assert_eq!(store.claim(id(30_000), TTL).await.unwrap(), Claim::First);
}

pub(crate) async fn a_cut_network_is_told_and_healed<D: Database>() {
    let database = D::start();
    let name = fresh(&database).await;
    let wire = Cut::new(database.address()).unwrap();
    let store = hasty::<D>(wire.address(), &name);
    works(&store).await;
    assert_eq!(store.claim(id(1), TTL).await.unwrap(), Claim::First);
    for cut in [Cut::cut, Cut::refuse] {
        cut(&wire);
        refusal(store.claim(id(2), TTL).await);
        fails(&store).await;
        wire.heal();
        works(&store).await;
        assert_eq!(store.claim(id(1), TTL).await.unwrap(), Claim::Spent);
    }
}

pub(crate) async fn of_several_hosts_the_first_that_takes_writes_is_used<D: Database>() {
    let (standby, mut primary) = (D::start_read_only(), D::start());
    let name = fresh(&primary).await;
    let nobody = Port::free().unwrap();

    let alone = hasty::<D>(standby.address(), D::DEFAULT);
    fails(&alone).await;
    let why = refusal(alone.claim(id(1), TTL).await);
    assert!(why.contains("takes no writes"), "{why}");

    let all = format!(
        "{},{},{}",
        nobody.address(),
        standby.address(),
        primary.address()
    );
    let store = open(&with(&D::url(&all, &name), "timeout_ms=2000"));
    // Why: it looks for the database on the standby first, which has none of that name.
    works(&store).await;
    assert_eq!(store.claim(id(1), TTL).await.unwrap(), Claim::First);
    primary.server().kill().unwrap();
    fails(&store).await;
    primary.server().restart().unwrap();
    works(&store).await;
    assert_eq!(store.claim(id(1), TTL).await.unwrap(), Claim::Spent);
}

pub(crate) async fn what_has_expired_leaves_the_database_and_nothing_else_does<D: Database>() {
    let database = D::start();
    let name = fresh(&database).await;
    let store = patient(&database, &name);
    works(&store).await;
    let (now, hour) = (D::NOW, 3_600_000_000_i64);
    let long_ago = D::insert(&format!("{now} - {hour}"), 3500);
    database.run(&name, &long_ago).await;
    assert_eq!(store.claim(id(1), TTL).await.unwrap(), Claim::First);
    assert_eq!(
        store.claim(id(2), Duration::ZERO).await.unwrap(),
        Claim::First
    );
    let old =
        format!("SELECT count(*) FROM cattlegrid_spent WHERE expires_at < {now} - {hour} / 2");
    let gone = tokio::time::timeout(PATIENCE, async {
        let mut n = 1_000_000;
        while database.run(&name, &old).await != Some(0) {
            n += 1;
            assert_eq!(store.claim(id(n), TTL).await.unwrap(), Claim::First);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(gone.await.is_ok(), "expired rows should be deleted");
    let young = format!("SELECT count(*) FROM cattlegrid_spent WHERE expires_at < {now}");
    let young = database.run(&name, &young).await;
    assert!(
        young >= Some(1),
        "what has just expired should stay for a while"
    );
    assert_eq!(store.claim(id(1), TTL).await.unwrap(), Claim::Spent);
    // Expired, and still there, is as free as gone.
    assert_eq!(store.claim(id(2), TTL).await.unwrap(), Claim::First);
    assert_eq!(store.claim(id(2), TTL).await.unwrap(), Claim::Spent);
}

pub(crate) async fn tables_of_a_later_release_are_left_alone<D: Database>() {
    let database = D::start();
    let name = fresh(&database).await;
    works(&patient(&database, &name)).await;
    database
        .run(&name, "INSERT INTO cattlegrid_schema (version) VALUES (7)")
        .await;
    let store = patient(&database, &name);
    let why = refusal(store.claim(id(1), TTL).await);
    assert!(
        why.contains("schema version 7, and this release knows versions up to 1"),
        "{why}"
    );
}

pub(crate) async fn a_guest_needs_no_more_than_tables_made_by_hand<D: Database>() {
    let database = D::start();
    let name = fresh(&database).await;
    database.run(&name, D::GUEST).await;
    let url = D::url(&database.address().to_string(), &name);
    let guest = with(&url.replace(D::LOGIN, "guest:guest@"), "timeout_ms=30000");

    let why = refusal(open(&guest).claim(id(1), TTL).await);
    assert!(why.contains("denied"), "{why}");
    let wrong = guest.replace("guest:guest@", "guest:secret-of-mine@");
    let why = refusal(open(&wrong).claim(id(1), TTL).await);
    assert!(why.contains("guest"), "{why}");
    assert!(!why.contains("secret-of-mine"), "{why}");

    database.run(&name, D::SCHEMA).await;
    database.run(&name, D::GRANT).await;
    let store = open(&guest);
    works(&store).await;
    assert_eq!(store.claim(id(1), TTL).await.unwrap(), Claim::First);
    assert_eq!(store.claim(id(1), TTL).await.unwrap(), Claim::Spent);
    let quota = Quota::new(1, TTL).unwrap();
    let rate = store.step(RateKey::from_bytes([1; 16]), quota).await;
    assert!(matches!(rate, Ok(Rate::Within { .. })), "{rate:?}");
}

/// Makes a test of each function of this module, for one kind of database.
#[macro_export]
macro_rules! test_all {
    ($database:ty: $($test:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                database::$test::<$database>().await;
            }
        )*
    };
    ($database:ty) => {
        $crate::test_all! { $database:
            it_passes_the_suite
            nodes_that_start_at_once_on_an_empty_database_race_and_one_is_first
            a_server_that_is_killed_and_comes_back_has_forgotten_nothing
            while_a_server_does_not_answer_the_queue_is_bounded_and_then_it_goes_on
            a_cut_network_is_told_and_healed
            of_several_hosts_the_first_that_takes_writes_is_used
            what_has_expired_leaves_the_database_and_nothing_else_does
            tables_of_a_later_release_are_left_alone
            a_guest_needs_no_more_than_tables_made_by_hand
            over_tls_the_server_s_certificate_is_verified
        }
    };
}

pub(crate) async fn over_tls_the_server_s_certificate_is_verified<D: Database>() {
    let certificates = Certificates::new().unwrap();
    let database = D::start_with_tls(&certificates);
    let url = with(
        &D::url(&database.address().to_string(), D::DEFAULT),
        "timeout_ms=30000",
    );
    let why = refusal(open(&with(&url, "tls=true")).ready().await);
    assert!(why.contains("certificate"), "{why}");
    let (certificate, key) = certificates.client();
    let trusting = with(&url, &format!("ca={}", certificates.authority().display()));
    let known = with(
        &trusting,
        &format!("cert={}&key={}", certificate.display(), key.display()),
    );
    for url in [trusting, known] {
        let store = open(&url);
        store.ready().await.unwrap();
    }
}
