//! Pictures per second on one core, beside the libraries that people use today.

use std::path::PathBuf;

use serde_json::Value;
use xshell::{Shell, cmd};

use super::{Report, median};
use crate::{error::Error, tools::Tool};

/// Rounds of the race. Every contestant draws once in each, so that a busy machine is unfair to all of them alike.
const ROUNDS: usize = 5;
/// How long a contestant draws in one round, after it warmed up.
const SECONDS: &str = "2";
/// Where everything that the race fetches and builds stays.
const SCRATCH: &str = "target/bench";
const PYTHON: &str = "bench/python";

struct Contestant {
    name: &'static str,
    picture: &'static str,
    entry: Entry,
}

/// How a contestant is called.
enum Entry {
    /// An argument of the Rust racer
    Rust(&'static str),
    /// A script with its requirements beside it
    Python(&'static str),
}

/// The first is the one that all are compared with.
const CONTESTANTS: [Contestant; 9] = [
    Contestant {
        name: "**Cattlegrid, `hard`**",
        picture: "200×70, 6 letters",
        entry: Entry::Rust("hard"),
    },
    Contestant {
        name: "**Cattlegrid, `classic`**",
        picture: "200×70, 6 letters",
        entry: Entry::Rust("classic"),
    },
    Contestant {
        name: "**Cattlegrid, nothing configured**",
        picture: "at least 200×70, 6 letters",
        entry: Entry::Rust("default"),
    },
    Contestant {
        name: "django-simple-captcha 0.7.0, view function",
        picture: "about 77×37, 4 letters",
        entry: Entry::Python("django_simple_captcha"),
    },
    Contestant {
        name: "django-rest-captcha 0.3.0, `generate_image`",
        picture: "90×40, 4 letters",
        entry: Entry::Python("django_rest_captcha"),
    },
    Contestant {
        name: "PyPI captcha 0.7.1",
        picture: "200×70, 6 letters",
        entry: Entry::Python("captcha_package"),
    },
    Contestant {
        name: "crate captcha 1.0.0, `Medium`",
        picture: "220×120, 4 to 6 letters",
        entry: Entry::Rust("captcha"),
    },
    Contestant {
        name: "crate captcha-rs 0.5.0, as it comes",
        picture: "130×40, 5 letters, JPEG",
        entry: Entry::Rust("captcha-rs"),
    },
    Contestant {
        name: "crate captcha-rs 0.5.0, distortion 5, complexity 5",
        picture: "200×70, 6 letters, JPEG",
        entry: Entry::Rust("captcha-rs-warped"),
    },
];

/// Runs the race.
///
/// # Errors
///
/// A contestant cannot be fetched, built or run.
pub(crate) fn run(shell: &Shell) -> Result<Report, Error> {
    Tool::Taskset.ensure(shell)?;
    let racers = CONTESTANTS
        .iter()
        .map(|contestant| contestant.entry.prepare(shell))
        .collect::<Result<Vec<_>, _>>()?;

    let mut results = vec![Vec::new(); racers.len()];
    for round in 1..=ROUNDS {
        println!("round {round} of {ROUNDS}");
        for (racer, results) in racers.iter().zip(&mut results) {
            results.push(draw(shell, racer)?);
        }
    }
    Ok(report(&results))
}

impl Entry {
    /// Builds or fetches the contestant; returns the command that makes it draw.
    fn prepare(&self, shell: &Shell) -> Result<Vec<PathBuf>, Error> {
        match self {
            Self::Rust(name) => {
                let target = shell.current_dir().join(SCRATCH).join("rust");
                cmd!(shell, "cargo build --release --locked --manifest-path bench/rust/Cargo.toml --target-dir {target}").run()?;
                Ok(vec![target.join("release/draw"), name.into()])
            }
            Self::Python(name) => {
                let venv = shell.current_dir().join(SCRATCH).join("python").join(name);
                let python = venv.join("bin/python");
                if !python.exists() {
                    cmd!(shell, "python3 -m venv {venv}").run()?;
                }
                cmd!(
                    shell,
                    "{python} -m pip install --quiet --requirement {PYTHON}/{name}.txt"
                )
                .run()?;
                Ok(vec![python, format!("{PYTHON}/{name}.py").into()])
            }
        }
    }
}

/// What a contestant did in one round.
#[derive(Clone, Copy)]
struct Drawn {
    pictures_per_second: f64,
    bytes_per_picture: f64,
}

fn draw(shell: &Shell, racer: &[PathBuf]) -> Result<Drawn, Error> {
    let line = cmd!(shell, "taskset --cpu-list 0 {racer...} {SECONDS}")
        .quiet()
        .read()?;
    let counted: Value = serde_json::from_str(&line)?;
    let number = |name: &str| counted[name].as_f64().unwrap_or(f64::NAN);
    Ok(Drawn {
        pictures_per_second: number("pictures") / number("seconds"),
        bytes_per_picture: number("bytes") / number("pictures"),
    })
}

fn report(results: &[Vec<Drawn>]) -> Report {
    let first = results.first().map_or(&[][..], Vec::as_slice);
    let rows = CONTESTANTS
        .iter()
        .zip(results)
        .map(|(contestant, rounds)| {
            let middle = |figure: fn(&Drawn) -> f64| median(rounds.iter().map(figure).collect());
            vec![
                contestant.name.to_owned(),
                contestant.picture.to_owned(),
                format!("{:.0}", middle(|drawn| drawn.pictures_per_second)),
                format!("{:.0}", middle(|drawn| drawn.bytes_per_picture)),
                format!("{:.1}", ratio(first, rounds)),
            ]
        })
        .collect();
    Report {
        name: "peers",
        header: vec![
            "who draws",
            "what",
            "pictures/s",
            "bytes each",
            "`hard` is faster by",
        ],
        rows,
    }
}

/// How many times as fast the first is as the second: the median over the rounds, each of which has its own weather.
fn ratio(first: &[Drawn], second: &[Drawn]) -> f64 {
    let rounds = first.iter().zip(second);
    median(
        rounds
            .map(|(first, second)| first.pictures_per_second / second.pictures_per_second)
            .collect(),
    )
}
