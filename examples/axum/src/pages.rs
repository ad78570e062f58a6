//! The pages for people: sign-up, comments, and a newsletter.

use std::error::Error;

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Form, Router};
use cattlegrid_guard::captcha::Verified;
use cattlegrid_guard::client_ip::ClientIp;
use cattlegrid_guard::email::EmailAddress;
use cattlegrid_guard::{AddressPrefix, Problem};
use serde::Deserialize;

use crate::book::Comment;
use crate::guards::Guards;
use crate::{Choir, SiteForms};

pub(crate) fn router(forms: &SiteForms, guards: &Guards) -> Result<Router<Choir>, Box<dyn Error>> {
    let sign_up = get(show_sign_up).post(sign_up);
    let comments = get(show_comments).post(comment);
    let newsletter = get(show_sign_up).post(subscribe);
    Ok(Router::new()
        .route("/", guards.around_form(&forms.sign_up, "sign-up", sign_up)?)
        .route(
            "/comments",
            guards.around_form(&forms.comment, "comment", comments)?,
        )
        .route("/newsletter", guards.around_api("newsletter", newsletter)?)
        .route("/wishes", get(show_wishes)))
}

#[derive(Template)]
#[template(path = "sign_up.html")]
struct SignUpPage<'a> {
    site_key: &'a str,
    stamp: String,
}

async fn show_sign_up(State(choir): State<Choir>) -> Response {
    let Ok(stamp) = choir.forms.sign_up.stamp() else {
        return failed();
    };
    page(&SignUpPage {
        site_key: choir.site_key.as_str(),
        stamp: stamp.html(),
    })
}

#[derive(Deserialize)]
struct SignUp {
    name: String,
    email: String,
}

/// Runs for nobody who is not verified, wherever it is mounted: it demands the proof, and the letters demand it of it.
async fn sign_up(
    State(choir): State<Choir>,
    proof: Verified,
    Extension(ClientIp(client)): Extension<ClientIp>,
    Form(given): Form<SignUp>,
) -> Response {
    let Ok(address) = given.email.parse::<EmailAddress>() else {
        return refusal(StatusCode::UNPROCESSABLE_ENTITY, "email-invalid");
    };
    let name = given.name.chars().take(80).collect();
    let client = AddressPrefix::default().block(client);
    let invited = choir.letters.invite(&choir, &proof, client, address, name);
    match invited.await {
        Ok(()) => message(
            "Look into your mail",
            "If the address is new to us, a letter is on its way to it.",
        ),
        Err(_) => refusal(StatusCode::TOO_MANY_REQUESTS, "too-many-letters"),
    }
}

#[derive(Template)]
#[template(path = "comments.html")]
struct CommentsPage<'a> {
    site_key: &'a str,
    stamp: String,
    comments: Vec<Comment>,
}

async fn show_comments(State(choir): State<Choir>) -> Response {
    let Ok(stamp) = choir.forms.comment.stamp() else {
        return failed();
    };
    page(&CommentsPage {
        site_key: choir.site_key.as_str(),
        stamp: stamp.html(),
        comments: choir.book.comments(),
    })
}

#[derive(Deserialize)]
struct GivenComment {
    name: String,
    comment: String,
}

async fn comment(
    State(choir): State<Choir>,
    proof: Verified,
    Form(given): Form<GivenComment>,
) -> Redirect {
    let comment = Comment {
        name: given.name.chars().take(80).collect(),
        text: given.comment.chars().take(2000).collect(),
    };
    choir.book.comment(&proof, comment);
    Redirect::to("/comments")
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

/// That it went no further, and the code of why.
pub(crate) fn refusal(status: StatusCode, code: &str) -> Response {
    let told = MessagePage {
        title: "That did not work",
        text: "Nothing was kept. Please open the form again.",
        code: Some(code),
    };
    (status, page(&told)).into_response()
}

/// What a layer has refused.
pub(crate) fn refused<P: Problem>(problem: &P) -> Response {
    refusal(problem.status(), problem.code())
}

fn page(template: &impl Template) -> Response {
    match template.render() {
        // Why: a stamp is for one visitor and one post.
        Ok(text) => ([(header::CACHE_CONTROL, "no-store")], Html(text)).into_response(),
        Err(_) => failed(),
    }
}

fn failed() -> Response {
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}
