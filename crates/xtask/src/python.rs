//! The Python package: its style and types, its wheel, its tests, and the suites of the packages it replaces.

mod interpreter;
mod suites;
pub(crate) mod venv;
pub(crate) mod wheel;

use cattlegrid_services::find;
use xshell::{Shell, cmd};

use crate::{artifact, error::Error, node, services::Services, tools};
use venv::Venv;

/// Where everything that tests install stays.
const SCRATCH: &str = "target/python";
/// What is Python here.
const SOURCES: [&str; 4] = ["python", "tests/python", "bench/python", "examples"];

/// Style (`ruff`) and types (`mypy --strict`).
///
/// # Errors
///
/// What the tool that objects has printed.
pub(crate) fn lint(shell: &Shell) -> Result<(), Error> {
    let venv = Venv::usual(shell, "lint")?;
    venv.install_listed(shell, "tests/python/lint.txt")?;
    let ruff = venv.program("ruff");
    cmd!(shell, "{ruff} check {SOURCES...}").run()?;
    cmd!(shell, "{ruff} format --check {SOURCES...}").run()?;
    let mypy = venv.program("mypy");
    cmd!(shell, "{mypy} python/cattlegrid").run()?;
    Ok(())
}

/// Builds the wheel, installs it as a user would, holds its stubs to the extension, and runs the package's tests against
/// real servers and a browser.
///
/// # Errors
///
/// The wheel does not build, a server does not start, or tests fail.
pub(crate) fn test(shell: &Shell) -> Result<(), Error> {
    let wheel = wheel::build(shell)?;
    let venv = Venv::usual(shell, "test")?;
    venv.install_listed(shell, "tests/python/requirements.txt")?;
    venv.replace(shell, &wheel)?;
    let python = venv.program("python");
    cmd!(shell, "{python} -m mypy.stubtest cattlegrid._native").run()?;

    node::fetch(shell)?;
    let server = artifact::test_server(shell)?;
    let services = Services::start()?;
    let mut tests = cmd!(shell, "{python} -m pytest")
        .envs(services.environment())
        .env("CATTLEGRID_TEST_BIN", server)
        .env("CATTLEGRID_TEST_WHEEL", &wheel);
    for (name, program) in [("CHROMIUM", tools::browser()), ("NGINX", find("nginx"))] {
        if let Some(program) = program {
            tests = tests.env(name, program);
        }
    }
    tests.run()?;
    Ok(())
}

/// Runs the suites of the packages that this one replaces, on each Django that they are promised for.
///
/// # Errors
///
/// The wheel does not build, or a suite does not pass whole.
pub(crate) fn peer_suites(shell: &Shell) -> Result<(), Error> {
    suites::run(shell, &wheel::build(shell)?)
}
