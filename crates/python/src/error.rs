//! What is raised.

use cattlegrid::Refusal;
use cattlegrid::challenge::ChallengeError;
use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyTuple, PyType};

/// What Python is told when something cannot be done. No message holds a secret, an answer or a token.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// An argument is not what it may be.
    #[error("{0}")]
    Configuration(String),
    /// Not to be let through. There is at least one code.
    #[error("{message}")]
    Refused { codes: Vec<String>, message: String },
    /// Nobody could decide.
    #[error("{message}")]
    Unavailable { code: &'static str, message: String },
    /// Python itself had something to raise.
    #[error(transparent)]
    Python(#[from] PyErr),
}

impl Error {
    pub(crate) fn configuration(message: &impl ToString) -> Self {
        Self::Configuration(message.to_string())
    }

    pub(crate) fn refused(code: &str, message: &impl ToString) -> Self {
        Self::Refused {
            codes: vec![code.to_owned()],
            message: message.to_string(),
        }
    }

    pub(crate) fn unavailable(code: &'static str, message: &impl ToString) -> Self {
        Self::Unavailable {
            code,
            message: message.to_string(),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::StoreUnavailable(_) => Self::unavailable(refusal.code(), &refusal),
            _ => Self::refused(refusal.code(), &refusal),
        }
    }
}

impl From<ChallengeError> for Error {
    fn from(error: ChallengeError) -> Self {
        Self::configuration(&error)
    }
}

impl From<Error> for PyErr {
    fn from(error: Error) -> Self {
        Python::attach(|py| raised(py, error).unwrap_or_else(|failure| failure))
    }
}

fn raised(py: Python<'_>, error: Error) -> PyResult<PyErr> {
    let types = Types::get(py)?;
    let message = error.to_string();
    match error {
        Error::Configuration(_) => {
            instance(types.configuration.bind(py), message).map(PyErr::from_value)
        }
        Error::Refused { codes, .. } => {
            let exception = instance(types.refused.bind(py), message)?;
            exception.setattr("code", codes.first())?;
            exception.setattr("codes", PyTuple::new(py, codes)?)?;
            Ok(PyErr::from_value(exception))
        }
        Error::Unavailable { code, .. } => {
            let exception = instance(types.unavailable.bind(py), message)?;
            exception.setattr("code", code)?;
            Ok(PyErr::from_value(exception))
        }
        Error::Python(error) => Ok(error),
    }
}

fn instance<'py>(exception: &Bound<'py, PyType>, message: String) -> PyResult<Bound<'py, PyAny>> {
    exception.call1((message,))
}

/// The exceptions' types.
struct Types {
    cattlegrid: Py<PyType>,
    configuration: Py<PyType>,
    refused: Py<PyType>,
    unavailable: Py<PyType>,
}

impl Types {
    fn get(py: Python<'_>) -> PyResult<&'static Self> {
        static TYPES: PyOnceLock<Types> = PyOnceLock::new();
        TYPES.get_or_try_init(py, || Self::make(py))
    }

    fn make(py: Python<'_>) -> PyResult<Self> {
        let none = |_: &Bound<'_, PyDict>| Ok(());
        let cattlegrid = exception(
            "CattlegridError",
            "Whatever Cattlegrid raises is one of these.",
            &PyTuple::new(py, [py.get_type::<PyException>()])?,
            none,
        )?;
        let configuration = exception(
            "ConfigurationError",
            "An argument is not what it may be; the message says what it may be. For whoever configures the site.",
            &PyTuple::new(py, [&cattlegrid, &py.get_type::<PyValueError>()])?,
            none,
        )?;
        let base = PyTuple::new(py, [&cattlegrid])?;
        let refused = exception(
            "Refused",
            "Not to be let through.\n\n`codes` are stable, and never empty; `code` is the first. The message is for logs, \
             and holds no secret.",
            &base,
            |own| {
                own.set_item("codes", ("refused",))?;
                own.set_item("code", "refused")
            },
        )?;
        let unavailable = exception(
            "Unavailable",
            "Nobody could decide: the store or the provider failed, or did not answer in time. Nothing was let \
             through.\n\n`code` is \"store-unavailable\", \"provider-unreachable\" (no answer, not in time, or 502 to 504), or \
             \"provider-broken\" (an answer that is none: HTML, a redirect, a 500).",
            &base,
            |own| own.set_item("code", "unavailable"),
        )?;
        Ok(Self {
            cattlegrid: cattlegrid.unbind(),
            configuration: configuration.unbind(),
            refused: refused.unbind(),
            unavailable: unavailable.unbind(),
        })
    }
}

/// A new type of exception. Why by calling `type`: it is the one way to two bases, and to attributes of a class.
fn exception<'py>(
    name: &str,
    doc: &str,
    bases: &Bound<'py, PyTuple>,
    fill: impl FnOnce(&Bound<'py, PyDict>) -> PyResult<()>,
) -> PyResult<Bound<'py, PyType>> {
    let py = bases.py();
    let own = PyDict::new(py);
    own.set_item("__doc__", doc)?;
    own.set_item("__module__", "cattlegrid")?;
    fill(&own)?;
    Ok(py
        .get_type::<PyType>()
        .call1((name, bases, own))?
        .cast_into()?)
}

/// Gives the module the exceptions' types.
pub(crate) fn add_types(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let types = Types::get(py)?;
    for exception in [
        &types.cattlegrid,
        &types.configuration,
        &types.refused,
        &types.unavailable,
    ] {
        let exception = exception.bind(py);
        module.add(exception.name()?, exception)?;
    }
    Ok(())
}
