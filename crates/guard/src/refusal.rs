//! Why a request was not let through.

use std::borrow::Cow;

use cattlegrid_store::StoreError;
use http::StatusCode;

use crate::Problem;

/// Why a form was not let through.
///
/// Every reason has a stable [`code`](Problem::code) and a status, which are the interface.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// `bad-request`, 400: the body is not what it says it is. The text says in which way. Send it as a browser does.
    #[error("{0}")]
    Malformed(&'static str),
    /// `body-too-large`, 413. Send less, or raise [`Limits::body`](crate::fields::Limits::body).
    #[error("the body is larger than {limit} bytes")]
    BodyTooLarge {
        /// The most bytes.
        limit: usize,
    },
    /// `body-too-slow`, 408. Send it faster, or raise [`Limits::time`](crate::fields::Limits::time).
    #[error("the body did not arrive in time")]
    BodyTooSlow,
    /// `too-many-fields`, 400. Send fewer, or raise [`Limits::fields`](crate::fields::Limits::fields).
    #[error("the form has more than {limit} fields")]
    TooManyFields {
        /// The most fields.
        limit: usize,
    },
    /// `internal-error`, 500: nobody has read the fields. Put a [`FieldsLayer`](crate::fields::FieldsLayer) outside of
    /// the layer that refused.
    #[error("the server failed")]
    FieldsNotRead,
    /// `missing-stamp`, 400. Send the form's field [`Stamp::FIELD`](crate::form::Stamp::FIELD) as it is.
    #[error("the form has no stamp; send the one that stands in it")]
    MissingStamp,
    /// `unknown-stamp`, 403: this site did not make the stamp for this form. Show the form again.
    #[error("the stamp was not made for this form")]
    UnknownStamp,
    /// `honeypot`, 403: a field that people never see was filled in, or left out.
    #[error("the form was not sent as it was shown")]
    Honeypot,
    /// `too-early`, 403: nobody is that fast. Nothing is spent; wait, and send the same again.
    #[error("the form was sent too early; send it again in a moment")]
    TooEarly,
    /// `expired-stamp`, 403: the form was made too long ago. Show it again, with what was typed.
    #[error("the form has expired; send a fresh one")]
    ExpiredStamp,
    /// `spent-stamp`, 403: the form was sent before. Show it again, with what was typed.
    #[error("the form was sent before; send a fresh one")]
    SpentStamp,
    /// `store-unavailable`, 503: the store cannot decide. Try again, and look at the store.
    #[error("the store cannot decide now; try again")]
    StoreUnavailable(#[from] StoreError),
}

impl Problem for Refusal {
    fn status(&self) -> StatusCode {
        match self {
            Self::Malformed(_) | Self::TooManyFields { .. } | Self::MissingStamp => {
                StatusCode::BAD_REQUEST
            }
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::FieldsNotRead => StatusCode::INTERNAL_SERVER_ERROR,
            Self::UnknownStamp
            | Self::Honeypot
            | Self::TooEarly
            | Self::ExpiredStamp
            | Self::SpentStamp => StatusCode::FORBIDDEN,
            Self::StoreUnavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "bad-request",
            Self::BodyTooLarge { .. } => "body-too-large",
            Self::BodyTooSlow => "body-too-slow",
            Self::TooManyFields { .. } => "too-many-fields",
            Self::FieldsNotRead => "internal-error",
            Self::MissingStamp => "missing-stamp",
            Self::UnknownStamp => "unknown-stamp",
            Self::Honeypot => "honeypot",
            Self::TooEarly => "too-early",
            Self::ExpiredStamp => "expired-stamp",
            Self::SpentStamp => "spent-stamp",
            Self::StoreUnavailable(_) => "store-unavailable",
        }
    }

    fn detail(&self) -> Cow<'static, str> {
        self.to_string().into()
    }
}
