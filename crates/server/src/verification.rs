//! What every siteverify has in common: reading what is asked, hearing the gate, counting what was said.
//!
//! A dialect adds its own words: which fields there are, which it is told back, and what it calls a refusal.

use std::sync::Arc;

use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{HeaderValue, header};
use cattlegrid::store::Timestamp;
use cattlegrid::{Passed, Refusal, ResponseToken, SecretKey, Verification};
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use crate::app::App;
use crate::extract::{JsonOrForm, WholeBody};

/// Whether to let the visitor through; always sent with status 200.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Reply<V> {
    /// Whether to let the visitor through.
    success: bool,
    /// What else there is to say, if so.
    #[serde(flatten)]
    #[schema(value_type = V)]
    verified: Option<V>,
    /// Why not; empty if so.
    #[serde(rename = "error-codes")]
    error_codes: Vec<&'static str>,
}

impl<V> Reply<V> {
    /// What became of a question, counted. `word` is what the dialect calls a
    /// refusal.
    pub(crate) fn new(
        app: &App,
        verdict: Result<V, Denial>,
        word: fn(&Refusal) -> &'static str,
    ) -> Self {
        let (verified, error_codes) = match verdict {
            Ok(verified) => (Some(verified), Vec::new()),
            Err(Denial::Said(codes)) => (None, codes.to_vec()),
            Err(Denial::Refused(refusal)) => (None, vec![word(&refusal)]),
        };
        app.metrics().verified(error_codes.first().copied());
        Self {
            success: verified.is_some(),
            verified,
            error_codes,
        }
    }

    /// The first reason why not.
    pub(crate) fn code(&self) -> Option<&'static str> {
        self.error_codes.first().copied()
    }
}

/// Why nobody is let through.
#[derive(Debug)]
pub(crate) enum Denial {
    /// What is asked will not do, in the words that the protocols share, or in one that a single one has.
    Said(&'static [&'static str]),
    /// The gate says no.
    Refused(Refusal),
}

impl Denial {
    /// The request cannot be read, or is larger than it may be.
    pub(crate) const BAD_REQUEST: Self = Self::Said(&["bad-request"]);
    /// There is neither a secret nor a token.
    pub(crate) const NOTHING_ASKED: Self =
        Self::Said(&["missing-input-secret", "missing-input-response"]);
}

impl From<Refusal> for Denial {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// A secret key and a response token, as they came.
pub(crate) struct Asked {
    secret: String,
    response: String,
}

impl Asked {
    /// # Errors
    /// The protocols' words for what is missing or empty.
    pub(crate) fn new(secret: Option<String>, response: Option<String>) -> Result<Self, Denial> {
        match (given(secret), given(response)) {
            (Some(secret), Some(response)) => Ok(Self { secret, response }),
            (None, Some(_)) => Err(Denial::Said(&["missing-input-secret"])),
            (Some(_), None) => Err(Denial::Said(&["missing-input-response"])),
            (None, None) => Err(Denial::NOTHING_ASKED),
        }
    }

    /// The text of what should be a secret key.
    pub(crate) fn secret(&self) -> &str {
        &self.secret
    }

    /// The text of what should be a response token.
    pub(crate) fn response(&self) -> &str {
        &self.response
    }

    /// What the gate can be asked with.
    ///
    /// # Errors
    /// [`Refusal::InvalidSecret`] or [`Refusal::InvalidToken`], where one could be none at all.
    pub(crate) fn parse(&self) -> Result<(SecretKey, ResponseToken), Refusal> {
        let secret = self.secret.parse().map_err(|_| Refusal::InvalidSecret)?;
        Ok((secret, self.response.parse()?))
    }
}

/// The field, unless it is empty.
pub(crate) fn given(field: Option<String>) -> Option<String> {
    field.filter(|text| !text.is_empty())
}

/// The fields of a form.
///
/// # Errors
/// [`Denial::BAD_REQUEST`] when it is no form, or has a field twice.
pub(crate) fn form<Q: DeserializeOwned>(bytes: &[u8]) -> Result<Q, Denial> {
    serde_urlencoded::from_bytes(bytes).map_err(|_| Denial::BAD_REQUEST)
}

/// The fields in a request's body, a form or JSON.
///
/// # Errors
/// [`Denial::BAD_REQUEST`] when it is neither.
pub(crate) async fn form_or_json<Q: DeserializeOwned>(
    request: Request,
    app: &Arc<App>,
) -> Result<Q, Denial> {
    match JsonOrForm::from_request(request, app).await {
        Ok(JsonOrForm(question)) => Ok(question),
        Err(_) => Err(Denial::BAD_REQUEST),
    }
}

/// The fields of a form in parts, which is what a `FormData` is sent as, as a form without.
///
/// # Errors
/// [`Denial::BAD_REQUEST`] when it is none.
pub(crate) async fn multipart(request: Request, app: &Arc<App>) -> Result<Vec<u8>, Denial> {
    let kind = request.headers().get(header::CONTENT_TYPE).cloned();
    let body = body(request, app).await?;
    parts(kind, body).await.ok_or(Denial::BAD_REQUEST)
}

async fn parts(kind: Option<HeaderValue>, body: Vec<u8>) -> Option<Vec<u8>> {
    let whole = Request::builder()
        .header(header::CONTENT_TYPE, kind?)
        .body(body.into())
        .ok()?;
    let mut parts = Multipart::from_request(whole, &()).await.ok()?;
    let mut fields = Vec::new();
    while let Some(part) = parts.next_field().await.ok()? {
        let name = part.name()?.to_owned();
        fields.push((name, part.text().await.ok()?));
    }
    serde_urlencoded::to_string(fields)
        .ok()
        .map(String::into_bytes)
}

/// A request's body.
///
/// # Errors
/// [`Denial::BAD_REQUEST`] when it is too large, or did not arrive whole.
pub(crate) async fn body(request: Request, app: &Arc<App>) -> Result<Vec<u8>, Denial> {
    match WholeBody::from_request(request, app).await {
        Ok(WholeBody(body)) => Ok(body),
        Err(_) => Err(Denial::BAD_REQUEST),
    }
}

/// Who passed, if the gate says so.
///
/// # Errors
/// The gate's refusal.
pub(crate) fn passed(verification: Verification) -> Result<Passed, Refusal> {
    match verification {
        Verification::Passed(passed) => Ok(passed),
        Verification::Refused(refusal) => Err(refusal),
    }
}

/// The moment as reCAPTCHA and hCaptcha write it: RFC 3339, without what is below a second.
pub(crate) fn to_the_second(moment: Timestamp) -> String {
    let text = moment.to_rfc3339();
    match text.split_once('.') {
        Some((seconds, _)) => format!("{seconds}Z"),
        None => text,
    }
}
