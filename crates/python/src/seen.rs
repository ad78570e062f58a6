//! What is seen of a visitor who answers.

use cattlegrid_guard::AddressPrefix;
use cattlegrid_guard::behaviour::{self, GivenSignals};
use pyo3::prelude::*;

use crate::client_address::told;
use crate::error::Error;

/// What is seen of a visitor who answers, of which a score is made.
///
/// `signals` are what the widget sends along with an answer, as JSON is decoded; None if there are none. `remote_ip` is the
/// visitor's address, for whom wrong answers are counted; nobody's are where it is none, or this machine's. Raises
/// `Refused`: `invalid-signals`.
#[pyclass(frozen, module = "cattlegrid")]
pub(crate) struct Seen(pub(crate) behaviour::Seen);

#[pymethods]
impl Seen {
    #[new]
    #[pyo3(signature = (*, signals = None, remote_ip = None))]
    fn new(
        signals: Option<&Bound<'_, PyAny>>,
        remote_ip: Option<&Bound<'_, PyAny>>,
    ) -> Result<Self, Error> {
        // Why not from this machine: behind a proxy that nobody has named, that is everybody.
        let client = remote_ip.and_then(told).filter(|ip| !ip.is_loopback());
        Ok(Self(behaviour::Seen {
            signals: signals.map(read).transpose()?.map(Into::into),
            client: client.map(|client| AddressPrefix::default().block(client)),
        }))
    }
}

/// Why by way of JSON: so that they are read as the server reads them.
fn read(signals: &Bound<'_, PyAny>) -> Result<GivenSignals, Error> {
    let json = signals.py().import("json")?;
    let text = json.call_method1("dumps", (signals,));
    let text: Option<String> = text.and_then(|text| text.extract()).ok();
    text.and_then(|text| serde_json::from_str(&text).ok())
        .ok_or_else(|| {
            let why = "these are no signals as the widget sends them";
            Error::refused("invalid-signals", &why)
        })
}
