//! The keys that providers publish for tests: with most of them anybody passes.
//!
//! What each does is what its provider's documents say, and where they say nothing what the provider's servers do
//! (November 2026). All of them are unknown to a server that was not told otherwise.
//!
//! - hCaptcha, "Integration Testing: Test Keys", <https://docs.hcaptcha.com/#integration-testing-test-keys>
//! - reCAPTCHA, "I'd like to run automated tests", <https://developers.google.com/recaptcha/docs/faq>
//! - Turnstile, "Testing", <https://developers.cloudflare.com/turnstile/troubleshooting/testing/>

use std::sync::Arc;

use cattlegrid::challenge::image::{Fonts, Style};
use cattlegrid::challenge::{Generators, KindOptions};
use cattlegrid::{ChallengeKey, OsEntropy, Site};

use crate::Error;
use crate::app::App;
use crate::dialect::Dialect;
use crate::verification::{Asked, Denial};

/// hCaptcha's one secret key for tests.
pub(crate) const HCAPTCHA_SECRET: &str = "0x0000000000000000000000000000000000000000";

const RECAPTCHA_SECRET: &str = "6LeIxAcTAAAAAGG-vFI1TnRWxMZNFuojJ4WifJWe";

const TURNSTILE_PASSES: &str = "1x0000000000000000000000000000000AA";
const TURNSTILE_FAILS: &str = "2x0000000000000000000000000000000AA";
const TURNSTILE_SPENT: &str = "3x0000000000000000000000000000000AA";

/// The one site key whose visitors must answer a challenge.
const TURNSTILE_ASKS: &str = "3x00000000000000000000FF";

/// Why: reCAPTCHA publishes no token, and its secret key takes any.
const RECAPTCHA_TOKEN: &str = "recaptcha.test.token";
const TURNSTILE_TOKEN: &str = "XXXX.DUMMY.TOKEN.XXXX";

/// hCaptcha's site keys for tests, the token that each earns, and the risk that the verification tells: none for an account
/// of the publishers' kind.
const HCAPTCHA_SITES: [(&str, &str, Option<f32>); 3] = [
    (
        "10000000-ffff-ffff-ffff-000000000001",
        "10000000-aaaa-bbbb-cccc-000000000001",
        None,
    ),
    (
        "20000000-ffff-ffff-ffff-000000000002",
        "20000000-aaaa-bbbb-cccc-000000000002",
        Some(0.0),
    ),
    (
        "30000000-ffff-ffff-ffff-000000000003",
        "30000000-aaaa-bbbb-cccc-000000000003",
        Some(1.0),
    ),
];

/// What happens on the page of a site key for tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TestSite {
    /// Everybody has this token at once, of this dialect's provider.
    Passes(&'static str, Dialect),
    /// Nobody gets a token.
    Blocks,
    /// A right answer earns this token, of Turnstile.
    Asks(&'static str),
}

impl TestSite {
    /// What becomes of visitors of the site with this key, if it is one for tests and those work here.
    pub(crate) fn of(app: &App, site_key: &str) -> Option<Self> {
        if !app.has_test_keys() {
            return None;
        }
        match site_key {
            "6LeIxAcTAAAAAJcZVRqyHh71UMIEGNQ_MXjiZKhI" => {
                Some(Self::Passes(RECAPTCHA_TOKEN, Dialect::RecaptchaV2))
            }
            "1x00000000000000000000AA" | "1x00000000000000000000BB" => {
                Some(Self::Passes(TURNSTILE_TOKEN, Dialect::Turnstile))
            }
            "2x00000000000000000000AB" | "2x00000000000000000000BB" => Some(Self::Blocks),
            TURNSTILE_ASKS => Some(Self::Asks(TURNSTILE_TOKEN)),
            _ => HCAPTCHA_SITES
                .iter()
                .find(|(key, ..)| *key == site_key)
                .map(|&(_, token, _)| Self::Passes(token, Dialect::Hcaptcha)),
        }
    }

    /// What a right answer to a challenge earns instead of a token of this server, if it is a challenge for tests.
    pub(crate) fn earned(app: &App, key: &ChallengeKey) -> Option<&'static str> {
        if !app.has_test_keys() {
            return None;
        }
        let site_key = app.gate().inspect(key).ok()?.site?;
        match Self::of(app, site_key.as_str())? {
            Self::Asks(token) => Some(token),
            Self::Passes(..) | Self::Blocks => None,
        }
    }
}

/// The site that asks visitors of Turnstile's forced interaction. Nobody knows its secret key, as its tokens leave nowhere.
///
/// # Errors
/// [`Error::NoEntropy`] when no keys can be drawn, [`Error::Challenge`] when the built-in settings make no challenges.
pub(crate) fn asking_site() -> Result<Site, Error> {
    let (_, secret) = Site::generate_keys(&OsEntropy)?;
    let key = TURNSTILE_ASKS
        .parse()
        .map_err(|error| Error::config("test_keys", error))?;
    let generators = Generators::new(&KindOptions::default(), &Fonts::embedded())?;
    Ok(Site::new(
        key,
        secret,
        Arc::new(generators),
        Arc::new(Style::hard()),
    ))
}

/// Who passed with a secret key for tests.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Tested {
    /// What the provider calls the page's host.
    pub(crate) hostname: &'static str,
    /// The risk, from none, 0, to certain, 1, where the key is for tests of that.
    pub(crate) risk: Option<f32>,
}

/// What hCaptcha's test keys say, if one was used. For questions of sites that speak hCaptcha, or with its test secret.
pub(crate) fn hcaptcha(
    app: &App,
    asked: &Asked,
    site_key: Option<&str>,
) -> Option<Result<Tested, Denial>> {
    if !app.has_test_keys() {
        return None;
    }
    let site = HCAPTCHA_SITES
        .iter()
        .find(|(_, token, _)| *token == asked.response());
    match (asked.secret() == HCAPTCHA_SECRET, site) {
        (false, None) => None,
        (true, None) | (false, Some(_)) => Some(Err(Denial::Said(&["not-using-dummy-passcode"]))),
        (true, Some((key, ..))) if site_key.is_some_and(|given| given != *key) => {
            Some(Err(Denial::Said(&["sitekey-secret-mismatch"])))
        }
        (true, Some(&(.., risk))) => Some(Ok(Tested {
            hostname: "dummy-key-pass",
            risk,
        })),
    }
}

/// What reCAPTCHA's test key says, if it was used: every token passes.
pub(crate) fn recaptcha(app: &App, asked: &Asked) -> Option<Tested> {
    (app.has_test_keys() && asked.secret() == RECAPTCHA_SECRET).then_some(Tested {
        hostname: "testkey.google.com",
        risk: None,
    })
}

/// What Turnstile's test keys say, if one was used.
pub(crate) fn turnstile(app: &App, asked: &Asked) -> Option<Result<Tested, Denial>> {
    const NOT_THE_TOKEN: Denial = Denial::Said(&["invalid-input-response"]);
    if !app.has_test_keys() {
        return None;
    }
    match asked.secret() {
        TURNSTILE_PASSES if asked.response() == TURNSTILE_TOKEN => Some(Ok(Tested {
            hostname: "example.com",
            risk: None,
        })),
        TURNSTILE_PASSES | TURNSTILE_FAILS => Some(Err(NOT_THE_TOKEN)),
        TURNSTILE_SPENT => Some(Err(Denial::Said(&["timeout-or-duplicate"]))),
        _ => None,
    }
}
