//! ALTCHA's protocol, version 2: work, and then the answer to a challenge, for ALTCHA's own widget and libraries.
//!
//! An error is an object with an `error`. What becomes of a payload is no error, as ALTCHA's widget, which shows the
//! reason, would wait for ever on anything but status 200.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use cattlegrid::challenge::Kind;
use cattlegrid::challenge::image::Scale;
use cattlegrid::challenge::work::Puzzle;
use cattlegrid::{
    Ask, Attempt, ChallengeKey, DoneWork, Earns, Hostname, Refusal, ResponseToken, SecretKey, Site,
    Solved,
};
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::limited;
use super::siteverify::Verified;
use crate::altcha::{Payload, ServerSignature, Signed, WorkDone};
use crate::app::{self, App};
use crate::dialect::Dialect;
use crate::drawing::NotDrawn;
use crate::extract::{JsonBody, SiteInQuery};
use crate::hidden::Hidden;
use crate::origin::Page;
use crate::picture;
use crate::problem::Problem;
use crate::rate_limits::Operation;
use crate::verification::{self, Asked, Denial, Passed, Reply, Words};

/// The site wants an answer to a picture after the work.
const MISSING_CODE: &str = "missing-code";

pub(super) fn router(app: &Arc<App>) -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(limited(app, Operation::Issue, routes!(challenge)))
        .routes(limited(app, Operation::Answer, routes!(verify)))
        .routes(limited(app, Operation::Verify, routes!(siteverify)))
}

/// Why there is nothing to reply, as ALTCHA's widget reads it.
struct Failed(Problem);

/// The body of a [`Failed`].
#[derive(Serialize, ToSchema)]
#[schema(as = AltchaFailure)]
struct Failure {
    /// The stable name of what is wrong.
    #[schema(example = "unknown-site")]
    error: &'static str,
}

impl<E: Into<Problem>> From<E> for Failed {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let error = self.0.code();
        (self.0.status(), Json(Failure { error })).into_response()
    }
}

/// What the widget has to do.
#[derive(Serialize, ToSchema)]
#[schema(as = AltchaChallenge)]
struct Challenge {
    #[serde(flatten)]
    signed: Signed,
    /// What it has to ask its visitor after the work, if anything.
    #[serde(rename = "codeChallenge", skip_serializing_if = "Option::is_none")]
    picture: Option<Picture>,
    /// How it has to be set up.
    configuration: Configuration,
}

/// A picture that has to be answered.
#[derive(Serialize, ToSchema)]
#[schema(as = AltchaPicture)]
struct Picture {
    /// The picture, as a URL that holds it whole.
    #[schema(example = "data:image/png;base64,…")]
    image: String,
    /// How many characters there are to be read, where that is what has to be typed.
    #[serde(skip_serializing_if = "Option::is_none")]
    length: Option<usize>,
}

/// What a widget is told about this server.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AltchaConfiguration)]
struct Configuration {
    /// Where it sends what it found, from where it got the challenge.
    #[schema(example = "verify")]
    verify_url: &'static str,
}

/// Sets work for ALTCHA's widget, and a challenge that is to be answered after it.
#[utoipa::path(get, path = "/altcha/challenge", tag = "altcha",
    operation_id = "altcha_challenge",
    params(("sitekey" = Option<String>, Query, description = "The site key; needed if not exactly one site speaks this dialect")),
    responses(
        (status = OK, description = "What to do", body = Challenge),
        (status = BAD_REQUEST, description = "`unknown-site`, `no-work`: the site's dialect is not `altcha`, `bad-request`", body = Failure),
        (status = FORBIDDEN, description = "`wrong-site`: the page is not on one of the site's hostnames", body = Failure),
        (status = SERVICE_UNAVAILABLE, description = "`overloaded`: try again", body = Failure),
    ))]
async fn challenge(
    State(app): State<Arc<App>>,
    named: Result<SiteInQuery, Problem>,
    page: Result<Page, Problem>,
) -> Result<Json<Challenge>, Failed> {
    let (SiteInQuery(site_key), Page(host)) = (named?, page?);
    let site = app.site(site_key.as_deref(), Dialect::Altcha)?;
    let set = app.set_work(site, host.as_ref()).await?;
    let [Puzzle::Derivation(puzzle)] = set.puzzles.as_slice() else {
        return Err(Refusal::NoWork.into());
    };
    let (key, picture) = match site.earns() {
        Some(Earns::Attempt) => {
            let (key, picture) = pictured(&app, site, host.as_ref()).await?;
            (Some(key), Some(picture))
        }
        _ => (None, None),
    };
    Ok(Json(Challenge {
        signed: Signed::new(site, &set, puzzle, key.as_ref()).ok_or_else(Problem::internal)?,
        picture,
        configuration: Configuration {
            verify_url: "verify",
        },
    }))
}

/// A challenge with its picture, which is in the reply as the widget finds no other that is below its own address.
async fn pictured(
    app: &Arc<App>,
    site: &Site,
    host: Option<&Hostname>,
) -> Result<(ChallengeKey, Picture), Problem> {
    let issued = app.issue_along(site, host, Ask::any())?;
    let length = match issued.kind {
        Kind::Chars | Kind::Words => {
            let inspected = app.gate().inspect(&issued.key)?;
            // Why UTF-16: so browsers count what is typed.
            let typed = inspected.challenge.answer().as_str().encode_utf16();
            Some(typed.count())
        }
        _ => None,
    };
    let shown = picture::draw(app, issued.key.clone(), Scale::Two).await?;
    let image = format!("data:image/png;base64,{}", BASE64.encode(&shown.image.png));
    Ok((issued.key, Picture { image, length }))
}

/// What a widget found.
#[derive(Deserialize, ToSchema)]
#[schema(as = AltchaFound)]
struct Found {
    /// The work, and the key that was found, in base64.
    payload: String,
    /// The answer to the picture, if there was one.
    #[schema(value_type = Option<String>, example = "k7mwpt")]
    code: Option<Hidden>,
}

/// What became of it.
#[derive(Serialize, ToSchema)]
#[schema(as = AltchaJudgement)]
struct Judgement {
    /// Whether work and answer were right, and neither had been sent before.
    verified: bool,
    /// For the site's back end, in base64, signed with the site's secret key.
    #[serde(skip_serializing_if = "Option::is_none")]
    payload: Option<String>,
    /// Why not: `invalid-payload`, `invalid-signature`, `missing-code`, `wrong-solution`, `wrong-answer`, `expired-key`,
    /// `spent-key`, `unknown-key`, `wrong-site`, `no-work`, `overloaded`, `store-unavailable` or `internal-error`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

/// Judges work, and the answer after it, and spends both.
#[utoipa::path(post, path = "/altcha/verify", tag = "altcha",
    operation_id = "altcha_verify",
    request_body = Found,
    responses(
        (status = OK, description = "What became of it", body = Judgement),
        (status = BAD_REQUEST, description = "`bad-request`", body = Failure),
        (status = PAYLOAD_TOO_LARGE, description = "`body-too-large`", body = Failure),
        (status = UNSUPPORTED_MEDIA_TYPE, description = "`unsupported-media-type`: send JSON", body = Failure),
    ))]
async fn verify(
    State(app): State<Arc<App>>,
    page: Result<Page, Problem>,
    found: Result<JsonBody<Found>, Problem>,
) -> Result<Json<Judgement>, Failed> {
    let (Page(host), JsonBody(found)) = (page?, found?);
    let judged = judge(&app, &found, host).await;
    let reason = judged.as_ref().err().map(Problem::code);
    app.metrics().answered(reason);
    Ok(Json(Judgement {
        verified: judged.is_ok(),
        payload: judged.ok(),
        reason,
    }))
}

/// What the site's back end is to get.
async fn judge(app: &Arc<App>, found: &Found, host: Option<Hostname>) -> Result<String, Problem> {
    let Some(Payload::Work(work)) = Payload::decode(&found.payload) else {
        return Err(unusable("invalid-payload"));
    };
    let data = work.challenge.data();
    let site = app
        .gate()
        .sites()
        .get(&data.sitekey)
        .filter(|site| work.challenge.is_by(site.secret()))
        .ok_or_else(|| unusable("invalid-signature"))?;
    app.admit(Operation::Answer, site).await;
    let solved = match (&data.challenge, &found.code) {
        (Some(_), None) => return Err(unusable(MISSING_CODE)),
        (Some(key), Some(code)) => {
            let key = key.parse()?;
            let done = done(app, &work, host.clone()).await??;
            let attempt = Attempt::new(code.expose()).from_page(host.as_ref());
            app.gate().answer_after(done, &key, attempt).await
        }
        (None, _) => app.gate().earn(done(app, &work, host).await??).await,
    };
    let solved = solved.inspect_err(app::refused)?;
    payload(app, site, &solved).ok_or_else(Problem::internal)
}

fn unusable(code: &'static str) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        code,
        "the payload is not to be used",
    )
}

fn payload(app: &App, site: &Site, solved: &Solved) -> Option<String> {
    ServerSignature::new(site, solved, app.clock().now())?.encode()
}

/// The work, if it was done; judged in its turn.
async fn done(
    app: &Arc<App>,
    work: &WorkDone,
    host: Option<Hostname>,
) -> Result<Result<DoneWork, Refusal>, NotDrawn> {
    let Some((key, solution)) = work.to_judge() else {
        return Ok(Err(Refusal::WrongSolution));
    };
    let judge = Arc::clone(app);
    app.draw(move || judge.gate().judge_work(&key, &[solution], host.as_ref()))
        .await
}

/// What a site's back end asks.
#[derive(Deserialize, ToSchema)]
#[schema(as = AltchaQuestion)]
struct Question {
    /// The site's secret key.
    secret: Option<String>,
    /// The payload that the form was sent with, in base64, or decoded.
    #[serde(default, deserialize_with = "encoded")]
    payload: Option<String>,
    /// Another name for `payload`.
    #[serde(default, deserialize_with = "encoded")]
    response: Option<String>,
    /// The site key that the payload must have been earned for.
    sitekey: Option<String>,
}

/// A payload in base64, decoded or not.
fn encoded<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Option::<Value>::deserialize(deserializer)? {
        None => None,
        Some(Value::String(text)) => Some(text),
        Some(decoded) => Some(BASE64.encode(decoded.to_string().as_bytes())),
    })
}

/// Whether to let the visitor through, as siteverify has it, and as ALTCHA's own server does.
#[derive(Serialize, ToSchema)]
#[schema(as = AltchaVerdict)]
struct Verdict {
    /// The same as `success`.
    verified: bool,
    /// The first of the `error-codes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(flatten)]
    reply: Reply<Verified>,
}

/// Verifies a payload, and spends it.
#[utoipa::path(post, path = "/altcha/siteverify", tag = "altcha",
    operation_id = "altcha_siteverify",
    request_body(content(
        (Question = "application/x-www-form-urlencoded"),
        (Question = "application/json"),
    )),
    responses((status = OK, description = "Whether to let the visitor through", body = Verdict)))]
async fn siteverify(State(app): State<Arc<App>>, request: Request) -> Json<Verdict> {
    let verified = match verification::form_or_json(request, &app).await {
        Ok(question) => passed(&app, question).await.map(Verified::from),
        Err(denial) => Err(denial),
    };
    let reply = Reply::new(&app, verified, WORDS);
    let reason = reply.code();
    Json(Verdict {
        verified: reason.is_none(),
        reason,
        reply,
    })
}

async fn passed(app: &Arc<App>, question: Question) -> Result<Passed, Denial> {
    let asked = Asked::new(question.secret, question.payload.or(question.response))?;
    let secret = asked.secret().parse().map_err(|_| Refusal::InvalidSecret)?;
    // Why: a payload that a stranger signed for their own use must not spend anything.
    if app.gate().sites().by_secret(&secret).is_none() {
        return Err(Refusal::InvalidSecret.into());
    }
    let payload = Payload::decode(asked.response()).ok_or(Refusal::InvalidToken)?;
    // Why here: work that is sent for verification is spent before there is a token.
    app.admit_secret(&secret).await;
    let token = token(app, &secret, payload).await?;
    let site_key = verification::given(question.sitekey);
    let verification = app.gate().verify(&secret, &token, site_key.as_deref());
    Ok(verification::passed(verification.await)?)
}

/// The response token that was earned already, or is by the work alone.
async fn token(
    app: &Arc<App>,
    secret: &SecretKey,
    payload: Payload,
) -> Result<ResponseToken, Denial> {
    match payload {
        Payload::Judged(word) => {
            let token = word.token_by(secret).ok_or(Refusal::InvalidToken)?;
            Ok(token.parse()?)
        }
        Payload::Work(work) if !work.challenge.is_by(secret) => Err(Refusal::InvalidToken.into()),
        Payload::Work(work) if work.challenge.data().challenge.is_some() => {
            Err(Denial::Said(&[MISSING_CODE]))
        }
        Payload::Work(work) => {
            let done = done(app, &work, None)
                .await
                .map_err(|_| Denial::Said(&["overloaded"]))??;
            Ok(app.gate().earn(done).await?.token)
        }
    }
}

const WORDS: Words = Words {
    refusal: word,
    unfit: None,
    undecided: None,
};

/// What a refusal is called: where it is of work, as if that were the token that it stands for.
fn word(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::UnknownKey | Refusal::WrongSolution => Refusal::InvalidToken.code(),
        Refusal::ExpiredKey => Refusal::ExpiredToken.code(),
        Refusal::SpentKey => Refusal::SpentToken.code(),
        Refusal::NoWork => MISSING_CODE,
        other => other.code(),
    }
}
