//! Turnstile's siteverify, as <https://developers.cloudflare.com/turnstile/get-started/server-side-validation/> describes it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use cattlegrid::{IdempotencyKey, Refusal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::limited;
use crate::app::App;
use crate::extract::BodyType;
use crate::rate_limits::Operation;
use crate::test_keys::{self, Tested};
use crate::verification::{self, Asked, Denial, Passed, Reply, Words};

pub(super) fn router(app: &Arc<App>) -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(limited(app, Operation::Verify, routes!(siteverify)))
}

/// What a site's back end asks.
#[derive(Deserialize, ToSchema)]
#[schema(as = TurnstileQuestion)]
struct Question {
    /// The site's secret key.
    secret: Option<String>,
    /// The response token, `cf-turnstile-response` in the form.
    response: Option<String>,
    /// The visitor's address. Tokens are not bound to addresses; where another provider checks the site, it is told.
    remoteip: Option<String>,
    /// A UUID that names this verification, so that it may be repeated, unless another provider checks the site.
    #[schema(example = "f47ac10b-58cc-4372-a567-0e02b2c3d479")]
    idempotency_key: Option<String>,
}

/// What Turnstile says of somebody who passed.
#[derive(Serialize, ToSchema)]
#[schema(as = TurnstileVerified)]
struct Verified {
    /// When the challenge was answered (RFC 3339).
    #[schema(format = DateTime, required = false)]
    challenge_ts: String,
    /// The host of the page that it was answered on; empty if it was no page.
    #[schema(required = false)]
    hostname: String,
    /// What the page said that the form is for; empty if it did not say. Not there with a secret key for tests.
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<String>,
    /// What the page wanted to be told; empty if nothing. Not there with a secret key for tests.
    #[serde(skip_serializing_if = "Option::is_none")]
    cdata: Option<String>,
    /// How it came about. Not there where another provider checks the site.
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Metadata>,
}

/// How a verification came about.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TurnstileMetadata)]
enum Metadata {
    /// The visitor had something to do, as all have here.
    Interactive(bool),
    /// The secret key is one for tests.
    ResultWithTestingKey(bool),
}

impl From<Passed> for Verified {
    fn from(passed: Passed) -> Self {
        Self {
            challenge_ts: passed.challenge_ts.to_rfc3339(),
            hostname: passed.hostname.unwrap_or_default(),
            action: Some(passed.action),
            cdata: Some(passed.data),
            metadata: passed.interactive.map(Metadata::Interactive),
        }
    }
}

impl Verified {
    fn tested(app: &App, tested: Tested) -> Self {
        Self {
            challenge_ts: app.clock().now().to_rfc3339(),
            hostname: tested.hostname.to_owned(),
            action: None,
            cdata: None,
            metadata: Some(Metadata::ResultWithTestingKey(true)),
        }
    }
}

/// Verifies a response token as Turnstile does, and spends it.
#[utoipa::path(post, path = "/turnstile/v0/siteverify", tag = "siteverify",
    operation_id = "turnstile_siteverify",
    request_body(content(
        (Question = "application/x-www-form-urlencoded"),
        (Question = "multipart/form-data"),
        (Question = "application/json"),
    )),
    responses((status = OK, description = "Whether to let the visitor through", body = Reply<Verified>)))]
async fn siteverify(State(app): State<Arc<App>>, request: Request) -> Json<Reply<Verified>> {
    let verdict = match read(request, &app).await {
        Ok(question) => verify(&app, question).await,
        Err(denial) => Err(denial),
    };
    Json(Reply::new(&app, verdict, WORDS))
}

async fn read(request: Request, app: &Arc<App>) -> Result<Question, Denial> {
    // Why: the examples in Turnstile's documents send a `FormData`.
    if BodyType::of(request.headers()) == Some(BodyType::Multipart) {
        verification::form(&verification::multipart(request, app).await?)
    } else {
        verification::form_or_json(request, app).await
    }
}

async fn verify(app: &App, question: Question) -> Result<Verified, Denial> {
    let asked = Asked::new(question.secret, question.response)?;
    let idempotency_key = verification::given(question.idempotency_key)
        .map(|key| Uuid::try_parse(&key))
        .transpose()
        .map_err(|_| Denial::BAD_REQUEST)?;
    if let Some(tested) = test_keys::turnstile(app, &asked) {
        return tested.map(|tested| Verified::tested(app, tested));
    }
    let idempotency_key = idempotency_key.map(|key| IdempotencyKey::from_bytes(key.into_bytes()));
    let asked = asked
        .of_visitor_at(question.remoteip)
        .repeatably(idempotency_key);
    Ok(app.verify(&asked).await?.into())
}

const WORDS: Words = Words {
    refusal: word,
    unfit: Some("invalid-input-response"),
    undecided: Some("internal-error"),
};

/// What Turnstile calls a refusal. It has no word for a token of another site.
fn word(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::InvalidSecret => "invalid-input-secret",
        Refusal::InvalidToken | Refusal::OtherSite => "invalid-input-response",
        Refusal::ExpiredToken | Refusal::SpentToken => "timeout-or-duplicate",
        _ => "internal-error",
    }
}
