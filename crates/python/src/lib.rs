//! The native part of the Python package `cattlegrid`, imported there as `cattlegrid._native`.
//!
//! Each module here is one thing that Python sees; what it means is in the crates behind it, and its interface in
//! `python/cattlegrid/_native.pyi`.

mod arguments;
mod chain;
mod challenge;
mod client_address;
mod email;
mod error;
mod fork;
mod forms;
mod gate;
mod passed;
mod picture;
mod process;
mod rates;
mod seen;
mod store;
mod style;
mod text;
mod verifier;
mod work;

use pyo3::prelude::*;

/// The Rust core of Cattlegrid. Import its names from `cattlegrid`.
#[pymodule]
mod _native {
    use cattlegrid::challenge::image::Preset;
    use pyo3::prelude::*;

    #[pymodule_export]
    use super::chain::Chain;
    #[pymodule_export]
    use super::challenge::Challenge;
    #[pymodule_export]
    use super::client_address::TrustedProxies;
    #[pymodule_export]
    use super::email::{EmailLink, EmailLinks, EmailSubject, LetterLimits, email_address};
    #[pymodule_export]
    use super::forms::{Form, Forms, OpenedStamp, Stamp, read_fields};
    #[pymodule_export]
    use super::gate::{Gate, generate_secret};
    #[pymodule_export]
    use super::passed::Passed;
    #[pymodule_export]
    use super::picture::{animate, draw, frames};
    #[pymodule_export]
    use super::rates::{RateDecision, RateLimiter};
    #[pymodule_export]
    use super::seen::Seen;
    #[pymodule_export]
    use super::style::Style;
    #[pymodule_export]
    use super::verifier::Verifier;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        // Why now: a lazy value that is being made by another thread while the process forks is never made in the child.
        for preset in Preset::ALL {
            preset.fonts();
        }
        super::error::add_types(module)?;
        super::fork::watch(module)?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
