//! Cap's protocol, in format 2: work that earns a token, for Cap's own widget.
//!
//! Errors and statuses are those of Cap's standalone server, in its words.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use cattlegrid::challenge::work::{Puzzle, Registers, Residue, Solution};
use cattlegrid::{Refusal, Site, WorkKey};
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::limited;
use crate::app::App;
use crate::dialect::Dialect;
use crate::drawing::NotDrawn;
use crate::extract::{JsonBody, SiteKeyInPath};
use crate::origin::Page;
use crate::problem::Problem;
use crate::rate_limits::Operation;
use crate::verification::{self, Asked};

pub(super) fn router(app: &Arc<App>) -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(limited(app, Operation::Issue, routes!(challenge)))
        .routes(limited(app, Operation::Answer, routes!(redeem)))
        .routes(limited(app, Operation::Verify, routes!(siteverify)))
}

/// What is refused, in Cap's words.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CapRefused)]
struct Refused {
    #[serde(skip)]
    status: StatusCode,
    /// `false`
    success: bool,
    /// Why.
    #[schema(example = "Invalid solution")]
    error: &'static str,
}

impl Refused {
    const UNKNOWN_SITE: Self = Self::new(StatusCode::NOT_FOUND, "Invalid site key");
    const UNKNOWN_KEYS: Self = Self::new(StatusCode::NOT_FOUND, "Invalid site key or secret");
    const WRONG_SECRET: Self = Self::new(StatusCode::FORBIDDEN, "Invalid site key or secret");
    const NO_FIELDS: Self = Self::new(StatusCode::BAD_REQUEST, "Missing required fields");
    const NO_PARAMETERS: Self = Self::new(StatusCode::BAD_REQUEST, "Missing required parameters");
    const BODY_TOO_LARGE: Self = Self::new(StatusCode::PAYLOAD_TOO_LARGE, "Body too large");
    const WRONG_SITE: Self = Self::new(StatusCode::FORBIDDEN, "Blocked");
    const OTHER_SITE: Self = Self::new(
        StatusCode::FORBIDDEN,
        "Challenge token does not match site key",
    );
    const INVALID_SOLUTIONS: Self = Self::new(StatusCode::BAD_REQUEST, "Invalid solutions");
    const INVALID_SOLUTION: Self = Self::new(StatusCode::FORBIDDEN, "Invalid solution");
    const OVERLOADED: Self = Self::new(StatusCode::SERVICE_UNAVAILABLE, "Overloaded");
    const UNAVAILABLE: Self = Self::new(StatusCode::SERVICE_UNAVAILABLE, "Validation failed");
    const FAILED: Self = Self::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "Failed to generate challenge",
    );

    const fn new(status: StatusCode, error: &'static str) -> Self {
        Self {
            status,
            success: false,
            error,
        }
    }

    /// The refusal in Cap's words, logged if an operator should know of it.
    fn of(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::UnknownKey | Refusal::NoWork => {
                Self::new(StatusCode::FORBIDDEN, "Invalid challenge token")
            }
            Refusal::ExpiredKey => Self::new(StatusCode::FORBIDDEN, "Challenge expired"),
            Refusal::SpentKey => Self::new(StatusCode::FORBIDDEN, "Challenge already redeemed"),
            Refusal::WrongSolution => Self::INVALID_SOLUTION,
            Refusal::WrongSite => Self::WRONG_SITE,
            Refusal::InvalidSecret => Self::WRONG_SECRET,
            Refusal::OtherSite => Self::UNKNOWN_KEYS,
            Refusal::InvalidToken | Refusal::SpentToken => {
                Self::new(StatusCode::NOT_FOUND, "Token not found")
            }
            Refusal::ExpiredToken => Self::new(StatusCode::FORBIDDEN, "Token expired"),
            Refusal::StoreUnavailable(_) => Self::UNAVAILABLE,
            other => {
                tracing::error!(error = %other, "no work can be set");
                Self::FAILED
            }
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.status, Json(self)).into_response()
    }
}

impl From<NotDrawn> for Refused {
    fn from(error: NotDrawn) -> Self {
        match error {
            NotDrawn::Overloaded => Self::OVERLOADED,
            NotDrawn::Failed => Self::FAILED,
        }
    }
}

impl From<Problem> for Refused {
    /// What is wrong with a body.
    fn from(problem: Problem) -> Self {
        match problem.code() {
            "body-too-large" => Self::BODY_TOO_LARGE,
            _ => Self::NO_FIELDS,
        }
    }
}

/// The site of that key, if it speaks Cap.
fn site<'a>(app: &'a App, key: &str) -> Option<&'a Site> {
    app.gate()
        .sites()
        .get(key)
        .filter(|site| app.dialect(site) == Dialect::Cap)
}

/// What a widget has to compute.
#[derive(Serialize, ToSchema)]
#[schema(as = CapChallenge)]
struct Challenge {
    /// `2`
    format: u8,
    /// The work's name, to be sent back with the solutions.
    token: String,
    /// What is to be solved.
    challenges: Vec<Posed>,
    /// Until when, in milliseconds since 1970.
    expires: u64,
}

/// One puzzle.
#[derive(Serialize, ToSchema)]
#[serde(tag = "protocol", content = "payload")]
#[schema(as = CapPosed)]
enum Posed {
    /// Find a `nonce` with which the SHA-256 of `salt` and `nonce` begins with `target` in hexadecimal.
    #[serde(rename = "sha256-pow")]
    Sha256Pow {
        /// 128 bits in hexadecimal.
        salt: String,
        /// Hexadecimal zeros.
        target: String,
    },
    /// Square `x` modulo `N` for `t` times, each time what came of the last.
    #[serde(rename = "rsw")]
    Rsw {
        /// The modulus, in hexadecimal.
        #[serde(rename = "N")]
        modulus: String,
        /// What is squared, in hexadecimal.
        x: String,
        /// How often.
        t: u32,
    },
    /// Run a program in a document, and send what it posts.
    #[serde(rename = "instrumentation")]
    Instrumentation {
        /// The program, in JavaScript: deflated (RFC 1951), in base64.
        blob: String,
    },
}

impl Posed {
    /// The puzzle in Cap's words, if it has some for it.
    fn new(puzzle: &Puzzle) -> Option<Self> {
        match puzzle {
            Puzzle::Hashing(puzzle) => Some(Self::Sha256Pow {
                salt: puzzle.salt().to_owned(),
                target: puzzle.target(),
            }),
            Puzzle::TimeLock(puzzle) => Some(Self::Rsw {
                modulus: puzzle.modulus(),
                x: puzzle.base(),
                t: puzzle.squarings(),
            }),
            Puzzle::Program(program) => Some(Self::Instrumentation {
                blob: blob(&program.script())?,
            }),
            Puzzle::Derivation(_) => None,
        }
    }
}

/// A program that posts what `expression` comes to, as the widget's frame listens for it.
fn blob(expression: &str) -> Option<String> {
    /// RFC 1951, 3.2.4: the last block, and stored.
    const LAST_STORED: u8 = 1;
    let script = format!(r#"parent.postMessage({{type:"cap:instr",result:{expression}}},"*")"#);
    let length = u16::try_from(script.len()).ok()?;
    let mut deflated = vec![LAST_STORED];
    deflated.extend(length.to_le_bytes());
    deflated.extend((!length).to_le_bytes());
    deflated.extend(script.into_bytes());
    Some(BASE64.encode(&deflated))
}

/// Sets work for Cap's widget.
#[utoipa::path(post, path = "/cap/{sitekey}/challenge", tag = "cap",
    operation_id = "cap_challenge",
    params(("sitekey" = String, Path, description = "The site key of a site whose dialect is `cap`")),
    responses(
        (status = OK, description = "What to compute", body = Challenge),
        (status = FORBIDDEN, description = "`Blocked`: the page is not on one of the site's hostnames", body = Refused),
        (status = NOT_FOUND, description = "`Invalid site key or secret`", body = Refused),
    ))]
async fn challenge(
    State(app): State<Arc<App>>,
    SiteKeyInPath(site_key): SiteKeyInPath,
    page: Result<Page, Problem>,
) -> Result<Json<Challenge>, Refused> {
    let site = site(&app, &site_key).ok_or(Refused::UNKNOWN_KEYS)?;
    let Page(host) = page.map_err(|_| Refused::WRONG_SITE)?;
    let set = app
        .set_work(site, host.as_ref())
        .await
        .map_err(|refusal| Refused::of(&refusal))?;
    let challenges: Option<_> = set.puzzles.iter().map(Posed::new).collect();
    Ok(Json(Challenge {
        format: 2,
        token: set.key.to_string(),
        challenges: challenges.ok_or(Refused::FAILED)?,
        expires: set.expires_at.as_millis(),
    }))
}

/// What a widget sends back.
#[derive(Deserialize, ToSchema)]
#[schema(as = CapRedemption)]
struct Redemption {
    /// The work's name.
    #[serde(default)]
    #[schema(value_type = String)]
    token: Value,
    /// A solution for each puzzle, in their order: `{"nonce"}` of `sha256-pow`, `{"y"}` of `rsw`,
    /// `{"instr"}` of `instrumentation`.
    #[serde(default)]
    #[schema(value_type = Vec<Object>)]
    solutions: Value,
}

/// What done work earned.
#[derive(Serialize, ToSchema)]
#[schema(as = CapRedeemed)]
struct Redeemed {
    /// `true`
    success: bool,
    /// For the site's back end, which verifies it.
    token: String,
    /// Until when it may be verified, in milliseconds since 1970.
    expires: u64,
}

/// Judges solutions, and spends the work for a token.
#[utoipa::path(post, path = "/cap/{sitekey}/redeem", tag = "cap",
    operation_id = "cap_redeem",
    params(("sitekey" = String, Path, description = "The site key of a site whose dialect is `cap`")),
    request_body = Redemption,
    responses(
        (status = OK, description = "What the work earned", body = Redeemed),
        (status = BAD_REQUEST, description = "`Missing required fields`, `Invalid solutions`", body = Refused),
        (status = FORBIDDEN, description = "`Invalid challenge token`, `Challenge token does not match site key`, `Challenge expired`, `Challenge already redeemed`, `Invalid solution`, `Blocked`", body = Refused),
        (status = NOT_FOUND, description = "`Invalid site key`", body = Refused),
        (status = PAYLOAD_TOO_LARGE, description = "`Body too large`", body = Refused),
        (status = SERVICE_UNAVAILABLE, description = "`Overloaded`, `Validation failed`: try again", body = Refused),
    ))]
async fn redeem(
    State(app): State<Arc<App>>,
    SiteKeyInPath(site_key): SiteKeyInPath,
    page: Result<Page, Problem>,
    body: Result<JsonBody<Redemption>, Problem>,
) -> Result<Json<Redeemed>, Refused> {
    let JsonBody(body) = body?;
    let (token, given) = match (body.token, body.solutions) {
        (Value::Null, _) | (_, Value::Null) => return Err(Refused::NO_FIELDS),
        (Value::String(token), Value::Array(given)) => (token, given),
        _ => return Err(Refused::INVALID_SOLUTIONS),
    };
    let site = site(&app, &site_key).ok_or(Refused::UNKNOWN_SITE)?;
    let Page(host) = page.map_err(|_| Refused::WRONG_SITE)?;
    let key: WorkKey = token.parse().map_err(|refusal| Refused::of(&refusal))?;
    app.admit(Operation::Answer, site).await;
    let right_count = site.work().is_some_and(|work| work.count() == given.len());
    let judge = Arc::clone(&app);
    let done = app
        .draw(move || {
            // Why: what is no solution is as wrong as any that is none of this puzzle.
            let solutions: Vec<_> = given.iter().map_while(solution).collect();
            judge.gate().judge_work(&key, &solutions, host.as_ref())
        })
        .await?;
    let earned = match done {
        Ok(done) if !done.is_for(site) => return Err(Refused::OTHER_SITE),
        Ok(done) => app.gate().earn(done).await,
        Err(refusal) => Err(refusal),
    };
    app.metrics()
        .answered(earned.as_ref().err().map(Refusal::code));
    match earned {
        Ok(solved) => Ok(Json(Redeemed {
            success: true,
            token: solved.token.to_string(),
            expires: solved.expires_at.as_millis(),
        })),
        Err(Refusal::WrongSolution) if !right_count => Err(Refused::INVALID_SOLUTIONS),
        Err(refusal) => Err(Refused::of(&refusal)),
    }
}

/// What the widget makes of one puzzle: `{"nonce": 1234}`, `{"y": "c0ffee"}` of a time lock, `{"instr": …}` of a program.
fn solution(given: &Value) -> Option<Solution> {
    if let Some(nonce) = given.get("nonce") {
        let nonce = nonce.as_u64().or_else(|| decimal(nonce.as_str()?));
        nonce.map(Solution::Nonce)
    } else if let Some(y) = given.get("y") {
        Residue::from_hex(y.as_str()?).map(Solution::Residue)
    } else {
        let registers = given.get("instr")?;
        Registers::deserialize(registers)
            .ok()
            .map(Solution::Registers)
    }
}

/// The number, if that is how it is written: the hash is that of the digits.
fn decimal(text: &str) -> Option<u64> {
    text.parse()
        .ok()
        .filter(|number: &u64| number.to_string() == text)
}

/// What a site's back end asks.
#[derive(Deserialize, ToSchema)]
#[schema(as = CapQuestion)]
struct Question {
    /// The site's secret key.
    #[schema(required)]
    secret: Option<String>,
    /// The token that the form was sent with.
    #[schema(required)]
    response: Option<String>,
}

/// Verifies a token, and spends it.
#[utoipa::path(post, path = "/cap/{sitekey}/siteverify", tag = "cap",
    operation_id = "cap_siteverify",
    params(("sitekey" = String, Path, description = "The site key")),
    request_body(content(
        (Question = "application/json"),
        (Question = "application/x-www-form-urlencoded"),
    )),
    responses(
        (status = OK, description = "Let the visitor through", body = Verified),
        (status = BAD_REQUEST, description = "`Missing required parameters`", body = Refused),
        (status = FORBIDDEN, description = "`Invalid site key or secret`, `Token expired`", body = Refused),
        (status = NOT_FOUND, description = "`Invalid site key or secret`, `Token not found`", body = Refused),
        (status = SERVICE_UNAVAILABLE, description = "`Validation failed`: try again", body = Refused),
    ))]
async fn siteverify(
    State(app): State<Arc<App>>,
    SiteKeyInPath(site_key): SiteKeyInPath,
    request: Request,
) -> Result<Json<Verified>, Refused> {
    let Question { secret, response } = verification::form_or_json(request, &app)
        .await
        .map_err(|_| Refused::NO_PARAMETERS)?;
    let asked = Asked::new(secret, response).map_err(|_| Refused::NO_PARAMETERS)?;
    let gate = app.gate();
    let site = gate.sites().get(&site_key).ok_or(Refused::UNKNOWN_KEYS)?;
    let parsed = asked
        .secret_key()
        .and_then(|secret| Ok((secret, asked.token()?)));
    let (secret, token) = parsed.map_err(|refusal| Refused::of(&refusal))?;
    let owner = gate.sites().by_secret(&secret);
    if owner.is_none_or(|owner| owner.key() != site.key()) {
        return Err(Refused::WRONG_SECRET);
    }
    app.admit_secret(&secret).await;
    let verdict = verification::passed(gate.verify(&secret, &token, None).await);
    app.metrics()
        .verified(verdict.as_ref().err().map(Refusal::code));
    match verdict {
        Ok(_) => Ok(Json(Verified { success: true })),
        Err(refusal) => Err(Refused::of(&refusal)),
    }
}

/// Somebody to let through.
#[derive(Serialize, ToSchema)]
#[schema(as = CapVerified)]
struct Verified {
    /// `true`
    success: bool,
}
