//! How long a verification on Redis takes when requests come at half the rate that the server can bear.

use serde_json::Value;
use xshell::{Shell, cmd};

use super::{
    load::{CONNECTIONS, wrk},
    stores::{Store, StoreKind},
    subject::{Limits, NATIVE, Programs, SECRET_KEY, SITE_KEY},
    supplies::Supplies,
};
use crate::{
    bench::{Report, median},
    error::Error,
};

/// Why many short ones: a virtual machine stands still for some tens of milliseconds every second or so, which a median
/// of rounds passes over, and a percentile of one long round does not.
const ROUNDS: usize = 9;
/// How long the peak is measured, and then the steady rate.
const PEAK_SECONDS: u32 = 1;
const STEADY_SECONDS: f64 = 1.0;
/// How many requests the load has at most that finds the peak.
const SUPPLY: usize = 240_000;

/// What came of one steady load.
struct Steady {
    per_second: f64,
    p50: f64,
    p99: f64,
}

/// Measures the peak, and then half of it, beside the constant handler at the same rate.
///
/// # Errors
///
/// A program does not start, or refuses what it should not.
pub(super) fn run(shell: &Shell, programs: &Programs) -> Result<Report, Error> {
    let store = Store::start(shell, StoreKind::Redis)?;
    let node = programs.node(store.url(), NATIVE, Limits::AsShipped)?;
    let (_constant, constant) = programs.constant()?;
    let url = format!("{}/siteverify", node.address);
    let mut rounds = Vec::new();
    for round in 1..=ROUNDS {
        println!("half the peak, round {round} of {ROUNDS}");
        let supplies = Supplies::new()?;
        let file = supplies.mint(shell, programs, "tokens", SUPPLY)?;
        let arguments = ["verify", &file.display().to_string(), SITE_KEY, SECRET_KEY];
        let rate = wrk(shell, "operations", &url, PEAK_SECONDS, &arguments)?.per_second / 2.0;
        let count = (rate * STEADY_SECONDS) as usize;
        let file = supplies.mint(shell, programs, "tokens", count)?;
        let at_rate = |address: &str| {
            let (load, rate) = (&programs.load, rate.to_string());
            let address = address.trim_start_matches("http://");
            cmd!(shell, "{load} steady {address} {file} {CONNECTIONS} {rate}")
                .quiet()
                .read()
                .map_err(Error::from)
                .and_then(|said| Steady::from_json(&said))
        };
        rounds.push([at_rate(&node.address)?, at_rate(&constant)?]);
    }
    let row = |what: &str, index: usize, bar: &str| {
        let middle = |figure: fn(&Steady) -> f64| {
            median(rounds.iter().map(|round| figure(&round[index])).collect())
        };
        vec![
            what.to_owned(),
            format!("{:.0}", middle(|steady| steady.per_second)),
            format!("{:.2}", middle(|steady| steady.p50)),
            format!("{:.2}", middle(|steady| steady.p99)),
            bar.to_owned(),
        ]
    };
    Ok(Report {
        name: "steady",
        header: vec![
            "at half the peak",
            "requests/s",
            "p50, ms",
            "p99, ms",
            "to reach",
        ],
        rows: vec![
            row("verify on Redis", 0, "p99 below 5"),
            row("a handler that returns a constant", 1, ""),
        ],
        note: String::new(),
    })
}

impl Steady {
    fn from_json(said: &str) -> Result<Self, Error> {
        let said: Value = serde_json::from_str(said)?;
        let number = |name| said[name].as_f64().ok_or(Error::NoField(name));
        Ok(Self {
            per_second: number("per_second")?,
            p50: number("p50")?,
            p99: number("p99")?,
        })
    }
}
