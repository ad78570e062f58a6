//! siteverify: a site's back end hands over a response token, and is told whether to let its visitor through.
//!
//! The protocol that reCAPTCHA began and others speak: a form or JSON, always answered with status 200.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequest, Request, State};
use cattlegrid::{Passed, Refusal, ResponseToken, SecretKey, Verification};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::extract::{BodyType, WholeBody};
use crate::problem::Problem;

pub(super) fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(siteverify))
}

/// What a site's back end asks.
#[derive(Deserialize, ToSchema)]
struct Question {
    /// The site's secret key.
    secret: Option<String>,
    /// The response token that the form was sent with.
    response: Option<String>,
    /// The visitor's address. Not used: tokens are not bound to addresses.
    #[serde(rename = "remoteip")]
    _remoteip: Option<String>,
    /// The site key that the token must have been earned for.
    sitekey: Option<String>,
}

/// Whether to let the visitor through.
#[derive(Debug, Default, Serialize, ToSchema)]
struct Reply {
    /// Whether to let the visitor through.
    success: bool,
    /// When the challenge was answered (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    challenge_ts: Option<String>,
    /// The host of the page that it was answered on; empty if it was no page.
    #[serde(skip_serializing_if = "Option::is_none")]
    hostname: Option<String>,
    /// What the page said that the form is for; empty if it did not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<String>,
    /// Why not.
    #[serde(rename = "error-codes")]
    error_codes: Vec<&'static str>,
}

impl From<Passed> for Reply {
    fn from(passed: Passed) -> Self {
        Self {
            success: true,
            challenge_ts: Some(passed.challenge_ts.to_rfc3339()),
            hostname: Some(
                passed
                    .hostname
                    .map_or_else(String::new, |host| host.to_string()),
            ),
            action: Some(
                passed
                    .action
                    .map_or_else(String::new, |action| action.as_str().to_owned()),
            ),
            error_codes: Vec::new(),
        }
    }
}

/// Verifies a response token, and spends it.
#[utoipa::path(post, path = "/siteverify", tag = "siteverify",
    request_body(content(
        (Question = "application/x-www-form-urlencoded"),
        (Question = "application/json"),
    )),
    responses((status = OK, description = "Whether to let the visitor through", body = Reply)))]
async fn siteverify(State(app): State<Arc<App>>, request: Request) -> Json<Reply> {
    // Why: the whole request, as the extractor of headers alone would copy them.
    let kind = BodyType::of(request.headers());
    let reply = match read(kind, WholeBody::from_request(request, &app).await) {
        Ok((secret, token, site_key)) => verify(&app, &secret, &token, site_key.as_deref()).await,
        Err(error_codes) => Reply {
            error_codes,
            ..Reply::default()
        },
    };
    app.metrics().verified(reply.error_codes.first().copied());
    Json(reply)
}

type Read = (SecretKey, ResponseToken, Option<String>);

fn read(
    kind: Option<BodyType>,
    body: Result<WholeBody, Problem>,
) -> Result<Read, Vec<&'static str>> {
    const BAD_REQUEST: &str = "bad-request";
    let malformed = || vec![BAD_REQUEST];
    let WholeBody(body) = body.map_err(|_| malformed())?;
    let question: Question = match kind.ok_or_else(malformed)? {
        BodyType::Json => serde_json::from_slice(&body).map_err(|_| malformed())?,
        BodyType::Form => serde_urlencoded::from_bytes(&body).map_err(|_| malformed())?,
    };
    let given = |field: Option<String>| field.filter(|text| !text.is_empty());
    match (given(question.secret), given(question.response)) {
        (Some(secret), Some(response)) => {
            let secret = secret
                .parse()
                .map_err(|_| vec![Refusal::InvalidSecret.code()])?;
            let token = response
                .parse()
                .map_err(|refusal: Refusal| vec![refusal.code()])?;
            Ok((secret, token, given(question.sitekey)))
        }
        (None, Some(_)) => Err(vec!["missing-input-secret"]),
        (Some(_), None) => Err(vec!["missing-input-response"]),
        (None, None) => Err(vec!["missing-input-secret", "missing-input-response"]),
    }
}

async fn verify(
    app: &App,
    secret: &SecretKey,
    token: &ResponseToken,
    site_key: Option<&str>,
) -> Reply {
    match app.gate().verify(secret, token, site_key).await {
        Verification::Passed(passed) => passed.into(),
        Verification::Refused(refusal) => {
            if let Refusal::StoreUnavailable(error) = &refusal {
                app.store_failed(error);
            }
            Reply {
                error_codes: vec![refusal.code()],
                ..Reply::default()
            }
        }
    }
}
