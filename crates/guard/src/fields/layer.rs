//! The layer.

use std::time::Duration;

use tower::Layer;

use super::ReadFields;
use crate::ProblemDetails;

/// How much of a form is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of a body: 262,144 (256 KiB) by default. A larger one is refused with status 413.
    pub body: usize,
    /// The most fields, files among them: 1,000 by default. A form of more is refused with status 400.
    pub fields: usize,
    /// How long a body may take to arrive: ten seconds by default. A slower one is refused with status 408.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 256 * 1024,
            fields: 1000,
            time: Duration::from_secs(10),
        }
    }
}

/// Puts [`Fields`](super::Fields) into every request's extensions.
#[derive(Clone, Copy, Debug, Default)]
pub struct FieldsLayer<R = ProblemDetails> {
    limits: Limits,
    refuse: R,
}

impl FieldsLayer {
    /// Reads within these limits.
    pub const fn new(limits: Limits) -> Self {
        Self {
            limits,
            refuse: ProblemDetails,
        }
    }
}

impl<R> FieldsLayer<R> {
    /// The same, which answers what it refuses as `refuse` says: a closure from the [`Refusal`](crate::Refusal) and the
    /// request's head to a response.
    pub fn with_refusal<Q>(self, refuse: Q) -> FieldsLayer<Q> {
        FieldsLayer {
            limits: self.limits,
            refuse,
        }
    }
}

impl<T, R: Clone> Layer<T> for FieldsLayer<R> {
    type Service = ReadFields<T, R>;

    fn layer(&self, inner: T) -> Self::Service {
        ReadFields::new(inner, self.limits, self.refuse.clone())
    }
}
