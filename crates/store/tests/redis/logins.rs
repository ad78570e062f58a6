//! Who a node is to Redis, and how it is sure of whom it talks to.

use std::fs;

use cattlegrid_services::{Certificates, Redis, RedisCluster, RedisSentinel};
use cattlegrid_store::{AnyStore, Claim, OpenError, Quota, Rate, RateKey, Store, SystemClock};

use crate::fixture::{TTL, by, claim_new, new_id, open, refused, tell, until_it_works, with};

async fn everything_works(store: &AnyStore) {
    let id = new_id();
    assert_eq!(store.claim(id, TTL).await.unwrap(), Claim::First);
    assert_eq!(store.claim(id, TTL).await.unwrap(), Claim::Spent);
    assert!(store.is_spent(id).await.unwrap());
    let quota: Quota = "5/1m".parse().unwrap();
    let key = RateKey::from_bytes(*id.as_bytes());
    let rate = store.step(key, quota).await.unwrap();
    assert!(matches!(rate, Rate::Within { remaining: 4, .. }));
    store.ready().await.unwrap();
}

/// The arguments of a server that lets `node` do what it must, and `more`.
fn user<'a>(password: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let node = ["--user", "node", "on", password, "~cattlegrid:*"];
    let rights = ["+set", "+get", "+exists", "+eval", "+evalsha", "+time"];
    [&node, &rights[..], more].concat()
}

#[tokio::test]
async fn a_user_needs_no_other_rights_than_these() {
    let rights = user(">p@ss:w/rd", &["--user", "default", "off"]);
    let redis = Redis::with(&rights).unwrap();
    let url = by(redis.url(), "node:p%40ss%3Aw%2Frd");
    everything_works(&open(&url)).await;

    let store = open(&with(&url, "prefix=other:"));
    refused(claim_new(&store).await, "does not let this user do it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_of_a_cluster_needs_no_more_than_these() {
    let rights = user(">secret", &["+wait", "+cluster|slots", "+asking"]);
    let cluster = RedisCluster::with(&rights).unwrap();
    let store = open(&with(&by(&cluster.url(), "node:secret"), "wait=1"));
    everything_works(&store).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_under_sentinels_needs_no_more_than_these() {
    let redis = RedisSentinel::with(&user(">secret", &["+role"])).unwrap();
    everything_works(&open(&by(&redis.url(), "node:secret"))).await;
}

#[tokio::test]
async fn a_password_that_will_not_do_is_said_to_be_one_and_not_repeated() {
    let redis = Redis::with(&["--requirepass", "right"]).unwrap();
    let wrong = open(&by(redis.url(), ":wr0ng-pa55"));
    let outcome = claim_new(&wrong).await;
    assert!(!format!("{outcome:?}").contains("wr0ng-pa55"));
    refused(outcome, "knows no such user or password");
    refused(wrong.ready().await, "knows no such user or password");
    refused(claim_new(&open(redis.url())).await, "asks for a password");
    let cluster = redis.url().replace("redis:", "redis+cluster:");
    refused(claim_new(&open(&cluster)).await, "asks for a password");
    everything_works(&open(&by(redis.url(), ":right"))).await;
}

#[tokio::test]
async fn a_password_that_nobody_set_is_said_to_be_wrong() {
    let redis = Redis::start().unwrap();
    let store = open(&by(redis.url(), ":needless"));
    refused(claim_new(&store).await, "knows no such user or password");
}

#[tokio::test]
async fn a_password_is_read_again_from_its_file() {
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("password");
    fs::write(&file, "first\nand nothing of this\n").unwrap();
    let redis = Redis::with(&["--requirepass", "first"]).unwrap();
    let parameter = format!("password_file={}", file.display());
    let store = open(&with(redis.url(), &parameter));
    everything_works(&store).await;

    fs::write(&file, "second\n").unwrap();
    let address = redis.address();
    tell(
        address,
        &["-a", "first", "config", "set", "requirepass", "second"],
    );
    tell(
        address,
        &["-a", "second", "client", "kill", "type", "normal"],
    );
    until_it_works(&store).await;
}

#[tokio::test]
async fn keys_are_in_the_database_that_was_named() {
    let redis = Redis::start().unwrap();
    everything_works(&open(&format!("{}/3", redis.url()))).await;
    assert_eq!(tell(redis.address(), &["-n", "0", "dbsize"]), "0");
    assert_ne!(tell(redis.address(), &["-n", "3", "dbsize"]), "0");
    let store = open(&format!("{}/99", redis.url()));
    refused(claim_new(&store).await, "out of range");
}

#[tokio::test]
async fn a_server_is_believed_by_its_certificate_alone() {
    let certificates = Certificates::new().unwrap();
    let redis = Redis::with_tls(&certificates).unwrap();
    let authority = format!("ca={}", certificates.authority().display());
    let trusted = with(redis.url(), &authority);
    everything_works(&open(&trusted)).await;

    let (certificate, key) = certificates.client();
    let identity = format!("cert={}&key={}", certificate.display(), key.display());
    everything_works(&open(&with(&trusted, &identity))).await;

    refused(claim_new(&open(redis.url())).await, "certificate");
    let plain = redis.url().replace("rediss:", "redis:");
    assert!(
        claim_new(&open(&with(&plain, "timeout_ms=1000")))
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_file_that_cannot_be_used_stops_the_start() {
    let files = tempfile::tempdir().unwrap();
    let empty = files.path().join("empty.pem");
    fs::write(&empty, "").unwrap();
    let missing = files.path().join("missing.pem");
    for (url, file) in [
        (
            format!("rediss://localhost?ca={}", missing.display()),
            &missing,
        ),
        (format!("rediss://localhost?ca={}", empty.display()), &empty),
        (
            format!("redis://localhost?password_file={}", missing.display()),
            &missing,
        ),
        (
            format!("rediss://localhost?cert={0}&key={0}", empty.display()),
            &empty,
        ),
    ] {
        let outcome = AnyStore::open(
            &url.parse().unwrap(),
            std::sync::Arc::new(SystemClock::new()),
        );
        match outcome {
            Err(OpenError::File { path, .. }) => assert_eq!(path, *file),
            Err(error) => panic!("{url}: {error}"),
            Ok(_) => panic!("{url}: opened"),
        }
    }
}
