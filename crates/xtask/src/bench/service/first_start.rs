//! A first start with nothing configured: the secret is made, and so is the SQLite file.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use crate::{
    bench::{Report, median},
    error::Error,
    live::Live,
};

const ROUNDS: usize = 5;
/// How long a server that nobody calls is left alone before its memory is read.
const IDLE: Duration = Duration::from_secs(2);

/// Measures how long a start takes, and what an idle server holds in memory.
///
/// # Errors
///
/// The server does not start.
pub(super) fn run(server: &Path) -> Result<Report, Error> {
    let mut milliseconds = Vec::new();
    let mut megabytes = Vec::new();
    for _ in 0..ROUNDS {
        let live = Live::start(server, &[])?;
        milliseconds.push(live.time_to_ready.as_secs_f64() * 1e3);
        thread::sleep(IDLE);
        megabytes.push(resident_megabytes(live.id())?);
    }
    let row = |what: &str, figure: String, bar: &str| vec![what.to_owned(), figure, bar.to_owned()];
    Ok(Report {
        name: "first-start",
        header: vec!["what", "figure", "to reach"],
        rows: vec![
            row(
                "resident when idle, MB",
                format!("{:.1}", median(megabytes)),
                "below 20",
            ),
            row(
                "from start to ready, ms",
                format!("{:.0}", median(milliseconds)),
                "within 150",
            ),
        ],
        note: String::new(),
    })
}

/// Resident memory of a process, in units of a million bytes.
fn resident_megabytes(process: u32) -> Result<f64, Error> {
    let file = PathBuf::from(format!("/proc/{process}/status"));
    let status = fs::read_to_string(&file).map_err(Error::file(&file))?;
    let kibibytes: f64 = status
        .lines()
        .find_map(|line| {
            line.strip_prefix("VmRSS:")?
                .trim()
                .strip_suffix(" kB")?
                .parse()
                .ok()
        })
        .ok_or(Error::NoFigure("resident memory"))?;
    Ok(kibibytes * 1024.0 / 1e6)
}
