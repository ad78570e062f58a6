//! Measuring: this project beside others, always in one run, so that a ratio means something anywhere.

pub(crate) mod peers;
mod report;
pub(crate) mod service;

use std::path::PathBuf;

use xshell::{Shell, cmd};

use crate::error::Error;
pub(crate) use report::Report;

/// Where everything that a benchmark fetches and builds stays.
const SCRATCH: &str = "target/bench";

/// Builds the Rust side of the benchmarks, which is no part of the workspace; returns the path of its program `name`.
fn rust_program(shell: &Shell, name: &str) -> Result<PathBuf, Error> {
    let target = shell.current_dir().join(SCRATCH).join("rust");
    cmd!(
        shell,
        "cargo build --release --locked --manifest-path bench/rust/Cargo.toml --target-dir {target}"
    )
    .run()?;
    Ok(target.join("release").join(name))
}

/// Runs the criterion benchmarks of every crate.
///
/// # Errors
///
/// cargo's.
pub(crate) fn micro(shell: &Shell) -> Result<(), Error> {
    cmd!(shell, "cargo bench --workspace --all-features --benches").run()?;
    Ok(())
}

/// The middle value; of an even count, the upper of the two.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_no_mean() {
        assert!((median(vec![9.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!(median(Vec::new()).is_nan());
    }
}
