//! What a store's URL may be, and what is said when it is something else.

use std::time::Duration;

use cattlegrid_store::memcached::MemcachedOptions;
use cattlegrid_store::redis::{RedisOptions, Topology};
use cattlegrid_store::servers::{Host, Identity, Login, Password, Servers, Tls};
use cattlegrid_store::sql::{DatabaseOptions, SqliteOptions, Synchronous};
use cattlegrid_store::{Quota, StoreUrl};
use proptest::prelude::*;

fn any_host() -> impl Strategy<Value = Host> {
    let name = prop_oneof![
        "[a-z][a-z0-9.-]{0,20}",
        any::<std::net::Ipv4Addr>().prop_map(|ip| ip.to_string()),
        any::<std::net::Ipv6Addr>().prop_map(|ip| ip.to_string()),
    ];
    (name, 1..=u16::MAX).prop_map(|(name, port)| Host { name, port })
}

/// A text of any characters, as a user, a name or a path may be.
fn any_text() -> impl Strategy<Value = String> {
    any::<String>().prop_filter("not empty, and without a nul", |text| {
        !text.is_empty() && !text.contains('\0')
    })
}

/// Servers with any password that is written out, which one in the URL is not.
fn any_servers() -> impl Strategy<Value = Servers> {
    let identity = (any_text(), any_text()).prop_map(|(certificate, key)| Identity {
        certificate: certificate.into(),
        key: key.into(),
    });
    let tls =
        (prop::option::of(any_text()), prop::option::of(identity)).prop_map(|(ca, identity)| Tls {
            ca: ca.map(Into::into),
            identity,
        });
    (
        prop::collection::vec(any_host(), 1..4),
        prop::option::of(any_text()),
        prop::option::of(any_text()),
        prop::option::of(tls),
        1..=u64::from(u32::MAX),
    )
        .prop_map(|(hosts, user, file, tls, timeout_ms)| Servers {
            hosts,
            login: Login {
                user,
                password: file.map(|file| Password::File(file.into())),
            },
            tls,
            timeout: Duration::from_millis(timeout_ms),
        })
}

fn any_shared_url() -> impl Strategy<Value = StoreUrl> {
    let name = || any_text().prop_filter("one segment", |text| !text.contains('/'));
    let topology = prop_oneof![
        Just(Topology::Single),
        Just(Topology::Cluster),
        name().prop_map(|master| Topology::Sentinel { master }),
    ];
    let redis = (
        any_servers(),
        topology,
        any::<u32>(),
        any::<String>(),
        any::<u32>(),
    )
        .prop_map(|(servers, topology, database, prefix, wait)| RedisOptions {
            servers,
            database: if topology == Topology::Cluster {
                0
            } else {
                database
            },
            topology,
            prefix,
            wait,
        });
    let database = || {
        (any_servers(), name(), 1..=u32::MAX).prop_map(|(servers, database, connections)| {
            DatabaseOptions {
                servers,
                database,
                connections,
            }
        })
    };
    let memcached = (any_servers(), "[!-~]{0,64}").prop_map(|(servers, prefix)| MemcachedOptions {
        servers: Servers {
            tls: None,
            ..servers
        },
        prefix,
    });
    prop_oneof![
        redis.prop_map(StoreUrl::Redis),
        database().prop_map(StoreUrl::Postgres),
        database().prop_map(StoreUrl::Mysql),
        memcached.prop_map(StoreUrl::Memcached),
    ]
}

fn any_url() -> impl Strategy<Value = StoreUrl> {
    let limit = 1..=u32::MAX as usize;
    let options = (limit.clone(), any::<bool>(), 1..=u64::from(u32::MAX)).prop_map(
        |(limit, full, timeout_ms)| SqliteOptions {
            limit,
            synchronous: if full {
                Synchronous::Full
            } else {
                Synchronous::Normal
            },
            timeout: Duration::from_millis(timeout_ms),
        },
    );
    prop_oneof![
        limit.prop_map(|limit| StoreUrl::Memory { limit }),
        // Why not two slashes first: such a path is written with one.
        (any::<String>(), options)
            .prop_filter("paths are not empty, nor hold a nul", |(path, _)| {
                !path.is_empty() && !path.contains('\0') && !path.starts_with("//")
            })
            .prop_map(|(path, options)| StoreUrl::Sqlite {
                path: path.into(),
                options
            }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn writing_and_reading_are_inverse(url in any_url()) {
        prop_assert_eq!(url.to_string().parse::<StoreUrl>().unwrap(), url);
    }

    #[test]
    fn writing_and_reading_are_inverse_for_shared_stores(url in any_shared_url()) {
        prop_assert_eq!(url.to_string().parse::<StoreUrl>().unwrap(), url);
    }

    #[test]
    fn writing_and_reading_a_quota_are_inverse(count in 1..100_000_u32, micros in 1..100_000_000_u64, burst in 1..1000_u32) {
        let quota = Quota::new(count, Duration::from_micros(micros)).unwrap().with_burst(burst).unwrap();
        prop_assert_eq!(quota.to_string().parse::<Quota>().unwrap(), quota);
    }

    #[test]
    fn a_password_is_never_written_out(password in "[a-z]{12}") {
        for url in ["redis://me:PASSWORD@a", "postgres://:PASSWORD@a/b", "mysql://me:PASSWORD@a:1,b/c"] {
            let url: StoreUrl = url.replace("PASSWORD", &password).parse().unwrap();
            let shown = format!("{url} {url:?}");
            prop_assert!(shown.contains("***"));
            prop_assert!(!shown.contains(&password));
        }
        for url in ["redis://me:PASSWORD@", "postgres://me:PASSWORD@a:0/b", "mysql://me:PASSWORD@a"] {
            let error = url.replace("PASSWORD", &password).parse::<StoreUrl>().unwrap_err();
            let said = format!("{error} {error:?}");
            prop_assert!(!said.contains(&password));
        }
    }

    #[test]
    fn no_text_makes_a_quota_panic(text in any::<String>()) {
        let _ = text.parse::<Quota>();
        let _ = format!("{text}/1m").parse::<Quota>();
        let _ = format!("5/{text}").parse::<Quota>();
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        let _ = text.parse::<StoreUrl>();
        let _ = format!("sqlite:{text}").parse::<StoreUrl>();
        let _ = format!("memory:?{text}").parse::<StoreUrl>();
        let _ = format!("redis://{text}").parse::<StoreUrl>();
        let _ = format!("postgres://a/{text}").parse::<StoreUrl>();
    }
}

#[test]
fn a_short_url_means_the_defaults() {
    assert_eq!("memory:".parse::<StoreUrl>().unwrap(), StoreUrl::memory());
    assert_eq!(
        "sqlite:a/b.db".parse::<StoreUrl>().unwrap(),
        StoreUrl::sqlite("a/b.db")
    );
}

#[test]
fn three_slashes_are_as_good_as_one() {
    assert_eq!(
        "sqlite:///var/spent.db".parse::<StoreUrl>().unwrap(),
        StoreUrl::sqlite("/var/spent.db")
    );
}

#[test]
fn a_mistake_is_answered_with_what_it_may_be() {
    for (url, says) in [
        ("", "a store is `memory:`, `sqlite:PATH`"),
        (
            "sqlite",
            "write `sqlite:relative/path` or `sqlite:/absolute/path`",
        ),
        ("etcd://localhost", "there is no store `etcd:`"),
        ("redis:localhost", "write `redis://USER:PASSWORD@HOST:6379`"),
        ("redis://", "write `redis://USER:PASSWORD@HOST:6379`"),
        ("redis://a:b:c", "write `redis://USER:PASSWORD@HOST:6379`"),
        ("redis://a/two", "`database=two` should be a number"),
        ("redis://a/1?database=2", "given once"),
        ("redis+cluster://a/1", "a cluster has no other"),
        ("redis+sentinel://a", "the name that the sentinels have"),
        ("redis://a?waits=1", "has no parameter `waits`"),
        ("redis://a?cert=x", "given together with `key`"),
        ("postgres://a", "write `postgres://"),
        ("postgres://a/b/c", "write `postgres://"),
        ("postgres://a/b?tls=maybe", "true or false"),
        ("postgres://a/b?connections=0", "a whole number from 1"),
        ("memcached://a/b", "write `memcached://"),
        ("memcached://a?tls=true", "knows no TLS"),
        ("memcached://a?prefix=a%20b", "without spaces"),
        ("Memory:", "there is no store `Memory:`"),
        ("memory:/tmp/x", "a memory store has no path"),
        (
            "memory:?limit=0",
            "`limit=0` should be a whole number from 1",
        ),
        ("memory:?limit", "`limit=` should be a whole number from 1"),
        ("memory:?limit=-1", "`limit=-1` should be a whole number"),
        ("memory:?synchronous=full", "it has: limit"),
        ("sqlite:", "a path is missing or unclear"),
        ("sqlite:?limit=5", "a path is missing or unclear"),
        ("sqlite://a/b", "a path is missing or unclear"),
        ("sqlite:%FF", "a path is missing or unclear"),
        ("sqlite:a%00b", "a path is missing or unclear"),
        (
            "sqlite:a?synchronous=off",
            "`synchronous=off` should be full or normal",
        ),
        (
            "sqlite:a?sync=full",
            "it has: limit, synchronous, timeout_ms",
        ),
        (
            "sqlite:a?timeout_ms=2s",
            "`timeout_ms=2s` should be a whole number",
        ),
    ] {
        let error = url.parse::<StoreUrl>().unwrap_err().to_string();
        assert!(error.contains(says), "{url}: {error}");
    }
}

#[test]
fn a_mistake_in_a_quota_is_answered_with_what_it_may_be() {
    for (text, says) in [
        ("", "is no quota"),
        ("30", "is no quota"),
        ("30/", "is no quota"),
        ("30/1", "is no quota"),
        ("-1/1m", "is no quota"),
        ("30/-1m", "is no quota"),
        ("30/1m burst", "is no quota"),
        ("0/1m", "of 1 to"),
        ("30/0s", "of 1 to"),
        ("30/1m burst 0", "of 1 to"),
        ("1/32d", "is no quota"),
        ("1/800h", "within 31 days"),
    ] {
        let error = text.parse::<Quota>().unwrap_err().to_string();
        assert!(error.contains(says), "{text}: {error}");
    }
}

#[test]
fn quotas_may_be_written_as_people_do() {
    for (text, burst, interval) in [
        ("30/1m", 30, 2_000_000),
        ("30/m", 30, 2_000_000),
        ("30/minute", 30, 2_000_000),
        (" 30 / 1 minute ", 30, 2_000_000),
        ("30/1m burst 5", 5, 2_000_000),
        ("1000/s", 1000, 1000),
        ("3/s", 3, 333_334),
    ] {
        let quota: Quota = text.parse().unwrap();
        assert_eq!(quota.burst(), burst, "{text}");
        assert_eq!(quota.interval(), Duration::from_micros(interval), "{text}");
    }
}
