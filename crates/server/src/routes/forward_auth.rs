//! Forward auth, as nginx, Traefik, Caddy and `HAProxy` ask for it, and the page for visitors who are not let through.
//!
//! A proxy that goes by the status alone asks `/forward-auth/check`; one that hands its visitors whatever refuses them asks
//! `/forward-auth/page`. What the page loads and sends lies below `/.cattlegrid/`, which the proxy sends here from each host.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use cattlegrid::{Ask, Attempt, ChallengeKey, Refusal};
use cattlegrid_guard::behaviour::Seen;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{challenges, limited, pages};
use crate::app::App;
use crate::assets;
use crate::behaviour::Client;
use crate::extract::{JsonOrForm, WholeBody};
use crate::forward_auth::page::{self, After, is_for_people};
use crate::forward_auth::{Original, Verdict, VisitedSite, Visitor, WayBack, denied};
use crate::hidden::Hidden;
use crate::problem::{Details, Problem};
use crate::rate_limits::{self, Operation};

/// What is said along with 401 (RFC 9110, 15.5.2). No browser knows this scheme, so that none asks for a password.
const SCHEME: HeaderValue = HeaderValue::from_static("Cattlegrid");

/// Both routes for proxies and those for visitors, where forward auth is configured.
pub(super) fn router(app: &Arc<App>) -> OpenApiRouter<Arc<App>> {
    if app.forward_auth().is_empty() {
        return OpenApiRouter::new();
    }
    let (schemas, paths, shown) = limited(app, Operation::Issue, routes!(page));
    // Why around the limit: it counts those alone for whom there is a challenge.
    let shown = shown.route_layer(from_fn_with_state(Arc::clone(app), let_through));
    let answered = rate_limits::around(app, Operation::Answer, post(answer)).get(again);
    let in_words = OpenApiRouter::new()
        .routes((schemas, paths, shown))
        .route("/.cattlegrid/answer", answered)
        .layer(from_fn(page::in_words));
    let picture = rate_limits::around(app, Operation::Image, get(challenges::image));
    OpenApiRouter::new()
        .routes(routes!(check))
        .merge(in_words)
        .layer(middleware::map_response(for_this_visitor_alone))
        .route("/.cattlegrid/picture/{key}", picture)
        .route("/.cattlegrid/base.css", get(style))
}

/// What a proxy tells of the request that it asks about, for the description: [`Original`] reads it.
#[derive(IntoParams)]
#[into_params(parameter_in = Header, rename_all = "kebab-case")]
#[expect(
    dead_code,
    clippy::struct_field_names,
    reason = "what counts are the names, and those are given"
)]
struct Told {
    /// The request's method; also `x-original-method`
    x_forwarded_method: String,
    /// Its path and query, as they were sent; also `x-original-uri`
    x_forwarded_uri: String,
    /// Its host
    x_forwarded_host: String,
    /// `https` or `http`
    x_forwarded_proto: String,
    /// The visitor's address; or `forwarded`, as `client_address.header` says
    x_forwarded_for: String,
}

/// Whether a request is let through, for a proxy that goes by the status.
#[utoipa::path(get, path = "/forward-auth/check", tag = "forward-auth",
    operation_id = "forward_auth_check",
    params(Told),
    responses(
        (status = NO_CONTENT, description = "It is let through"),
        (status = UNAUTHORIZED, description = "`pass-required`: its visitor is to see the page", content_type = "application/problem+json", body = Details<'_>),
        (status = FORBIDDEN, description = "`denied`: nobody is let through there; `untrusted-proxy`, `bad-forwarding`: the proxy is not set up as it has to be", content_type = "application/problem+json", body = Details<'_>),
    ))]
async fn check(State(app): State<Arc<App>>, original: Original, headers: HeaderMap) -> Response {
    say(judge(&app, &original, &headers))
}

/// What becomes of the request, counted.
fn judge(app: &App, original: &Original, headers: &HeaderMap) -> Verdict {
    let now = app.clock().now();
    let verdict = app.forward_auth().judge(original, headers, now);
    app.metrics().judged(verdict);
    verdict
}

fn say(verdict: Verdict) -> Response {
    match verdict {
        Verdict::Allowed | Verdict::Passed => StatusCode::NO_CONTENT.into_response(),
        Verdict::Challenged => {
            let detail = "a person has to answer a challenge first; open the page in a browser";
            let problem = Problem::new(StatusCode::UNAUTHORIZED, "pass-required", detail);
            ([(header::WWW_AUTHENTICATE, SCHEME)], problem).into_response()
        }
        Verdict::Denied => denied().into_response(),
    }
}

/// Whether a request is let through, for a proxy that hands its visitors whatever else it is told: a page with a challenge,
/// where a browser opens a page, else a problem.
#[utoipa::path(get, path = "/forward-auth/page", tag = "forward-auth",
    operation_id = "forward_auth_page",
    params(Told, ("accept" = Option<String>, Header, description = "As the visitor sent it")),
    responses(
        (status = NO_CONTENT, description = "It is let through"),
        (status = UNAUTHORIZED, description = "A page with a challenge; or for scripts the problem `pass-required`", content_type = "text/html", body = String),
        (status = FORBIDDEN, description = "`denied`, `untrusted-proxy`, `bad-forwarding`, for people in words", content_type = "application/problem+json", body = Details<'_>),
    ))]
async fn page(
    State(app): State<Arc<App>>,
    VisitedSite(guarded): VisitedSite,
    original: Original,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let host = &original.visitor.host;
    let issued = app.issue(guarded.site(), Some(host), Ask::any()).await?;
    let to = WayBack::to(&original.target);
    let after = After::Request(&original.method);
    let mut page = page::challenge(&headers, host, &issued, &to, &after);
    page.headers_mut().insert(header::WWW_AUTHENTICATE, SCHEME);
    Ok(page)
}

/// Answers for whom there is no challenge: who is let through, who is not for any answer, and who could not see one.
async fn let_through(
    State(app): State<Arc<App>>,
    original: Original,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    // Why: where a proxy sends what its visitor does, neither would read an answer that comes before its end.
    let _ = WholeBody::from_request(Request::new(body), &app).await;
    let request = Request::from_parts(parts, Body::empty());
    let verdict = judge(&app, &original, request.headers());
    if verdict == Verdict::Challenged && is_for_people(request.headers()) {
        return next.run(request).await;
    }
    say(verdict)
}

/// What the page's form sends.
#[derive(Deserialize)]
struct Given {
    key: String,
    answer: Hidden,
    #[serde(default)]
    to: String,
}

/// Judges an answer. A right one earns a pass and leads on, unless the site asks for a second; any other brings the page
/// again, with a fresh challenge.
async fn answer(
    State(app): State<Arc<App>>,
    VisitedSite(guarded): VisitedSite,
    visitor: Visitor,
    Client(client): Client,
    headers: HeaderMap,
    JsonOrForm(given): JsonOrForm<Given>,
) -> Result<Response, Problem> {
    let (site, host) = (guarded.site(), Some(&visitor.host));
    let to = WayBack::to(&given.to);
    let key = given.key.parse::<ChallengeKey>();
    let judged = match &key {
        Ok(key) => {
            let attempt = Attempt::new(given.answer.expose()).of_site(site);
            let seen = Seen {
                signals: None,
                client,
            };
            app.answer(key, attempt.from_page(host), &seen).await
        }
        Err(_) => Err(Refusal::UnknownKey),
    };
    let Err(refusal) = judged else {
        let pass = guarded.grant(&visitor, app.clock().now());
        let cookie = [(header::SET_COOKIE, pass.map_err(Refusal::from)?)];
        return Ok((cookie, Redirect::to(to.as_str())).into_response());
    };
    let issued = match (&refusal, &key) {
        (
            Refusal::WrongAnswer
            | Refusal::ExpiredKey
            | Refusal::SpentKey
            | Refusal::AnotherChallenge,
            Ok(key),
        ) => app.renew(host, key, &refusal)?,
        // Why counted: nobody has sealed that key, so that the limits on its site have not seen it.
        (Refusal::UnknownKey, _) => app.issue(site, host, Ask::any()).await?,
        _ => return Err(refusal.into()),
    };
    let after = After::Answer(&refusal);
    Ok(page::challenge(
        &headers,
        &visitor.host,
        &issued,
        &to,
        &after,
    ))
}

/// Leads whoever comes back to the address of an answer to where there is a question.
async fn again() -> Redirect {
    Redirect::to("/")
}

async fn style(headers: HeaderMap) -> Response {
    assets::serve::<pages::Files>("base.css", &headers)
}

/// No cache may give this to another visitor, and no search engine is to find it.
async fn for_this_visitor_alone(mut response: Response) -> Response {
    const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");
    let headers = response.headers_mut();
    headers.insert(
        header::VARY,
        HeaderValue::from_static("cookie, accept, accept-language"),
    );
    headers.insert(ROBOTS, HeaderValue::from_static("noindex, nofollow"));
    response
}
