//! Verifies response tokens, whoever issued them: Cattlegrid, ALTCHA, Friendly Captcha, hCaptcha, reCAPTCHA, Turnstile.
//!
//! A visitor's form brings a response token. It proves nothing until the provider that issued it has said so, and then
//! only that *somebody* passed *somewhere*. A [`Verifier`] asks all that is to be asked, in this order:
//!
//! 1. **Can it be a token?** What is too long or of other characters is refused, and goes nowhere.
//! 2. **Does the provider say that a person passed?** One `POST`, one reply of at most 64 KiB, within one timeout;
//!    redirects are not followed. What is no such reply lets nobody through.
//! 3. **Is it from this site, this form, and good enough?** [`Expected`] has the hostnames, the action and the least
//!    score. What the provider leaves unsaid is refused.
//! 4. **Is it here for the first time?** The token is claimed in a [store](store::Store) that all processes of the site
//!    share. So it passes once, even where a provider takes tokens again.
//!
//! The claim comes last, so that an outage does not burn the token: whoever reloads the form a minute later passes. A
//! token that was refused is not claimed either, and does not need to be, as no second look makes it better.
//!
//! | | |
//! |---|---|
//! | [`Verification::Passed`] | let through |
//! | [`Verification::Refused`] | not let through, with the provider's codes or ours |
//! | [`Error`] | nobody could decide: not let through, unless the site has chosen otherwise for [`Error::Unreachable`] |
//!
//! There is no [`Passed`] but of a token that went through all four, or that a [`Verify`] of one's own
//! [vouches](Passed::vouched) for. What needs tokens checked takes an `Arc<dyn`
//! [`Verify`]`>`: a [`Verifier`], a [`Chain`] of them for when a provider is down, or a [`Fake`] in a site's tests.
//!
//! # Providers
//!
//! | [`Provider`] | asked with | must say when expected |
//! |---|---|---|
//! | [`Cattlegrid`](provider::Cattlegrid) | secret key, site key | hostname, action, score |
//! | [`Altcha`](provider::Altcha) | nobody is asked | |
//! | [`AltchaServer`](provider::AltchaServer) | secret key | hostname, action |
//! | [`FriendlyCaptcha`](provider::FriendlyCaptcha) | API key, site key | hostname |
//! | [`Hcaptcha`](provider::Hcaptcha) | secret key, site key | hostname |
//! | [`RecaptchaV2`](provider::RecaptchaV2) | secret key | hostname |
//! | [`RecaptchaV3`](provider::RecaptchaV3) | secret key | hostname, action, score (always) |
//! | [`RecaptchaEnterprise`](provider::RecaptchaEnterprise) | API key, site key | hostname, action, score (always) |
//! | [`Turnstile`](provider::Turnstile) | secret key | hostname, action |
//!
//! The secret keys that providers publish for tests, which are in [`test_keys`], let everybody through. With one of those a
//! token is never spent, as the dummy tokens that go with them are all the same. The dummies come from dummy hosts
//! (`dummy-key-pass`, `testkey.google.com`, `example.com`), which are expected or refused like any other; so a test key that
//! slips into production refuses everybody there, if the site expects its own hostnames.
//!
//! # Connections
//!
//! One pool of HTTP/1.1 connections for each verifier, TLS by rustls with the system's root certificates or those of a
//! [file](Roots::of_pem_file). Providers' own addresses are `https`, and reached through the proxy that `HTTPS_PROXY`,
//! `ALL_PROXY` and `NO_PROXY` name. A server of one's own in a private network may be `http`, which never goes through a
//! proxy.
//!
//! Where there was no connection, one more attempt is made within the same timeout. A request that was sent is not sent
//! again: it may have spent the token, and the second reply would refuse somebody who passed. Turnstile's is, once, when
//! its reply was lost, as it bears an idempotency key by which Turnstile knows it.
//!
//! # Outages
//!
//! After five questions in a row without an answer a provider is left alone for ten seconds: whoever comes meanwhile gets
//! [`Error::Unreachable`] at once. Then one question is asked, and its outcome decides. A bad answer is an answer here, so
//! that no visitor can have a provider left alone by sending tokens that it stumbles over.
//!
//! A [`Chain`] has another provider for that time. A site that would rather let visitors through while the provider is
//! unreachable [claims](Verify::claim) their tokens, so that each still gets through once.
//!
//! # Metrics and traces
//!
//! An [`Observer`](observer::Observer) in the [`Settings`] is told of every check when it is over: the provider's name, the
//! outcome, of which there are [five](observer::Outcome::ALL), and how long it took. A histogram with the labels `provider`
//! and `outcome` is all that it takes. Each check is a span of [`tracing`] as well, `verify_token`, with the same two fields.
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//!
//! use cattlegrid_provider::provider::Turnstile;
//! use cattlegrid_provider::store::{AnyStore, SystemClock};
//! use cattlegrid_provider::{Expected, Settings, Verification, Verifier, Verify, Visit};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! # let endpoint = format!("http://{}/siteverify", listener.local_addr()?).parse()?;
//! # let reply = r#"{"success": true, "hostname": "example.org", "action": "sign-up"}"#;
//! # let stand_in = axum::Router::new().route("/siteverify", axum::routing::post(move || async move { reply }));
//! # tokio::spawn(axum::serve(listener, stand_in).into_future());
//! # struct Form { captcha: &'static str }
//! # let form = Form { captcha: "the-token" };
//! let turnstile = Turnstile::new();
//! # let turnstile = Turnstile::at(endpoint);
//! let secret_key = "the-secret-key-of-the-site".parse()?;
//! let store = AnyStore::open(&"memory:".parse()?, Arc::new(SystemClock::new()))?;
//! let expected = Expected {
//!     hostnames: vec!["example.org".parse()?, "*.example.org".parse()?],
//!     action: Some("sign-up".parse()?),
//!     ..Expected::default()
//! };
//! let settings = Settings { expected, ..Settings::default() };
//! let verifier = Verifier::new(Box::new(turnstile), secret_key, store, settings)?;
//!
//! match verifier.verify(form.captcha, Visit::new()).await? {
//!     Verification::Passed(passed) => println!("welcome, {:?}", passed.hostname()),
//!     Verification::Refused(refused) => return Err(refused.into()),
//! }
//!
//! // The same token again is refused, whatever the provider says.
//! let again = verifier.verify(form.captcha, Visit::new()).await?;
//! assert!(matches!(again, Verification::Refused(_)));
//! # Ok(())
//! # }
//! ```
//!
//! # Another provider
//!
//! Whoever speaks the protocol that reCAPTCHA began is a [`Provider`] and a [`Remote`](provider::Remote) of a few lines: a
//! name, a field, an address, how long its tokens live. Who speaks another says what is [posted](provider::Request), and how
//! a reply is [read](provider::Remote::read).

#![forbid(unsafe_code)]

mod asking;
mod breaker;
mod chain;
mod endpoint;
mod error;
mod expected;
pub mod fake;
mod hostname;
mod judging;
mod keys;
pub mod observer;
pub mod provider;
mod question;
pub mod reply;
mod roots;
mod spending;
pub mod test_keys;
mod token;
mod transport;
mod verification;
mod verifier;
mod verify;

pub use cattlegrid_store as store;
pub use chain::{Chain, WhenDown};
pub use endpoint::Endpoint;
pub use error::{Broken, ConfigError, Error, Unreachable};
pub use expected::{Action, Expected, Score};
pub use fake::Fake;
pub use hostname::HostnamePattern;
pub use keys::{SecretKey, SiteKey};
pub use provider::Provider;
pub use roots::Roots;
pub use token::ResponseToken;
pub use verification::{Passed, Refused, Verification};
pub use verifier::{Settings, Verifier};
pub use verify::{BoxFuture, Verify, Visit};
