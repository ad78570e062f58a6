//! The published test suites of the packages that this one replaces, with only the module's name changed.

use std::path::Path;

use xshell::{Shell, cmd};

use super::{
    interpreter::{Interpreter, Version},
    venv::Venv,
};
use crate::error::Error;

/// A Django that the suites must pass on.
struct Django {
    name: &'static str,
    requirement: &'static str,
    /// The Pythons that it runs on
    from: Version,
    to: Version,
}

/// The latest of each long-term support, and whatever is newest on the newest Python here.
const DJANGOS: [Django; 3] = [
    Django {
        name: "django-4.2",
        requirement: "Django>=4.2,<4.3",
        from: (3, 9),
        to: (3, 12),
    },
    Django {
        name: "django-5.2",
        requirement: "Django>=5.2,<5.3",
        from: (3, 10),
        to: (3, 14),
    },
    Django {
        name: "django-newest",
        requirement: "Django",
        from: (3, 10),
        to: (3, 99),
    },
];

/// A program that fetches a suite and runs it, and what it needs.
const SUITES: [(&str, &[&str]); 4] = [
    ("simple_captcha", &["--settings", "default"]),
    ("simple_captcha", &["--settings", "drf"]),
    ("simple_captcha", &["--settings", "jinja2"]),
    ("rest_captcha", &[]),
];

/// Runs all of them on each Django that a Python of this machine runs.
///
/// # Errors
///
/// A suite that does not pass whole, or a Django that no Python here runs.
pub(super) fn run(shell: &Shell, wheel: &Path) -> Result<(), Error> {
    let pythons = Interpreter::all(shell);
    for django in &DJANGOS {
        let python = django.python(&pythons)?;
        let venv = Venv::new(shell, django.name, python)?;
        for suite in ["simple_captcha", "rest_captcha"] {
            venv.install_listed(
                shell,
                &format!("tests/python/{suite}/peer_requirements.txt"),
            )?;
        }
        venv.install(shell, django.requirement)?;
        venv.replace(shell, wheel)?;
        let program = venv.program("python");
        for (suite, arguments) in SUITES {
            println!(
                "-- {suite} {} on {}, Python 3.{}",
                arguments.join(" "),
                django.name,
                python.version.1
            );
            cmd!(
                shell,
                "{program} tests/python/{suite}/peer_suite.py {arguments...}"
            )
            .run()?;
        }
    }
    Ok(())
}

impl Django {
    /// The oldest Python that runs an old Django, the newest that runs the newest.
    fn python<'a>(&self, pythons: &'a [Interpreter]) -> Result<&'a Interpreter, Error> {
        let fits = |python: &&Interpreter| (self.from..=self.to).contains(&python.version);
        let found = if self.requirement.contains('<') {
            pythons.iter().find(fits)
        } else {
            pythons.iter().rfind(fits)
        };
        found.ok_or_else(|| Error::NoPython(format!("{}.{}", self.from.0, self.from.1)))
    }
}
