//! Text that Python hands over, which may be of any length, and may have halves of surrogate pairs.

use pyo3::prelude::*;
use pyo3::types::PyString;

/// The text, unless it is none or has more than `most` characters. It is not copied, nor walked through, before that is
/// known. What is no character of Unicode becomes one that says so.
pub(crate) fn bounded(given: &Bound<'_, PyAny>, most: usize) -> Option<String> {
    let text = given.cast::<PyString>().ok()?;
    if text.code_point_len().ok()? > most {
        return None;
    }
    Some(text.to_string_lossy().into_owned())
}
