//! The Python package's stand-ins beside the packages that they replace, and what the package itself weighs.

use std::{fs, path::Path};

use xshell::{Shell, cmd};

use super::{
    Report, median,
    race::{self, Count},
};
use crate::{error::Error, python::wheel};

/// How often the package is imported, each time by a fresh process.
const IMPORTS: usize = 11;

/// The same thing done by the stand-in and by the original.
struct Pair {
    what: &'static str,
    ours: &'static str,
    theirs: &'static str,
    to_reach: &'static str,
}

const PAIRS: [Pair; 3] = [
    Pair {
        what: "django-simple-captcha: the image view function, pictures",
        ours: "cattlegrid_simple_captcha",
        theirs: "django_simple_captcha",
        to_reach: "at least 5",
    },
    Pair {
        what: "django-simple-captcha: a form rendered and answered",
        ours: "cattlegrid_simple_captcha_form",
        theirs: "django_simple_captcha_form",
        to_reach: "at least 1",
    },
    Pair {
        what: "django-rest-captcha: a challenge made and answered",
        ours: "cattlegrid_rest_captcha",
        theirs: "django_rest_captcha_post",
        to_reach: "",
    },
];

/// Runs the races, and measures the wheel.
///
/// # Errors
///
/// The wheel does not build, or a racer cannot be fetched or run.
pub(crate) fn run(shell: &Shell) -> Result<(Report, Report), Error> {
    let wheel = wheel::build(shell)?;
    let mut racers = Vec::new();
    for pair in &PAIRS {
        racers.push(race::python_with(shell, pair.ours, &wheel)?);
        racers.push(race::python(shell, pair.theirs)?);
    }
    let results = race::run(shell, &racers)?;
    Ok((report(&results), weight(shell, &wheel)?))
}

fn report(results: &[Vec<Count>]) -> Report {
    let per_second =
        |rounds: &[Count]| median(rounds.iter().map(|count| count.per_second).collect());
    let rows = PAIRS
        .iter()
        .zip(results.chunks(2))
        .filter_map(|(pair, both)| {
            let [ours, theirs] = both else { return None };
            Some(vec![
                pair.what.to_owned(),
                format!("{:.0}", per_second(ours)),
                format!("{:.0}", per_second(theirs)),
                format!("{:.1}", race::ratio(ours, theirs)),
                pair.to_reach.to_owned(),
            ])
        })
        .collect();
    Report {
        name: "drop-ins",
        header: vec![
            "what",
            "ours/s",
            "theirs/s",
            "ours is faster by",
            "to reach",
        ],
        rows,
        note: String::new(),
    }
}

fn weight(shell: &Shell, wheel: &Path) -> Result<Report, Error> {
    let bytes = fs::metadata(wheel).map_err(Error::file(wheel))?.len();
    let python = race::interpreter(PAIRS[0].ours, shell);
    let imports = (0..IMPORTS)
        .map(|_| import(shell, &python))
        .collect::<Result<Vec<_>, _>>()?;
    let row = |what: &str, figure: f64, to_reach: &str| {
        vec![what.to_owned(), format!("{figure:.1}"), to_reach.to_owned()]
    };
    Ok(Report {
        name: "package",
        header: vec!["what", "figure", "to reach"],
        rows: vec![
            row("the wheel, MB", bytes as f64 / 1e6, "below 8"),
            row("`import cattlegrid`, ms", median(imports), "below 60"),
        ],
        note: String::new(),
    })
}

/// Milliseconds that a fresh process takes to import the package.
fn import(shell: &Shell, python: &Path) -> Result<f64, Error> {
    let code = "import time; start = time.perf_counter(); import cattlegrid; print(time.perf_counter() - start)";
    let seconds: f64 = cmd!(shell, "{python} -c {code}")
        .quiet()
        .read()?
        .parse()
        .map_err(|_| Error::NoFigure("time to import"))?;
    Ok(seconds * 1e3)
}
