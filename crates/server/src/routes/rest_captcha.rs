//! django-rest-captcha's API: a challenge and its picture in one reply, and the check that its serializer makes.
//!
//! Whoever checks needs no secret, as a key is heard once: what a stranger has checked, no back end accepts any more.
//! The site must be the one that the back end means, so that a challenge of another site does not pass for its own.
//!
//! Django REST framework's errors are objects with a `detail`. So are problems, which stand in for them.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use cattlegrid::challenge::image::Scale;
use cattlegrid::{Ask, Attempt, ChallengeKey, Refusal};
use data_encoding::BASE64;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::limited;
use crate::app::App;
use crate::dialect::Dialect;
use crate::extract::{BodyType, JsonOrForm, SiteInQuery, WholeBody};
use crate::origin::Page;
use crate::picture;
use crate::problem::{Details, Problem};
use crate::rate_limits::{self, Operation};

pub(super) fn router(app: &Arc<App>) -> OpenApiRouter<Arc<App>> {
    let unslashed = rate_limits::around(app, Operation::Issue, post(issue));
    OpenApiRouter::new()
        .routes(limited(app, Operation::Issue, routes!(issue)))
        .route("/api/captcha", unslashed)
        .routes(limited(app, Operation::Verify, routes!(verify)))
}

/// A challenge with its picture.
#[derive(Serialize, ToSchema)]
#[schema(as = RestCaptchaChallenge)]
struct Challenge {
    /// The challenge's key.
    captcha_key: String,
    /// The picture, in base64.
    captcha_image: String,
    /// `image/png`
    image_type: &'static str,
    /// `base64`
    image_decode: &'static str,
}

/// Issues a challenge, as django-rest-captcha does. Whatever body is sent is not looked at.
#[utoipa::path(post, path = "/api/captcha/", tag = "challenges",
    operation_id = "rest_captcha_issue",
    params(("sitekey" = Option<String>, Query, description = "The site key; needed if not exactly one site speaks this dialect")),
    responses(
        (status = OK, description = "A challenge", body = Challenge),
        (status = BAD_REQUEST, description = "`unknown-site`, `bad-request`", content_type = "application/problem+json", body = Details<'_>),
        (status = FORBIDDEN, description = "`wrong-site`: the page is not on one of the site's hostnames", content_type = "application/problem+json", body = Details<'_>),
        (status = PAYLOAD_TOO_LARGE, description = "`body-too-large`", content_type = "application/problem+json", body = Details<'_>),
        (status = SERVICE_UNAVAILABLE, description = "`overloaded`; see `retry-after`", content_type = "application/problem+json", body = Details<'_>),
    ))]
async fn issue(
    State(app): State<Arc<App>>,
    SiteInQuery(site_key): SiteInQuery,
    Page(page): Page,
    WholeBody(_): WholeBody,
) -> Result<Response, Problem> {
    let site = app.site(site_key.as_deref(), Dialect::DjangoRestCaptcha)?;
    let issued = app.issue(site, page.as_ref(), Ask::any()).await?;
    let captcha_key = issued.key.to_string();
    let shown = picture::draw(&app, issued.key, Scale::One).await?;
    let challenge = Challenge {
        captcha_key,
        captcha_image: BASE64.encode(&shown.image.png),
        image_type: "image/png",
        image_decode: "base64",
    };
    Ok(reply(StatusCode::OK, challenge))
}

/// A challenge's key, and what the visitor read.
#[derive(ToSchema)]
#[schema(as = RestCaptchaGivenAnswer)]
#[allow(
    dead_code,
    reason = "describes the body, whose fields are checked one by one"
)]
struct GivenAnswer {
    /// The challenge's key.
    captcha_key: String,
    /// What the visitor read.
    #[schema(example = "k7mwpt")]
    captcha_value: String,
}

/// The answer was right.
#[derive(Serialize, ToSchema)]
#[schema(as = RestCaptchaRight)]
struct Right {
    /// `true`
    success: bool,
}

/// What is wrong, by field.
#[derive(Default, Serialize, ToSchema)]
#[schema(as = RestCaptchaWrong)]
struct Wrong {
    /// `Invalid or expired captcha key` or `Invalid captcha value`
    #[serde(skip_serializing_if = "Option::is_none")]
    non_field_errors: Option<[String; 1]>,
    /// What is wrong with the field, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    captcha_key: Option<[&'static str; 1]>,
    /// What is wrong with the field, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    captcha_value: Option<[&'static str; 1]>,
}

impl Wrong {
    fn altogether(error: impl Into<String>) -> Self {
        Self {
            non_field_errors: Some([error.into()]),
            ..Self::default()
        }
    }
}

/// Judges an answer as django-rest-captcha's serializer does, and spends the key.
#[utoipa::path(post, path = "/api/captcha/verify", tag = "siteverify",
    operation_id = "rest_captcha_verify",
    params(("sitekey" = Option<String>, Query, description = "The site that the challenge must be of; needed if not exactly one site speaks this dialect")),
    request_body(content(
        (GivenAnswer = "application/x-www-form-urlencoded"),
        (GivenAnswer = "application/json"),
    )),
    responses(
        (status = OK, description = "The answer was right", body = Right),
        (status = BAD_REQUEST, description = "What was wrong; or the problem `unknown-site` or `bad-request`", body = Wrong),
        (status = FORBIDDEN, description = "`wrong-site`: the page is not on one of the site's hostnames; `work-required`: the site hears an answer only from ALTCHA's widget", content_type = "application/problem+json", body = Details<'_>),
        (status = PAYLOAD_TOO_LARGE, description = "`body-too-large`", content_type = "application/problem+json", body = Details<'_>),
        (status = UNSUPPORTED_MEDIA_TYPE, description = "`unsupported-media-type`: send a form or JSON", content_type = "application/problem+json", body = Details<'_>),
        (status = SERVICE_UNAVAILABLE, description = "`store-unavailable`; see `retry-after`", content_type = "application/problem+json", body = Details<'_>),
    ))]
async fn verify(
    State(app): State<Arc<App>>,
    SiteInQuery(site_key): SiteInQuery,
    Page(page): Page,
    headers: HeaderMap,
    WholeBody(body): WholeBody,
) -> Result<Response, Problem> {
    let site = app.site(site_key.as_deref(), Dialect::DjangoRestCaptcha)?;
    let (key, value) = match read(&fields(&headers, &body)?) {
        Ok(given) => given,
        Err(wrong) => return Ok(reply(StatusCode::BAD_REQUEST, wrong)),
    };
    let attempt = Attempt::new(&value).of_site(site).from_page(page.as_ref());
    let judged = match key.parse::<ChallengeKey>() {
        Ok(key) => app.check(&key, attempt).await,
        Err(refusal) => Err(refusal),
    };
    let wrong = match judged {
        Ok(_) => return Ok(reply(StatusCode::OK, Right { success: true })),
        Err(Refusal::WrongAnswer) => "Invalid captcha value",
        Err(Refusal::UnknownKey | Refusal::ExpiredKey | Refusal::SpentKey) => {
            "Invalid or expired captcha key"
        }
        Err(refusal) => return Err(refusal.into()),
    };
    Ok(reply(StatusCode::BAD_REQUEST, Wrong::altogether(wrong)))
}

/// What Django REST framework would validate: of no body, whatever its type, an object without fields.
fn fields(headers: &HeaderMap, body: &[u8]) -> Result<Value, Problem> {
    if body.is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    JsonOrForm::read(BodyType::of(headers), body).map(|JsonOrForm(fields)| fields)
}

/// The key and the answer, if both are there.
fn read(body: &Value) -> Result<(String, String), Wrong> {
    let Value::Object(fields) = body else {
        return Err(Wrong::altogether(no_dictionary(body)));
    };
    match (text(fields, "captcha_key"), text(fields, "captcha_value")) {
        (Ok(key), Ok(value)) => Ok((key, value)),
        (key, value) => Err(Wrong {
            captcha_key: key.err().map(|error| [error]),
            captcha_value: value.err().map(|error| [error]),
            ..Wrong::default()
        }),
    }
}

/// What Django REST framework's `CharField` makes of the field, in its words.
fn text(fields: &Map<String, Value>, name: &str) -> Result<String, &'static str> {
    let text = match fields.get(name) {
        None => return Err("This field is required."),
        Some(Value::Null) => return Err("This field may not be null."),
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Bool(_) | Value::Array(_) | Value::Object(_)) => {
            return Err("Not a valid string.");
        }
    };
    if text.is_empty() {
        Err("This field may not be blank.")
    } else if text.contains('\0') {
        Err("Null characters are not allowed.")
    } else {
        Ok(text)
    }
}

/// What Django REST framework says of JSON that has no fields.
fn no_dictionary(json: &Value) -> String {
    let got = match json {
        Value::Null => return "No data provided".to_owned(),
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float",
        Value::Number(_) => "int",
        Value::String(_) => "str",
        Value::Array(_) => "list",
        Value::Object(_) => "dict",
    };
    format!("Invalid data. Expected a dictionary, but got {got}.")
}

/// A reply with the headers of Django REST framework's.
fn reply(status: StatusCode, body: impl Serialize) -> Response {
    let headers = [(header::ALLOW, "POST, OPTIONS"), (header::VARY, "Accept")];
    (status, headers, Json(body)).into_response()
}
