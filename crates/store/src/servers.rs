//! Where the servers of a shared store are, and who this node is to them.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use zeroize::Zeroizing;

/// How long a step on a shared store may take unless its URL says otherwise.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(2);

/// A server's name or address, and its port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Host {
    /// A name, an IPv4 address, or an IPv6 address without brackets.
    pub name: String,
    /// The TCP port.
    pub port: u16,
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.contains(':') {
            write!(f, "[{}]:{}", self.name, self.port)
        } else {
            write!(f, "{}:{}", self.name, self.port)
        }
    }
}

/// Several of them, for a message.
#[cfg(feature = "redis")]
pub(crate) fn list(hosts: &[Host]) -> String {
    let hosts: Vec<String> = hosts.iter().map(Host::to_string).collect();
    hosts.join(",")
}

/// What any store on servers has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Servers {
    /// At least one. What several mean is the store's to say.
    pub hosts: Vec<Host>,
    /// Who this node is to them.
    pub login: Login,
    /// How the connection is protected; nothing when it is not.
    pub tls: Option<Tls>,
    /// How long a step may take, connecting included; after that it is refused as unavailable.
    pub timeout: Duration,
}

/// A user and a password, where the server asks for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Login {
    /// The user's name.
    pub user: Option<String>,
    /// The user's password.
    pub password: Option<Password>,
}

/// Where a password is.
#[derive(Clone, PartialEq, Eq)]
pub enum Password {
    /// In the URL itself.
    Given(Zeroizing<String>),
    /// In a file, up to the end of its first line.
    File(PathBuf),
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Given(_) => f.write_str("Given(…)"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
        }
    }
}

impl Login {
    /// The password, read from its file if that is where it is.
    ///
    /// # Errors
    /// What the system said when the file cannot be read.
    pub fn password(&self) -> std::io::Result<Option<Zeroizing<String>>> {
        match &self.password {
            None => Ok(None),
            Some(Password::Given(text)) => Ok(Some(text.clone())),
            Some(Password::File(path)) => {
                let text = Zeroizing::new(std::fs::read_to_string(path)?);
                let line = text.lines().next().unwrap_or_default();
                Ok(Some(Zeroizing::new(line.to_owned())))
            }
        }
    }
}

/// How a connection is protected. The server's certificate is always verified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// A PEM file of the authorities to trust, instead of the system's.
    pub ca: Option<PathBuf>,
    /// This node's own certificate, where the server asks for one.
    pub identity: Option<Identity>,
}

/// A client certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// A PEM file of the certificate, and of those between it and an authority.
    pub certificate: PathBuf,
    /// A PEM file of its private key.
    pub key: PathBuf,
}
