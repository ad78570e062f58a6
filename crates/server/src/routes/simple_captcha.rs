//! django-simple-captcha's URLs, and one to check a key and an answer that its form fields were posted with.
//!
//! Whoever checks needs no secret, as a key is heard once: what a stranger has checked, no back end accepts any more.
//! The site must be the one that the back end means, so that a challenge of another site does not pass for its own.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use cattlegrid::challenge::image::Scale;
use cattlegrid::{Ask, Attempt, ChallengeKey, Refusal};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::limited;
use crate::app::App;
use crate::dialect::Dialect;
use crate::extract::{JsonOrForm, SiteInQuery};
use crate::hidden::Hidden;
use crate::origin::Page;
use crate::picture;
use crate::problem::{Details, Problem};
use crate::rate_limits::{self, Operation};

pub(super) fn router(app: &Arc<App>) -> OpenApiRouter<Arc<App>> {
    let also = |operation, routes| rate_limits::around(app, operation, routes);
    OpenApiRouter::new()
        .routes(limited(app, Operation::Image, routes!(image)))
        .routes(routes!(audio))
        .routes(limited(app, Operation::Issue, routes!(refresh)))
        .routes(limited(app, Operation::Verify, routes!(verify)))
        // Why: the package looks at no method, and the description has each operation once.
        .route("/captcha/refresh/", also(Operation::Issue, post(refresh)))
        // Why: Django redirects a GET that lacks its last slash.
        .route("/captcha/image/{key}", also(Operation::Image, get(image)))
        .route("/captcha/refresh", also(Operation::Issue, get(refresh)))
}

/// Shows a challenge, as django-simple-captcha does; with `@2` after its key at twice the size.
///
/// Other than the native API's, the picture is gone once the challenge is answered.
#[utoipa::path(get, path = "/captcha/image/{key}/", tag = "challenges",
    operation_id = "simple_captcha_image",
    params(("key" = String, Path, description = "The challenge's key, with `@2` after it for the same picture at twice the size")),
    responses(
        (status = OK, description = "The picture", content_type = "image/png", body = [u8]),
        (status = GONE, description = "The key is unknown, or the challenge has expired or was answered"),
        (status = SERVICE_UNAVAILABLE, description = "`overloaded`, `store-unavailable`; see `retry-after`", content_type = "application/problem+json", body = Details<'_>),
    ))]
async fn image(
    State(app): State<Arc<App>>,
    name: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Ok(Path(name)) = name else {
        return Ok(gone());
    };
    let (key, scale) = match name.strip_suffix("@2") {
        Some(key) => (key, Scale::Two),
        None => (name.as_str(), Scale::One),
    };
    let open = async {
        let key: ChallengeKey = key.parse()?;
        app.admit_key(Operation::Image, &key).await;
        app.gate().unanswered(&key).await.map(|()| key)
    };
    match open.await {
        Ok(key) => {
            let shown = picture::draw(&app, key, scale).await?;
            Ok(picture::reply(&app, shown))
        }
        Err(Refusal::UnknownKey | Refusal::ExpiredKey | Refusal::SpentKey) => Ok(gone()),
        Err(refusal) => Err(refusal.into()),
    }
}

/// There is no sound, as where django-simple-captcha has no program that speaks.
#[utoipa::path(get, path = "/captcha/audio/{key}", tag = "challenges",
    operation_id = "simple_captcha_audio",
    params(("key" = String, Path, description = "The challenge's key, with `.wav` after it")),
    responses((status = NOT_FOUND, description = "`not-found`", content_type = "application/problem+json", body = Details<'_>)))]
async fn audio() -> Problem {
    not_found("challenges have no sound")
}

/// A challenge, and where to find it.
#[derive(Serialize, ToSchema)]
#[schema(as = SimpleCaptchaFresh)]
struct Fresh {
    /// The challenge's key.
    key: String,
    /// Where its picture is, from the server's root.
    image_url: String,
    /// Where its sound is, if it has one.
    audio_url: Option<String>,
}

/// Issues a challenge, as django-simple-captcha does: to scripts, which say so.
#[utoipa::path(get, path = "/captcha/refresh/", tag = "challenges",
    operation_id = "simple_captcha_refresh",
    params(
        ("x-requested-with" = String, Header, description = "`XMLHttpRequest`"),
        ("sitekey" = Option<String>, Query, description = "The site key; needed if not exactly one site speaks this dialect"),
    ),
    responses(
        (status = OK, description = "A challenge", body = Fresh),
        (status = BAD_REQUEST, description = "`unknown-site`, `bad-request`", content_type = "application/problem+json", body = Details<'_>),
        (status = FORBIDDEN, description = "`wrong-site`: the page is not on one of the site's hostnames", content_type = "application/problem+json", body = Details<'_>),
        (status = NOT_FOUND, description = "`not-found`: the header is missing", content_type = "application/problem+json", body = Details<'_>),
    ))]
async fn refresh(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    SiteInQuery(site_key): SiteInQuery,
    Page(page): Page,
) -> Result<Json<Fresh>, Problem> {
    if headers.get("x-requested-with").map(AsRef::as_ref) != Some(b"XMLHttpRequest".as_slice()) {
        return Err(not_found(
            "this is for scripts: send `X-Requested-With: XMLHttpRequest`",
        ));
    }
    let site = app.site(site_key.as_deref(), Dialect::DjangoSimpleCaptcha)?;
    let issued = app.issue(site, page.as_ref(), Ask::any()).await?;
    Ok(Json(Fresh {
        key: issued.key.to_string(),
        image_url: format!("/captcha/image/{}/", issued.key),
        audio_url: None,
    }))
}

/// A challenge's key, and what the visitor read; also under the names that the package's forms and serializers have.
#[derive(Deserialize, ToSchema)]
#[schema(as = SimpleCaptchaGivenAnswer)]
struct GivenAnswer {
    /// The challenge's key; also `captcha_0`, `captcha_hashkey`.
    #[serde(alias = "captcha_0", alias = "captcha_hashkey")]
    key: Option<String>,
    /// What the visitor read; also `captcha_1`, `captcha_code`.
    #[serde(alias = "captcha_1", alias = "captcha_code")]
    #[schema(value_type = Option<String>, example = "k7mwpt")]
    answer: Option<Hidden>,
}

impl GivenAnswer {
    /// The key and the answer, if both are there.
    fn whole(self) -> Result<(String, Hidden), Codes> {
        let key = self.key.filter(|key| !key.is_empty());
        let answer = self.answer.filter(|answer| !answer.expose().is_empty());
        match (key, answer) {
            (Some(key), Some(answer)) => Ok((key, answer)),
            (None, Some(_)) => Err(Codes(vec!["missing-key"])),
            (Some(_), None) => Err(Codes(vec!["missing-answer"])),
            (None, None) => Err(Codes(vec!["missing-key", "missing-answer"])),
        }
    }
}

/// Whether to let the visitor through.
#[derive(Serialize, ToSchema)]
#[schema(as = SimpleCaptchaJudgement)]
struct Judgement {
    /// Whether to let the visitor through.
    success: bool,
    /// Why not.
    #[serde(rename = "error-codes")]
    error_codes: Vec<&'static str>,
}

/// Judges an answer, and spends the key.
#[utoipa::path(post, path = "/captcha/verify", tag = "siteverify",
    operation_id = "simple_captcha_verify",
    params(("sitekey" = Option<String>, Query, description = "The site that the challenge must be of; needed if not exactly one site speaks this dialect")),
    request_body(content(
        (GivenAnswer = "application/x-www-form-urlencoded"),
        (GivenAnswer = "application/json"),
    )),
    responses((status = OK, description = "Whether to let the visitor through", body = Judgement)))]
async fn verify(
    State(app): State<Arc<App>>,
    site_key: Result<SiteInQuery, Problem>,
    page: Result<Page, Problem>,
    body: Result<JsonOrForm<GivenAnswer>, Problem>,
) -> Json<Judgement> {
    let judged = async {
        let (SiteInQuery(site_key), Page(page), JsonOrForm(given)) = (site_key?, page?, body?);
        let (key, answer) = given.whole()?;
        let site = app.site(site_key.as_deref(), Dialect::DjangoSimpleCaptcha)?;
        let attempt = Attempt::new(answer.expose())
            .of_site(site)
            .from_page(page.as_ref());
        app.check(&key.parse()?, attempt).await?;
        Ok(())
    };
    let error_codes = match judged.await {
        Ok(()) => Vec::new(),
        Err(Codes(codes)) => codes,
    };
    Json(Judgement {
        success: error_codes.is_empty(),
        error_codes,
    })
}

/// Why an answer is not accepted.
struct Codes(Vec<&'static str>);

impl From<Problem> for Codes {
    fn from(problem: Problem) -> Self {
        Self(vec![problem.code()])
    }
}

impl From<Refusal> for Codes {
    fn from(refusal: Refusal) -> Self {
        Self(vec![refusal.code()])
    }
}

fn gone() -> Response {
    // Why this type: it is the one that Django gives an empty response.
    let html = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    (StatusCode::GONE, html).into_response()
}

fn not_found(detail: &'static str) -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "not-found", detail)
}
