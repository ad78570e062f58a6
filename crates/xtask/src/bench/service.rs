//! The running server: how fast siteverify is beside a handler that does nothing, and what an idle server takes.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::Duration,
};

use xshell::{Shell, cmd};

use super::{Report, median};
use crate::{artifact, background::Background, error::Error, live::Live, tools::Tool};

/// Rounds of every measurement; the server and its reference take turns.
const ROUNDS: usize = 5;
/// Tokens in the load. When they are used up they are sent again, which takes the same unsealing and the same claim.
const TOKENS: &str = "200000";
/// How the load generator is called: long enough for a steady state, on few enough threads to leave the server a core.
const LOAD: [&str; 3] = ["--threads=1", "--connections=64", "--duration=5s"];
/// How long a server that nobody calls is left alone before its memory is read.
const IDLE: Duration = Duration::from_secs(2);

/// What one round found.
struct Round {
    milliseconds_to_ready: f64,
    idle_megabytes: f64,
    verified_per_second: f64,
    constants_per_second: f64,
}

/// Measures.
///
/// # Errors
///
/// A program is missing, or does not build, start or answer.
pub(crate) fn run(shell: &Shell) -> Result<Report, Error> {
    Tool::Wrk.ensure(shell)?;
    let server = artifact::release_server(shell)?;
    let [tokens, constant] = artifact::release_examples(shell, ["tokens", "constant"])?;
    let rounds = (1..=ROUNDS)
        .map(|round| {
            println!("round {round} of {ROUNDS}");
            let (milliseconds_to_ready, idle_megabytes) = idle(&server)?;
            let (verified_per_second, constants_per_second) =
                race(shell, &server, &tokens, &constant)?;
            Ok(Round {
                milliseconds_to_ready,
                idle_megabytes,
                verified_per_second,
                constants_per_second,
            })
        })
        .collect::<Result<Vec<_>, Error>>()?;
    Ok(report(&rounds))
}

/// Milliseconds from start to ready, and resident megabytes after a while of nothing, at a first start.
fn idle(server: &Path) -> Result<(f64, f64), Error> {
    let live = Live::start(server, &[])?;
    thread::sleep(IDLE);
    Ok((
        live.time_to_ready.as_secs_f64() * 1000.0,
        resident_megabytes(live.id())?,
    ))
}

/// Requests per second of siteverify with the memory store, and of the reference under the same load.
fn race(shell: &Shell, server: &Path, tokens: &Path, constant: &Path) -> Result<(f64, f64), Error> {
    let live = Live::start(server, &[("CATTLEGRID_STORE", "memory:")])?;
    let earned = earn(shell, tokens, &live)?;
    let verified = load(shell, &live.address, &live.secret_key, &earned)?;
    let (_reference, address) = Background::start(&mut Command::new(constant))?;
    let constants = load(shell, address.trim(), &live.secret_key, &earned)?;
    Ok((verified, constants))
}

fn report(rounds: &[Round]) -> Report {
    let middle = |figure: fn(&Round) -> f64| median(rounds.iter().map(figure).collect());
    let row = |what: &str, figure: String, bar: &str| vec![what.to_owned(), figure, bar.to_owned()];
    Report {
        name: "service",
        header: vec!["what", "figure", "to reach"],
        rows: vec![
            row(
                "siteverify with the memory store, requests/s",
                format!("{:.0}", middle(|r| r.verified_per_second)),
                "",
            ),
            row(
                "a handler that returns a constant, requests/s",
                format!("{:.0}", middle(|r| r.constants_per_second)),
                "",
            ),
            row(
                "siteverify, as a part of the constant",
                format!(
                    "{:.2}",
                    middle(|r| r.verified_per_second / r.constants_per_second)
                ),
                "at least 0.6",
            ),
            row(
                "resident when idle, MB",
                format!("{:.1}", middle(|r| r.idle_megabytes)),
                "below 20",
            ),
            row(
                "from start to ready, ms",
                format!("{:.0}", middle(|r| r.milliseconds_to_ready)),
                "within 150",
            ),
        ],
    }
}

/// A file of response tokens that the server accepts, earned now, since they expire.
fn earn(shell: &Shell, program: &Path, live: &Live) -> Result<PathBuf, Error> {
    let data = live.data();
    let tokens = cmd!(shell, "{program} {data} {TOKENS}").quiet().read()?;
    let file = data.join("tokens.txt");
    fs::write(&file, tokens).map_err(Error::file(&file))?;
    Ok(file)
}

/// Requests per second.
fn load(shell: &Shell, address: &str, secret_key: &str, tokens: &Path) -> Result<f64, Error> {
    let output = cmd!(
        shell,
        "wrk {LOAD...} --script bench/verify.lua {address}/siteverify -- {secret_key} {tokens}"
    )
    .quiet()
    .read()?;
    output
        .lines()
        .find_map(|line| line.strip_prefix("Requests/sec:")?.trim().parse().ok())
        .ok_or(Error::NoFigure("requests per second"))
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
