//! What every siteverify has in common: reading what is asked, saying who passed, counting what was said.
//!
//! A dialect adds its own words: which fields there are, which it is told back, and what it calls a refusal.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::{FromRequest, Multipart, Request};
use axum::http::{HeaderValue, header};
use cattlegrid::store::Timestamp;
use cattlegrid::{
    Action, CustomerData, IdempotencyKey, Reason, Refusal, ResponseToken, Score, SecretKey,
    Verification,
};
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
    /// What became of a question, counted.
    pub(crate) fn new(app: &App, verdict: Result<V, Denial>, words: Words) -> Self {
        let (verified, error_codes) = match verdict {
            Ok(verified) => (Some(verified), Vec::new()),
            Err(denial) => (None, words.of(&denial)),
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

/// What a dialect calls what it was not made for.
#[derive(Clone, Copy)]
pub(crate) struct Words {
    /// A refusal of the gate, or what is like one.
    pub(crate) refusal: fn(&Refusal) -> &'static str,
    /// A token that is not fit for the site; nothing, if that is told as it is.
    pub(crate) unfit: Option<&'static str>,
    /// That nobody could decide; nothing, if that is told as it is.
    pub(crate) undecided: Option<&'static str>,
}

impl Words {
    /// The codes for which nobody is let through.
    fn of(self, denial: &Denial) -> Vec<&'static str> {
        match denial {
            Denial::Said(codes) => codes.to_vec(),
            Denial::Refused(refusal) => vec![(self.refusal)(refusal)],
            Denial::Unfit(code) => vec![self.unfit.unwrap_or(code)],
            Denial::Undecided(code) => vec![self.undecided.unwrap_or(code)],
        }
    }
}

/// Why nobody is let through.
#[derive(Debug)]
pub(crate) enum Denial {
    /// What is asked will not do, in the words that the protocols share, or in one that a single one has.
    Said(&'static [&'static str]),
    /// The gate says no, or another provider means the same.
    Refused(Refusal),
    /// Another provider says no, or says what is not expected of it; in the native words.
    Unfit(&'static str),
    /// Another provider gave nothing to go by; in the native words.
    Undecided(&'static str),
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

/// What a back end asks: a secret key and a response token, as they came, and what it adds to them.
pub(crate) struct Asked {
    secret: String,
    response: String,
    site_key: Option<String>,
    remote_ip: Option<IpAddr>,
    idempotency_key: Option<IdempotencyKey>,
}

impl Asked {
    /// # Errors
    /// The protocols' words for what is missing or empty.
    pub(crate) fn new(secret: Option<String>, response: Option<String>) -> Result<Self, Denial> {
        match (given(secret), given(response)) {
            (Some(secret), Some(response)) => Ok(Self {
                secret,
                response,
                site_key: None,
                remote_ip: None,
                idempotency_key: None,
            }),
            (None, Some(_)) => Err(Denial::Said(&["missing-input-secret"])),
            (Some(_), None) => Err(Denial::Said(&["missing-input-response"])),
            (None, None) => Err(Denial::NOTHING_ASKED),
        }
    }

    /// The same, where the token must have been earned for this site key.
    pub(crate) fn for_site(self, site_key: Option<String>) -> Self {
        let site_key = given(site_key);
        Self { site_key, ..self }
    }

    /// The same, of a visitor who came from this address, if it is one.
    pub(crate) fn of_visitor_at(self, address: Option<String>) -> Self {
        let remote_ip = address.and_then(|address| address.parse().ok());
        Self { remote_ip, ..self }
    }

    /// The same, so that it may be asked again.
    pub(crate) fn repeatably(self, idempotency_key: Option<IdempotencyKey>) -> Self {
        Self {
            idempotency_key,
            ..self
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

    /// The site key that the token must have been earned for.
    pub(crate) fn site_key(&self) -> Option<&str> {
        self.site_key.as_deref()
    }

    /// The visitor's address.
    pub(crate) const fn remote_ip(&self) -> Option<IpAddr> {
        self.remote_ip
    }

    /// What names this question, if it may be asked again.
    pub(crate) const fn idempotency_key(&self) -> Option<IdempotencyKey> {
        self.idempotency_key
    }

    /// The secret key.
    ///
    /// # Errors
    /// [`Refusal::InvalidSecret`], where it could be none at all.
    pub(crate) fn secret_key(&self) -> Result<SecretKey, Refusal> {
        self.secret.parse().map_err(|_| Refusal::InvalidSecret)
    }

    /// The token, if it is to be one of this server's.
    ///
    /// # Errors
    /// [`Refusal::InvalidToken`], where it could be none at all.
    pub(crate) fn token(&self) -> Result<ResponseToken, Refusal> {
        self.response.parse()
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

/// What is known of somebody who passed, whoever has found out.
#[derive(Debug)]
pub(crate) struct Passed {
    /// When the challenge was answered.
    pub(crate) challenge_ts: Timestamp,
    /// The host of the page that it was answered on, if it was a page.
    pub(crate) hostname: Option<String>,
    /// What the form was for; empty if nobody said.
    pub(crate) action: String,
    /// What the page wanted to be told; empty if nothing.
    pub(crate) data: String,
    /// How much like a person's it came, 0 to 1, where that is known.
    pub(crate) score: Option<f32>,
    /// Why the score is below 1, where it is this server's.
    pub(crate) score_reasons: Option<Vec<&'static str>>,
    /// Whether there was something to do, where that is known.
    pub(crate) interactive: Option<bool>,
}

impl Passed {
    /// Somebody whom another provider let through. Where it does not say when, that is `now`.
    pub(crate) fn elsewhere(said: &cattlegrid_provider::Passed, now: Timestamp) -> Self {
        Self {
            challenge_ts: said.challenge_ts().and_then(moment).unwrap_or(now),
            hostname: said.hostname().map(str::to_owned),
            action: said.action().unwrap_or_default().to_owned(),
            data: String::new(),
            score: said.score().map(|score| score.get() as f32),
            score_reasons: None,
            interactive: None,
        }
    }
}

impl From<cattlegrid::Passed> for Passed {
    fn from(passed: cattlegrid::Passed) -> Self {
        let action = passed.action.as_ref().map_or("", Action::as_str);
        let data = passed.data.as_ref().map_or("", CustomerData::as_str);
        Self {
            challenge_ts: passed.challenge_ts,
            hostname: passed.hostname.map(|host| host.to_string()),
            action: action.to_owned(),
            data: data.to_owned(),
            score: passed.score.map(Score::value),
            score_reasons: passed
                .score
                .map(|score| score.reasons().map(Reason::as_str).collect()),
            interactive: Some(true),
        }
    }
}

/// Who passed, if the gate says so.
///
/// # Errors
/// The gate's refusal.
pub(crate) fn passed(verification: Verification) -> Result<Passed, Refusal> {
    match verification {
        Verification::Passed(passed) => Ok(passed.into()),
        Verification::Refused(refusal) => Err(refusal),
    }
}

/// The moment that a provider writes like this.
fn moment(text: &str) -> Option<Timestamp> {
    let moment: jiff::Timestamp = text.parse().ok()?;
    let millis = u64::try_from(moment.as_millisecond()).ok()?;
    Some(Timestamp::from_millis(millis))
}

/// The moment as reCAPTCHA and hCaptcha write it: RFC 3339, without what is below a second.
pub(crate) fn to_the_second(moment: Timestamp) -> String {
    let text = moment.to_rfc3339();
    match text.split_once('.') {
        Some((seconds, _)) => format!("{seconds}Z"),
        None => text,
    }
}
