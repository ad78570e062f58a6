//! What processes take, over time.

use std::{fmt, fs, time::Instant};

use cattlegrid_services::Service;

use crate::Error;

/// By how much the memory of a process may grow over the second half of its time: this many KiB, or this part of it.
const KIBIBYTES: f64 = 2048.0;
const PART: f64 = 0.05;
/// By how many the files may grow that it has open.
const FILES: f64 = 5.0;

/// Resident memory and open files of one process.
#[derive(Debug)]
pub struct Samples {
    process: u32,
    start: Instant,
    /// Seconds, KiB, and files.
    taken: Vec<(f64, f64, f64)>,
}

/// What came of it over the second half of the time.
#[derive(Clone, Copy, Debug)]
pub struct Growth {
    /// The mean of the resident memory, in KiB
    pub kibibytes: f64,
    /// By how much it grew, along the line that fits best, in KiB
    pub kibibytes_more: f64,
    /// The mean of the open files
    pub files: f64,
    /// By how many they grew, along the line that fits best
    pub files_more: f64,
}

impl Samples {
    /// None yet, of a service that runs.
    ///
    /// # Errors
    ///
    /// It does not run.
    pub fn of(service: &Service) -> Result<Self, Error> {
        let down = cattlegrid_services::Error::Down(service.address());
        Ok(Self {
            process: service.id().ok_or(down)?,
            start: Instant::now(),
            taken: Vec::new(),
        })
    }

    /// Takes one.
    ///
    /// # Errors
    ///
    /// The process has ended.
    pub fn take(&mut self) -> Result<(), Error> {
        let file = format!("/proc/{}/status", self.process);
        let status = fs::read_to_string(&file).map_err(Error::file(&file))?;
        let resident = status.lines().find_map(|line| {
            line.strip_prefix("VmRSS:")?
                .trim()
                .strip_suffix(" kB")?
                .parse()
                .ok()
        });
        let folder = format!("/proc/{}/fd", self.process);
        let files = fs::read_dir(&folder).map_err(Error::file(&folder))?.count();
        let now = self.start.elapsed().as_secs_f64();
        self.taken
            .extend(resident.map(|resident| (now, resident, files as f64)));
        Ok(())
    }

    /// What came of it.
    pub fn growth(&self) -> Growth {
        let late = &self.taken[self.taken.len() / 2..];
        let memory: Vec<_> = late
            .iter()
            .map(|(time, memory, _)| (*time, *memory))
            .collect();
        let files: Vec<_> = late
            .iter()
            .map(|(time, _, files)| (*time, *files))
            .collect();
        Growth {
            kibibytes: mean(&memory),
            kibibytes_more: rise(&memory),
            files: mean(&files),
            files_more: rise(&files),
        }
    }
}

impl Growth {
    /// Whether neither grows beyond what chance explains.
    pub fn is_flat(&self) -> bool {
        self.kibibytes_more <= KIBIBYTES.max(PART * self.kibibytes) && self.files_more <= FILES
    }
}

impl fmt::Display for Growth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kibibytes,
            kibibytes_more,
            files,
            files_more,
        } = self;
        write!(
            f,
            "{kibibytes:.0} KiB ({kibibytes_more:+.0}), {files:.0} files ({files_more:+.1})"
        )
    }
}

fn mean(points: &[(f64, f64)]) -> f64 {
    points.iter().map(|(_, y)| y).sum::<f64>() / points.len().max(1) as f64
}

/// By how much the line of least squares rises from the first point to the last.
fn rise(points: &[(f64, f64)]) -> f64 {
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return 0.0;
    };
    let swapped: Vec<_> = points.iter().map(|(x, y)| (*y, *x)).collect();
    let (middle, height) = (mean(&swapped), mean(points));
    let spread: f64 = points.iter().map(|(x, _)| (x - middle).powi(2)).sum();
    let together: f64 = points
        .iter()
        .map(|(x, y)| (x - middle) * (y - height))
        .sum();
    if spread > 0.0 {
        together / spread * (last.0 - first.0)
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_rises_as_it_does() {
        let points: Vec<_> = (0..11)
            .map(|x| (f64::from(x), 5.0 + 2.0 * f64::from(x)))
            .collect();
        assert!((rise(&points) - 20.0).abs() < 1e-9);
        assert!(rise(&[(1.0, 3.0)]).abs() < 1e-9);
    }
}
