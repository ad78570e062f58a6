//! Pictures per second on one core, beside the libraries that people use today.

use xshell::Shell;

use super::{
    Report, median,
    race::{self, Count, Racer},
};
use crate::error::Error;

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
    let racers = CONTESTANTS
        .iter()
        .map(|contestant| contestant.entry.prepare(shell))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(report(&race::run(shell, &racers)?))
}

impl Entry {
    /// Builds or fetches the contestant.
    fn prepare(&self, shell: &Shell) -> Result<Racer, Error> {
        match self {
            Self::Rust(name) => race::rust(shell, name),
            Self::Python(name) => race::python(shell, name),
        }
    }
}

fn report(results: &[Vec<Count>]) -> Report {
    let first = results.first().map_or(&[][..], Vec::as_slice);
    let rows = CONTESTANTS
        .iter()
        .zip(results)
        .map(|(contestant, rounds)| {
            let middle = |figure: fn(&Count) -> f64| median(rounds.iter().map(figure).collect());
            vec![
                contestant.name.to_owned(),
                contestant.picture.to_owned(),
                format!("{:.0}", middle(|count| count.per_second)),
                format!("{:.0}", middle(|count| count.bytes_each)),
                format!("{:.1}", race::ratio(first, rounds)),
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
        note: String::new(),
    }
}
