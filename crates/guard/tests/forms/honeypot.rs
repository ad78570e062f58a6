//! Who fills in what people never see.

use std::collections::HashSet;
use std::convert::Infallible;

use bytes::Bytes;
use cattlegrid_guard::fields::{FieldsLayer, Limits};
use cattlegrid_guard::{Problem, Refusal};
use http::request::Parts;
use http::{Request, Response, StatusCode, header};
use http_body_util::Full;
use tower::{Layer, ServiceBuilder, service_fn};

use crate::site::{Node, Site, as_shown, post, request, send};

fn honeypot() -> (StatusCode, String) {
    (StatusCode::FORBIDDEN, "honeypot".to_owned())
}

/// The site with this layer alone.
fn site<L>(layer: L) -> impl Site
where
    L: Layer<Inner, Service: Site>,
{
    let inner: Inner = service_fn(|_| std::future::ready(Ok(Response::new("welcome".to_owned()))));
    ServiceBuilder::new()
        .layer(FieldsLayer::new(Limits::default()))
        .layer(layer)
        .service(inner)
}

type Answer = std::future::Ready<Result<Response<String>, Infallible>>;
type Inner = tower::util::ServiceFn<fn(Request<Full<Bytes>>) -> Answer>;

#[tokio::test]
async fn what_came_back_as_it_was_shown_passes() {
    let node = Node::new();
    let sent = as_shown(&node.sign_up.stamp().unwrap());
    let welcome = (StatusCode::OK, "welcome".to_owned());
    assert_eq!(post(site(node.honeypot()), &sent).await, welcome);
    let other: Vec<_> = sent
        .iter()
        .cloned()
        .rev()
        .chain([("name".into(), "Ada".into())])
        .collect();
    assert_eq!(post(site(node.honeypot()), &other).await, welcome);
}

#[tokio::test]
async fn a_field_that_is_filled_in_doubled_or_left_out_is_refused() {
    let node = Node::new();
    for which in [1, 2] {
        let mut filled = as_shown(&node.sign_up.stamp().unwrap());
        filled[which].1 = "https://spam.example".to_owned();
        assert_eq!(post(site(node.honeypot()), &filled).await, honeypot());

        let mut blank = as_shown(&node.sign_up.stamp().unwrap());
        blank[which].1 = " ".to_owned();
        assert_eq!(post(site(node.honeypot()), &blank).await, honeypot());

        let mut doubled = as_shown(&node.sign_up.stamp().unwrap());
        doubled.push((doubled[which].0.clone(), "more".to_owned()));
        assert_eq!(post(site(node.honeypot()), &doubled).await, honeypot());

        let mut without = as_shown(&node.sign_up.stamp().unwrap());
        without.remove(which);
        assert_eq!(post(site(node.honeypot()), &without).await, honeypot());
    }
}

#[tokio::test]
async fn the_fields_of_one_form_are_not_those_of_another() {
    let node = Node::new();
    let (one, other) = (node.sign_up.stamp().unwrap(), node.sign_up.stamp().unwrap());
    let mut mixed = as_shown(&one);
    mixed[0].1 = other.as_str().to_owned();
    assert_eq!(post(site(node.honeypot()), &mixed).await, honeypot());
}

#[tokio::test]
async fn in_json_a_field_has_to_come_back_too() {
    let node = Node::new();
    let json = |text: &str| {
        let sent = as_shown(&node.sign_up.stamp().unwrap());
        let mut object = serde_json::Map::new();
        object.extend(sent.into_iter().map(|(name, value)| (name, value.into())));
        if let Some(bait) = object.values_mut().find(|value| *value == "") {
            *bait = serde_json::from_str(text).unwrap();
        }
        let mut request = request(&http::Method::PUT, &[]);
        request
            .headers_mut()
            .insert(header::CONTENT_TYPE, "application/json".parse().unwrap());
        *request.body_mut() = serde_json::Value::Object(object).to_string().into();
        request
    };
    assert_eq!(
        send(site(node.honeypot()), json("\"\"")).await.0,
        StatusCode::OK
    );
    for other in ["\"x\"", "null", "0", "[]", "{}"] {
        assert_eq!(
            send(site(node.honeypot()), json(other)).await,
            honeypot(),
            "{other}"
        );
    }
}

#[tokio::test]
async fn success_can_be_pretended_where_bait_was_taken_and_nowhere_else() {
    let node = Node::new();
    let pretends = || {
        node.honeypot()
            .with_pretence(|| Response::new("thanks".to_owned()))
    };
    let mut filled = as_shown(&node.sign_up.stamp().unwrap());
    filled[1].1 = "x".to_owned();
    assert_eq!(
        post(site(pretends()), &filled).await,
        (StatusCode::OK, "thanks".to_owned())
    );
    assert_eq!(
        post(site(pretends()), &[]).await,
        (StatusCode::BAD_REQUEST, "missing-stamp".to_owned())
    );

    let own = node
        .honeypot()
        .with_refusal(|refusal: &Refusal, _: &Parts| Response::new(refusal.code().to_uppercase()));
    assert_eq!(post(site(own.clone()), &[]).await.1, "MISSING-STAMP");
    let both = own.with_pretence(|| Response::new("thanks".to_owned()));
    assert_eq!(post(site(both.clone()), &filled).await.1, "thanks");
    assert_eq!(post(site(both), &[]).await.1, "MISSING-STAMP");
}

#[tokio::test]
async fn a_layer_that_nobody_has_read_fields_for_lets_nothing_through() {
    let node = Node::new();
    let inner: Inner = service_fn(|_| std::future::ready(Ok(Response::new("welcome".to_owned()))));
    let site = node.honeypot().layer(inner);
    let sent = as_shown(&node.sign_up.stamp().unwrap());
    assert_eq!(
        post(site, &sent).await,
        (
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal-error".to_owned()
        )
    );
}

#[test]
fn names_and_markup_change_from_form_to_form() {
    let node = Node::new();
    let mut names = HashSet::new();
    let mut markups = HashSet::new();
    for _ in 0..500 {
        let stamp = node.sign_up.stamp().unwrap();
        let bait = stamp.bait();
        let [first, second] = bait.names();
        assert_ne!(first, second);
        assert_eq!(stamp.bait().names(), [first, second], "the seed decides");
        let html = stamp.html();
        let mut shape = html.replace(stamp.as_str(), "");
        for name in [first, second] {
            assert!(html.contains(&format!("name=\"{name}\"")), "{html}");
            assert!(name.bytes().all(|byte| byte.is_ascii_lowercase()
                || byte.is_ascii_digit()
                || b"-_".contains(&byte)));
            shape = shape.replace(name, "");
        }
        for part in [
            " hidden inert aria-hidden=\"true\">",
            "tabindex=\"-1\"",
            "autocomplete=\"off\"",
        ] {
            assert!(html.contains(part), "{html}");
        }
        assert!(
            !html.contains("style") && !html.contains("<script") && !html.contains(" on"),
            "{html}"
        );
        names.extend([first.to_owned(), second.to_owned()]);
        markups.insert(shape);
    }
    assert!(names.len() > 900, "{}", names.len());
    assert!(markups.len() > 450, "{}", markups.len());
}
