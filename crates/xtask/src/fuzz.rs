//! Fuzzing, for as long as one likes; `cargo xtask test` only replays what was found before.

use xshell::{Shell, cmd};

use crate::error::Error;

/// Where interesting inputs are kept. The committed corpus is only read; what is worth keeping is copied there by hand.
const FOUND: &str = "target/fuzz";

/// Runs every fuzz target, or the named one, for `seconds` each.
///
/// # Errors
///
/// cargo-fuzz or a nightly toolchain is missing, or a target crashed; it prints how to replay the crash.
pub(crate) fn run(shell: &Shell, target: Option<&str>, seconds: u32) -> Result<(), Error> {
    if cmd!(shell, "cargo +nightly fuzz --version")
        .quiet()
        .ignore_stdout()
        .ignore_stderr()
        .run()
        .is_err()
    {
        return Err(Error::Missing {
            name: "cargo-fuzz",
            remedy:
                "install it with `rustup toolchain install nightly` and `cargo install cargo-fuzz`"
                    .into(),
        });
    }
    let targets = match target {
        Some(target) => target.to_owned(),
        None => cmd!(shell, "cargo +nightly fuzz list").read()?,
    };
    let limit = format!("-max_total_time={seconds}");
    for target in targets.lines() {
        let found = shell.create_dir(format!("{FOUND}/{target}"))?;
        cmd!(
            shell,
            "cargo +nightly fuzz run {target} {found} fuzz/corpus/{target} -- {limit}"
        )
        .run()?;
    }
    Ok(())
}
