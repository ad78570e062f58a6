//! The native part of the Python package `cattlegrid`, imported there as `cattlegrid._native`.

use pyo3::prelude::*;

/// The native part of the package; the modules beside it are its front.
#[pymodule]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
