//! The running server: how fast siteverify is beside a handler that does nothing, and what an idle server takes.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use cattlegrid_services::{Background, command};
use xshell::{Shell, cmd};

use super::{Report, median};
use crate::{artifact, error::Error, live::Live, tools::Tool};

/// Rounds of every measurement; the server and its reference take turns.
const ROUNDS: usize = 5;
/// Tokens in the load. When they are used up they are sent again, which takes the same unsealing and the same claim.
const TOKENS: &str = "200000";
/// How the load generator is called: long enough for a steady state, on few enough threads to leave the server a core.
const LOAD: [&str; 3] = ["--threads=1", "--connections=64", "--duration=5s"];
/// How long a server that nobody calls is left alone before its memory is read.
const IDLE: Duration = Duration::from_secs(2);

/// The secret key of the site whose tokens are verified.
const SECRET_KEY: &str = "the-secret-key-of-the-benchmark";
/// The dialects of siteverify, the native one first: how each is called, configured and reached.
const DIALECTS: [(&str, &str, &str); 5] = [
    ("native", "cattlegrid", "/siteverify"),
    ("hCaptcha's", "hcaptcha", "/siteverify"),
    (
        "reCAPTCHA v2's",
        "recaptcha-v2",
        "/recaptcha/api/siteverify",
    ),
    (
        "reCAPTCHA v3's",
        "recaptcha-v3",
        "/recaptcha/api/siteverify",
    ),
    ("Turnstile's", "turnstile", "/turnstile/v0/siteverify"),
];

/// What one round found.
struct Round {
    milliseconds_to_ready: f64,
    idle_megabytes: f64,
    /// For each of the dialects.
    verified_per_second: [f64; DIALECTS.len()],
    constants_per_second: f64,
}

impl Round {
    fn native_per_second(&self) -> f64 {
        self.verified_per_second[0]
    }
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
            measure(shell, &server, &tokens, &constant)
        })
        .collect::<Result<Vec<_>, Error>>()?;
    Ok(report(&rounds))
}

fn measure(shell: &Shell, server: &Path, tokens: &Path, constant: &Path) -> Result<Round, Error> {
    let (milliseconds_to_ready, idle_megabytes) = idle(server)?;
    let folder = tempfile::tempdir().map_err(Error::file("a temporary folder"))?;
    let earned = folder.path().join("tokens.txt");
    let mut verified_per_second = [0.0; DIALECTS.len()];
    for (figure, (_, dialect, path)) in verified_per_second.iter_mut().zip(DIALECTS) {
        let environment = speaking(dialect);
        let live = Live::start(server, &environment)?;
        earn(shell, tokens, &live, &environment, &earned)?;
        *figure = load(shell, &format!("{}{path}", live.address), &earned)?;
    }
    let (_reference, address) = Background::start(command(constant))?;
    let constants_per_second = load(shell, &format!("{}/siteverify", address.trim()), &earned)?;
    Ok(Round {
        milliseconds_to_ready,
        idle_megabytes,
        verified_per_second,
        constants_per_second,
    })
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

/// What configures a server with a site that speaks `dialect`, and the memory store.
fn speaking(dialect: &str) -> [(&str, &str); 5] {
    [
        ("CATTLEGRID_STORE", "memory:"),
        ("CATTLEGRID_DEMO", "true"),
        ("CATTLEGRID_SITES__0__KEY", "benchmark"),
        ("CATTLEGRID_SITES__0__SECRET", SECRET_KEY),
        ("CATTLEGRID_SITES__0__DIALECT", dialect),
    ]
}

/// Writes response tokens that the server accepts into `file`. Earned now, as they expire.
fn earn(
    shell: &Shell,
    program: &Path,
    live: &Live,
    environment: &[(&str, &str)],
    file: &Path,
) -> Result<(), Error> {
    let data = live.data();
    let tokens = cmd!(shell, "{program} {data} {TOKENS}")
        .envs(environment.iter().copied())
        .quiet()
        .read()?;
    fs::write(file, tokens).map_err(Error::file(file))
}

fn report(rounds: &[Round]) -> Report {
    let middle = |figure: fn(&Round) -> f64| median(rounds.iter().map(figure).collect());
    let row = |what: &str, figure: String, bar: &str| vec![what.to_owned(), figure, bar.to_owned()];
    let costs = DIALECTS
        .iter()
        .enumerate()
        .skip(1)
        .map(|(index, (name, ..))| {
            let of_native = |r: &Round| r.native_per_second() / r.verified_per_second[index];
            let middle = median(rounds.iter().map(of_native).collect());
            let what = format!("{name} siteverify, times the cost of the native one");
            row(&what, format!("{middle:.2}"), "at most 1.1")
        });
    Report {
        name: "service",
        header: vec!["what", "figure", "to reach"],
        rows: [
            row(
                "siteverify with the memory store, requests/s",
                format!("{:.0}", middle(Round::native_per_second)),
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
                    middle(|r| r.native_per_second() / r.constants_per_second)
                ),
                "at least 0.6",
            ),
        ]
        .into_iter()
        .chain(costs)
        .chain([
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
        ])
        .collect(),
    }
}

/// Requests per second.
fn load(shell: &Shell, url: &str, tokens: &Path) -> Result<f64, Error> {
    let output = cmd!(
        shell,
        "wrk {LOAD...} --script bench/verify.lua {url} -- {SECRET_KEY} {tokens}"
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
