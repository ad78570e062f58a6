//! The program `cattlegrid`.

use std::process::ExitCode;

fn main() -> ExitCode {
    cattlegrid_server::cli::main()
}
