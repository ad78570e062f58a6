//! What a visitor without a pass sees: a plain form with a picture, or why there is none.

use askama::Template;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use cattlegrid::{Hostname, Issued, Refusal};

use super::WayBack;
use super::words::Words;
use crate::{html, problem};

/// What the pages may load: their picture and their style, and no script.
///
/// Why nothing of `form-action`: a site may send its visitors on to another, and a browser holds that redirect against the
/// form that came before it.
const POLICY: &str =
    "default-src 'none'; img-src 'self'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Whether a person's browser opens a page with this request: no script of one, and no picture on one.
pub(crate) fn is_for_people(headers: &HeaderMap) -> bool {
    let takes_pages = headers.get_all(header::ACCEPT).iter().any(|line| {
        let html = b"text/html";
        let mut parts = line.as_bytes().windows(html.len());
        parts.any(|part| part.eq_ignore_ascii_case(html))
    });
    takes_pages
        && !headers.contains_key("x-requested-with")
        && headers
            .get("sec-fetch-mode")
            .is_none_or(|mode| mode == "navigate")
}

/// What a visitor did before the page came.
pub(crate) enum After<'a> {
    /// They asked for a page in this way.
    Request(&'a Method),
    /// They answered, and this is why that earned no pass.
    Answer(&'a Refusal),
}

#[derive(Template)]
#[template(path = "forward_auth/challenge.html")]
struct Challenge<'a> {
    words: &'static Words,
    host: &'a str,
    key: &'a str,
    task: &'static str,
    to: &'a str,
    heard: Option<Heard>,
    /// Whether what the visitor sent has gone nowhere.
    is_lost: bool,
}

/// What the page says of the answer before.
struct Heard {
    sentences: [&'static str; 2],
    was_right: bool,
}

impl Heard {
    fn new(words: &Words, refusal: &Refusal) -> Self {
        let was_right = matches!(refusal, Refusal::AnotherChallenge);
        let sentences = match refusal {
            Refusal::AnotherChallenge => [words.right, words.another],
            Refusal::WrongAnswer => [words.wrong, words.renewed],
            _ => [words.expired, words.renewed],
        };
        Self {
            sentences,
            was_right,
        }
    }
}

#[derive(Template)]
#[template(path = "forward_auth/refusal.html")]
struct Refused {
    words: &'static Words,
    sentence: &'static str,
}

/// The page with this challenge, for a visitor of the host who then goes on to `to`.
pub(crate) fn challenge(
    headers: &HeaderMap,
    host: &Hostname,
    issued: &Issued,
    to: &WayBack,
    after: &After<'_>,
) -> Response {
    let words = Words::of(headers);
    let (status, heard, is_lost) = match after {
        After::Request(method) => (StatusCode::UNAUTHORIZED, None, !method.is_safe()),
        After::Answer(refusal) => {
            let heard = Heard::new(words, refusal);
            (StatusCode::UNPROCESSABLE_ENTITY, Some(heard), false)
        }
    };
    let page = Challenge {
        words,
        host: host.as_str(),
        key: issued.key.as_str(),
        task: words.task(issued.kind),
        to: to.as_str(),
        heard,
        is_lost,
    };
    html::page(status, POLICY, &page)
}

/// Puts problems into words for people, and leaves them their status and their headers.
pub(crate) async fn in_words(request: Request, next: Next) -> Response {
    let words = is_for_people(request.headers()).then(|| Words::of(request.headers()));
    let response = next.run(request).await;
    match (words, problem::code(&response)) {
        (Some(words), Some(code)) => refused(words, code, &response),
        _ => response,
    }
}

fn refused(words: &'static Words, code: &str, problem: &Response) -> Response {
    let status = problem.status();
    let sentence = match (status, code) {
        (_, "low-score") => words.unlikely,
        (StatusCode::FORBIDDEN, _) => words.denied,
        (StatusCode::TOO_MANY_REQUESTS, _) => words.too_often,
        _ => words.unavailable,
    };
    let mut page = html::page(status, POLICY, &Refused { words, sentence });
    for (name, value) in problem.headers() {
        page.headers_mut()
            .entry(name)
            .or_insert_with(|| value.clone());
    }
    page
}
