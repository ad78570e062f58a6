//! A sign-up form, and the back end that a site would have behind it.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use cattlegrid::Site;
use reqwest::Client;
use serde::{Deserialize, Serialize};

use super::page;
use crate::app::App;
use crate::hidden::Hidden;
use crate::problem::Problem;

const VERIFICATION_TIMEOUT: Duration = Duration::from_secs(5);

/// The page, for the demo site.
pub(super) fn router(app: &App, site: &Site) -> Router<Arc<App>> {
    let backend = Backend {
        site: site.clone(),
        siteverify: format!("http://{}/siteverify", app.standing().own_address()),
        // Why: a proxy that the environment names leads away from this machine.
        client: Client::builder().no_proxy().build().unwrap_or_default(),
    };
    Router::new()
        .route("/", get(empty).post(sent))
        .with_state(Arc::new(backend))
}

/// A site's back end. It has its keys and the server's address, like any other.
struct Backend {
    site: Site,
    siteverify: String,
    client: Client,
}

/// What the visitor filled in.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Application {
    name: String,
    email: String,
    password: Option<Hidden>,
    #[serde(rename = "cattlegrid-response")]
    token: String,
}

/// What is wrong with each field, in words for the visitor.
#[derive(Default, PartialEq)]
struct Mistakes {
    name: Option<&'static str>,
    email: Option<&'static str>,
    password: Option<&'static str>,
    captcha: Option<&'static str>,
}

/// What siteverify answers.
#[derive(Deserialize, Serialize)]
struct Verification {
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge_ts: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hostname: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action: Option<String>,
    #[serde(rename = "error-codes")]
    error_codes: Vec<String>,
}

/// What the back end and the server said to each other, as it may be shown.
struct Exchange {
    url: String,
    sent: String,
    came_back: String,
}

#[derive(Template)]
#[template(path = "signup.html")]
struct SignUp<'a> {
    site_key: &'a str,
    application: Application,
    mistakes: Mistakes,
    exchange: Option<Exchange>,
    welcome: bool,
}

impl Backend {
    fn page(&self) -> SignUp<'_> {
        SignUp {
            site_key: self.site.key().as_str(),
            application: Application::default(),
            mistakes: Mistakes::default(),
            exchange: None,
            welcome: false,
        }
    }

    /// Asks the server whether to let the visitor through.
    async fn verify(&self, token: &str) -> Result<(Verification, Exchange), reqwest::Error> {
        let site_key = self.site.key().as_str();
        let question = [
            ("secret", self.site.secret().expose()),
            ("response", token),
            ("sitekey", site_key),
        ];
        let reply = self
            .client
            .post(&self.siteverify)
            .form(&question)
            .timeout(VERIFICATION_TIMEOUT)
            .send()
            .await?;
        let verification: Verification = reply.json().await?;
        let exchange = Exchange {
            url: self.siteverify.clone(),
            sent: format!(
                "secret=••••••••\n&response={}\n&sitekey={site_key}",
                shortened(token)
            ),
            came_back: serde_json::to_string_pretty(&verification).unwrap_or_default(),
        };
        Ok((verification, exchange))
    }
}

impl Application {
    fn mistakes(&self) -> Mistakes {
        let length = |text: &str| text.trim().chars().count();
        let email = self.email.trim();
        let password = self.password.as_ref().map_or("", Hidden::expose);
        Mistakes {
            name: (!(1..=80).contains(&length(&self.name))).then_some("Please tell us your name."),
            email: (length(email) > 254
                || !email
                    .split_once('@')
                    .is_some_and(|(who, host)| !who.is_empty() && !host.is_empty()))
            .then_some("Please give an e-mail address, such as ada@example.org."),
            password: (!(8..=1024).contains(&password.chars().count()))
                .then_some("Please choose a password of at least 8 characters."),
            captcha: None,
        }
    }
}

async fn empty(State(backend): State<Arc<Backend>>) -> Response {
    page(StatusCode::OK, &backend.page())
}

async fn sent(
    State(backend): State<Arc<Backend>>,
    form: Result<Form<Application>, FormRejection>,
) -> Result<Response, Problem> {
    let Form(application) = form.map_err(|rejection| unread(&rejection))?;
    let mut answer = backend.page();
    answer.mistakes = application.mistakes();
    // Why: a token is spent by verifying it, so what can be refused without it is refused first.
    if answer.mistakes == Mistakes::default() {
        match backend.verify(&application.token).await {
            Ok((verification, exchange)) => {
                answer.welcome = verification.success;
                answer.exchange = Some(exchange);
                answer.mistakes.captcha = (!verification.success)
                    .then_some("That did not let you through. Please answer the new picture.");
            }
            Err(error) => {
                tracing::error!(%error, "siteverify cannot be asked");
                answer.mistakes.captcha =
                    Some("Your answer could not be checked. Please try again.");
            }
        }
    }
    answer.application = application;
    let status = if answer.welcome {
        StatusCode::OK
    } else {
        StatusCode::UNPROCESSABLE_ENTITY
    };
    Ok(page(status, &answer))
}

fn unread(rejection: &FormRejection) -> Problem {
    if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
        Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "body-too-large",
            "the form is larger than the server takes",
        )
    } else {
        Problem::bad_request("the body is not the form")
    }
}

/// The token's beginning: enough to see which it is, too little to use it.
fn shortened(token: &str) -> String {
    let start: String = token.chars().take(16).collect();
    if start.len() < token.len() {
        start + "…"
    } else {
        start
    }
}
