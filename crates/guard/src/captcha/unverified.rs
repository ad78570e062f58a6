//! Why a request gets no further.

use std::borrow::Cow;

use cattlegrid_provider::{Error, Refused};
use http::StatusCode;

use crate::Problem;

/// Why a request gets no further. Every reason has a stable [`code`](Problem::code) and a status.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unverified {
    /// `missing-token`, 400: there is no token, or more than one. Send the widget's field along, once.
    #[error("there is no response token, or more than one")]
    Missing,
    /// `refused-token`, 403. Let the visitor answer another challenge.
    #[error("the response token is {0}")]
    Refused(#[from] Refused),
    /// `store-unavailable`, `provider-unreachable` or `provider-broken`, 503: nobody could decide. Try again, and look at
    /// the store or the provider.
    #[error("nobody can decide about the response token now; try again")]
    Undecided(#[from] Error),
    /// `internal-error`, 500: nobody has read the fields. Put a [`FieldsLayer`](crate::fields::FieldsLayer) outside of what
    /// verifies, or take tokens [from the header alone](super::Captcha::in_header_alone).
    #[error("the server failed")]
    FieldsNotRead,
}

impl Problem for Unverified {
    fn status(&self) -> StatusCode {
        match self {
            Self::Missing => StatusCode::BAD_REQUEST,
            Self::Refused(_) => StatusCode::FORBIDDEN,
            Self::Undecided(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::FieldsNotRead => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Missing => "missing-token",
            Self::Refused(_) => "refused-token",
            Self::Undecided(error) => error.code(),
            Self::FieldsNotRead => "internal-error",
        }
    }

    fn detail(&self) -> Cow<'static, str> {
        self.to_string().into()
    }
}
