//! The pages for people: sign-up, comments, and a newsletter.

use std::borrow::Cow;
use std::error::Error;

use askama::Template;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Form, Router};
use cattlegrid::Refusal;
use cattlegrid_guard::captcha::Verified;
use cattlegrid_guard::client_ip::ClientIp;
use cattlegrid_guard::email::{self, EmailAddress};
use cattlegrid_guard::{AddressPrefix, Problem, Refuse};
use cattlegrid_provider::Score;
use serde::Deserialize;

use crate::book::Comment;
use crate::form_page::{Filled, FormPage};
use crate::guards::Guards;
use crate::{Choir, words};

pub(crate) fn router(choir: &Choir, guards: &Guards) -> Result<Router<Choir>, Box<dyn Error>> {
    let sign_up_page = FormPage::new(choir.clone(), guards.form("sign-up")?, draw_sign_up);
    let comments_page = FormPage::new(choir.clone(), guards.form("comment")?, draw_comments);
    let sign_up = guards.around_form(sign_up_page, "sign-up", get(show).post(sign_up))?;
    let comments = guards.around_form(comments_page, "comment", get(show).post(comment))?;
    let newsletter = guards.around_api("newsletter", post(subscribe))?;
    Ok(Router::new()
        .route("/", sign_up)
        .route("/comments", comments)
        .route("/newsletter", newsletter)
        .route("/wishes", get(show_wishes)))
}

async fn show(Extension(page): Extension<FormPage>) -> Response {
    page.show()
}

#[derive(Template)]
#[template(path = "sign_up.html")]
struct SignUpPage<'a> {
    site_key: &'a str,
    form: &'a Filled,
}

fn draw_sign_up(choir: &Choir, form: &Filled) -> Response {
    page(&SignUpPage {
        site_key: choir.site_key.as_str(),
        form,
    })
}

#[derive(Deserialize)]
struct SignUp {
    name: String,
    email: String,
}

/// Why somebody who is verified is not signed up.
enum NotSignedUp {
    Address(email::Refusal),
    TooManyLetters,
}

impl Problem for NotSignedUp {
    fn status(&self) -> StatusCode {
        match self {
            Self::Address(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooManyLetters => StatusCode::TOO_MANY_REQUESTS,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Address(refusal) => refusal.code(),
            Self::TooManyLetters => "too-many-letters",
        }
    }

    fn detail(&self) -> Cow<'static, str> {
        match self {
            Self::Address(refusal) => refusal.to_string().into(),
            Self::TooManyLetters => "there were too many letters; try again in an hour".into(),
        }
    }
}

/// Runs for nobody who is not verified, wherever it is mounted: it demands the proof, and the letters demand it of it.
async fn sign_up(
    State(choir): State<Choir>,
    proof: Verified,
    Extension(ClientIp(client)): Extension<ClientIp>,
    Extension(page): Extension<FormPage>,
    request: Parts,
    Form(given): Form<SignUp>,
) -> Response {
    let address = match given.email.parse::<EmailAddress>() {
        Ok(address) => address,
        Err(refusal) => return page.refuse(&NotSignedUp::Address(refusal), &request),
    };
    let name = given.name.chars().take(80).collect();
    let client = AddressPrefix::default().block(client);
    let invited = choir.letters.invite(&choir, &proof, client, address, name);
    match invited.await {
        Ok(()) => message(
            "Look into your mail",
            "If the address is new to us, a letter is on its way to it.",
        ),
        Err(_) => page.refuse(&NotSignedUp::TooManyLetters, &request),
    }
}

#[derive(Template)]
#[template(path = "comments.html")]
struct CommentsPage<'a> {
    site_key: &'a str,
    form: &'a Filled,
    comments: Vec<Comment>,
    held: usize,
}

fn draw_comments(choir: &Choir, form: &Filled) -> Response {
    page(&CommentsPage {
        site_key: choir.site_key.as_str(),
        form,
        comments: choir.book.comments(),
        held: choir.book.count_held(),
    })
}

#[derive(Deserialize)]
struct GivenComment {
    name: String,
    comment: String,
}

/// Below which score a comment is held. Why not refused: a score is a hint, and a person may be behind a low one.
const HELD_BELOW: f64 = 0.7;

async fn comment(
    State(choir): State<Choir>,
    proof: Verified,
    Form(given): Form<GivenComment>,
) -> Response {
    let comment = Comment {
        name: given.name.chars().take(80).collect(),
        text: given.comment.chars().take(2000).collect(),
    };
    let is_doubtful = |score: Score| score.get() < HELD_BELOW;
    if proof.score().is_some_and(is_doubtful) {
        choir.book.hold(&proof, comment);
        return held();
    }
    choir.book.comment(&proof, comment);
    Redirect::to("/comments").into_response()
}

/// That a comment waits for somebody to look at it, and the code of why.
fn held() -> Response {
    let told = MessagePage {
        title: "Thank you",
        text: "Somebody looks at your comment before it is shown.",
        code: Some(Refusal::LowScore.code()),
    };
    (StatusCode::ACCEPTED, page(&told)).into_response()
}

/// The mistake that people make most: this handler looks at no token. It runs for nobody without one all the same, as
/// the layer stands around its route.
async fn subscribe() -> Response {
    message("Thank you", "The next letter is yours.")
}

#[derive(Template)]
#[template(path = "wishes.html")]
struct WishesPage<'a> {
    site_key: &'a str,
}

async fn show_wishes(State(choir): State<Choir>) -> Response {
    page(&WishesPage {
        site_key: choir.site_key.as_str(),
    })
}

#[derive(Template)]
#[template(path = "confirm.html")]
struct ConfirmPage<'a> {
    address: &'a str,
    token: &'a str,
}

/// Asks whether the address is whoever's who has opened the link.
pub(crate) fn confirm(address: &str, token: &str) -> Response {
    page(&ConfirmPage { address, token })
}

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage<'a> {
    title: &'a str,
    text: &'a str,
    code: Option<&'a str>,
}

/// One thing to be told.
pub(crate) fn message(title: &str, text: &str) -> Response {
    let code = None;
    page(&MessagePage { title, text, code })
}

/// That it went no further, and why.
pub(crate) fn refusal(status: StatusCode, code: &str) -> Response {
    let told = MessagePage {
        title: "That did not work",
        text: words::of(code),
        code: Some(code),
    };
    (status, page(&told)).into_response()
}

fn page(template: &impl Template) -> Response {
    match template.render() {
        // Why: a stamp is for one visitor and one post.
        Ok(text) => ([(header::CACHE_CONTROL, "no-store")], Html(text)).into_response(),
        Err(_) => failed(),
    }
}

pub(crate) fn failed() -> Response {
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
