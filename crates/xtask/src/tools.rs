//! The programs a step needs beyond cargo: found, installed where that can be done unasked, or asked for.

use std::path::PathBuf;

use cattlegrid_services::find;
use xshell::{Cmd, Shell, cmd};

use crate::error::Error;

/// A program that the project's chores call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tool {
    /// The formatter, a component of the Rust toolchain
    Rustfmt,
    /// The linter, a component of the Rust toolchain
    Clippy,
    /// Node.js with npm
    Node,
    /// The browser that the widget is tested in
    Chromium,
    /// Runs snippets of the documentation, and peers
    Python,
    /// Runs snippets of the documentation
    Curl,
    /// Pins a benchmark to one core
    Taskset,
    /// Loads the server
    Wrk,
    /// A server that tests talk to
    Redis,
    /// A server that tests talk to
    Memcached,
    /// A server that tests talk to
    Postgres,
    /// A server that tests talk to
    MariaDb,
    /// Compiles translations, to compare them with those that are shipped
    Gettext,
    /// Speaks, where a site asks for it
    Flite,
    /// Adds noise to what is spoken
    Sox,
    /// Stands before the server with a certificate
    Nginx,
    /// Makes certificates for tests
    OpenSsl,
    /// Balances load between nodes
    HaProxy,
    /// Asks the server about each request
    Caddy,
    /// Judges rules and dashboards
    Prometheus,
    /// Judges units
    Systemd,
}

/// The oldest Node.js whose test runner and WebSocket the browser tests use.
const NODE_MAJOR: u32 = 20;

/// The names that Chromium goes by.
const BROWSERS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// The browser to test in, once [`Tool::Chromium`] is there.
pub(crate) fn browser() -> Option<PathBuf> {
    BROWSERS.into_iter().find_map(find)
}

impl Tool {
    /// The servers that several nodes share, and the balancer before them.
    pub(crate) const SERVERS: [Self; 5] = [
        Self::Redis,
        Self::Memcached,
        Self::Postgres,
        Self::MariaDb,
        Self::HaProxy,
    ];

    /// Finds the tool or installs it.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] with the way to install it, where this program may not or cannot.
    pub(crate) fn ensure(self, shell: &Shell) -> Result<(), Error> {
        match self {
            Self::Rustfmt => component(shell, "rustfmt", "rustfmt"),
            Self::Clippy => component(shell, "clippy", "cargo-clippy"),
            Self::Node => node(shell),
            Self::Chromium => debian(shell, "Chromium", &BROWSERS, "chromium"),
            Self::Python => package(shell, "Python 3 with venv", "python3-venv", || {
                succeeds(cmd!(shell, "python3 -c 'import venv, ensurepip'"))
            }),
            Self::Curl => debian(shell, "curl", &["curl"], "curl"),
            Self::Taskset => debian(shell, "taskset", &["taskset"], "util-linux"),
            Self::Wrk => debian(shell, "wrk", &["wrk"], "wrk"),
            Self::Redis => debian(shell, "Redis", &["redis-server"], "redis-server"),
            Self::Memcached => debian(shell, "Memcached", &["memcached"], "memcached"),
            Self::Postgres => package(shell, "PostgreSQL", "postgresql", || {
                all(&["postgres", "initdb", "pg_isready"])
            }),
            Self::MariaDb => package(
                shell,
                "MariaDB",
                "mariadb-server-core mariadb-client-core",
                || all(&["mariadbd", "mariadb-install-db", "my_print_defaults"]),
            ),
            Self::Gettext => debian(shell, "gettext", &["msgfmt"], "gettext"),
            Self::Flite => debian(shell, "flite", &["flite"], "flite"),
            Self::Sox => debian(shell, "SoX", &["sox"], "sox"),
            Self::Nginx => debian(shell, "nginx", &["nginx"], "nginx"),
            Self::OpenSsl => debian(shell, "OpenSSL", &["openssl"], "openssl"),
            Self::HaProxy => debian(shell, "HAProxy", &["haproxy"], "haproxy"),
            Self::Caddy => debian(shell, "Caddy", &["caddy"], "caddy"),
            Self::Prometheus => debian(shell, "promtool", &["promtool"], "prometheus"),
            Self::Systemd => debian(shell, "systemd-analyze", &["systemd-analyze"], "systemd"),
        }
    }
}

fn component(shell: &Shell, name: &'static str, program: &str) -> Result<(), Error> {
    if succeeds(cmd!(shell, "{program} --version")) {
        return Ok(());
    }
    cmd!(shell, "rustup component add {name}")
        .run()
        .map_err(|_| Error::Missing {
            name,
            remedy: format!("install it with `rustup component add {name}`"),
        })
}

fn node(shell: &Shell) -> Result<(), Error> {
    let version = cmd!(shell, "node --version").quiet().ignore_stderr().read();
    let major = version.ok().and_then(|text| {
        text.trim_start_matches('v')
            .split('.')
            .next()?
            .parse::<u32>()
            .ok()
    });
    if major.is_some_and(|major| major >= NODE_MAJOR) && find("npm").is_some() {
        return Ok(());
    }
    Err(Error::Missing {
        name: "Node.js",
        remedy: format!(
            "install Node.js {NODE_MAJOR} or later with npm, from https://nodejs.org or your system's packages"
        ),
    })
}

/// Whether all these programs are there.
fn all(programs: &[&str]) -> bool {
    programs.iter().all(|program| find(program).is_some())
}

/// Finds one of the programs, or installs the package that has it.
fn debian(
    shell: &Shell,
    name: &'static str,
    programs: &[&str],
    debian_package: &str,
) -> Result<(), Error> {
    package(shell, name, debian_package, || {
        programs.iter().any(|program| find(program).is_some())
    })
}

/// Installs Debian's packages, their names parted by spaces, unless what they have is `found`.
fn package(
    shell: &Shell,
    name: &'static str,
    debian_packages: &str,
    found: impl Fn() -> bool,
) -> Result<(), Error> {
    if found() {
        return Ok(());
    }
    let missing = |why: &str| Error::Missing {
        name,
        remedy: format!("{why}; install it (on Debian: apt-get install {debian_packages})"),
    };
    if find("apt-get").is_none() {
        return Err(missing("this system has no apt-get to install it with"));
    }
    let root = Root::of(shell).ok_or_else(|| missing("installing it takes root"))?;
    root.install(shell, debian_packages)?;
    if found() {
        Ok(())
    } else {
        Err(missing("apt-get installed it but it cannot be found"))
    }
}

/// A way to run a command as root without being asked for a password.
struct Root {
    program: &'static str,
    arguments: &'static [&'static str],
}

impl Root {
    fn of(shell: &Shell) -> Option<Self> {
        if cmd!(shell, "id -u").quiet().read().ok()? == "0" {
            Some(Self {
                program: "env",
                arguments: &[],
            })
        } else if find("sudo").is_some() && succeeds(cmd!(shell, "sudo --non-interactive true")) {
            Some(Self {
                program: "sudo",
                arguments: &["--non-interactive", "env"],
            })
        } else {
            None
        }
    }

    fn install(self, shell: &Shell, packages: &str) -> Result<(), Error> {
        let Self { program, arguments } = self;
        let packages = packages.split_whitespace();
        let apt = ["DEBIAN_FRONTEND=noninteractive", "apt-get"];
        cmd!(shell, "{program} {arguments...} {apt...} update").run()?;
        cmd!(
            shell,
            "{program} {arguments...} {apt...} install --yes --no-install-recommends {packages...}"
        )
        .run()?;
        Ok(())
    }
}

fn succeeds(command: Cmd<'_>) -> bool {
    command
        .quiet()
        .ignore_stdout()
        .ignore_stderr()
        .run()
        .is_ok()
}
