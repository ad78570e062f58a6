//! Links: once, in time, for one purpose, and as they were made.

use std::sync::Arc;
use std::time::Duration;

use cattlegrid::{Envelopes, OsEntropy};
use cattlegrid_guard::Error;
use cattlegrid_guard::email::{LetterLimits, Links, Refusal};
use cattlegrid_guard::rate_limit::{Limiter, Rates, Salt};
use cattlegrid_guard::{AddressPrefix, email::EmailAddress};
use cattlegrid_store::memory::MemoryStore;
use cattlegrid_store::{AnyStore, Store, SystemClock};

use crate::{PURPOSE, ada, clock, links, secrets};

/// What a link is refused with, by both steps.
async fn refused<S: Store>(links: &Links<S>, token: &str) -> &'static str {
    let looked = links.look(token).unwrap_err().code();
    assert_eq!(links.confirm(token).await.unwrap_err().code(), looked);
    looked
}

#[tokio::test]
async fn a_link_confirms_its_address_once() {
    let links = links(&secrets(), PURPOSE, clock());
    let link = links.make(&ada(), "account 4711").unwrap();
    let confirmed = links.confirm(link.token()).await.unwrap();
    assert_eq!(confirmed.address, ada());
    assert_eq!(confirmed.subject, "account 4711");
    let again = links.confirm(link.token()).await.unwrap_err();
    assert_eq!(again.code(), "spent-link");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_at_the_same_time_one_confirms() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(SystemClock::new());
    let url = format!("sqlite:{}", folder.path().join("spent.db").display());
    let store = AnyStore::open(&url.parse().unwrap(), clock.clone()).unwrap();
    let links = Links::new(&secrets(), PURPOSE, store, clock, Arc::new(OsEntropy));
    let links = Arc::new(links);
    for _ in 0..10 {
        let link = links.make(&ada(), "").unwrap();
        let tries: Vec<_> = (0..20)
            .map(|_| {
                let (links, token) = (Arc::clone(&links), link.token().to_owned());
                tokio::spawn(async move { links.confirm(&token).await })
            })
            .collect();
        let mut confirmed = 0;
        for attempt in tries {
            match attempt.await.unwrap() {
                Ok(_) => confirmed += 1,
                Err(refusal) => assert_eq!(refusal.code(), "spent-link"),
            }
        }
        assert_eq!(confirmed, 1);
    }
}

#[tokio::test]
async fn whatever_opens_the_link_before_the_visitor_spends_nothing() {
    let links = links(&secrets(), PURPOSE, clock());
    let link = links.make(&ada(), "4711").unwrap();
    for _ in 0..3 {
        let pending = links.look(link.token()).unwrap();
        assert_eq!((pending.address, pending.subject.as_str()), (ada(), "4711"));
    }
    assert!(links.confirm(link.token()).await.is_ok());
}

#[tokio::test]
async fn a_link_works_for_its_time() {
    let clock = clock();
    let links = links(&secrets(), PURPOSE, clock.clone());
    let links = links.with_lifetime(Duration::from_secs(3600)).unwrap();
    let (early, late) = (
        links.make(&ada(), "").unwrap(),
        links.make(&ada(), "").unwrap(),
    );
    clock.advance(Duration::from_millis(3_599_999));
    assert!(links.confirm(early.token()).await.is_ok());
    clock.advance(Duration::from_millis(1));
    assert_eq!(late.expires_at(), cattlegrid_store::Clock::now(&*clock));
    assert_eq!(refused(&links, late.token()).await, "expired-link");
}

#[tokio::test]
async fn a_spent_link_stays_spent_where_clocks_disagree_by_a_minute() {
    let (ahead, behind) = (clock(), clock());
    ahead.advance(Duration::from_secs(59));
    let store = Arc::new(MemoryStore::new(1000, ahead.clone()));
    let secrets = secrets();
    let node = |clock| {
        let links = Links::new(
            &secrets,
            PURPOSE,
            Arc::clone(&store),
            clock,
            Arc::new(OsEntropy),
        );
        links.with_lifetime(Duration::from_secs(60)).unwrap()
    };
    let (one, other) = (node(ahead.clone()), node(behind.clone()));
    let link = one.make(&ada(), "").unwrap();
    assert!(one.confirm(link.token()).await.is_ok());
    for clock in [&ahead, &behind] {
        clock.advance(Duration::from_secs(60));
    }
    assert_eq!(refused(&one, link.token()).await, "expired-link");
    let again = other.confirm(link.token()).await.unwrap_err();
    assert_eq!(again.code(), "spent-link");
}

#[tokio::test]
async fn what_was_not_made_here_for_this_is_refused() {
    let secrets = secrets();
    let own = links(&secrets, PURPOSE, clock());
    let link = own.make(&ada(), "4711").unwrap();

    let other_purpose = links(&secrets, "shop.example news", clock());
    assert_eq!(refused(&other_purpose, link.token()).await, "unknown-link");
    let other_secret = links(&crate::secrets(), PURPOSE, clock());
    assert_eq!(refused(&other_secret, link.token()).await, "unknown-link");

    let content = br#"["shop.example sign-up",9999999999999,"ada@example.org","4711"]"#;
    let sealed = |label| {
        let envelopes = Envelopes::new(&secrets, label, Arc::new(OsEntropy));
        envelopes.seal(content).unwrap()
    };
    assert!(own.look(&sealed("email-link")).is_ok());
    assert_eq!(refused(&own, &sealed("form-stamp")).await, "unknown-link");

    for text in ["", "x", &"A".repeat(300), &"A".repeat(1 << 20), "é", "\0"] {
        assert_eq!(refused(&own, text).await, "unknown-link");
    }
}

#[tokio::test]
async fn a_link_that_was_changed_anywhere_is_refused() {
    let links = links(&secrets(), PURPOSE, clock());
    let link = links.make(&ada(), "4711").unwrap();
    for at in 0..link.token().len() {
        let mut bytes = link.token().as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        assert_eq!(refused(&links, &changed).await, "unknown-link", "{at}");
    }
    assert!(links.confirm(link.token()).await.is_ok());
}

#[tokio::test]
async fn without_a_store_nothing_is_confirmed() {
    let clock = clock();
    let full = MemoryStore::new(0, clock.clone());
    let links = Links::new(&secrets(), PURPOSE, full, clock, Arc::new(OsEntropy));
    let link = links.make(&ada(), "").unwrap();
    let refusal = links.confirm(link.token()).await.unwrap_err();
    assert_eq!(refusal.code(), "store-unavailable");
}

#[test]
fn a_link_is_bounded_and_tells_nothing() {
    let links = links(&secrets(), PURPOSE, clock());
    let longest = "x".repeat(900 - PURPOSE.len() - ada().as_str().len());
    let link = links.make(&ada(), &longest).unwrap();
    assert!(link.token().len() <= 1500, "{}", link.token().len());
    let url_safe = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    assert!(link.token().bytes().all(url_safe));
    let too_long = links.make(&ada(), &"x".repeat(1025)).unwrap_err();
    assert!(matches!(too_long, Refusal::TooLong));
    assert_eq!(format!("{link:?}"), "Link(…)");

    let link = links.make(&ada(), "4711").unwrap();
    let token = link.token();
    assert_eq!(
        link.to("https://a.example/c"),
        format!("https://a.example/c?token={token}")
    );
    assert_eq!(
        link.to("https://a.example/c?x=1"),
        format!("https://a.example/c?x=1&token={token}")
    );
}

#[test]
fn a_lifetime_is_a_minute_to_a_month() {
    for (seconds, fits) in [
        (59, false),
        (60, true),
        (30 * 86_400, true),
        (30 * 86_400 + 1, false),
    ] {
        let links = links(&secrets(), PURPOSE, clock());
        let made = links.with_lifetime(Duration::from_secs(seconds)).map(drop);
        assert_eq!(
            made,
            if fits {
                Ok(())
            } else {
                Err(Error::LinkLifetime)
            }
        );
    }
}

#[tokio::test]
async fn letters_are_limited_by_client_and_by_address() {
    let clock = clock();
    let rates = Arc::new(Rates::new(
        MemoryStore::new(0, clock.clone()),
        clock.clone(),
    ));
    let limiter = |name, quota: &str| {
        let salt = Salt::new(&[7; 32]);
        Limiter::new(name, quota.parse().unwrap(), &salt, Arc::clone(&rates)).unwrap()
    };
    let limits = LetterLimits::new(
        limiter("letters-client", "4/1h"),
        limiter("letters-address", "2/1h"),
    );
    let said = async |client: &str, address: &str| {
        let client = AddressPrefix::default().block(client.parse().unwrap());
        let address: EmailAddress = address.parse().unwrap();
        let decision = limits.check(client, &address).await;
        decision
            .is_refusal()
            .then(|| decision.policy().name().to_owned())
    };
    assert_eq!(said("192.0.2.1", "ada@example.org").await, None);
    assert_eq!(said("192.0.2.2", "Ada+1@EXAMPLE.org").await, None);
    // Known or not makes no difference, as nobody asks.
    assert_eq!(
        said("192.0.2.3", "ada@example.org").await.as_deref(),
        Some("letters-address")
    );
    assert_eq!(said("192.0.2.3", "bob@example.org").await, None);
    for _ in 0..2 {
        let _ = said("192.0.2.3", "eve@example.org").await;
    }
    assert_eq!(
        said("192.0.2.3", "new@example.org").await.as_deref(),
        Some("letters-client")
    );
    // What the client was refused has taken nothing from the address.
    assert_eq!(said("192.0.2.4", "new@example.org").await, None);
    clock.advance(Duration::from_secs(1800));
    assert_eq!(said("192.0.2.4", "ada@example.org").await, None);
}
