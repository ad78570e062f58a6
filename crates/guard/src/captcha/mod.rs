//! Nothing behind it runs without a response token that was verified.
//!
//! A captcha protects nothing by being on a page: whoever wants past it sends the form without having seen the page, or
//! calls the API under it, or sends the same token a thousand times. What protects is that the back end runs nothing before
//! it has asked about the token. [`CaptchaLayer`] has every request that may change something asked about, whatever
//! handler it is for and whatever its body is written in; [`Verified`] is the proof of it, which a handler can demand.
//!
//! # Which requests need a token
//!
//! All but `GET`, `HEAD`, `OPTIONS` and `TRACE`, which change nothing (RFC 9110, 9.2.1); methods that nobody knows need one.
//! It is the request's own method that counts: a layer that goes by `X-HTTP-Method-Override` belongs outside of this one.
//! A handler that demands [`Verified`] needs one by any method.
//!
//! # Where the token is
//!
//! In a field of the body, which [`FieldsLayer`](crate::fields::FieldsLayer) has read before, be it a form or JSON; or in
//! the header [`TOKEN_HEADER`], for programs. The field is called as the widget calls it whose tokens are verified, which is
//! for [whoever verifies](Verify::fields) to say; no other name is looked at. Two tokens are none: nobody can tell which one
//! was meant.
//!
//! | | status | `code` |
//! |---|---|---|
//! | no token, or more than one | 400 | `missing-token` |
//! | it is forged, expired, spent, or of another site or form | 403 | `refused-token` |
//! | nobody could decide | 503 | `store-unavailable`, `provider-unreachable`, `provider-broken` |
//! | the fields were not read, as the layer for that is missing | 500 | `internal-error` |
//!
//! These come as problem details (RFC 9457), whose `detail` has the codes of siteverify, or as the site's
//! [own response](crate::CheckLayer::with_refusal). A handler that takes `Result<Verified, Unverified>` answers itself.
//!
//! # Who verifies
//!
//! Whatever is a [`Verify`]: a client of a provider, or [`GateVerifier`] for a gate in this process. It is told the client's
//! address, if [`client_ip`](crate::client_ip) has found it, and what the form is for, if
//! [the captcha says](Captcha::with_action). A token is verified once for each request: what the layer has verified, a
//! handler behind it gets without asking again, as long as the action is the one that it expects.
//!
//! # In which order
//!
//! Verifying spends the token, and is what costs most. So what tells machines for less comes outside of it: rate limits,
//! honeypot, form timing.
//!
//! # Example
//!
//! ```
//! use std::convert::Infallible;
//! use std::sync::Arc;
//!
//! use bytes::Bytes;
//! use cattlegrid_guard::captcha::{Captcha, CaptchaLayer, Verified};
//! use cattlegrid_guard::fields::{FieldsLayer, Limits};
//! use cattlegrid_provider::fake::{Fake, Verdict};
//! use http::{Request, Response, StatusCode};
//! use http_body_util::Full;
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let fake = Fake::new(|token, _| match token {
//!     "good" => Verdict::Pass(Default::default()),
//!     _ => Verdict::Refuse("invalid-input-response"),
//! });
//! let captcha = Captcha::new(Arc::new(fake));
//! let service = ServiceBuilder::new()
//!     .layer(FieldsLayer::new(Limits::default()))
//!     .layer(CaptchaLayer::new(captcha))
//!     .service(service_fn(async |request: Request<Full<Bytes>>| {
//!         assert!(request.extensions().get::<Verified>().is_some());
//!         Ok::<_, Infallible>(Response::new("your comment is on the page".to_owned()))
//!     }));
//!
//! let post = |form: &'static str| {
//!     Request::post("/comments")
//!         .header("content-type", "application/x-www-form-urlencoded")
//!         .body(Full::<Bytes>::from(form))
//! };
//! let response = service.clone().oneshot(post("comment=Moo")?).await?;
//! assert_eq!(response.status(), StatusCode::BAD_REQUEST);
//! let response = service.clone().oneshot(post("comment=Moo&captcha-response=forged")?).await?;
//! assert_eq!(response.status(), StatusCode::FORBIDDEN);
//! let response = service.oneshot(post("comment=Hello&captcha-response=good")?).await?;
//! assert_eq!(response.status(), StatusCode::OK);
//! # Ok(())
//! # }
//! ```
//!
//! # With axum
//!
//! With the feature `axum`, [`Verified`] is an extractor. It can be had only where the router's state gives a [`Captcha`], and
//! it asks that one itself where no layer has. So a handler that demands it runs for nobody else, and a router that was not
//! told how to verify does not compile:
//!
//! ```compile_fail
//! # use axum::{Router, routing::post};
//! # use cattlegrid_guard::captcha::Verified;
//! async fn sign_up(_: Verified) {}
//!
//! let site: Router = Router::new().route("/sign-up", post(sign_up));
//! ```
//!
//! With a state that is a captcha, or from which axum's `FromRef` gets one, it does:
//!
//! ```
//! # #[cfg(feature = "axum")] {
//! # use std::sync::Arc;
//! # use axum::{Router, routing::post};
//! # use cattlegrid_guard::captcha::{Captcha, Verified};
//! # use cattlegrid_guard::fields::{FieldsLayer, Limits};
//! # use cattlegrid_provider::fake::Fake;
//! async fn sign_up(_: Verified) {}
//!
//! # let captcha = Captcha::new(Arc::new(Fake::passing()));
//! let site: Router = Router::new()
//!     .route("/sign-up", post(sign_up))
//!     .layer(FieldsLayer::new(Limits::default()))
//!     .with_state(captcha);
//! # }
//! ```
//!
//! `Option<Verified>` is no extractor, as it would let everybody through. What a route's form is for is said by a layer around
//! that route, with the same captcha [for that action](Captcha::with_action).
//!
//! A function deeper inside that takes a [`Verified`], `fn create_account(proof: Verified, …)` say, cannot be called from a
//! handler that has none, as nothing else makes one.

#[cfg(feature = "axum")]
mod extract;
mod gate_verifier;
mod token;
mod unverified;
mod verified;

use std::fmt;
use std::sync::Arc;

use cattlegrid_provider::{Action, Refused, Verification, Verify, Visit};
use http::header;
use http::request::Parts;

pub use gate_verifier::GateVerifier;
pub use token::TOKEN_HEADER;
pub use unverified::Unverified;
pub use verified::Verified;

use self::token::Token;
use crate::client_ip::ClientIp;
use crate::{Check, CheckLayer, ProblemDetails};

/// Lets no request through that may change something and has no verified token.
pub type CaptchaLayer<R = ProblemDetails> = CheckLayer<Captcha, R>;

/// Who verifies a site's tokens, where they are, and what they are for. A clone is the same.
#[derive(Clone)]
pub struct Captcha {
    verify: Arc<dyn Verify>,
    fields: Arc<[String]>,
    action: Option<Action>,
}

impl Captcha {
    /// Tokens that `verify` verifies, in one of [its fields](Verify::fields) or in [`TOKEN_HEADER`].
    pub fn new(verify: Arc<dyn Verify>) -> Self {
        let fields = verify.fields().into_iter().map(str::to_owned).collect();
        Self {
            verify,
            fields,
            action: None,
        }
    }

    /// The same, with the token in [`TOKEN_HEADER`] alone: for an API whose bodies nobody reads before their handler.
    #[must_use]
    pub fn in_header_alone(mut self) -> Self {
        self.fields = Arc::new([]);
        self
    }

    /// The same for a form that is for `action`: a token that was earned for something else is refused.
    #[must_use]
    pub fn with_action(mut self, action: Action) -> Self {
        self.action = Some(action);
        self
    }

    /// Verifies the token of a request, unless that was done before; afterwards the proof is in its extensions.
    ///
    /// # Errors
    /// [`Unverified`]: whoever sent the request gets no further.
    pub async fn verify(&self, parts: &mut Parts) -> Result<Verified, Unverified> {
        if let Some(before) = parts.extensions.get::<Verified>()
            && before.is_by(&self.verify)
        {
            return self.accept(before.clone());
        }
        let verified = self.ask(parts).await?;
        parts.extensions.insert(verified.clone());
        Ok(verified)
    }

    /// What was verified before, if it was for the same form.
    fn accept(&self, before: Verified) -> Result<Verified, Unverified> {
        match &self.action {
            Some(action) if !before.is_for(action.as_str()) => {
                Err(Refused::because("action-mismatch").into())
            }
            _ => Ok(before),
        }
    }

    async fn ask(&self, parts: &Parts) -> Result<Verified, Unverified> {
        let Token { text, field } = Token::only(parts, &self.fields)?;
        let address = parts.extensions.get().map(|&ClientIp(address)| address);
        let mut visit = Visit::new()
            .from_address(address)
            .for_action(self.action.clone());
        if let Some(field) = field {
            visit = visit.in_field(field);
        }
        if let Some(agent) = parts.headers.get(header::USER_AGENT)
            && let Ok(agent) = agent.to_str()
        {
            visit = visit.with_user_agent(agent);
        }
        match self.verify.verify(text, visit).await {
            Ok(Verification::Passed(passed)) => Ok(Verified::new(&self.verify, passed)),
            Ok(Verification::Refused(refused)) => {
                tracing::debug!(%refused, "a response token is refused");
                Err(refused.into())
            }
            Err(error) => {
                tracing::warn!(%error, "nobody can decide about a response token");
                Err(error.into())
            }
        }
    }
}

impl Check for Captcha {
    type Refusal = Unverified;

    async fn check(&self, parts: &mut Parts) -> Result<(), Unverified> {
        self.verify(parts).await.map(drop)
    }
}

impl fmt::Debug for Captcha {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Captcha")
            .field("fields", &self.fields)
            .field("action", &self.action)
            .finish_non_exhaustive()
    }
}
