//! The command line.

#![allow(
    clippy::doc_markdown,
    reason = "these comments are the help that a terminal shows"
)]

mod check;
mod keygen;
mod open;
mod probe;
mod render;
mod serve;
mod stop;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use crate::Error;
use crate::config::{Config, FILE_VARIABLE, LogFormat, LogLevel};
use crate::error::EXIT_STATUSES;

/// A self-hosted CAPTCHA in one binary.
#[derive(Debug, Parser)]
#[command(name = "cattlegrid", version, after_help = EXIT_STATUSES, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server. Without any configuration: on 127.0.0.1:8080, with a demo site.
    Serve(serve::Serve),
    /// Ask the running server whether it is well. For containers and their probes.
    Probe(probe::Probe),
    /// Draw pictures into files.
    Render(render::Render),
    /// Print, as JSON, what a sealed challenge key holds. Needs the secret that sealed it; shows the answer.
    Open(open::Open),
    /// Print a new secret and the key pair of a new site, ready for the configuration file.
    Keygen(keygen::Keygen),
    /// Read the configuration and say what it means. Starts and changes nothing.
    Check(Settings),
    /// Print the completions for a shell.
    Completions {
        /// Which shell.
        shell: Shell,
    },
}

/// Where the configuration comes from. A flag goes before the environment, the environment before the file.
#[derive(Clone, Debug, Default, Args)]
struct Settings {
    /// The configuration file (TOML).
    #[arg(long, value_name = "FILE", env = FILE_VARIABLE)]
    config: Option<PathBuf>,
    /// The directory of the secret and of the embedded store [env: CATTLEGRID_DATA] [default: the platform's].
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    /// A file with the secrets in force [env: CATTLEGRID_SECRET_FILE] [default: `secret` in the data directory].
    #[arg(long, value_name = "FILE")]
    secret_file: Option<String>,
    /// Where spent ids are kept: sqlite:PATH, redis://HOST, postgres://HOST/DATABASE, mysql://HOST/DATABASE,
    /// memcached://HOST, memory: and more [env: CATTLEGRID_STORE] [default: a file in the data directory].
    #[arg(long, value_name = "URL")]
    store: Option<String>,
    /// The address to listen on; port 0 takes a free one [env: CATTLEGRID_LISTEN] [default: 127.0.0.1:8080].
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    /// The port to listen on, on 127.0.0.1.
    #[arg(long, value_name = "PORT", conflicts_with = "listen")]
    port: Option<u16>,
    /// The least severe level that is logged [env: CATTLEGRID_LOG__LEVEL] [default: info].
    #[arg(long, value_enum, value_name = "LEVEL")]
    log_level: Option<LogLevel>,
    /// How the log is written [env: CATTLEGRID_LOG__FORMAT] [default: text].
    #[arg(long, value_enum, value_name = "FORMAT")]
    log_format: Option<LogFormat>,
}

impl Settings {
    fn load(&self) -> Result<Config, Error> {
        fn name<T: clap::ValueEnum>(value: &T) -> Option<String> {
            value
                .to_possible_value()
                .map(|value| value.get_name().to_owned())
        }
        let file = self
            .config
            .as_deref()
            .filter(|path| !path.as_os_str().is_empty());
        let listen = self
            .listen
            .clone()
            .or_else(|| self.port.map(|port| format!("127.0.0.1:{port}")));
        let flags = [
            ("data", self.data.clone()),
            ("secret_file", self.secret_file.clone()),
            ("store", self.store.clone()),
            ("listen", listen),
            ("log.level", self.log_level.as_ref().and_then(name)),
            ("log.format", self.log_format.as_ref().and_then(name)),
        ];
        let environment = std::env::vars_os().map(|(name, value)| {
            let lossy = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
            (lossy(name), lossy(value))
        });
        Config::load(
            file,
            environment,
            flags
                .into_iter()
                .filter_map(|(key, value)| Some((key, value?))),
        )
    }
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Serve(serve) => serve.run(),
        Command::Probe(probe) => probe.run(),
        Command::Render(render) => render.run(),
        Command::Open(open) => open.run(),
        Command::Keygen(keygen) => keygen.run(),
        Command::Check(settings) => settings.load().and_then(|config| check::run(&config)),
        Command::Completions { shell } => completions(shell),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Why: if even this cannot be written, the status is all that is left to say it with.
            let _ = writeln!(io::stderr(), "cattlegrid: {error}");
            error.exit_code()
        }
    }
}

fn completions(shell: Shell) -> Result<(), Error> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "cattlegrid", &mut script);
    print(&script)
}

/// Writes to the standard output stream.
fn print(bytes: &[u8]) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)
        .and_then(|()| out.flush())
        .map_err(|source| Error::System {
            doing: "writing to the standard output",
            source,
        })
}
