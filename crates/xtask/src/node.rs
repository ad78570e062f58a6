//! The browser side's checks and tests, which npm knows how to run.

use std::path::Path;

use xshell::{Shell, cmd};

use crate::{error::Error, tools};

const FOLDER: &str = "tests/browser";

/// Fetches what the browser tests are made of, among it the checker of accessibility that other tests use too.
///
/// # Errors
///
/// npm's.
pub(crate) fn fetch(shell: &Shell) -> Result<(), Error> {
    let _folder = shell.push_dir(FOLDER);
    install(shell)
}

/// Types (`tsc`) and formatting (`prettier`) of everything that runs in a browser or in Node.
///
/// # Errors
///
/// The npm script that failed.
pub(crate) fn lint(shell: &Shell) -> Result<(), Error> {
    let _folder = shell.push_dir(FOLDER);
    install(shell)?;
    cmd!(shell, "npm run lint").run()?;
    Ok(())
}

/// Runs the browser tests against the server `binary`.
///
/// # Errors
///
/// The npm script that failed.
pub(crate) fn test(shell: &Shell, binary: &Path) -> Result<(), Error> {
    let _folder = shell.push_dir(FOLDER);
    install(shell)?;
    // Why: a runner whose output is no terminal would leave out the closing lines that people look for.
    let test = cmd!(shell, "npm test -- --test-reporter=spec").env("CATTLEGRID_BIN", binary);
    match tools::browser() {
        Some(browser) => test.env("CHROMIUM", browser).run()?,
        None => test.run()?,
    }
    Ok(())
}

fn install(shell: &Shell) -> Result<(), Error> {
    if !is_installed(shell) {
        cmd!(shell, "npm ci --no-audit --no-fund").run()?;
    }
    Ok(())
}

/// Whether `node_modules` was filled after the lock file last changed.
fn is_installed(shell: &Shell) -> bool {
    let changed = |file: &str| shell.current_dir().join(file).metadata()?.modified();
    match (
        changed("node_modules/.package-lock.json"),
        changed("package-lock.json"),
    ) {
        (Ok(installed), Ok(locked)) => installed >= locked,
        _ => false,
    }
}
