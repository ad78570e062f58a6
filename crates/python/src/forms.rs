//! The forms of a site: their stamps, and the honeypot and the age of those that come back.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use cattlegrid::OsEntropy;
use cattlegrid::store::SystemClock;
use cattlegrid_guard::fields::Fields;
use cattlegrid_guard::form_timing::{Ages, FormTiming};
use cattlegrid_guard::honeypot::Honeypot;
use cattlegrid_guard::{Error as GuardError, Problem, Refusal, form};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString};

use crate::arguments::{read_secrets, seconds};
use crate::error::Error;
use crate::store::ForkStore;
use crate::work;

/// The forms of one site, which are stamped when they are shown and looked at when they come back. Safe to share
/// between threads, and to make before a server forks its workers.
///
/// `secret` is what `generate_secret` gave; of several, the first seals and all open. `store` is a URL as for `Gate`, and
/// remembers which stamps are spent. `site` tells apart sites that share a secret: 1 to 255 bytes. Raises
/// `ConfigurationError`.
#[pyclass(frozen, module = "cattlegrid")]
pub(crate) struct Forms {
    forms: form::Forms,
    store: Arc<ForkStore>,
}

#[pymethods]
impl Forms {
    #[new]
    #[pyo3(signature = (*, secret, store, site = "site"))]
    fn new(
        py: Python<'_>,
        secret: &Bound<'_, PyAny>,
        store: &str,
        site: &str,
    ) -> Result<Self, Error> {
        let secrets = read_secrets(secret)?;
        let clock = Arc::new(SystemClock::new());
        let store = Arc::new(ForkStore::at(py, store, clock.clone())?);
        let forms = form::Forms::new(&secrets, clock, Arc::new(OsEntropy), site)?;
        Ok(Self { forms, store })
    }

    /// The form of this name, 1 to 255 bytes: one of its own for each thing that a form is for.
    ///
    /// What comes back sooner than `least_age` after it was shown, or later than `greatest_age`, is refused; both are in
    /// seconds, and at most 30 days. Raises `ConfigurationError`.
    #[pyo3(signature = (name, *, least_age = 2.0, greatest_age = 86_400.0))]
    fn form(&self, name: String, least_age: f64, greatest_age: f64) -> Result<Form, Error> {
        let age = |argument, given| seconds(argument, given, Duration::ZERO..=Ages::MAX);
        let ages = Ages::new(
            age("least_age", least_age)?,
            age("greatest_age", greatest_age)?,
        )?;
        let form = self.forms.form(&name)?;
        let timing = FormTiming::new(form.clone(), ages, Arc::clone(&self.store));
        Ok(Form {
            name,
            stamps: form,
            timing,
        })
    }
}

/// One form of a site. Made by `Forms.form`; safe to share as that is.
#[pyclass(frozen, module = "cattlegrid")]
pub(crate) struct Form {
    #[pyo3(get)]
    name: String,
    stamps: form::Form,
    timing: FormTiming<ForkStore>,
}

#[pymethods]
impl Form {
    /// The stamp of a form that is shown now: good for one post. Writes nothing anywhere.
    fn stamp(&self) -> Result<Stamp, Error> {
        Ok(Stamp(
            self.stamps.stamp().map_err(cattlegrid::Refusal::from)?,
        ))
    }

    /// Opens the stamp that came back among these fields, in their order. It may be of any age, and spent.
    ///
    /// Raises `Refused`: `missing-stamp`; `unknown-stamp` for one that is forged, or was made under another secret, for
    /// another site or another form.
    fn open(
        &self,
        fields: Vec<(Bound<'_, PyString>, Bound<'_, PyString>)>,
    ) -> Result<OpenedStamp, Error> {
        // Why lossy: some encodings that a request may name have lone surrogates, which Python's text may hold.
        let text = |text: Bound<'_, PyString>| text.to_string_lossy().into_owned();
        let fields: Fields = fields
            .into_iter()
            .map(|(name, value)| (text(name), text(value)))
            .collect();
        let stamp = self.stamps.open(&fields)?;
        let timing = self.timing.clone();
        Ok(OpenedStamp {
            stamp,
            fields,
            timing,
        })
    }

    fn __repr__(&self) -> String {
        format!("<cattlegrid.Form {}>", self.name)
    }
}

/// What is put into a form when it is shown: a sealed field, and the two fields of a honeypot.
#[pyclass(frozen, module = "cattlegrid")]
pub(crate) struct Stamp(form::Stamp);

#[pymethods]
impl Stamp {
    /// The name of the sealed field.
    #[classattr]
    const FIELD: &'static str = form::Stamp::FIELD;

    /// The value of the sealed field: at most 800 characters of `A-Z a-z 0-9 - _`.
    #[getter]
    fn value(&self) -> &str {
        self.0.as_str()
    }

    /// The names of the honeypot's fields, each of which has to come back, and to be empty.
    #[getter]
    fn bait(&self) -> (String, String) {
        let [first, second] = self.0.bait().names().map(str::to_owned);
        (first, second)
    }

    /// All three fields as HTML, to stand in the form: without script and without style.
    fn __html__(&self) -> String {
        self.0.html()
    }
}

/// A form that has come back, with a stamp of its own.
#[pyclass(frozen, module = "cattlegrid")]
pub(crate) struct OpenedStamp {
    stamp: form::OpenedStamp,
    fields: Fields,
    timing: FormTiming<ForkStore>,
}

#[pymethods]
impl OpenedStamp {
    /// When the form was made: for one that was sent back for correction, when it was first made. In UTC.
    #[getter]
    fn made_at(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(self.stamp.made_at().as_millis())
    }

    /// Whether the honeypot's fields came back as a browser sends them: each of them, and empty. Raises `Refused`:
    /// `honeypot`.
    fn inspect(&self) -> Result<(), Error> {
        Ok(Honeypot::inspect(&self.stamp, &self.fields)?)
    }

    /// Judges the form's age, and spends its stamp.
    ///
    /// Raises `Refused`: `too-early`, which spends nothing, `expired-stamp`, `spent-stamp`, `unknown-stamp` for one from
    /// the future; and `Unavailable`.
    fn spend(&self, py: Python<'_>) -> Result<(), Error> {
        work::wait(py, self.spent())
    }

    /// `spend` for asynchronous callers, on the running asyncio loop.
    fn spend_async<'py>(&self, py: Python<'py>) -> Result<Bound<'py, PyAny>, Error> {
        work::awaitable(py, self.spent())
    }

    /// A fresh stamp for a form that is sent back for correction, which is as old as this one: nobody has to wait again.
    fn again(&self) -> Result<Stamp, Error> {
        Ok(Stamp(
            self.stamp.again().map_err(cattlegrid::Refusal::from)?,
        ))
    }
}

impl OpenedStamp {
    fn spent(&self) -> impl Future<Output = Result<(), Error>> + Send + use<> {
        let (timing, stamp) = (self.timing.clone(), self.stamp.clone());
        async move { Ok(timing.spend(&stamp).await?) }
    }
}

/// The fields of a body with this `content-type`, of which there may be at most `most`: of `application/json` the members
/// of an object that are strings, of a form its fields, its files left out; of anything else none.
///
/// Read strictly: what is not written as its `content-type` says is refused, rather than read in one way here and in
/// another elsewhere. Raises `Refused`: `bad-request`, `too-many-fields`.
#[pyfunction]
#[pyo3(signature = (content_type, body, *, most = 1000))]
pub(crate) fn read_fields(
    content_type: &Bound<'_, PyString>,
    body: &Bound<'_, PyBytes>,
    most: usize,
) -> Result<Vec<(String, String)>, Error> {
    let body = Bytes::copy_from_slice(body.as_bytes());
    // Why lossy: what is no text of Unicode names no type of content either.
    let fields = Fields::parse(&content_type.to_string_lossy(), &body, most)?;
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    Ok(fields.iter().map(owned).collect())
}

impl From<GuardError> for Error {
    fn from(error: GuardError) -> Self {
        Self::configuration(&error)
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
