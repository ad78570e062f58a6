//! Measuring: this project beside others, always in one run, so that a ratio means something anywhere.

pub(crate) mod drop_ins;
pub(crate) mod peers;
mod race;
mod report;
pub(crate) mod service;

use xshell::{Shell, cmd};

use crate::error::Error;
pub(crate) use report::Report;

/// Runs the criterion benchmarks of every crate.
///
/// # Errors
///
/// cargo's.
pub(crate) fn micro(shell: &Shell) -> Result<(), Error> {
    cmd!(shell, "cargo bench --workspace --all-features --bench *").run()?;
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
