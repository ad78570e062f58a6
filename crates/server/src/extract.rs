//! What handlers take out of requests, with problem details for what is not there.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use cattlegrid::{ChallengeKey, Refusal};
use http_body_util::BodyExt;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::problem::Problem;

/// How much of a body that is too large is read and thrown away.
const DISCARDED: usize = 4 * 1024 * 1024;

/// A JSON body.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        let kind = BodyType::of(request.headers());
        let WholeBody(bytes) = WholeBody::from_request(request, app).await?;
        if kind != Some(BodyType::Json) {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported-media-type",
                "send JSON, with `content-type: application/json`",
            ));
        }
        let mut json = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut json)
            .map_err(|error| Problem::bad_request(format!("the body's JSON: {error}")))?;
        json.end()
            .map_err(|error| Problem::bad_request(format!("the body's JSON: {error}")))?;
        Ok(Self(value))
    }
}

/// A body of JSON, or a form.
pub(crate) struct JsonOrForm<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for JsonOrForm<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        let kind = BodyType::of(request.headers());
        let WholeBody(bytes) = WholeBody::from_request(request, app).await?;
        Self::read(kind, &bytes)
    }
}

impl<T: DeserializeOwned> JsonOrForm<T> {
    /// The body that is written like this.
    ///
    /// # Errors
    /// The problems `unsupported-media-type` and `bad-request`.
    pub(crate) fn read(kind: Option<BodyType>, bytes: &[u8]) -> Result<Self, Problem> {
        match kind {
            Some(BodyType::Json) => serde_json::from_slice(bytes)
                .map_err(|error| Problem::bad_request(format!("the body's JSON: {error}"))),
            Some(BodyType::Form) => serde_urlencoded::from_bytes(bytes)
                .map_err(|error| Problem::bad_request(format!("the body's form: {error}"))),
            Some(BodyType::Multipart) | None => Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported-media-type",
                "send JSON or a form, and say which in `content-type`",
            )),
        }
        .map(Self)
    }
}

/// A body of at most the configured size.
pub(crate) struct WholeBody(pub(crate) Vec<u8>);

impl FromRequest<Arc<App>> for WholeBody {
    type Rejection = Problem;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, Problem> {
        let limit = app.limits().body.get();
        let mut body = request.into_body();
        let mut bytes = Vec::new();
        let mut length = 0;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| Problem::bad_request("the body did not arrive whole"))?;
            let Some(data) = frame.data_ref() else {
                continue;
            };
            length += data.len();
            if length <= limit {
                bytes.extend_from_slice(data);
            } else if length > limit + DISCARDED {
                break;
            }
        }
        // Why: a client that is still sending would not read a refusal, but see a broken connection.
        if length <= limit {
            return Ok(Self(bytes));
        }
        Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body-too-large",
            format!("the body is larger than {limit} bytes"),
        ))
    }
}

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyType {
    Json,
    Form,
    /// A form in parts.
    Multipart,
}

impl BodyType {
    /// What the `content-type` header says, if it is one of these.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
        let essence = value.split(';').next()?.trim();
        if essence.eq_ignore_ascii_case("application/json") {
            Some(Self::Json)
        } else if essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            Some(Self::Form)
        } else if essence.eq_ignore_ascii_case("multipart/form-data") {
            Some(Self::Multipart)
        } else {
            None
        }
    }
}

/// The site that the query names.
pub(crate) struct SiteInQuery(pub(crate) Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for SiteInQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        #[derive(Deserialize)]
        struct Named {
            sitekey: Option<String>,
        }
        match Query::<Named>::from_request_parts(parts, state).await {
            Ok(Query(Named { sitekey })) => Ok(Self(sitekey)),
            Err(_) => Err(Problem::bad_request("`sitekey` stands once in the query")),
        }
    }
}

/// The challenge key in the path. One that cannot be a key is as unknown as one that was never sealed.
pub(crate) struct KeyInPath(pub(crate) ChallengeKey);

impl<S: Send + Sync> FromRequestParts<S> for KeyInPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Ok(Path(key)) = Path::<String>::from_request_parts(parts, state).await else {
            return Err(Refusal::UnknownKey.into());
        };
        Ok(Self(key.parse()?))
    }
}

/// The site key in the path. One that is no text is as unknown as any that no site has.
pub(crate) struct SiteKeyInPath(pub(crate) String);

impl<S: Send + Sync> FromRequestParts<S> for SiteKeyInPath {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        Ok(Self(path.map_or_else(|_| String::new(), |Path(key)| key)))
    }
}
