//! The native API: a page asks for a challenge, shows it, and sends the answer.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use cattlegrid::challenge::Kind;
use cattlegrid::challenge::image::Scale;
use cattlegrid::{Action, Ask, Attempt, CustomerData, Issued, Refusal};
use cattlegrid_guard::behaviour::{GivenSignals, Seen};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::limited;
use crate::app::App;
use crate::behaviour::Client;
use crate::dialect::Dialect;
use crate::extract::{JsonBody, KeyInPath};
use crate::hidden::Hidden;
use crate::origin::Page;
use crate::picture;
use crate::problem::{Details, Problem};
use crate::rate_limits::Operation;
use crate::test_keys::TestSite;

pub(super) fn router(app: &Arc<App>) -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(limited(app, Operation::Issue, routes!(create)))
        .routes(limited(app, Operation::Image, routes!(image)))
        .routes(limited(app, Operation::Answer, routes!(answer)))
}

/// What a page asks for.
#[derive(Deserialize, ToSchema)]
struct NewChallenge {
    /// The site's public key.
    sitekey: String,
    /// What kind of challenge, of those that the site allows; its first if absent.
    #[schema(value_type = Option<String>, example = "chars")]
    kind: Option<Kind>,
    /// What the form is for: 1 to 32 characters of `A–Z a–z 0–9 / - _`. The verification repeats it.
    #[schema(example = "sign-up")]
    action: Option<String>,
    /// The visitor's language (BCP 47), for challenges that are spoken.
    #[serde(rename = "locale")]
    #[schema(example = "en")]
    _locale: Option<String>,
}

/// A challenge, ready to be shown.
#[derive(Serialize, ToSchema)]
pub(crate) struct NewlyIssued {
    /// The challenge's key.
    key: String,
    /// What kind of challenge it is.
    #[schema(example = "chars")]
    kind: &'static str,
    /// Where its picture is, from the server's root.
    image_url: String,
    /// Where its sound is, if it has one.
    audio_url: Option<String>,
    /// Until when it may be answered (RFC 3339).
    #[schema(format = DateTime)]
    expires_at: String,
}

impl NewlyIssued {
    fn new(issued: &Issued) -> Self {
        Self {
            key: issued.key.to_string(),
            kind: issued.kind.as_str(),
            image_url: format!("/api/v1/challenges/{}/image", issued.key),
            audio_url: None,
            expires_at: issued.expires_at.to_rfc3339(),
        }
    }
}

/// What a page has asked for.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum Created {
    /// A challenge.
    Challenge(NewlyIssued),
    /// With a site key for tests, there is nothing to answer.
    Passed {
        /// For the site's back end, which verifies it with a secret key for tests.
        token: String,
        /// Until when it may be verified (RFC 3339).
        #[schema(format = DateTime)]
        expires_at: String,
    },
}

/// Issues a challenge.
#[utoipa::path(post, path = "/api/v1/challenges", tag = "challenges",
    request_body = NewChallenge,
    responses(
        (status = CREATED, description = "A challenge; or with a site key that a provider publishes for tests, a token", body = Created),
        (status = BAD_REQUEST, description = "`bad-request`, `unknown-site`, `kind-not-allowed`", content_type = "application/problem+json", body = Details<'_>),
        (status = PAYLOAD_TOO_LARGE, description = "`body-too-large`", content_type = "application/problem+json", body = Details<'_>),
        (status = UNSUPPORTED_MEDIA_TYPE, description = "`unsupported-media-type`: send JSON", content_type = "application/problem+json", body = Details<'_>),
        (status = FORBIDDEN, description = "`wrong-site`: the page is not on one of the site's hostnames; `other-provider`: the site's visitors are checked by another provider, whose widget is to be shown; `test-key-blocks`: the site key is one for tests with which nobody passes", content_type = "application/problem+json", body = Details<'_>),
    ))]
async fn create(
    State(app): State<Arc<App>>,
    Page(page): Page,
    JsonBody(wanted): JsonBody<NewChallenge>,
) -> Result<(StatusCode, Json<Created>), Problem> {
    match TestSite::of(&app, &wanted.sitekey) {
        Some(TestSite::Passes(token, dialect)) => return Ok(passed(&app, token, dialect)),
        Some(TestSite::Blocks) => return Err(blocked()),
        Some(TestSite::Asks(_)) | None => {}
    }
    let site = app.site(Some(&wanted.sitekey), Dialect::Cattlegrid)?;
    let action = wanted
        .action
        .filter(|action| !action.is_empty())
        .map(|action| action.parse::<Action>())
        .transpose()
        .map_err(|error| Problem::bad_request(error.to_string()))?;
    let ask = wanted.kind.map_or_else(Ask::any, Ask::kind);
    let issued = app
        .issue(site, page.as_ref(), ask.with_action(action))
        .await?;
    let body = Created::Challenge(NewlyIssued::new(&issued));
    Ok((StatusCode::CREATED, Json(body)))
}

/// What a page gets with a site key for tests with which everybody passes.
fn passed(app: &App, token: &str, dialect: Dialect) -> (StatusCode, Json<Created>) {
    let expires_at = app.clock().now().saturating_add(dialect.token_ttl());
    let body = Created::Passed {
        token: token.to_owned(),
        expires_at: expires_at.to_rfc3339(),
    };
    (StatusCode::CREATED, Json(body))
}

fn blocked() -> Problem {
    Problem::new(
        StatusCode::FORBIDDEN,
        "test-key-blocks",
        "this site key is one for tests, with which nobody passes",
    )
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Size {
    /// 1, or 2 for the same picture at twice the size.
    #[param(minimum = 1, maximum = 2)]
    scale: Option<u8>,
}

/// Shows a challenge: always the same bytes for the same key and scale.
#[utoipa::path(get, path = "/api/v1/challenges/{key}/image", tag = "challenges",
    params(("key" = String, Path, description = "The challenge's key"), Size),
    responses(
        (status = OK, description = "The picture", content_type = "image/png", body = [u8]),
        (status = NOT_FOUND, description = "`unknown-key`", content_type = "application/problem+json", body = Details<'_>),
        (status = GONE, description = "`expired-key`", content_type = "application/problem+json", body = Details<'_>),
        (status = SERVICE_UNAVAILABLE, description = "`overloaded`; see `retry-after`", content_type = "application/problem+json", body = Details<'_>),
    ))]
pub(super) async fn image(
    State(app): State<Arc<App>>,
    KeyInPath(key): KeyInPath,
    size: Result<Query<Size>, QueryRejection>,
) -> Result<Response, Problem> {
    let scale = match size.map(|Query(size)| size.scale) {
        Ok(None | Some(1)) => Scale::One,
        Ok(Some(2)) => Scale::Two,
        _ => return Err(Problem::bad_request("`scale` is 1 or 2")),
    };
    app.admit_key(Operation::Image, &key).await;
    let shown = picture::draw(&app, key, scale).await?;
    Ok(picture::reply(&app, shown))
}

/// An answer.
#[derive(Deserialize, ToSchema)]
struct GivenAnswer {
    /// What the visitor read.
    #[schema(value_type = String, example = "k7mwpt")]
    answer: Hidden,
    /// What the verification is to repeat to a back end that speaks Turnstile: 1 to 255 characters of `A–Z a–z 0–9 - _`.
    cdata: Option<String>,
    /// What the widget has seen of its own use, for the score.
    signals: Option<GivenSignals>,
}

/// What became of an answer.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
enum Judgement {
    /// It was right.
    Right {
        /// `true`
        success: bool,
        /// For the site's back end, which verifies it.
        token: String,
        /// Until when it may be verified (RFC 3339).
        #[schema(format = DateTime)]
        expires_at: String,
    },
    /// It was wrong, too late, or not the first; or it was right, and another one is asked for.
    Wrong {
        /// `false`
        success: bool,
        /// `wrong-answer`, `expired-key`, `spent-key` or `another-challenge`
        #[serde(rename = "error-codes")]
        error_codes: [&'static str; 1],
        /// A fresh challenge, of the same kind unless the site asks for another.
        challenge: NewlyIssued,
    },
}

/// Judges an answer, and spends the key. What is not right brings a fresh challenge along.
#[utoipa::path(post, path = "/api/v1/challenges/{key}/answer", tag = "challenges",
    params(("key" = String, Path, description = "The challenge's key")),
    request_body = GivenAnswer,
    responses(
        (status = OK, description = "What became of it", body = Judgement),
        (status = BAD_REQUEST, description = "`bad-request`", content_type = "application/problem+json", body = Details<'_>),
        (status = PAYLOAD_TOO_LARGE, description = "`body-too-large`", content_type = "application/problem+json", body = Details<'_>),
        (status = UNSUPPORTED_MEDIA_TYPE, description = "`unsupported-media-type`: send JSON", content_type = "application/problem+json", body = Details<'_>),
        (status = FORBIDDEN, description = "`wrong-site`: the page is not on one of the site's hostnames; `work-required`: the site hears an answer only from ALTCHA's widget; `low-score`: the answer was right, and the site refuses such scores", content_type = "application/problem+json", body = Details<'_>),
        (status = NOT_FOUND, description = "`unknown-key`", content_type = "application/problem+json", body = Details<'_>),
        (status = SERVICE_UNAVAILABLE, description = "`store-unavailable`; see `retry-after`", content_type = "application/problem+json", body = Details<'_>),
    ))]
async fn answer(
    State(app): State<Arc<App>>,
    KeyInPath(key): KeyInPath,
    Page(page): Page,
    Client(client): Client,
    JsonBody(given): JsonBody<GivenAnswer>,
) -> Result<Json<Judgement>, Problem> {
    let data = given
        .cdata
        .filter(|data| !data.is_empty())
        .map(|data| data.parse::<CustomerData>())
        .transpose()
        .map_err(|error| Problem::bad_request(error.to_string()))?;
    let attempt = Attempt::new(given.answer.expose())
        .from_page(page.as_ref())
        .with_data(data.as_ref());
    let seen = Seen {
        signals: given.signals.map(Into::into),
        client,
    };
    match app.answer(&key, attempt, &seen).await {
        Ok(solved) => Ok(Json(Judgement::Right {
            success: true,
            token: TestSite::earned(&app, &key)
                .map_or_else(|| solved.token.to_string(), str::to_owned),
            expires_at: solved.expires_at.to_rfc3339(),
        })),
        Err(
            refusal @ (Refusal::WrongAnswer
            | Refusal::ExpiredKey
            | Refusal::SpentKey
            | Refusal::AnotherChallenge),
        ) => {
            let fresh = app.renew(page.as_ref(), &key, &refusal)?;
            Ok(Json(Judgement::Wrong {
                success: false,
                error_codes: [refusal.code()],
                challenge: NewlyIssued::new(&fresh),
            }))
        }
        Err(refusal) => Err(refusal.into()),
    }
}
