//! What the widget asks for: a challenge, its picture, and what an answer earns. The same as the server's
//! `/api/v1/challenges`.

use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use cattlegrid::challenge::image::Scale;
use cattlegrid::{Ask, Attempt, ChallengeKey, Hostname, Issued, Refusal};
use cattlegrid_guard::AddressPrefix;
use cattlegrid_guard::behaviour::{GivenSignals, Seen};
use cattlegrid_guard::client_ip::ClientIp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Choir;

const MAX_BODY: usize = 16 * 1024;

pub(crate) fn router() -> Router<Choir> {
    Router::new()
        .route("/api/v1/challenges", post(issue))
        .route("/api/v1/challenges/{key}/image", get(image))
        .route("/api/v1/challenges/{key}/answer", post(answer))
        .layer(DefaultBodyLimit::max(MAX_BODY))
}

#[derive(Deserialize)]
struct Wanted {
    sitekey: String,
    action: Option<String>,
}

async fn issue(
    State(choir): State<Choir>,
    Json(wanted): Json<Wanted>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let site = choir.engine.sites().get(&wanted.sitekey);
    let site = site.ok_or(Problem(StatusCode::BAD_REQUEST, "unknown-site"))?;
    let action = wanted.action.map(|action| action.parse()).transpose();
    let action = action.map_err(|_| Problem(StatusCode::BAD_REQUEST, "bad-request"))?;
    let issued = choir.engine.issue(site, Ask::any().with_action(action))?;
    Ok((StatusCode::CREATED, Json(shown(&issued))))
}

fn shown(issued: &Issued) -> Value {
    json!({
        "key": issued.key.to_string(),
        "kind": issued.kind.as_str(),
        "image_url": format!("/api/v1/challenges/{}/image", issued.key),
        "audio_url": null,
        "expires_at": issued.expires_at.to_rfc3339(),
    })
}

#[derive(Deserialize)]
struct Size {
    scale: Option<u8>,
}

async fn image(
    State(choir): State<Choir>,
    Path(key): Path<String>,
    Query(size): Query<Size>,
) -> Result<impl IntoResponse, Problem> {
    let scale = if size.scale == Some(2) {
        Scale::Two
    } else {
        Scale::One
    };
    let shown = choir.engine.image(&key.parse()?, scale)?;
    let headers = [
        (header::CONTENT_TYPE, "image/png"),
        (header::CACHE_CONTROL, "private, max-age=300, immutable"),
    ];
    Ok((headers, shown.image.png))
}

#[derive(Deserialize)]
struct Given {
    answer: String,
    signals: Option<GivenSignals>,
}

async fn answer(
    State(choir): State<Choir>,
    Path(key): Path<String>,
    Extension(ClientIp(client)): Extension<ClientIp>,
    headers: HeaderMap,
    Json(given): Json<Given>,
) -> Result<Json<Value>, Problem> {
    let key: ChallengeKey = key.parse()?;
    let page = page(&headers)?;
    let attempt = Attempt::new(&given.answer).from_page(page.as_ref());
    let seen = Seen {
        signals: given.signals.map(Into::into),
        client: Some(AddressPrefix::default().block(client)),
    };
    let answer = choir.scorer.answer(&choir.engine, &key, attempt, &seen);
    let (judged, _) = answer.await;
    Ok(Json(match judged {
        Ok(solved) => json!({
            "success": true,
            "token": solved.token.to_string(),
            "expires_at": solved.expires_at.to_rfc3339(),
        }),
        Err(refusal @ (Refusal::WrongAnswer | Refusal::ExpiredKey | Refusal::SpentKey)) => json!({
            "success": false,
            "error-codes": [refusal.code()],
            "challenge": shown(&again(&choir, &key)?),
        }),
        Err(refusal) => return Err(refusal.into()),
    }))
}

/// Another challenge for the same form.
fn again(choir: &Choir, key: &ChallengeKey) -> Result<Issued, Refusal> {
    let site = choir.engine.sites().get(choir.site_key.as_str());
    let action = choir.engine.inspect(key)?.action;
    let ask = Ask::any().with_action(action);
    choir.engine.issue(site.ok_or(Refusal::UnknownKey)?, ask)
}

/// The host of the page that a browser sends the request from.
fn page(headers: &HeaderMap) -> Result<Option<Hostname>, Problem> {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return Ok(None);
    };
    let host = origin.to_str().ok().and_then(|origin| {
        let (_, authority) = origin.split_once("://")?;
        Hostname::from_authority(authority).ok()
    });
    let wrong = Problem(StatusCode::FORBIDDEN, "wrong-site");
    host.map(Some).ok_or(wrong)
}

/// A status, and a code that the widget knows.
struct Problem(StatusCode, &'static str);

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal {
            Refusal::UnknownKey => StatusCode::NOT_FOUND,
            Refusal::ExpiredKey => StatusCode::GONE,
            Refusal::WrongSite => StatusCode::FORBIDDEN,
            Refusal::StoreUnavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        };
        Self(status, refusal.code())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self(status, code) = self;
        let body = json!({ "status": status.as_u16(), "code": code });
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        (status, kind, body.to_string()).into_response()
    }
}
