//! Somebody who passed.

use pyo3::prelude::*;

/// What is known of somebody who passed. None is what the provider did not say.
#[pyclass(frozen, get_all, module = "cattlegrid")]
pub(crate) struct Passed {
    pub(crate) provider: String,
    pub(crate) challenge_ts: Option<String>,
    pub(crate) hostname: Option<String>,
    pub(crate) action: Option<String>,
    pub(crate) score: Option<f64>,
    /// False for who was let through because no provider could be reached.
    pub(crate) decided: bool,
}

#[pymethods]
impl Passed {
    #[new]
    #[pyo3(signature = (*, provider, challenge_ts = None, hostname = None, action = None, score = None, decided = true))]
    fn new(
        provider: String,
        challenge_ts: Option<String>,
        hostname: Option<String>,
        action: Option<String>,
        score: Option<f64>,
        decided: bool,
    ) -> Self {
        Self {
            provider,
            challenge_ts,
            hostname,
            action,
            score,
            decided,
        }
    }

    fn __repr__(&self) -> String {
        format!("<cattlegrid.Passed by {}>", self.provider)
    }
}
