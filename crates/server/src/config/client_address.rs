//! How the server knows whose request it is.

use cattlegrid_guard::Networks;
use cattlegrid_guard::client_ip::{ForwardingHeader, Proxies};
use serde::{Deserialize, Deserializer};

/// How the server knows whose request it is.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClientAddress {
    /// The networks of the proxies that requests come through: addresses, networks such as `10.0.0.0/8`, and the names
    /// `loopback`, `private` and `link-local`. Default: none, and the client is the socket's other end.
    #[serde(deserialize_with = "networks")]
    pub trusted_proxies: Networks,
    /// The header in which they say whom they heard from. Default `x-forwarded-for`.
    pub header: Header,
    /// Whether each connection comes from a trusted proxy and begins with a header of the PROXY protocol, version 2.
    /// Default `false`.
    pub proxy_protocol: bool,
}

/// The header that proxies write.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Header {
    /// `X-Forwarded-For`.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

impl ClientAddress {
    /// The proxies that are trusted.
    pub fn proxies(&self) -> Proxies {
        let header = match self.header {
            Header::XForwardedFor => ForwardingHeader::XForwardedFor,
            Header::Forwarded => ForwardingHeader::Forwarded,
        };
        Proxies::new(self.trusted_proxies.clone(), header)
    }
}

pub(super) fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Networks, D::Error> {
    Networks::parse(Vec::<String>::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}
