//! A challenge that was issued.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cattlegrid::Issued;
use pyo3::prelude::*;

/// A challenge as a page gets it.
#[pyclass(frozen, get_all, module = "cattlegrid")]
pub(crate) struct Challenge {
    key: String,
    kind: String,
    expires_at: SystemTime,
}

#[pymethods]
impl Challenge {
    fn __repr__(&self) -> String {
        format!("<cattlegrid.Challenge of the kind {}>", self.kind)
    }
}

impl From<Issued> for Challenge {
    fn from(issued: Issued) -> Self {
        Self {
            key: issued.key.to_string(),
            kind: issued.kind.to_string(),
            expires_at: UNIX_EPOCH + Duration::from_millis(issued.expires_at.as_millis()),
        }
    }
}
