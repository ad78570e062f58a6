//! Whole visits on one core: here, and with django-rest-captcha under gunicorn, both with Redis.

use std::net::TcpStream;

use cattlegrid_services::{Background, Port};
use serde_json::Value;
use xshell::{Shell, cmd};

use super::{
    cores::{on_server_core, processor_seconds},
    load::{CONNECTIONS, wrk},
    stores::{Store, StoreKind},
    subject::{Limits, NATIVE, Programs, SECRET},
};
use crate::{
    bench::{
        Report, median,
        race::{PYTHON, interpreter, python},
    },
    error::Error,
};

const ROUNDS: usize = 3;
const SECONDS: u32 = 3;
/// The peer's site, a module of `bench/python` with its requirements beside it.
const PEER: &str = "django_rest_captcha_site";

/// How often visitors passed.
#[derive(Clone, Copy)]
pub(super) struct Passes {
    count: f64,
    per_second: f64,
}

impl Passes {
    pub(super) const fn per_second(self) -> f64 {
        self.per_second
    }
}

/// The same, and what it cost.
#[derive(Clone, Copy)]
struct Cost {
    per_second: f64,
    /// Microseconds that the server spent on processors for each
    processor: f64,
}

/// Lets visitors pass here and there in turns.
///
/// # Errors
///
/// A program cannot be fetched, does not start, or lets somebody not pass.
pub(super) fn run(shell: &Shell, programs: &Programs) -> Result<Report, Error> {
    let store = Store::start(shell, StoreKind::Redis)?;
    let node = programs.node(store.url(), NATIVE, Limits::AsShipped)?;
    let (peer, address) = start_peer(shell, store.url())?;
    let mut rounds = Vec::new();
    for round in 1..=ROUNDS {
        println!("whole visits, round {round} of {ROUNDS}");
        rounds.push([
            timed(node.id(), || visit(shell, programs, &node.address))?,
            timed(peer.id(), || {
                let load = wrk(shell, "rest_captcha", &address, SECONDS, &[])?;
                Ok(Passes {
                    count: load.requests,
                    per_second: load.per_second,
                })
            })?,
        ]);
    }
    Ok(report(&rounds))
}

/// Visitors pass at this address as fast as one core lets them.
///
/// # Errors
///
/// One who did not pass.
pub(super) fn visit(shell: &Shell, programs: &Programs, address: &str) -> Result<Passes, Error> {
    let load = &programs.load;
    let address = address.trim_start_matches("http://");
    let seconds = SECONDS.to_string();
    let said = cmd!(
        shell,
        "{load} visitors {SECRET} {address} {CONNECTIONS} {seconds}"
    )
    .quiet()
    .read()?;
    let said: Value = serde_json::from_str(&said)?;
    let number = |name| said[name].as_f64().ok_or(Error::NoField(name));
    Ok(Passes {
        count: number("passes")?,
        per_second: number("passes")? / number("seconds")?,
    })
}

/// What passes cost the server whose process this is.
fn timed(process: u32, load: impl FnOnce() -> Result<Passes, Error>) -> Result<Cost, Error> {
    let before = processor_seconds(process)?;
    let passes = load()?;
    Ok(Cost {
        per_second: passes.per_second,
        processor: (processor_seconds(process)? - before) / passes.count * 1e6,
    })
}

/// Fetches the peer and starts it on the core of the server, with Redis as its cache.
fn start_peer(shell: &Shell, redis: &str) -> Result<(Background, String), Error> {
    python(shell, PEER)?;
    let gunicorn = interpreter(PEER, shell).with_file_name("gunicorn");
    let port = Port::free()?;
    let address = port.address();
    let mut command = on_server_core(&gunicorn);
    command
        .args(["--workers", "1", "--worker-class", "gthread", "--threads"])
        .args([CONNECTIONS, "--keep-alive", "60", "--log-level", "warning"])
        .arg("--bind")
        .arg(address.to_string())
        .arg("--chdir")
        .arg(PYTHON)
        .arg(format!("{PEER}:application"))
        .env("REDIS_URL", redis);
    let mut peer = Background::quiet(command)?;
    peer.wait_until(|| TcpStream::connect(address).is_ok())?;
    Ok((peer, format!("http://{address}")))
}

fn report(rounds: &[[Cost; 2]]) -> Report {
    let middle = |figure: &dyn Fn(&[Cost; 2]) -> f64| median(rounds.iter().map(figure).collect());
    let row = |what: &str, index: usize| {
        let ratio = middle(&|round| round[0].per_second / round[index].per_second);
        vec![
            what.to_owned(),
            format!("{:.0}", middle(&|round| round[index].per_second)),
            format!("{:.0}", middle(&|round| round[index].processor)),
            format!("{ratio:.1}"),
            if index == 0 { "" } else { "at least 20" }.to_owned(),
        ]
    };
    Report {
        name: "passes",
        header: vec![
            "one core, with Redis",
            "passes/s",
            "processor, µs each",
            "Cattlegrid has more by",
            "to reach",
        ],
        rows: vec![
            row("**Cattlegrid**: issue, picture, answer, verify", 0),
            row(
                "django-rest-captcha 0.3.0 under gunicorn: issue with the picture, verify",
                1,
            ),
        ],
        note: String::new(),
    }
}
