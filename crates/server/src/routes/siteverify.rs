//! siteverify: a site's back end hands over a response token, and is told whether to let its visitor through.
//!
//! The protocol that reCAPTCHA began and others speak, always answered with status 200. hCaptcha has it at the same path,
//! so that a site which speaks hCaptcha is answered as hCaptcha does.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{Uri, header};
use axum::response::{IntoResponse, Response};
use cattlegrid::Refusal;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{hcaptcha, limited, not_allowed};
use crate::app::App;
use crate::extract::BodyType;
use crate::problem::Details;
use crate::rate_limits::Operation;
use crate::verification::{self, Asked, Denial, Passed, Reply, Words};

pub(super) fn router(app: &Arc<App>) -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(limited(
        app,
        Operation::Verify,
        routes!(siteverify, siteverify_by_query),
    ))
}

const WORDS: Words = Words {
    refusal: Refusal::code,
    unfit: None,
    undecided: None,
};

/// What a site's back end asks.
#[derive(Deserialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Question {
    /// The site's secret key.
    pub(super) secret: Option<String>,
    /// The response token that the form was sent with.
    pub(super) response: Option<String>,
    /// The visitor's address. Tokens are not bound to addresses; where another provider checks the site, it is told. One that
    /// is none is refused to sites that speak hCaptcha.
    pub(super) remoteip: Option<String>,
    /// The site key that the token must have been earned for.
    pub(super) sitekey: Option<String>,
}

/// What is known of somebody who passed.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Verified {
    /// On most sites.
    Native {
        /// When the challenge was answered (RFC 3339).
        #[schema(format = DateTime, required = false)]
        challenge_ts: String,
        /// The host of the page that it was answered on; empty if it was no page.
        #[schema(required = false)]
        hostname: String,
        /// What the page said that the form is for; empty if it did not say.
        #[schema(required = false)]
        action: String,
        /// How much like a person's the answer came, where the site's answers have a score: a hint. Or how sure another
        /// provider is that it was a person, where one checks the site and says it.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(minimum = 0.0, maximum = 1.0)]
        score: Option<f32>,
        /// Why the answer's score is below 1, the heaviest reason first: of `automated`, `implausible`, `untouched`,
        /// `many-wrong-answers`, `instant` and `no-signals`.
        #[serde(rename = "score-reasons", skip_serializing_if = "Option::is_none")]
        score_reasons: Option<Vec<&'static str>>,
    },
    /// On sites that speak hCaptcha.
    Hcaptcha(hcaptcha::Verified),
}

impl From<Passed> for Verified {
    fn from(passed: Passed) -> Self {
        Self::Native {
            challenge_ts: passed.challenge_ts.to_rfc3339(),
            hostname: passed.hostname.unwrap_or_default(),
            action: passed.action,
            score: passed.score,
            score_reasons: passed.score_reasons,
        }
    }
}

/// Verifies a response token, and spends it.
#[utoipa::path(post, path = "/siteverify", tag = "siteverify",
    request_body(content(
        (Question = "application/x-www-form-urlencoded"),
        (Question = "application/json"),
    )),
    responses((status = OK, description = "Whether to let the visitor through", body = Reply<Verified>)))]
async fn siteverify(State(app): State<Arc<App>>, request: Request) -> Json<Reply<Verified>> {
    let kind = BodyType::of(request.headers());
    let reply = match verification::form_or_json(request, &app).await {
        Ok(question) if hcaptcha::is_asked(&app, &question) => {
            as_hcaptcha(&app, question, kind).await
        }
        Ok(question) => Reply::new(&app, verify(&app, question).await, WORDS),
        Err(denial) => Reply::new(&app, Err(denial), WORDS),
    };
    Json(reply)
}

/// Verifies a response token of a site that speaks hCaptcha, some of whose clients ask like this, and spends it.
#[utoipa::path(get, path = "/siteverify", tag = "siteverify",
    operation_id = "siteverify_by_query",
    params(Question),
    responses(
        (status = OK, description = "Whether to let the visitor through", body = Reply<Verified>),
        (status = METHOD_NOT_ALLOWED, description = "`method-not-allowed`: the site does not speak hCaptcha", content_type = "application/problem+json", body = Details<'_>),
    ))]
async fn siteverify_by_query(State(app): State<Arc<App>>, uri: Uri) -> Response {
    match verification::form(uri.query().unwrap_or_default().as_bytes()) {
        Ok(question) if hcaptcha::is_asked(&app, &question) => {
            Json(as_hcaptcha(&app, question, Some(BodyType::Form)).await).into_response()
        }
        _ => ([(header::ALLOW, "POST")], not_allowed().await).into_response(),
    }
}

async fn as_hcaptcha(app: &App, question: Question, kind: Option<BodyType>) -> Reply<Verified> {
    let verdict = hcaptcha::verify(app, question, kind).await;
    Reply::new(app, verdict.map(Verified::Hcaptcha), hcaptcha::WORDS)
}

async fn verify(app: &App, question: Question) -> Result<Verified, Denial> {
    let asked = Asked::new(question.secret, question.response)?;
    let asked = asked
        .for_site(question.sitekey)
        .of_visitor_at(question.remoteip);
    Ok(app.verify(&asked).await?.into())
}
