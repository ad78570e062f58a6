//! `multipart/form-data` (RFC 7578).

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyDataStream, Full};
use multer::{Multipart, parse_boundary};

use super::Found;
use super::content_type::ContentType;
use crate::Refusal;

/// The most characters of a boundary (RFC 2046, 5.1.1).
const MAX_BOUNDARY: usize = 70;

const BROKEN: Refusal = Refusal::Malformed("the form's parts are broken");

pub(super) fn read(
    content_type: &ContentType<'_>,
    body: &Bytes,
    found: &mut Found,
) -> Result<(), Refusal> {
    let boundary = parse_boundary(content_type.as_str()).map_err(|_| BROKEN)?;
    if !(1..=MAX_BOUNDARY).contains(&boundary.len()) {
        return Err(BROKEN);
    }
    let whole = BodyDataStream::new(Full::new(body.clone()));
    let mut parts = Multipart::new(whole, boundary);
    at_once(read_parts(&mut parts, found))
}

async fn read_parts(parts: &mut Multipart<'_>, found: &mut Found) -> Result<(), Refusal> {
    while let Some(part) = parts.next_field().await.map_err(|_| BROKEN)? {
        found.count()?;
        let name = part
            .name()
            .ok_or(Refusal::Malformed("a part of the form has no name"))?;
        if part.file_name().is_some() {
            continue;
        }
        let name = name.to_owned();
        let content_type = part.headers().get(CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok());
        let is_utf8 = ContentType::parse(content_type.unwrap_or_default()).is_utf8();
        let value = part.bytes().await.map_err(|_| BROKEN)?;
        let value = String::from_utf8(value.into()).ok().filter(|_| is_utf8);
        let value = value.ok_or(Refusal::Malformed("a part of the form is not in UTF-8"))?;
        found.add(name, value);
    }
    Ok(())
}

/// The result of a future that has nothing to wait for: all of the body is there. One that waits all the same would
/// never end.
fn at_once<T>(future: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => Err(BROKEN),
    }
}
