//! The siteverify of each other dialect beside the native one, on the memory store.

use xshell::Shell;

use super::{
    load::wrk,
    subject::{Limits, NATIVE, Programs, SECRET_KEY, SITE_KEY},
    supplies::Supplies,
};
use crate::{
    bench::{Report, median},
    error::Error,
};

const ROUNDS: usize = 5;
const SECONDS: u32 = 1;
/// How many requests a load has at most.
const SUPPLY: usize = 120_000;

/// The dialects, the native one first: how each is called, configured and reached.
const DIALECTS: [(&str, &str, &str); 5] = [
    ("the native siteverify", NATIVE, "/siteverify"),
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

/// Measures.
///
/// # Errors
///
/// A server does not start, or refuses what it should not.
pub(super) fn run(shell: &Shell, programs: &Programs) -> Result<Report, Error> {
    let nodes = DIALECTS
        .iter()
        .map(|(_, dialect, _)| programs.node("memory:", dialect, Limits::AsShipped))
        .collect::<Result<Vec<_>, _>>()?;
    let mut rounds = Vec::new();
    for round in 1..=ROUNDS {
        println!("dialects, round {round} of {ROUNDS}");
        let supplies = Supplies::new()?;
        let tokens = supplies.mint(shell, programs, "tokens", SUPPLY)?;
        let arguments = [
            "verify",
            &tokens.display().to_string(),
            SITE_KEY,
            SECRET_KEY,
        ];
        let figures = nodes
            .iter()
            .zip(DIALECTS)
            .map(|(node, (_, _, path))| {
                let url = format!("{}{path}", node.address);
                Ok(wrk(shell, "operations", &url, SECONDS, &arguments)?.per_second)
            })
            .collect::<Result<Vec<_>, Error>>()?;
        rounds.push(figures);
    }
    let middle = |figure: &dyn Fn(&Vec<f64>) -> f64| median(rounds.iter().map(figure).collect());
    let rows = DIALECTS.iter().enumerate().map(|(index, (name, ..))| {
        let cost = middle(&|figures| figures[0] / figures[index]);
        let bar = if index == 0 { "" } else { "at most 1.1" };
        vec![
            (*name).to_owned(),
            format!("{:.0}", middle(&|figures| figures[index])),
            format!("{cost:.2}"),
            bar.to_owned(),
        ]
    });
    Ok(Report {
        name: "dialects",
        header: vec![
            "siteverify",
            "requests/s",
            "times the cost of the native one",
            "to reach",
        ],
        rows: rows.collect(),
        note: String::new(),
    })
}
