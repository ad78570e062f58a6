//! How long somebody took, and what is sent twice.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use cattlegrid_guard::fields::{Fields, FieldsLayer, Limits};
use cattlegrid_guard::form::{OpenedStamp, Stamp};
use cattlegrid_guard::form_timing::Ages;
use cattlegrid_guard::{Error, Problem, Refusal};
use http::request::Parts;
use http::{Response, StatusCode};
use tower::{ServiceBuilder, service_fn};

use crate::site::{Node, as_shown, fields, post};

const MINUTE: Duration = Duration::from_secs(60);
const MILLISECOND: Duration = Duration::from_millis(1);

/// What is said of a form that is sent.
async fn said(node: &Node, stamp: &Stamp) -> String {
    match post(node.site(), &as_shown(stamp)).await {
        (StatusCode::OK, _) => "passed".to_owned(),
        (_, code) => code,
    }
}

#[tokio::test]
async fn a_form_is_sent_between_its_least_and_its_greatest_age() {
    let node = Node::new();
    let ages = Ages::default();
    let stamp = node.sign_up.stamp().unwrap();
    assert_eq!(said(&node, &stamp).await, "too-early");
    node.clock
        .advance(ages.least().checked_sub(MILLISECOND).unwrap());
    assert_eq!(said(&node, &stamp).await, "too-early");
    node.clock.advance(MILLISECOND);
    assert_eq!(
        said(&node, &stamp).await,
        "passed",
        "what is too early is not spent"
    );

    let (last, late) = (node.sign_up.stamp().unwrap(), node.sign_up.stamp().unwrap());
    node.clock.advance(ages.greatest());
    assert_eq!(said(&node, &last).await, "passed");
    node.clock.advance(MILLISECOND);
    assert_eq!(said(&node, &last).await, "expired-stamp");
    assert_eq!(said(&node, &late).await, "expired-stamp");
    assert_eq!(node.handled(), 2);
}

#[tokio::test]
async fn a_stamp_is_one_post_for_as_long_as_it_lives() {
    let node = Node::new();
    let stamp = node.sign_up.stamp().unwrap();
    node.clock.advance(MINUTE);
    assert_eq!(said(&node, &stamp).await, "passed");
    for _ in 0..24 {
        assert_eq!(said(&node, &stamp).await, "spent-stamp");
        node.clock.advance(Duration::from_secs(3590));
    }
    assert_eq!(said(&node, &stamp).await, "spent-stamp");
    assert_eq!(node.handled(), 1);
}

#[tokio::test]
async fn what_is_refused_can_be_shown_again_with_what_was_typed_and_waits_again_only_once_it_was_accepted()
 {
    let node = Node::new();
    let shown = Arc::new(Mutex::new(None));
    let show = Arc::clone(&shown);
    let show_again = move |refusal: &Refusal, request: &Parts| {
        let typed = Fields::of(&request.extensions).unwrap();
        let opened = request.extensions.get::<OpenedStamp>();
        *show.lock().unwrap() = opened.map(|opened| opened.again().unwrap());
        let name = typed.get("name").unwrap();
        Response::new(format!("{} {name}", refusal.code()))
    };
    let site = ServiceBuilder::new()
        .layer(FieldsLayer::new(Limits::default()))
        .layer(node.timing().with_refusal(show_again))
        .layer(node.honeypot())
        .service(service_fn(async |_| {
            Ok::<_, Infallible>(Response::new("in".to_owned()))
        }));
    let typed = |stamp: &Stamp| {
        let mut sent = as_shown(stamp);
        sent.push(("name".to_owned(), "Ada".to_owned()));
        sent
    };
    let stamp = node.sign_up.stamp().unwrap();
    assert_eq!(post(site.clone(), &typed(&stamp)).await.1, "too-early Ada");
    node.clock.advance(Ages::default().least());
    let stamp = shown.lock().unwrap().take().unwrap();
    assert_eq!(post(site.clone(), &typed(&stamp)).await.1, "in");

    for (later, code) in [
        (Duration::ZERO, "spent-stamp"),
        (Ages::MAX, "expired-stamp"),
    ] {
        node.clock.advance(later);
        let refused = post(site.clone(), &typed(&stamp)).await.1;
        assert_eq!(refused, format!("{code} Ada"));
        assert!(shown.lock().unwrap().is_none(), "goes on from what is over");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_posts_at_once_one_passes() {
    let node = Node::new();
    let other = node.ahead_by(Duration::ZERO);
    let stamp = node.sign_up.stamp().unwrap();
    node.clock.advance(MINUTE);
    other.clock.advance(MINUTE);
    let posts: Vec<_> = (0..200)
        .map(|n| {
            let site = if n % 2 == 0 {
                node.site()
            } else {
                other.site()
            };
            let sent = as_shown(&stamp);
            tokio::spawn(async move { post(site, &sent).await })
        })
        .collect();
    let mut passed = 0;
    for sent in posts {
        match sent.await.unwrap() {
            (StatusCode::OK, _) => passed += 1,
            refused => assert_eq!(refused, (StatusCode::FORBIDDEN, "spent-stamp".to_owned())),
        }
    }
    assert_eq!((passed, node.handled() + other.handled()), (1, 1));
}

#[tokio::test]
async fn clocks_may_disagree_by_a_minute() {
    let behind = Node::new();
    let ahead = behind.ahead_by(MINUTE);

    let made_ahead = ahead.sign_up.stamp().unwrap();
    assert_eq!(
        said(&behind, &made_ahead).await,
        "too-early",
        "it counts as made now"
    );
    behind.clock.advance(MINUTE + Duration::from_secs(2));
    ahead.clock.advance(MINUTE + Duration::from_secs(2));
    assert_eq!(said(&behind, &made_ahead).await, "passed");
    assert_eq!(said(&ahead, &made_ahead).await, "spent-stamp");

    let made_behind = behind.sign_up.stamp().unwrap();
    assert_eq!(said(&ahead, &made_behind).await, "passed");
    // Why: to the node that is behind it lives for a minute more.
    behind.clock.advance(Ages::default().greatest());
    assert_eq!(said(&behind, &made_behind).await, "spent-stamp");
}

#[tokio::test]
async fn a_stamp_from_further_in_the_future_is_none() {
    let node = Node::new();
    let ahead = node.ahead_by(MINUTE + MILLISECOND);
    let stamp = ahead.sign_up.stamp().unwrap();
    assert_eq!(said(&node, &stamp).await, "unknown-stamp");
}

#[tokio::test]
async fn a_form_that_is_sent_back_for_correction_need_not_wait_again() {
    let node = Node::new();
    let stamp = node.sign_up.stamp().unwrap();
    node.clock.advance(Duration::from_secs(5));
    let (status, corrected) = post(node.site(), &as_shown(&stamp)).await;
    assert_eq!(status, StatusCode::OK);

    let mut sent = vec![(Stamp::FIELD.to_owned(), corrected)];
    let opened = node.sign_up.open(&fields(&sent)).unwrap();
    let bait = opened.bait();
    sent.extend(bait.names().map(|name| (name.to_owned(), String::new())));
    assert_eq!(post(node.site(), &sent).await.0, StatusCode::OK);
    assert_eq!(post(node.site(), &sent).await.1, "spent-stamp");
    assert_eq!(said(&node, &stamp).await, "spent-stamp");
}

#[tokio::test]
async fn a_store_that_cannot_decide_lets_nothing_through() {
    let node = Node::new();
    let stamp = node.sign_up.stamp().unwrap();
    node.clock.advance(MINUTE);
    node.lose_store();
    let refused = post(node.site(), &as_shown(&stamp)).await;
    assert_eq!(
        refused,
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "store-unavailable".to_owned()
        )
    );
    assert_eq!(node.handled(), 0);
}

#[test]
fn ages_have_an_order_and_an_end() {
    let second = Duration::from_secs(1);
    assert!(Ages::new(Duration::ZERO, second).is_ok());
    assert_eq!(Ages::new(second, second), Err(Error::Ages));
    assert_eq!(Ages::new(second, Ages::MAX + MILLISECOND), Err(Error::Ages));
    assert_eq!(
        Error::Ages.to_string(),
        "a form's least age is less than its greatest, which is at most 30 days"
    );
}
