//! What is a form's own stamp, and what is not.

use std::sync::Arc;
use std::time::Duration;

use cattlegrid::{Entropy, Envelopes, NoEntropy, OsEntropy};
use cattlegrid_guard::form::{Forms, Stamp};
use cattlegrid_guard::{Error, Problem};
use cattlegrid_store::ManualClock;
use http::{Method, StatusCode};

use crate::site::{NOW, Node, as_shown, fields, forms, post, request, secrets, send};

/// What is said of a stamp that is sent with the sign-up form.
fn said_of(node: &Node, stamp: &str) -> &'static str {
    let sent = fields(&[(Stamp::FIELD.to_owned(), stamp.to_owned())]);
    match node.sign_up.open(&sent) {
        Ok(_) => "its own",
        Err(refusal) => refusal.code(),
    }
}

#[test]
fn a_stamp_is_of_one_form_of_one_site_under_one_secret() {
    let node = Node::new();
    let clock = || Arc::new(ManualClock::new(NOW));
    let made = |secret: &str, site: &str, form: &str| {
        let form = forms(&secrets(secret), clock(), site).form(form).unwrap();
        form.stamp().unwrap().as_str().to_owned()
    };
    assert_eq!(
        said_of(&node, &made("a", "shop.example", "sign-up")),
        "its own"
    );
    for other in [
        made("b", "shop.example", "sign-up"),
        made("a", "shop.exampl", "sign-up"),
        made("a", "shop.example", "sign-u"),
        made("a", "shop.examplesign", "-up"),
        made("a", "other.example", "sign-up"),
        made("a", "shop.example", "contact"),
    ] {
        assert_eq!(said_of(&node, &other), "unknown-stamp");
    }
    let other_label = Envelopes::new(&secrets("a"), "email-link", Arc::new(OsEntropy));
    assert_eq!(
        said_of(&node, &other_label.seal(b"anything").unwrap()),
        "unknown-stamp"
    );
    let same_label = Envelopes::new(&secrets("a"), "form-stamp", Arc::new(OsEntropy));
    for content in [&b""[..], b"short", &[0; 24]] {
        assert_eq!(
            said_of(&node, &same_label.seal(content).unwrap()),
            "unknown-stamp"
        );
    }
    for (forged, said) in [
        ("", "missing-stamp"),
        ("x", "unknown-stamp"),
        ("\0", "unknown-stamp"),
        (&"A".repeat(200_000), "unknown-stamp"),
    ] {
        assert_eq!(said_of(&node, forged), said);
    }
}

#[test]
fn a_stamp_outlives_the_secret_that_was_first() {
    let clock = Arc::new(ManualClock::new(NOW));
    let old = forms(&secrets("b"), clock.clone(), "shop.example")
        .form("sign-up")
        .unwrap();
    let rotated = forms(&secrets("ab"), clock, "shop.example")
        .form("sign-up")
        .unwrap();
    assert!(
        rotated
            .open(&fields(&as_shown(&old.stamp().unwrap())))
            .is_ok()
    );
    assert!(
        old.open(&fields(&as_shown(&rotated.stamp().unwrap())))
            .is_err()
    );
}

#[tokio::test]
async fn a_form_without_its_stamp_is_refused() {
    let node = Node::new();
    let mut without = as_shown(&node.sign_up.stamp().unwrap());
    without.remove(0);
    let missing = (StatusCode::BAD_REQUEST, "missing-stamp".to_owned());
    assert_eq!(post(node.site(), &without).await, missing);
    assert_eq!(post(node.site(), &[]).await, missing);
    let contact = node.forms.form("contact").unwrap().stamp().unwrap();
    node.clock.advance(Duration::from_secs(10));
    let unknown = (StatusCode::FORBIDDEN, "unknown-stamp".to_owned());
    assert_eq!(post(node.site(), &as_shown(&contact)).await, unknown);
    assert_eq!(node.handled(), 0);
}

#[tokio::test]
async fn only_methods_that_change_something_are_looked_at() {
    let node = Node::new();
    for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::TRACE] {
        assert_eq!(
            send(node.site(), request(&method, &[])).await.0,
            StatusCode::OK,
            "{method}"
        );
    }
    let odd = Method::from_bytes(b"PURGE").unwrap();
    for method in [
        Method::POST,
        Method::PUT,
        Method::PATCH,
        Method::DELETE,
        odd,
    ] {
        let refused = send(node.site(), request(&method, &[])).await;
        assert_eq!(refused.0, StatusCode::BAD_REQUEST, "{method}");
    }
    assert_eq!(node.handled(), 4);
}

#[test]
fn names_have_bounds() {
    let secrets = secrets("a");
    let new = |site: &str| {
        Forms::new(
            &secrets,
            Arc::new(ManualClock::new(NOW)),
            Arc::new(OsEntropy),
            site,
        )
    };
    assert_eq!(new("").unwrap_err(), Error::FormName);
    assert_eq!(new(&"a".repeat(256)).unwrap_err(), Error::FormName);
    let longest = new(&"a".repeat(255)).unwrap();
    assert_eq!(longest.form("").unwrap_err(), Error::FormName);
    assert_eq!(longest.form(&"a".repeat(256)).unwrap_err(), Error::FormName);
    let form = longest.form(&"é".repeat(127)).unwrap();
    let stamp = form.stamp().unwrap();
    assert!(stamp.as_str().len() <= 800, "{}", stamp.as_str().len());
    assert!(form.open(&fields(&as_shown(&stamp))).is_ok());
}

#[test]
fn without_randomness_there_is_no_stamp() {
    struct Dry;
    impl Entropy for Dry {
        fn fill(&self, _: &mut [u8]) -> Result<(), NoEntropy> {
            Err(NoEntropy)
        }
    }
    let clock = Arc::new(ManualClock::new(NOW));
    let forms = Forms::new(&secrets("a"), clock, Arc::new(Dry), "shop.example").unwrap();
    assert!(forms.form("sign-up").unwrap().stamp().is_err());
}

#[test]
fn nothing_of_a_stamp_is_in_logs() {
    let stamp = Node::new().sign_up.stamp().unwrap();
    assert_eq!(format!("{stamp:?}"), "Stamp(…)");
}
