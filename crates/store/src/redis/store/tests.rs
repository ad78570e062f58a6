//! The script against the function that every other store uses.

use cattlegrid_services::Redis;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::*;
use crate::StoreUrl;
use crate::rate::gcra::Micros;

fn open(url: &str) -> RedisStore {
    let Ok(StoreUrl::Redis(options)) = url.parse() else {
        panic!("a URL of Redis");
    };
    RedisStore::open(&options).unwrap()
}

/// What `store`'s server says to a command about the key of `key`.
async fn ask(store: &RedisStore, words: &[&str], key: RateKey) -> Value {
    let key = store.key(b"r:", key.as_bytes());
    let mut command = redis::cmd(words[0]);
    command.arg(&key).arg(&words[1..]);
    let deadline = store.deadline();
    store
        .servers
        .send(Lane::Plain, &key, command, deadline)
        .await
        .unwrap()
}

async fn now(store: &RedisStore) -> Micros {
    let (command, deadline) = (redis::cmd("TIME"), store.deadline());
    let answer = store.servers.send(Lane::Plain, b"", command, deadline);
    let (seconds, micros): (Micros, Micros) =
        redis::from_redis_value(answer.await.unwrap()).unwrap();
    seconds * 1_000_000 + micros
}

/// Quotas from microseconds to a month, large and small, and what was used of them before: nothing, some, or more than
/// there can be.
fn steps() -> impl Strategy<Value = Vec<(Quota, Option<i64>)>> {
    let quota = (1_u32..1000, 1_u64..2_000_000_000).prop_map(|(count, interval)| {
        Quota::new(count, Duration::from_micros(interval) * count).unwrap()
    });
    let whole_in = prop::option::of(-1_000_000_i64..2_000_000_000_000);
    prop::collection::vec((quota, whole_in), 300)
}

#[tokio::test]
async fn the_script_is_the_function_on_the_servers_clock() {
    let server = Redis::start().unwrap();
    let store = open(server.url());
    let steps = steps()
        .new_tree(&mut TestRunner::default())
        .unwrap()
        .current();
    let (mut within, mut over) = (0, 0);
    for (number, (quota, whole_in)) in steps.into_iter().enumerate() {
        // Why a few keys: so that quotas meet what others have left.
        let key = RateKey::from_bytes((number as u128 % 5).to_be_bytes());
        if let Some(whole_in) = whole_in {
            let whole_at = now(&store).await.saturating_add_signed(whole_in);
            ask(&store, &["SET", &whole_at.to_string()], key).await;
        }
        let kept: Option<Micros> =
            redis::from_redis_value(ask(&store, &["GET"], key).await).unwrap();
        let earliest = now(&store).await;
        let rate = store.step(key, quota).await.unwrap();
        let latest = now(&store).await;
        let next: Option<Micros> =
            redis::from_redis_value(ask(&store, &["GET"], key).await).unwrap();
        match rate {
            Rate::Within { full_after, .. } => {
                within += 1;
                let full_after = full_after.as_micros() as Micros;
                let left: i64 = redis::from_redis_value(ask(&store, &["PTTL"], key).await).unwrap();
                // Why it may be gone: a small quota is whole again before it can be looked at.
                let at = match next {
                    Some(next) => next - full_after,
                    None => continue,
                };
                assert!((earliest..=latest).contains(&at));
                assert_eq!(gcra::step(quota, kept, at), (rate, at + full_after));
                assert!(left <= full_after.div_ceil(1000) as i64);
            }
            Rate::Over { .. } => {
                over += 1;
                assert_eq!(kept, next, "a step that was refused changed something");
                let at = |now| gcra::step(quota, kept, now).0;
                let (Rate::Over { retry_after: most }, Rate::Over { retry_after: least }) =
                    (at(earliest), at(latest))
                else {
                    panic!("refused, and {:?} was left", at(latest));
                };
                let Rate::Over { retry_after } = rate else {
                    unreachable!()
                };
                assert!((least..=most).contains(&retry_after));
            }
        }
    }
    assert!(within > 30 && over > 30, "{within} within, {over} over");
}

#[tokio::test]
async fn a_server_that_forgot_the_script_gets_it_again() {
    let server = Redis::start().unwrap();
    let store = open(server.url());
    let quota = Quota::new(3, Duration::from_secs(60)).unwrap();
    let key = RateKey::from_bytes([7; 16]);
    for left in [2, 1, 0] {
        let mut flush = redis::cmd("SCRIPT");
        flush.arg("FLUSH");
        let flushed = store
            .servers
            .send(Lane::Plain, b"", flush, store.deadline());
        assert_eq!(flushed.await.unwrap(), Value::Okay);
        let rate = store.step(key, quota).await.unwrap();
        assert!(matches!(rate, Rate::Within { remaining, .. } if remaining == left));
    }
}
