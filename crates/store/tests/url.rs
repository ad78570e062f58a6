//! What a store's URL may be, and what is said when it is something else.

use std::time::Duration;

use cattlegrid_store::StoreUrl;
use cattlegrid_store::sql::{SqliteOptions, Synchronous};
use proptest::prelude::*;

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
    fn no_text_makes_it_panic(text in any::<String>()) {
        let _ = text.parse::<StoreUrl>();
        let _ = format!("sqlite:{text}").parse::<StoreUrl>();
        let _ = format!("memory:?{text}").parse::<StoreUrl>();
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
        ("", "`memory:` or `sqlite:PATH`"),
        (
            "sqlite",
            "write `sqlite:relative/path` or `sqlite:/absolute/path`",
        ),
        ("redis://localhost", "there is no store `redis:`"),
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
