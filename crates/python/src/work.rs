//! Work that waits for something, for callers that block and for callers of asyncio.
//!
//! Both take a future whose output is a `Result<T, Error>`, and run it on this process's [runtime](runtime):
//!
//! ```ignore
//! fn verify(&self, py: Python<'_>, token: &str) -> Result<Passed, Error> {
//!     work::wait(py, self.verified(token))
//! }
//! fn verify_async<'py>(&self, py: Python<'py>, token: &str) -> Result<Bound<'py, PyAny>, Error> {
//!     work::awaitable(py, self.verified(token))
//! }
//! ```

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use tokio::runtime::{Builder, Runtime};

use crate::error::Error;
use crate::process::PerProcess;

/// This process's runtime. What is bound to a runtime (connections, say) is kept in a [`PerProcess`] as well.
pub(crate) fn runtime(py: Python<'_>) -> Result<Arc<Runtime>, Error> {
    static RUNTIME: PerProcess<Runtime> = PerProcess::new();
    let start = || {
        Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("cattlegrid")
            .enable_all()
            .build()
    };
    RUNTIME.get(py, start).map_err(|error| Error::Unavailable {
        code: "internal-error",
        message: format!("the system gives no thread to work on: {error}"),
    })
}

/// Waits for the future's output without the global interpreter lock. Signals are handled meanwhile: what they raise
/// (`KeyboardInterrupt`) drops the future.
///
/// # Errors
/// The future's, and those of signal handlers.
pub(crate) fn wait<T: Send>(
    py: Python<'_>,
    future: impl Future<Output = Result<T, Error>> + Send,
) -> Result<T, Error> {
    const SIGNALS: Duration = Duration::from_millis(100);
    let runtime = runtime(py)?;
    let mut future = pin!(future);
    loop {
        let for_a_while = || {
            let waited = async { tokio::time::timeout(SIGNALS, future.as_mut()).await };
            runtime.block_on(waited)
        };
        match py.detach(for_a_while) {
            Ok(output) => return output,
            Err(_) => py.check_signals()?,
        }
    }
}

/// An `asyncio` future of the running loop, which gets the future's output.
///
/// The work goes on when nobody waits any longer, because a claim cannot be taken back; its output is then dropped.
///
/// # Errors
/// `RuntimeError` if no loop is running in this thread.
pub(crate) fn awaitable<'py, T>(
    py: Python<'py>,
    future: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<Bound<'py, PyAny>, Error>
where
    T: for<'a> IntoPyObject<'a> + Send + 'static,
{
    let running = py.import("asyncio")?.call_method0("get_running_loop")?;
    let promise = running.call_method0("create_future")?;
    let (to_loop, to_promise) = (running.unbind(), promise.clone().unbind());
    runtime(py)?.spawn(async move {
        let output = future.await;
        // Why: an interpreter that is shutting down has nobody to tell.
        Python::try_attach(|py| deliver(py, to_loop.bind(py), to_promise.bind(py), output));
    });
    Ok(promise)
}

/// Has the loop's own thread settle the promise.
fn deliver<'py, T: IntoPyObject<'py>>(
    py: Python<'py>,
    to_loop: &Bound<'py, PyAny>,
    promise: &Bound<'py, PyAny>,
    output: Result<T, Error>,
) {
    let output = output
        .map_err(PyErr::from)
        .and_then(|value| value.into_bound_py_any(py));
    let (settle, value) = match output {
        Ok(value) => ("set_result", value),
        Err(error) => ("set_exception", error.value(py).clone().into_any()),
    };
    let told = wrap_pyfunction!(settle_unless_done, py).and_then(|tell| {
        to_loop.call_method1("call_soon_threadsafe", (tell, promise, settle, value))
    });
    // Why: a loop that was closed meanwhile refuses, and nobody waits on it.
    drop(told);
}

/// Settles a promise, unless whoever waited has cancelled it.
#[pyfunction]
fn settle_unless_done(
    promise: &Bound<'_, PyAny>,
    settle: &str,
    value: &Bound<'_, PyAny>,
) -> PyResult<()> {
    if !promise.call_method0("done")?.is_truthy()? {
        promise.call_method1(settle, (value,))?;
    }
    Ok(())
}
