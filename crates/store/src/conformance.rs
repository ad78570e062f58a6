//! The suite that every store must pass.
//!
//! It depends on no test framework: each check is an async function that panics and says what was wrong. Run
//! them on a multi-threaded Tokio runtime, so that claims really are concurrent.
//!
//! ```
//! # use std::sync::Arc;
//! # use std::time::Duration;
//! use cattlegrid_store::conformance::{self, Fixture};
//! use cattlegrid_store::memory::MemoryStore;
//! use cattlegrid_store::{ManualClock, Timestamp};
//!
//! struct InMemory(Arc<ManualClock>);
//!
//! impl Fixture for InMemory {
//!     type Store = MemoryStore;
//!
//!     async fn store(&self, limit: usize) -> MemoryStore {
//!         MemoryStore::new(limit, self.0.clone())
//!     }
//!
//!     async fn pass(&self, time: Duration) {
//!         self.0.advance(time);
//!     }
//! }
//!
//! # #[tokio::main]
//! # async fn main() {
//! let clock = ManualClock::new(Timestamp::from_millis(1_700_000_000_000));
//! conformance::run(&InMemory(Arc::new(clock))).await;
//! # }
//! ```

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::{Claim, Quota, Rate, RateKey, SpentId, Store, StoreError};

/// How many claims are made at the same time.
const CROWD: u64 = 4000;

/// Makes the stores that are checked, and lets time pass for them.
pub trait Fixture {
    /// What is checked.
    type Store: Store;

    /// A new store that is empty and, if it counts them, holds at most `limit` live ids.
    fn store(&self, limit: usize) -> impl Future<Output = Self::Store> + Send;

    /// Lets `time` pass for every store made here: by moving a [`ManualClock`](crate::ManualClock), or by
    /// sleeping where the store's expiry runs in real time.
    fn pass(&self, time: Duration) -> impl Future<Output = ()> + Send;

    /// How long the suite's ids live. A fixture that sleeps makes this short; it must be more than twice
    /// [`Fixture::lag`].
    fn ttl(&self) -> Duration {
        Duration::from_secs(60)
    }

    /// How long after its ttl an id may still be remembered.
    fn lag(&self) -> Duration {
        Duration::from_secs(5)
    }
}

/// Makes stores that several nodes share.
pub trait Shared: Fixture {
    /// A new store that is empty, and `count` handles on it, each as another node has it.
    fn nodes(&self, count: usize) -> impl Future<Output = Vec<Self::Store>> + Send;
}

/// Runs every check that any store must pass.
///
/// # Panics
/// If the store fails one.
pub async fn run(fixture: &impl Fixture) {
    assert!(
        fixture.ttl() > 2 * fixture.lag(),
        "the fixture's ttl is too short for its lag"
    );
    the_second_claim_is_told_so(fixture).await;
    ids_that_differ_in_one_bit_are_different(fixture).await;
    an_id_is_free_again_after_its_ttl(fixture).await;
    a_second_claim_does_not_prolong_the_first(fixture).await;
    of_many_claims_of_one_id_one_is_first(fixture).await;
    many_ids_are_claimed_at_once(fixture).await;
    a_crowd_is_free_again_after_its_ttl(fixture).await;
    an_empty_store_is_ready(fixture).await;
    looking_at_an_id_spends_nothing(fixture).await;
    a_quota_is_taken_and_grows_back(fixture).await;
    keys_have_quotas_of_their_own(fixture).await;
    a_key_goes_on_under_another_quota(fixture).await;
    of_many_steps_as_many_are_within_as_the_quota_has(fixture).await;
    ids_and_keys_may_have_any_bytes(fixture).await;
    lives_may_be_as_short_or_as_long_as_any(fixture).await;
    quotas_may_be_as_small_or_as_large_as_any(fixture).await;
}

/// Runs the checks that a store must pass as well if it counts what it holds.
///
/// # Panics
/// If the store fails one.
pub async fn run_bounded(fixture: &impl Fixture) {
    a_full_store_refuses_new_ids_and_keeps_its_own(fixture).await;
    a_full_store_recovers(fixture).await;
}

/// Runs the checks that a store must pass as well if nodes share it.
///
/// # Panics
/// If the store fails one.
pub async fn run_shared(fixture: &impl Shared) {
    what_one_node_does_all_see(fixture).await;
    of_claims_by_many_nodes_one_is_first(fixture).await;
    of_steps_by_many_nodes_as_many_are_within_as_the_quota_has(fixture).await;
}

/// The first claim of an id is first, and every later one is not.
pub async fn the_second_claim_is_told_so(fixture: &impl Fixture) {
    let store = fixture.store(10).await;
    let ttl = fixture.ttl();
    expect(&store, id(1), ttl, Claim::First, "a new id").await;
    expect(&store, id(1), ttl, Claim::Spent, "the same id again").await;
    expect(&store, id(1), ttl, Claim::Spent, "the same id once more").await;
    expect(&store, id(2), ttl, Claim::First, "another new id").await;
}

/// Every bit of an id counts.
pub async fn ids_that_differ_in_one_bit_are_different(fixture: &impl Fixture) {
    let store = fixture.store(200).await;
    for bit in 0..128 {
        let id = SpentId::from_bytes((1_u128 << bit).to_be_bytes());
        expect(
            &store,
            id,
            fixture.ttl(),
            Claim::First,
            "an id with one bit set",
        )
        .await;
    }
}

/// An id is spent for its whole ttl, and free not much later.
pub async fn an_id_is_free_again_after_its_ttl(fixture: &impl Fixture) {
    let store = fixture.store(10).await;
    let (ttl, lag) = (fixture.ttl(), fixture.lag());
    expect(&store, id(1), ttl, Claim::First, "a new id").await;
    fixture.pass(ttl.saturating_sub(lag)).await;
    expect(
        &store,
        id(1),
        ttl,
        Claim::Spent,
        "an id shortly before its ttl is over",
    )
    .await;
    fixture.pass(2 * lag).await;
    expect(&store, id(1), ttl, Claim::First, "an id whose ttl is over").await;
    expect(&store, id(1), ttl, Claim::Spent, "an id claimed anew").await;
}

/// An id is seen to be spent from its claim until its ttl is over, and looking changes nothing.
pub async fn looking_at_an_id_spends_nothing(fixture: &impl Fixture) {
    let store = fixture.store(10).await;
    let (ttl, lag) = (fixture.ttl(), fixture.lag());
    see(&store, id(1), false, "a new id").await;
    expect(&store, id(1), ttl, Claim::First, "an id that was looked at").await;
    see(&store, id(1), true, "an id that was claimed").await;
    see(&store, id(2), false, "another id").await;
    fixture.pass(ttl + lag).await;
    see(&store, id(1), false, "an id whose ttl is over").await;
    expect(&store, id(1), ttl, Claim::First, "an id whose ttl is over").await;
}

/// Claiming a spent id leaves its expiry where it was.
pub async fn a_second_claim_does_not_prolong_the_first(fixture: &impl Fixture) {
    let store = fixture.store(10).await;
    let (ttl, lag) = (fixture.ttl(), fixture.lag());
    expect(&store, id(1), ttl, Claim::First, "a new id").await;
    fixture.pass(ttl / 2).await;
    expect(&store, id(1), ttl, Claim::Spent, "an id at half its ttl").await;
    fixture.pass(ttl / 2 + lag).await;
    expect(
        &store,
        id(1),
        ttl,
        Claim::First,
        "an id whose first ttl is over",
    )
    .await;
}

/// Thousands claim one id at the same moment, and one of them is first.
pub async fn of_many_claims_of_one_id_one_is_first(fixture: &impl Fixture) {
    let store = Arc::new(fixture.store(10).await);
    for round in 0..3 {
        let outcomes = crowd(&store, fixture.ttl(), |_| id(round)).await;
        let first = outcomes
            .iter()
            .filter(|claim| **claim == Claim::First)
            .count();
        assert_eq!(
            first, 1,
            "of {CROWD} concurrent claims of one id, {first} were first"
        );
    }
}

/// Thousands claim different ids at the same moment, twice over, and each id has one first claim.
pub async fn many_ids_are_claimed_at_once(fixture: &impl Fixture) {
    let store = Arc::new(fixture.store(CROWD as usize).await);
    let outcomes = crowd(&store, fixture.ttl(), |n| id(n / 2)).await;
    let first = outcomes
        .iter()
        .filter(|claim| **claim == Claim::First)
        .count() as u64;
    assert_eq!(
        first,
        CROWD / 2,
        "of {CROWD} claims, two for each id, {first} were first"
    );
    let again = crowd(&store, fixture.ttl(), |n| id(n / 2)).await;
    assert!(
        again.iter().all(|claim| *claim == Claim::Spent),
        "an id that many had claimed was free again"
    );
}

/// Thousands of ids expire, are claimed anew in any order, and each is spent again.
pub async fn a_crowd_is_free_again_after_its_ttl(fixture: &impl Fixture) {
    // Why twice: so that an id may be claimed anew before the store has cleared away its first life.
    let store = Arc::new(fixture.store(2 * CROWD as usize).await);
    let outcomes = crowd(&store, fixture.ttl(), id).await;
    let spent = outcomes
        .iter()
        .filter(|&&claim| claim == Claim::Spent)
        .count();
    assert_eq!(spent, 0, "of {CROWD} new ids, this many were spent");
    fixture.pass(fixture.ttl() + fixture.lag()).await;
    let anew = crowd(&store, fixture.ttl(), |n| id(n ^ 0x555)).await;
    let spent = anew.iter().filter(|&&claim| claim == Claim::Spent).count();
    assert_eq!(
        spent, 0,
        "of {CROWD} ids whose ttl is over, this many were spent"
    );
    let again = crowd(&store, fixture.ttl(), |n| id(n ^ 0x555)).await;
    let first = again.iter().filter(|&&claim| claim == Claim::First).count();
    assert_eq!(
        first, 0,
        "of {CROWD} ids claimed anew, this many were free again"
    );
}

/// A store at its limit takes no new id, says so, and forgets none.
pub async fn a_full_store_refuses_new_ids_and_keeps_its_own(fixture: &impl Fixture) {
    let limit = 50;
    let store = fixture.store(limit).await;
    let ttl = fixture.ttl();
    for n in 0..limit as u64 {
        expect(
            &store,
            id(n),
            ttl,
            Claim::First,
            "a new id within the limit",
        )
        .await;
    }
    for n in 1000..1200 {
        expect_full(store.claim(id(n), ttl).await, limit);
    }
    expect_full(store.ready().await, limit);
    for n in 0..limit as u64 {
        expect(
            &store,
            id(n),
            ttl,
            Claim::Spent,
            "an id that a full store holds",
        )
        .await;
    }
}

/// A store that was full takes new ids, up to its limit, once old ones have expired.
pub async fn a_full_store_recovers(fixture: &impl Fixture) {
    let limit = 50;
    let store = fixture.store(limit).await;
    let (ttl, lag) = (fixture.ttl(), fixture.lag());
    for n in 0..limit as u64 {
        // Why: of two lives, so that one half leaves and the other must stay.
        let ttl = if n % 2 == 0 { ttl } else { 2 * ttl };
        expect(
            &store,
            id(n),
            ttl,
            Claim::First,
            "a new id within the limit",
        )
        .await;
    }
    expect_full(store.claim(id(1000), ttl).await, limit);
    fixture.pass(ttl + lag).await;
    for n in 2000..2000 + limit as u64 / 2 {
        expect(
            &store,
            id(n),
            ttl,
            Claim::First,
            "a new id after half have expired",
        )
        .await;
    }
    expect_full(store.claim(id(3000), ttl).await, limit);
    for n in (1..limit as u64).step_by(2) {
        expect(&store, id(n), ttl, Claim::Spent, "an id that still lives").await;
    }
}

/// A store with room says that it is ready, and spends nothing by it.
pub async fn an_empty_store_is_ready(fixture: &impl Fixture) {
    let store = fixture.store(1).await;
    for _ in 0..3 {
        if let Err(error) = store.ready().await {
            panic!("a store with room is not ready: {error}");
        }
    }
    expect(&store, id(1), fixture.ttl(), Claim::First, "the first id").await;
}

/// A quota gives its burst at once, then nothing, and grows back one by one.
pub async fn a_quota_is_taken_and_grows_back(fixture: &impl Fixture) {
    let store = fixture.store(10).await;
    // Why so slow: nothing of it may grow back while the burst is taken.
    let interval = fixture.ttl();
    let quota = quota(3, interval);
    for left in [2, 1, 0] {
        match step(&store, key(1), quota).await {
            Rate::Within {
                remaining,
                full_after,
            } => {
                assert_eq!(remaining, left, "what is left of the quota");
                let most = interval * (3 - left);
                assert!(
                    full_after <= most && most.saturating_sub(full_after) <= fixture.lag(),
                    "after {} of 3 steps, one each {interval:?}, the quota is whole in {full_after:?}",
                    3 - left
                );
            }
            Rate::Over { .. } => panic!("a step within the quota was refused"),
        }
    }
    let mut wait = Duration::ZERO;
    for _ in 0..3 {
        match step(&store, key(1), quota).await {
            Rate::Over { retry_after } => wait = retry_after,
            Rate::Within { .. } => panic!("a step beyond the quota was let through"),
        }
        assert!(
            wait <= interval && interval.saturating_sub(wait) <= fixture.lag(),
            "one more is there in {wait:?}, and should be in {interval:?}"
        );
    }
    fixture.pass(wait).await;
    match step(&store, key(1), quota).await {
        Rate::Within { remaining, .. } => assert_eq!(remaining, 0, "what has grown back"),
        Rate::Over { .. } => panic!("a step was refused after the wait that was asked for"),
    }
    over(&store, key(1), quota, "the step after it").await;
    fixture.pass(3 * interval).await;
    for _ in 0..3 {
        within(
            &store,
            key(1),
            quota,
            "a step from a quota that is whole again",
        )
        .await;
    }
    over(&store, key(1), quota, "one step more than the quota").await;
}

/// What one key has used is no other's loss, and keys that differ in one bit are different.
pub async fn keys_have_quotas_of_their_own(fixture: &impl Fixture) {
    let store = fixture.store(10).await;
    let quota = quota(1, fixture.ttl());
    for bit in 0..128 {
        let key = RateKey::from_bytes((1_u128 << bit).to_be_bytes());
        within(
            &store,
            key,
            quota,
            "the first step of a key with one bit set",
        )
        .await;
        over(
            &store,
            key,
            quota,
            "the second step of a key with one bit set",
        )
        .await;
    }
}

/// Ids and keys are bytes, and no byte is special.
pub async fn ids_and_keys_may_have_any_bytes(fixture: &impl Fixture) {
    let store = fixture.store(300).await;
    let quota = quota(1, fixture.ttl());
    for byte in 0..=u8::MAX {
        let (id, key) = (
            SpentId::from_bytes([byte; 16]),
            RateKey::from_bytes([byte; 16]),
        );
        let what = format!("an id of bytes {byte:#04x}");
        expect(&store, id, fixture.ttl(), Claim::First, &what).await;
        expect(&store, id, fixture.ttl(), Claim::Spent, &what).await;
        let what = format!("a step of a key of bytes {byte:#04x}");
        within(&store, key, quota, &what).await;
        over(&store, key, quota, &what).await;
    }
}

/// A ttl may be anything from nothing to [`Duration::MAX`]; what lives for long is spent meanwhile, and what lives shortly
/// is soon free.
pub async fn lives_may_be_as_short_or_as_long_as_any(fixture: &impl Fixture) {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let store = fixture.store(20).await;
    let short = [
        Duration::ZERO,
        Duration::from_nanos(1),
        Duration::from_millis(1),
    ];
    // Why these: Memcached takes seconds beyond thirty days for a date, and databases know years up to 9999 or so.
    let long = [
        fixture.ttl() + fixture.lag() + Duration::from_millis(1),
        (30 * DAY).saturating_sub(Duration::from_secs(1)),
        30 * DAY,
        30 * DAY + Duration::from_secs(1),
        400 * DAY,
        40_000 * DAY,
        10_000_000 * DAY,
        Duration::from_millis(i64::MAX as u64),
        Duration::from_millis(u64::MAX),
        Duration::MAX,
    ];
    let lives = || (0..).map(id).zip(short.iter().chain(&long));
    for (id, &ttl) in lives() {
        let what = format!("a new id for {ttl:?}");
        expect(&store, id, ttl, Claim::First, &what).await;
    }
    for (id, ttl) in lives().skip(short.len()) {
        let what = format!("an id that was claimed for {ttl:?}");
        expect(&store, id, Duration::ZERO, Claim::Spent, &what).await;
    }
    fixture.pass(fixture.lag() + Duration::from_millis(1)).await;
    for (id, ttl) in lives() {
        let is_short = *ttl <= Duration::from_millis(1);
        let what = format!("some time after it, an id that was claimed for {ttl:?}");
        see(&store, id, !is_short, &what).await;
        let expected = if is_short { Claim::First } else { Claim::Spent };
        expect(&store, id, fixture.ttl(), expected, &what).await;
    }
}

/// The largest quota with the fastest pace, the slowest, and the smallest.
pub async fn quotas_may_be_as_small_or_as_large_as_any(fixture: &impl Fixture) {
    const MONTH: Duration = Duration::from_secs(31 * 24 * 60 * 60);
    let store = fixture.store(10).await;
    let largest = quota(u32::MAX, Duration::from_micros(1));
    for _ in 0..3 {
        match step(&store, key(1), largest).await {
            Rate::Within { remaining, .. } => assert!(
                remaining >= u32::MAX - 3,
                "of {} steps, {remaining} are left after a few",
                u32::MAX
            ),
            rate @ Rate::Over { .. } => {
                panic!("the largest quota is used up after a few steps: {rate:?}")
            }
        }
    }
    let smallest = quota(1, Duration::from_micros(1));
    within(&store, key(2), smallest, "a step of the smallest quota").await;

    let slowest = quota(1, MONTH);
    match step(&store, key(3), slowest).await {
        Rate::Within {
            remaining,
            full_after,
        } => assert!(
            remaining == 0 && full_after == MONTH,
            "one step a month leaves {remaining} for {full_after:?}"
        ),
        rate @ Rate::Over { .. } => panic!("the first step of a month was refused: {rate:?}"),
    }
    fixture.pass(fixture.lag()).await;
    match step(&store, key(3), slowest).await {
        Rate::Over { retry_after } => assert!(
            retry_after < MONTH && MONTH.saturating_sub(retry_after) <= 3 * fixture.lag(),
            "one step a month asks to wait for {retry_after:?}"
        ),
        rate @ Rate::Within { .. } => {
            panic!("a second step of the same month was let through: {rate:?}")
        }
    }
}

/// What one node has spent or used up, every other one knows.
pub async fn what_one_node_does_all_see(fixture: &impl Shared) {
    let nodes = fixture.nodes(3).await;
    let quota = quota(nodes.len() as u32, fixture.ttl());
    for (number, node) in nodes.iter().enumerate() {
        let id = id(number as u64);
        expect(node, id, fixture.ttl(), Claim::First, "a new id").await;
        for other in &nodes {
            see(other, id, true, "an id that one node has claimed").await;
            expect(other, id, fixture.ttl(), Claim::Spent, "it").await;
        }
        match step(node, key(1), quota).await {
            Rate::Within { remaining, .. } => assert_eq!(
                remaining as usize,
                nodes.len() - 1 - number,
                "what nodes leave one another of a quota"
            ),
            rate @ Rate::Over { .. } => {
                panic!("a step was refused that no other node had taken: {rate:?}")
            }
        }
    }
    for node in &nodes {
        over(node, key(1), quota, "a step that other nodes have taken").await;
    }
}

/// Thousands claim the same ids at the same moment, each on another node than the one before, and each id has one first
/// claim.
pub async fn of_claims_by_many_nodes_one_is_first(fixture: &impl Shared) {
    const EACH: u64 = 8;
    let nodes: Vec<_> = fixture.nodes(4).await.into_iter().map(Arc::new).collect();
    let mut claims = JoinSet::new();
    for (n, node) in (0..CROWD).zip(nodes.iter().cycle()) {
        let (node, ttl) = (Arc::clone(node), 10 * fixture.ttl());
        claims.spawn(async move { (n / EACH, node.claim(id(n / EACH), ttl).await) });
    }
    let mut first = vec![0; (CROWD / EACH) as usize];
    for (n, outcome) in claims.join_all().await {
        match outcome {
            Ok(Claim::First) => first[n as usize] += 1,
            Ok(Claim::Spent) => {}
            Err(error) => panic!("one of {CROWD} claims on several nodes: {error}"),
        }
    }
    assert!(
        first.iter().all(|&first| first == 1),
        "of {EACH} claims of each id on {} nodes, as many were first: {first:?}",
        nodes.len()
    );
}

/// Thousands take steps of one key at the same moment on several nodes, and exactly as many are within as the quota has.
pub async fn of_steps_by_many_nodes_as_many_are_within_as_the_quota_has(fixture: &impl Shared) {
    let nodes: Vec<_> = fixture.nodes(4).await.into_iter().map(Arc::new).collect();
    steps_of_a_crowd(&nodes, fixture.ttl()).await;
}

/// What was used under one quota is used under the next, and a smaller one locks nobody out for longer than it takes to
/// be whole.
pub async fn a_key_goes_on_under_another_quota(fixture: &impl Fixture) {
    let store = fixture.store(10).await;
    let interval = fixture.ttl();
    let (large, small) = (quota(8, interval), quota(2, interval));
    for _ in 0..4 {
        within(&store, key(1), large, "a step of the larger quota").await;
    }
    over(&store, key(1), small, "a step of the smaller quota").await;
    within(&store, key(1), large, "a step of the larger quota again").await;
    match step(&store, key(1), small).await {
        Rate::Over { retry_after } => assert!(
            retry_after <= interval,
            "a quota of one step each {interval:?} asks to wait for {retry_after:?}"
        ),
        Rate::Within { .. } => panic!("a step of the smaller quota was let through"),
    }
}

/// Thousands take steps of one key at the same moment, and exactly as many are within as the quota has.
pub async fn of_many_steps_as_many_are_within_as_the_quota_has(fixture: &impl Fixture) {
    let store = Arc::new(fixture.store(10).await);
    steps_of_a_crowd(&[store], fixture.ttl()).await;
}

/// Takes [`CROWD`] steps of two keys at the same time, on the nodes in turn.
async fn steps_of_a_crowd<S: Store>(nodes: &[Arc<S>], interval: Duration) {
    const BURST: u32 = 100;
    // Why: none may grow back while they come, however slow the store is.
    let quota = quota(BURST, 10 * interval);
    let mut steps = JoinSet::new();
    for (n, node) in (0..CROWD).zip(nodes.iter().cycle()) {
        let (node, turn) = (Arc::clone(node), n / nodes.len() as u64);
        steps.spawn(async move { node.step(key(turn % 2), quota).await });
    }
    let mut within = 0;
    for outcome in steps.join_all().await {
        match outcome {
            Ok(Rate::Within { .. }) => within += 1,
            Ok(Rate::Over { .. }) => {}
            Err(error) => panic!("one of {CROWD} concurrent steps: {error}"),
        }
    }
    assert_eq!(
        within,
        2 * BURST,
        "of {CROWD} concurrent steps of two keys with {BURST} each, this many were within"
    );
}

fn quota(count: u32, interval: Duration) -> Quota {
    match Quota::new(count, interval * count) {
        Ok(quota) => quota,
        Err(error) => panic!("{count} steps, one each {interval:?}: {error}"),
    }
}

fn key(n: u64) -> RateKey {
    RateKey::from_bytes(u128::from(n).to_be_bytes())
}

async fn step(store: &impl Store, key: RateKey, quota: Quota) -> Rate {
    match store.step(key, quota).await {
        Ok(rate) => rate,
        Err(error) => panic!("a step: {error}"),
    }
}

async fn within(store: &impl Store, key: RateKey, quota: Quota, what: &str) {
    let rate = step(store, key, quota).await;
    assert!(matches!(rate, Rate::Within { .. }), "{what}: {rate:?}");
}

async fn over(store: &impl Store, key: RateKey, quota: Quota, what: &str) {
    let rate = step(store, key, quota).await;
    assert!(matches!(rate, Rate::Over { .. }), "{what}: {rate:?}");
}

/// The `n`th id of a test. Consecutive ones differ in few bits, which a store must not mind.
fn id(n: u64) -> SpentId {
    SpentId::from_bytes(u128::from(n).to_be_bytes())
}

async fn see(store: &impl Store, id: SpentId, expected: bool, what: &str) {
    match store.is_spent(id).await {
        Ok(spent) => assert_eq!(spent, expected, "{what}"),
        Err(error) => panic!("{what}: the store could not tell: {error}"),
    }
}

async fn expect(store: &impl Store, id: SpentId, ttl: Duration, expected: Claim, what: &str) {
    match store.claim(id, ttl).await {
        Ok(claim) => assert_eq!(claim, expected, "claiming {what}"),
        Err(error) => panic!("claiming {what}: {error}"),
    }
}

fn expect_full<T: std::fmt::Debug>(outcome: Result<T, StoreError>, expected: usize) {
    match outcome {
        Err(StoreError::Full { limit }) => assert_eq!(limit, expected, "the limit in the error"),
        other => panic!("a full store should refuse as full, and said {other:?}"),
    }
}

/// Makes [`CROWD`] claims at the same time.
async fn crowd<S: Store>(store: &Arc<S>, ttl: Duration, id: impl Fn(u64) -> SpentId) -> Vec<Claim> {
    let mut claims = JoinSet::new();
    for n in 0..CROWD {
        let (store, id) = (Arc::clone(store), id(n));
        claims.spawn(async move { store.claim(id, ttl).await });
    }
    let outcomes = claims.join_all().await;
    outcomes
        .into_iter()
        .map(|outcome| match outcome {
            Ok(claim) => claim,
            Err(error) => panic!("one of {CROWD} concurrent claims: {error}"),
        })
        .collect()
}
