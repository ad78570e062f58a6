//! How the fields of a form are read, and what is refused rather than read.

#![allow(
    clippy::unwrap_used,
    reason = "in a test, what is missing is a failure"
)]

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body as AxumBody, to_bytes};
use axum::routing::post;
use bytes::Bytes;
use cattlegrid_guard::fields::{Fields, FieldsLayer, Limits};
use cattlegrid_guard::{Problem, Refusal};
use form_urlencoded::Serializer;
use http::request::Parts;
use http::{Request, Response, StatusCode, header};
use http_body::{Body, Frame, SizeHint};
use http_body_util::{BodyExt, Full};
use proptest::prelude::*;
use tower::{Layer, ServiceExt, service_fn};

const FORM: &str = "application/x-www-form-urlencoded";
const PARTS: &str = "multipart/form-data; boundary=x";
const JSON: &str = "application/json";

fn parse(content_type: &str, body: impl Into<Bytes>) -> Result<Fields, Refusal> {
    Fields::parse(content_type, &body.into(), 1000)
}

/// The values of the fields of this name.
fn values(content_type: &str, body: impl Into<Bytes>, name: &str) -> Vec<String> {
    let fields = parse(content_type, body).unwrap();
    fields.all(name).map(str::to_owned).collect()
}

fn code(content_type: &str, body: impl Into<Bytes>) -> &'static str {
    parse(content_type, body).map_or_else(|refusal| refusal.code(), |_| "read")
}

/// A body in parts, each with the headers that come before it.
fn parts<'a>(parts: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let parts = parts.into_iter();
    let parts = parts.map(|(headers, value)| format!("--x\r\n{headers}\r\n\r\n{value}\r\n"));
    parts.chain(["--x--\r\n".to_owned()]).collect()
}

fn named(name: &str) -> String {
    format!("content-disposition: form-data; name=\"{name}\"")
}

#[test]
fn a_form_is_read_as_browsers_write_it() {
    assert_eq!(values(FORM, "a=1&b=2&a=3&&c", "a"), ["1", "3"]);
    assert_eq!(values(FORM, "a=1&c", "c"), [""]);
    assert_eq!(
        values(FORM, "na+me=x%3Dy%26=&%C3%A9=%F0%9F%90%84", "na me"),
        ["x=y&="]
    );
    assert_eq!(values(FORM, "%C3%A9=%F0%9F%90%84", "é"), ["🐄"]);
    assert_eq!(
        values(
            "Application/X-WWW-Form-URLencoded ; Charset=\"UTF-8\"",
            "a=1",
            "a"
        ),
        ["1"]
    );
    let fields = parse(FORM, "a=1&a=2").unwrap();
    assert_eq!(
        (fields.get("a"), fields.get("b"), fields.is_empty()),
        (Some("1"), None, false)
    );
    assert!(parse(FORM, "").unwrap().is_empty());
    assert_eq!(format!("{fields:?}"), "Fields(2)");
}

#[test]
fn parts_that_are_no_files_are_fields() {
    let body = parts([
        (named("a").as_str(), "1"),
        (
            "Content-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\nContent-Type: text/plain",
            "in it",
        ),
        (
            "Content-Disposition: form-data; name=\"none\"; filename=\"\"\r\nContent-Type: application/octet-stream",
            "",
        ),
        (named("a").as_str(), "two\r\nlines"),
        (
            "content-disposition: form-data; name=\"é\"\r\ncontent-type: text/plain; charset=utf-8",
            "🐄",
        ),
    ]);
    assert_eq!(values(PARTS, body.clone(), "a"), ["1", "two\r\nlines"]);
    assert_eq!(values(PARTS, body.clone(), "é"), ["🐄"]);
    assert_eq!(values(PARTS, body.clone(), "file"), [""; 0]);
    let quoted = "Multipart/Form-Data; boundary=\"x\"";
    assert_eq!(
        values(quoted, format!("before\r\n{body}after"), "é"),
        ["🐄"]
    );
    let inner = parts([(named("inner").as_str(), "1")]).replace("--x", "--y");
    let nested = parts([(
        "content-disposition: form-data; name=\"outer\"\r\ncontent-type: multipart/mixed; boundary=y",
        inner.as_str(),
    )]);
    assert_eq!(values(PARTS, nested.clone(), "inner"), [""; 0]);
    assert_eq!(values(PARTS, nested, "outer").len(), 1);
}

#[test]
fn strings_of_an_object_are_fields() {
    let body = r#" {"a": "1", "n": 1, "f": 1.5e3, "m": -2, "t": true, "z": null, "l": ["a"], "o": {"a": "2"}, "a": "\ud83d\udc04"} "#;
    assert_eq!(values(JSON, body, "a"), ["1", "🐄"]);
    for none in ["n", "f", "m", "t", "z", "l", "o"] {
        assert_eq!(values(JSON, body, none), [""; 0], "{none}");
    }
    assert_eq!(
        values("application/problem+json; charset=utf-8", body, "a").len(),
        2
    );
    for other in ["[\"a\"]", "\"a\"", "1", "null", "[{\"a\": \"1\"}]"] {
        assert!(parse(JSON, other).unwrap().is_empty(), "{other}");
    }
    let deep = format!(
        "{{\"deep\": {}{}, \"a\": \"1\"}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    assert_eq!(values(JSON, deep, "a"), ["1"]);
}

#[test]
fn other_types_have_no_fields() {
    for other in [
        "",
        "text/plain",
        "application/xml",
        "text/json",
        "application/octet-stream",
        "/;;=",
        "multipart/mixed; boundary=x",
    ] {
        assert!(parse(other, "a=1").unwrap().is_empty(), "{other}");
    }
}

#[test]
fn what_is_not_as_it_says_is_refused() {
    let latin: &[u8] = b"a=\xE9";
    let no_name = parts([("content-disposition: form-data", "1")]);
    let no_disposition = parts([("content-type: text/plain", "1")]);
    let latin_part = parts([(
        "content-disposition: form-data; name=\"a\"\r\ncontent-type: text/plain; charset=latin1",
        "1",
    )]);
    let whole = parts([(named("a").as_str(), "1")]);
    let headers = parts([(
        format!("{}{}", named("a"), "\r\na: b".repeat(100)).as_str(),
        "1",
    )]);
    let cases: [(&str, &[u8]); 36] = [
        (FORM, b"a=%"),
        (FORM, b"a=%4"),
        (FORM, b"a=%4g"),
        (FORM, b"%zz=1"),
        (FORM, b"a=%C3"),
        (FORM, b"a=%ED%A0%80"),
        (FORM, b"a=%00%FF"),
        (FORM, latin),
        (
            "application/x-www-form-urlencoded; charset=iso-8859-1",
            b"a=1",
        ),
        ("application/x-www-form-urlencoded; charset=UTF-16", b"a=1"),
        (
            "application/x-www-form-urlencoded; charset=utf-8; charset=latin1",
            b"a=1",
        ),
        ("multipart/form-data", whole.as_bytes()),
        ("multipart/form-data; boundary=", whole.as_bytes()),
        ("multipart/form-data; boundary=\"\"", whole.as_bytes()),
        ("multipart/form-data; boundary=y", whole.as_bytes()),
        (
            "multipart/form-data; boundary=x; charset=latin1",
            whole.as_bytes(),
        ),
        (PARTS, b""),
        (PARTS, b"--x"),
        (PARTS, b"--x\r\n"),
        (PARTS, b"--x\r\n\r\n"),
        (
            PARTS,
            b"--x\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n1",
        ),
        (
            PARTS,
            b"--x\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n1\r\n--y--",
        ),
        (
            PARTS,
            b"--x\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n\xE9\r\n--x--",
        ),
        (PARTS, b"--x\r\nno header\r\n\r\n1\r\n--x--"),
        (PARTS, no_name.as_bytes()),
        (PARTS, no_disposition.as_bytes()),
        (PARTS, latin_part.as_bytes()),
        (PARTS, headers.as_bytes()),
        (JSON, b""),
        (JSON, b"{"),
        (JSON, b"{\"a\": \"1\"} x"),
        (JSON, b"{\"a\": \"\\ud83d\"}"),
        (JSON, b"{\"a\": \"\xE9\"}"),
        (JSON, b"{a: 1}"),
        (JSON, b"\xEF\xBB\xBF{\"a\": \"1\"}"),
        ("application/json; charset=utf-16", b"{\0}\0"),
    ];
    for (content_type, body) in cases {
        let body_text = String::from_utf8_lossy(body);
        assert_eq!(
            code(content_type, body.to_vec()),
            "bad-request",
            "{content_type}: {body_text}"
        );
    }
    let long = format!("multipart/form-data; boundary={}", "x".repeat(71));
    assert_eq!(
        code(
            &long,
            whole.replace("--x", &format!("--{}", "x".repeat(71)))
        ),
        "bad-request"
    );
    let deep = format!("{}{}", "[".repeat(100_000), "{".repeat(100_000));
    assert_eq!(code(JSON, deep), "bad-request");
}

/// A form of so many fields in each encoding.
fn forms_of(count: usize) -> [(&'static str, String); 4] {
    let file = "content-disposition: form-data; name=\"a\"; filename=\"b\"";
    let members: Vec<_> = (0..count).map(|n| format!("\"a{n}\":{n}")).collect();
    [
        (FORM, "a=&".repeat(count)),
        (
            PARTS,
            parts((0..count).map(|_| ("content-disposition: form-data; name=a", ""))),
        ),
        (PARTS, parts((0..count).map(|_| (file, "")))),
        (JSON, format!("{{{}}}", members.join(","))),
    ]
}

#[test]
fn ten_thousand_fields_are_too_many() {
    for (content_type, body) in forms_of(10_000) {
        assert_eq!(code(content_type, body), "too-many-fields");
    }
    for (content_type, body) in forms_of(1001) {
        assert_eq!(code(content_type, body), "too-many-fields");
    }
    for (content_type, body) in forms_of(1000) {
        assert_eq!(code(content_type, body), "read");
    }
}

/// A body that arrives in chunks, and then breaks off, stops or ends.
struct Arriving {
    chunks: VecDeque<&'static [u8]>,
    then: Then,
    announced: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum Then {
    Ends,
    Breaks,
    Stops,
    Goes,
}

impl Body for Arriving {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let chunk = self
            .chunks
            .pop_front()
            .map(|chunk| Ok(Frame::data(chunk.into())));
        match self.then {
            _ if chunk.is_some() => Poll::Ready(chunk),
            Then::Ends => Poll::Ready(None),
            Then::Breaks => Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into()))),
            Then::Stops => Poll::Pending,
            Then::Goes => Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b'a'; 4096]))))),
        }
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = SizeHint::new();
        hint.set_lower(self.announced);
        hint
    }
}

/// What becomes of a form that arrives like this: its status, and what the service behind the layer has seen.
async fn arriving(chunks: &[&'static [u8]], then: Then, announced: u64) -> (StatusCode, String) {
    let limits = Limits {
        time: Duration::from_millis(50),
        ..Limits::default()
    };
    let service =
        FieldsLayer::new(limits).layer(service_fn(async |request: Request<Full<Bytes>>| {
            let field = Fields::of(request.extensions())
                .unwrap()
                .get("a")
                .unwrap_or("none")
                .to_owned();
            let body = request.into_body().collect().await.unwrap().to_bytes();
            let body = String::from_utf8(body.into()).unwrap();
            Ok::<_, Infallible>(Response::new(format!("{field} {body}")))
        }));
    let body = Arriving {
        chunks: chunks.iter().copied().collect(),
        then,
        announced,
    };
    let request = Request::post("/")
        .header(header::CONTENT_TYPE, FORM)
        .body(body);
    let response = service.oneshot(request.unwrap()).await.unwrap();
    (response.status(), response.into_body())
}

#[tokio::test]
async fn the_body_is_handed_on_as_it_was() {
    let (status, seen) = arriving(&[b"a=%4", b"1&b", b"=+"], Then::Ends, 0).await;
    assert_eq!((status, seen.as_str()), (StatusCode::OK, "A a=%41&b=+"));
}

#[tokio::test]
async fn a_body_has_bounds() {
    let endless = arriving(&[b"a="], Then::Goes, 0).await;
    assert_eq!(endless.0, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(
        endless.1.contains("\"code\":\"body-too-large\""),
        "{}",
        endless.1
    );
    // Why `Stops`: what is announced to be too large is refused before any of it is there.
    let announced = arriving(&[], Then::Stops, 262_145).await;
    assert_eq!(announced.0, StatusCode::PAYLOAD_TOO_LARGE);
    let stopped = arriving(&[b"a="], Then::Stops, 0).await;
    assert_eq!(stopped.0, StatusCode::REQUEST_TIMEOUT);
    assert!(
        stopped.1.contains("\"code\":\"body-too-slow\""),
        "{}",
        stopped.1
    );
    let broken = arriving(&[b"a="], Then::Breaks, 0).await;
    assert_eq!(broken.0, StatusCode::BAD_REQUEST);
}

async fn hand_over(request: Request<AxumBody>) -> (StatusCode, String) {
    let app = Router::new()
        .route("/", post(async |body: String| body).get(async || "shown"))
        .layer(FieldsLayer::new(Limits::default()));
    let response = app.oneshot(request).await.unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, String::from_utf8(body.into()).unwrap())
}

#[tokio::test]
async fn axum_takes_the_body_as_any_other() {
    let form = || Request::post("/").header(header::CONTENT_TYPE, FORM);
    assert_eq!(
        hand_over(form().body("a=1".into()).unwrap()).await,
        (StatusCode::OK, "a=1".to_owned())
    );
    assert_eq!(
        hand_over(Request::get("/").body(AxumBody::empty()).unwrap()).await,
        (StatusCode::OK, "shown".to_owned())
    );
    let (status, body) = hand_over(form().body("a=%".into()).unwrap()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert_eq!(
        body,
        r#"{"title":"Bad Request","status":400,"code":"bad-request","detail":"the form's percent-encoding is broken"}"#
    );
    let twice = form().header(header::CONTENT_TYPE, JSON).body("a=1".into());
    assert_eq!(hand_over(twice.unwrap()).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_site_can_answer_itself() {
    let layer =
        FieldsLayer::new(Limits::default()).with_refusal(|refusal: &Refusal, request: &Parts| {
            let mut response = Response::new(format!("{} {}", request.uri, refusal.code()));
            *response.status_mut() = StatusCode::IM_A_TEAPOT;
            response
        });
    let service = layer.layer(service_fn(async |_: Request<Full<Bytes>>| {
        Ok::<_, Infallible>(Response::new("in".to_owned()))
    }));
    let request = Request::post("/").header(header::CONTENT_TYPE, JSON);
    let response = service
        .oneshot(request.body(Full::<Bytes>::from("{")).unwrap())
        .await
        .unwrap();
    assert_eq!(
        (response.status(), response.body().as_str()),
        (StatusCode::IM_A_TEAPOT, "/ bad-request")
    );
}

proptest! {
    #[test]
    fn what_was_encoded_is_read_in_every_encoding(
        fields in prop::collection::vec(("[a-z0-9 _.;:=\\[\\]é🐄-]{1,12}", "[^\r\n]{0,30}"), 0..20),
    ) {
        let urlencoded = Serializer::new(String::new()).extend_pairs(&fields).finish();
        let in_parts: Vec<_> = fields.iter().map(|(name, value)| (named(name), value)).collect();
        let in_parts = parts(in_parts.iter().map(|(headers, value)| (headers.as_str(), value.as_str())));
        let members: Vec<_> = fields
            .iter()
            .map(|(name, value)| {
                let [name, value] = [name, value].map(|text| serde_json::to_string(text).unwrap());
                format!("{name}:{value}")
            })
            .collect();
        let json = format!("{{{}}}", members.join(","));
        for (content_type, body) in [(FORM, urlencoded), (PARTS, in_parts), (JSON, json)] {
            let read = parse(content_type, body).unwrap();
            prop_assert_eq!(read.is_empty(), fields.is_empty());
            for (name, _) in &fields {
                let sent: Vec<_> = fields.iter().filter(|(own, _)| own == name).map(|(_, value)| value.as_str()).collect();
                prop_assert_eq!(read.all(name).collect::<Vec<_>>(), sent, "{}", content_type);
            }
        }
    }

    #[test]
    fn whatever_is_sent_is_read_or_refused(
        content_type in prop::sample::select(vec![FORM, PARTS, JSON]),
        body in prop::collection::vec(prop::sample::select(b"-x\r\n{}[]\":,a=&%4+\\\xC3\xA9".to_vec()), 0..200),
    ) {
        let _ = code(content_type, body);
    }
}
