//! Nothing touches a store while the process forks.
//!
//! `SQLite` keeps in memory which locks this process has on which file, and a child that inherits that memory is wrong
//! about its own locks, even on connections that it opens itself. Connections to servers are inherited too, and stay open
//! for as long as any child lives. So all of them must be closed while a process forks. Python says when: before it forks,
//! this module lets no claim begin, waits for those that are under way, and has every [`Closes`] closed; each opens again
//! when it is next used, in parent and child alike.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Something that must not be open while the process forks.
pub(crate) trait Closes: Send + Sync {
    /// Closes it, until it is used again. May wait for the disk.
    fn close(&self);
}

/// How many threads are about to fork.
static FORKING: AtomicUsize = AtomicUsize::new(0);
/// How many are [`Busy`].
static BUSY: AtomicUsize = AtomicUsize::new(0);
static OPEN: Mutex<Vec<Weak<dyn Closes>>> = Mutex::new(Vec::new());

/// How long forking waits for claims that are under way, and they for it: longer than a store lets a claim take by default.
const PATIENCE: Duration = Duration::from_secs(3);
const NAP: Duration = Duration::from_millis(1);

/// As long as it lives, the process does not fork.
pub(crate) struct Busy(());

impl Busy {
    /// Waits while the process forks. None if it does not come to an end with that.
    pub(crate) async fn begin() -> Option<Self> {
        let patience = Instant::now() + PATIENCE;
        while Instant::now() < patience {
            BUSY.fetch_add(1, Ordering::SeqCst);
            let busy = Self(());
            if FORKING.load(Ordering::SeqCst) == 0 {
                return Some(busy);
            }
            drop(busy);
            tokio::time::sleep(NAP).await;
        }
        None
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        one_less(&BUSY);
    }
}

impl Clone for Busy {
    fn clone(&self) -> Self {
        BUSY.fetch_add(1, Ordering::SeqCst);
        Self(())
    }
}

/// Why not below zero: a child counts from zero, and the thread that forked may have been busy itself.
fn one_less(count: &AtomicUsize) {
    let less = |count: usize| count.checked_sub(1);
    // Why: there is nothing to do about a count that is zero already.
    let _ = count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less);
}

/// Has `this` closed whenever the process forks, for as long as it lives.
///
/// Why `py`: see [`PerProcess`](crate::process::PerProcess).
pub(crate) fn close_on_fork(py: Python<'_>, this: &Arc<impl Closes + 'static>) {
    let this: Weak<dyn Closes> = Arc::downgrade(this) as _;
    let mut open = lock(py);
    open.retain(|other| other.strong_count() > 0);
    open.push(this);
}

/// Asks Python to tell when this process forks.
pub(crate) fn watch(module: &Bound<'_, PyModule>) -> PyResult<()> {
    let py = module.py();
    let told = PyDict::new(py);
    told.set_item("before", wrap_pyfunction!(before, module)?)?;
    told.set_item(
        "after_in_parent",
        wrap_pyfunction!(after_in_parent, module)?,
    )?;
    told.set_item("after_in_child", wrap_pyfunction!(after_in_child, module)?)?;
    py.import("os")?
        .call_method("register_at_fork", (), Some(&told))?;
    Ok(())
}

#[pyfunction]
fn before(py: Python<'_>) {
    FORKING.fetch_add(1, Ordering::SeqCst);
    let open: Vec<_> = lock(py).iter().filter_map(Weak::upgrade).collect();
    py.detach(|| {
        let patience = Instant::now() + PATIENCE;
        while BUSY.load(Ordering::SeqCst) > 0 && Instant::now() < patience {
            thread::sleep(NAP);
        }
        for one in &open {
            one.close();
        }
        if !open.is_empty() {
            // Why: what a connection leaves to the runtime ends a moment after it.
            thread::sleep(NAP);
        }
    });
}

#[pyfunction]
fn after_in_parent() {
    one_less(&FORKING);
}

#[pyfunction]
fn after_in_child() {
    BUSY.store(0, Ordering::SeqCst);
    FORKING.store(0, Ordering::SeqCst);
}

fn lock(_py: Python<'_>) -> MutexGuard<'static, Vec<Weak<dyn Closes>>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}
