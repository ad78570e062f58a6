//! reCAPTCHA's siteverify, as <https://developers.google.com/recaptcha/docs/verify> describes it.
//!
//! Parameters are taken from the query as well as from a form in the body, as Google's server does and clients have come to
//! expect. What is no form is not looked at.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use cattlegrid::Refusal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::limited;
use crate::app::App;
use crate::dialect::Dialect;
use crate::extract::BodyType;
use crate::rate_limits::Operation;
use crate::test_keys::{self, Tested};
use crate::verification::{self, Asked, Denial, Passed, Reply, Words};

/// The score of everybody who passes a version 3 site whose answers have none of their own.
///
/// Why this: it is the score that reCAPTCHA gives to most people, above any threshold that a site would sensibly have.
const SCORE: f32 = 0.9;

pub(super) fn router(app: &Arc<App>) -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(limited(
        app,
        Operation::Verify,
        routes!(siteverify, siteverify_by_query),
    ))
}

/// What a site's back end asks.
#[derive(Deserialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
#[schema(as = RecaptchaQuestion)]
struct Question {
    /// The site's secret key.
    secret: Option<String>,
    /// The response token, `g-recaptcha-response` in the form.
    response: Option<String>,
    /// The visitor's address. Tokens are not bound to addresses; where another provider checks the site, it is told.
    remoteip: Option<String>,
}

/// What reCAPTCHA says of somebody who passed.
#[derive(Serialize, ToSchema)]
#[schema(as = RecaptchaVerified)]
struct Verified {
    /// When the challenge was answered (`yyyy-MM-dd'T'HH:mm:ssZZ`).
    #[schema(format = DateTime, required = false)]
    challenge_ts: String,
    /// The host of the page that it was answered on; empty if it was no page.
    #[schema(required = false)]
    hostname: String,
    /// On sites that speak version 3 alone: how much like a person's the answer came.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0.0, maximum = 1.0)]
    score: Option<f32>,
    /// On sites that speak version 3 alone: what the page said that the form is for; empty if it did not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<String>,
}

impl Verified {
    fn v2(passed: &Passed) -> Self {
        Self {
            challenge_ts: verification::to_the_second(passed.challenge_ts),
            hostname: passed
                .hostname
                .as_ref()
                .map_or_else(String::new, ToString::to_string),
            score: None,
            action: None,
        }
    }

    fn tested(app: &App, tested: Tested) -> Self {
        Self {
            challenge_ts: verification::to_the_second(app.clock().now()),
            hostname: tested.hostname.to_owned(),
            score: None,
            action: None,
        }
    }

    fn v3(passed: &Passed) -> Self {
        Self {
            score: Some(passed.score.unwrap_or(SCORE)),
            action: Some(passed.action.clone()),
            ..Self::v2(passed)
        }
    }
}

/// Verifies a response token as reCAPTCHA does, and spends it.
#[utoipa::path(post, path = "/recaptcha/api/siteverify", tag = "siteverify",
    operation_id = "recaptcha_siteverify",
    request_body(content(
        (Question = "application/x-www-form-urlencoded"),
        (Question = "multipart/form-data"),
    )),
    responses((status = OK, description = "Whether to let the visitor through", body = Reply<Verified>)))]
async fn siteverify(State(app): State<Arc<App>>, request: Request) -> Json<Reply<Verified>> {
    let verdict = match read(request, &app).await {
        Ok(question) => verify(&app, question).await,
        Err(denial) => Err(denial),
    };
    Json(Reply::new(&app, verdict, WORDS))
}

/// Verifies a response token as reCAPTCHA does, and spends it.
#[utoipa::path(get, path = "/recaptcha/api/siteverify", tag = "siteverify",
    operation_id = "recaptcha_siteverify_by_query",
    params(Question),
    responses((status = OK, description = "Whether to let the visitor through", body = Reply<Verified>)))]
async fn siteverify_by_query(state: State<Arc<App>>, request: Request) -> Json<Reply<Verified>> {
    siteverify(state, request).await
}

async fn read(request: Request, app: &Arc<App>) -> Result<Question, Denial> {
    let query = request.uri().query().unwrap_or_default();
    let mut fields = format!("{query}&").into_bytes();
    match BodyType::of(request.headers()) {
        Some(BodyType::Form) => fields.extend(verification::body(request, app).await?),
        Some(BodyType::Multipart) => fields.extend(verification::multipart(request, app).await?),
        Some(BodyType::Json) | None => {
            verification::body(request, app).await?;
        }
    }
    verification::form(&fields)
}

async fn verify(app: &App, question: Question) -> Result<Verified, Denial> {
    let asked = Asked::new(question.secret, question.response)?;
    if let Some(tested) = test_keys::recaptcha(app, &asked) {
        return Ok(Verified::tested(app, tested));
    }
    let asked = asked.of_visitor_at(question.remoteip);
    let passed = app.verify(&asked).await?;
    let site = app.owner(&asked.secret_key()?);
    Ok(match site.map(|site| app.dialect(site)) {
        Some(Dialect::RecaptchaV3) => Verified::v3(&passed),
        _ => Verified::v2(&passed),
    })
}

const WORDS: Words = Words {
    refusal: word,
    unfit: Some("invalid-input-response"),
    undecided: Some("bad-request"),
};

/// What reCAPTCHA calls a refusal. It has no word for a token of another site, nor for its own failures.
fn word(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::InvalidSecret => "invalid-input-secret",
        Refusal::InvalidToken | Refusal::OtherSite => "invalid-input-response",
        Refusal::ExpiredToken | Refusal::SpentToken => "timeout-or-duplicate",
        _ => "bad-request",
    }
}
