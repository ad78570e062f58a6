//! The part of a URL that says where servers are.

use std::fmt::{self, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use zeroize::Zeroizing;

use super::parameters::Parameters;
use crate::OpenError;
use crate::servers::{DEFAULT_TIMEOUT, Host, Identity, Login, Password, Servers, Tls};

/// What names and paths are written with as they are.
const PLAIN: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');
const PLAIN_PATH: AsciiSet = PLAIN.remove(b'/');

/// What stands between a scheme's colon and the question mark: `//user:password@host:port,host:port/path`.
pub(super) struct Authority {
    hosts: Vec<Host>,
    login: Login,
    /// What follows the hosts, without its slash.
    pub(super) path: String,
}

impl Authority {
    /// Parses `text`, of a store with this scheme whose servers listen on `port` unless something else is said.
    pub(super) fn parse(store: &'static str, text: &str, port: u16) -> Result<Self, OpenError> {
        let wrong = || OpenError::Servers { store, port };
        let text = text.strip_prefix("//").ok_or_else(wrong)?;
        let (place, path) = text.split_once('/').unwrap_or((text, ""));
        let (login, hosts) = match place.rsplit_once('@') {
            Some((login, hosts)) => (parse_login(login).ok_or_else(wrong)?, hosts),
            None => (Login::default(), place),
        };
        let hosts = hosts
            .split(',')
            .map(|host| parse_host(host, port))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(wrong)?;
        let path = decode(path).ok_or_else(wrong)?;
        Ok(Self { hosts, login, path })
    }

    /// The servers, with what the parameters say of them. `tls` says whether the scheme itself asks for TLS.
    pub(super) fn servers(
        mut self,
        parameters: &mut Parameters,
        tls: bool,
    ) -> Result<Servers, OpenError> {
        if let Some(path) = parameters.take("password_file") {
            self.login.password = Some(Password::File(path.into()));
        }
        let asked = parameters.flag("tls")?;
        let ca = parameters.take("ca").map(PathBuf::from);
        let identity = match (parameters.take("cert"), parameters.take("key")) {
            (Some(certificate), Some(key)) => Some(Identity {
                certificate: certificate.into(),
                key: key.into(),
            }),
            (None, None) => None,
            (Some(given), None) | (None, Some(given)) => {
                return Err(OpenError::Value {
                    parameter: "cert",
                    given,
                    expected: "given together with `key`",
                });
            }
        };
        let wants_tls = tls || asked || ca.is_some() || identity.is_some();
        Ok(Servers {
            hosts: self.hosts,
            login: self.login,
            tls: wants_tls.then_some(Tls { ca, identity }),
            timeout: parameters
                .number("timeout_ms")?
                .map_or(DEFAULT_TIMEOUT, |millis| {
                    Duration::from_millis(u64::from(millis))
                }),
        })
    }
}

fn decode(text: &str) -> Option<String> {
    let text = percent_decode_str(text).decode_utf8().ok()?;
    (!text.contains('\0')).then(|| text.into_owned())
}

fn parse_login(text: &str) -> Option<Login> {
    let (user, password) = match text.split_once(':') {
        Some((user, password)) => (user, Some(Zeroizing::new(decode(password)?))),
        None => (text, None),
    };
    let user = decode(user)?;
    Some(Login {
        user: (!user.is_empty()).then_some(user),
        password: password.map(Password::Given),
    })
}

fn parse_host(text: &str, port: u16) -> Option<Host> {
    let (name, rest) = match text.strip_prefix('[') {
        Some(text) => text.split_once(']')?,
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let port = match rest.strip_prefix(':') {
        Some(number) => number.parse().ok().filter(|&port| port > 0)?,
        None if rest.is_empty() => port,
        None => return None,
    };
    let is_name =
        !name.is_empty() && !name.contains(|char: char| char.is_whitespace() || char.is_control());
    is_name.then(|| Host {
        name: name.to_owned(),
        port,
    })
}

/// Writes `//user:***@hosts/path`: a password that was given is not for logs.
pub(super) fn write_authority(
    f: &mut fmt::Formatter<'_>,
    servers: &Servers,
    path: &str,
) -> fmt::Result {
    f.write_str("//")?;
    let Login { user, password } = &servers.login;
    let given = matches!(password, Some(Password::Given(_)));
    if user.is_some() || given {
        let user = user.as_deref().unwrap_or_default();
        write!(f, "{}", utf8_percent_encode(user, &PLAIN))?;
        f.write_str(if given { ":***@" } else { "@" })?;
    }
    for (place, host) in servers.hosts.iter().enumerate() {
        if place > 0 {
            f.write_char(',')?;
        }
        write!(f, "{host}")?;
    }
    if !path.is_empty() {
        write!(f, "/{}", utf8_percent_encode(path, &PLAIN))?;
    }
    Ok(())
}

/// What differs from the default, as parameters. `tls` says whether the scheme itself asks for TLS.
pub(super) fn parameters_of(servers: &Servers, tls: bool) -> Vec<Option<String>> {
    let path = |name: &str, path: &PathBuf| {
        format!(
            "{name}={}",
            utf8_percent_encode(&path.to_string_lossy(), &PLAIN_PATH)
        )
    };
    let own_tls = servers.tls.as_ref();
    let identity = own_tls.and_then(|tls| tls.identity.as_ref());
    let ca = own_tls.and_then(|tls| tls.ca.as_ref());
    let password_file = match &servers.login.password {
        Some(Password::File(file)) => Some(path("password_file", file)),
        _ => None,
    };
    vec![
        password_file,
        (own_tls.is_some() && !tls && ca.is_none() && identity.is_none())
            .then(|| "tls=true".to_owned()),
        ca.map(|file| path("ca", file)),
        identity.map(|identity| path("cert", &identity.certificate)),
        identity.map(|identity| path("key", &identity.key)),
        (servers.timeout != DEFAULT_TIMEOUT)
            .then(|| format!("timeout_ms={}", servers.timeout.as_millis())),
    ]
}

/// A name that is used as it is given, as a parameter.
pub(super) fn text_parameter(name: &str, value: &str) -> String {
    format!("{name}={}", utf8_percent_encode(value, &PLAIN))
}
