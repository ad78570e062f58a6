//! hCaptcha's siteverify, as <https://docs.hcaptcha.com/#verify-the-user-response-server-side> describes it.
//!
//! It shares its path with the native one, which asks here for sites that speak hCaptcha.

use std::net::IpAddr;

use cattlegrid::Refusal;
use serde::Serialize;
use utoipa::ToSchema;

use super::siteverify::Question;
use crate::app::App;
use crate::dialect::Dialect;
use crate::extract::BodyType;
use crate::test_keys::{self, Tested};
use crate::verification::{self, Asked, Denial, Passed, Words};

/// What hCaptcha says of somebody who passed.
#[derive(Serialize, ToSchema)]
#[schema(as = HcaptchaVerified)]
pub(super) struct Verified {
    /// When the challenge was answered (`yyyy-MM-dd'T'HH:mm:ssZZ`).
    #[schema(format = DateTime, required = false)]
    challenge_ts: String,
    /// The host of the page that it was answered on; `not-provided` if it was no page.
    #[schema(required = false)]
    hostname: String,
    /// `false`: nobody is paid for answers here.
    #[serde(skip_serializing_if = "Option::is_none")]
    credit: Option<bool>,
    /// With the response tokens for tests of hCaptcha's enterprise accounts alone: the risk.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0.0, maximum = 1.0)]
    score: Option<f32>,
}

impl From<Passed> for Verified {
    fn from(passed: Passed) -> Self {
        Self {
            challenge_ts: verification::to_the_second(passed.challenge_ts),
            hostname: passed.hostname.unwrap_or_else(|| "not-provided".to_owned()),
            credit: Some(false),
            score: None,
        }
    }
}

impl Verified {
    fn tested(app: &App, tested: Tested) -> Self {
        Self {
            challenge_ts: verification::to_the_second(app.clock().now()),
            hostname: tested.hostname.to_owned(),
            credit: tested.risk.is_none().then_some(false),
            score: tested.risk,
        }
    }
}

/// Whether a question is hCaptcha's to answer: that of a site which speaks it, or of its secret key for tests.
pub(super) fn is_asked(app: &App, question: &Question) -> bool {
    let Some(secret) = &question.secret else {
        return false;
    };
    if app.has_test_keys() && secret == test_keys::HCAPTCHA_SECRET {
        return true;
    }
    let Ok(secret) = secret.parse() else {
        return false;
    };
    let site = app.owner(&secret);
    site.is_some_and(|site| app.dialect(site) == Dialect::Hcaptcha)
}

/// Verifies a response token as hCaptcha does, and spends it.
///
/// # Errors
/// [`Denial`], for [`WORDS`].
pub(super) async fn verify(
    app: &App,
    question: Question,
    kind: Option<BodyType>,
) -> Result<Verified, Denial> {
    // Why: hCaptcha reads forms alone, and finds nothing in JSON.
    if kind == Some(BodyType::Json) {
        return Err(Denial::NOTHING_ASKED);
    }
    let asked = Asked::new(question.secret, question.response)?;
    let site_key = verification::given(question.sitekey);
    // Why `None`: that is what Python's clients write where they know no address.
    let address = verification::given(question.remoteip).filter(|address| address != "None");
    if address
        .as_ref()
        .is_some_and(|address| address.parse::<IpAddr>().is_err())
    {
        return Err(Denial::Said(&["invalid-remoteip"]));
    }
    if let Some(tested) = test_keys::hcaptcha(app, &asked, site_key.as_deref()) {
        return tested.map(|tested| Verified::tested(app, tested));
    }
    let asked = asked.for_site(site_key).of_visitor_at(address);
    Ok(app.verify(&asked).await?.into())
}

/// What hCaptcha calls what it has no word for.
pub(super) const WORDS: Words = Words {
    refusal: word,
    unfit: Some("invalid-input-response"),
    undecided: Some("bad-request"),
};

/// What hCaptcha calls a refusal: the native code, which is its own word where it has one. It has none for its failures.
fn word(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::StoreUnavailable(_) | Refusal::NoEntropy(_) | Refusal::Challenge(_) => {
            "bad-request"
        }
        other => other.code(),
    }
}
