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

/// Measures.
///
/// # Errors
///
/// A program is missing, or does not build, start or answer.
pub(crate) fn run(shell: &Shell) -> Result<Report, Error> {
    Tool::Wrk.ensure(shell)?;
    let server = artifact::release_server(shell)?;
    let earn = artifact::release_example(shell, "tokens")?;
    let constant = artifact::release_example(shell, "constant")?;

    let (mut ready, mut memory, mut verified, mut constants) = (vec![], vec![], vec![], vec![]);
    for round in 1..=ROUNDS {
        println!("round {round} of {ROUNDS}");
        let idle = Live::start(&server, &[])?;
        ready.push(idle.time_to_ready.as_secs_f64() * 1000.0);
        thread::sleep(IDLE);
        memory.push(resident_megabytes(idle.id())?);
        drop(idle);

        let live = Live::start(&server, &[("CATTLEGRID_STORE", "memory:")])?;
        let tokens = tokens(shell, &earn, &live)?;
        let load = |address: &str| load(shell, address, &live.secret_key, &tokens);
        verified.push(load(&live.address)?);
        let (reference, address) = Background::start(&mut Command::new(&constant))?;
        constants.push(load(address.trim())?);
        drop(reference);
    }
    let (verified, constants) = (median(verified), median(constants));
    let row = |what: &str, figure: f64, beside: String| {
        vec![what.to_owned(), format!("{figure:.1}"), beside]
    };
    Ok(Report {
        name: "service",
        header: vec!["what", "figure", "beside"],
        rows: vec![
            row(
                "siteverify with the memory store, requests/s",
                verified,
                format!("{:.2} of the constant", verified / constants),
            ),
            row(
                "a handler that returns a constant, requests/s",
                constants,
                "1".to_owned(),
            ),
            row(
                "resident memory when idle, SQLite store, MB",
                median(memory),
                "below 20".to_owned(),
            ),
            row(
                "from start to ready, first start, ms",
                median(ready),
                "below 150".to_owned(),
            ),
        ],
    })
}

/// A file of response tokens that the server accepts, made now, since tokens expire.
fn tokens(shell: &Shell, earn: &Path, live: &Live) -> Result<PathBuf, Error> {
    let data = live.data();
    let tokens = cmd!(shell, "{earn} {data} {TOKENS}").quiet().read()?;
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
