//! The proof as axum's handlers demand it.

use axum::extract::{FromRef, FromRequestParts};
use axum::response::{IntoResponse, Response};
use http::request::Parts;

use super::{Captcha, Unverified, Verified};
use crate::ProblemDetails;

impl<S: Send + Sync> FromRequestParts<S> for Verified
where
    Captcha: FromRef<S>,
{
    type Rejection = Unverified;

    async fn from_request_parts(parts: &mut Parts, site: &S) -> Result<Self, Unverified> {
        Captcha::from_ref(site).verify(parts).await
    }
}

impl IntoResponse for Unverified {
    fn into_response(self) -> Response {
        ProblemDetails::of(&self)
    }
}
