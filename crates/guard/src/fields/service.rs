//! The service.

use std::error::Error;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use tower::Service;

use super::{Fields, Limits};
use crate::future::take_ready;
use crate::{Problem, ProblemDetails, Refusal, Refuse, ResponseFuture};

/// The service of [`FieldsLayer`](super::FieldsLayer).
#[derive(Clone, Copy, Debug)]
pub struct ReadFields<T, R = ProblemDetails> {
    inner: T,
    limits: Limits,
    refuse: R,
}

impl<T, R> ReadFields<T, R> {
    pub(super) const fn new(inner: T, limits: Limits, refuse: R) -> Self {
        Self {
            inner,
            limits,
            refuse,
        }
    }
}

impl<T, R, B, O> Service<Request<B>> for ReadFields<T, R>
where
    T: Service<Request<Full<Bytes>>, Response = Response<O>> + Clone + Send + 'static,
    T::Future: Send,
    R: Refuse<Refusal, O> + Clone + Send + 'static,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    type Response = Response<O>;
    type Error = T::Error;
    type Future = ResponseFuture<O, T::Error>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), T::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let mut inner = take_ready(&mut self.inner);
        let (limits, refuse) = (self.limits, self.refuse.clone());
        ResponseFuture::new(async move {
            let (mut parts, body) = request.into_parts();
            match read(&mut parts, body, limits).await {
                Ok(body) => {
                    inner
                        .call(Request::from_parts(parts, Full::new(body)))
                        .await
                }
                Err(refusal) => {
                    tracing::debug!(code = refusal.code(), "a form is refused");
                    Ok(refuse.refuse(&refusal, &parts))
                }
            }
        })
    }
}

/// The whole body, whose fields are in the request's extensions then.
async fn read<B>(parts: &mut Parts, body: B, limits: Limits) -> Result<Bytes, Refusal>
where
    B: Body,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let body = tokio::time::timeout(limits.time, whole(body, limits.body)).await;
    let body = body.map_err(|_| Refusal::BodyTooSlow)??;
    let fields = Fields::parse(content_type(&parts.headers)?, &body, limits.fields)?;
    parts.extensions.insert(fields);
    Ok(body)
}

async fn whole<B>(body: B, limit: usize) -> Result<Bytes, Refusal>
where
    B: Body,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let too_large = Refusal::BodyTooLarge { limit };
    // Why: who says beforehand that it will be too large need not send it.
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large);
    }
    match Limited::new(body, limit).collect().await {
        Ok(whole) => Ok(whole.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large),
        Err(_) => Err(Refusal::Malformed("the body did not arrive whole")),
    }
}

/// The header's one value; nothing if there is none.
fn content_type(headers: &HeaderMap) -> Result<&str, Refusal> {
    let mut values = headers.get_all(CONTENT_TYPE).into_iter();
    let first = values.next().map_or(Ok(""), |value| value.to_str());
    // Why: who reads the body next might go by another one.
    match (first, values.next()) {
        (Ok(value), None) => Ok(value),
        _ => Err(Refusal::Malformed(
            "there is more than one `content-type`, or it is no text",
        )),
    }
}
