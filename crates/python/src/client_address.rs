//! The client's address, as the socket and trusted proxies have it.

use std::net::IpAddr;

use cattlegrid_guard::Networks;
use cattlegrid_guard::client_ip::{ForwardingHeader, Proxies};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::arguments::wrong;
use crate::error::Error;
use crate::text::bounded;

/// Stands, among trusted proxies, for whoever connects through a Unix socket.
const UNIX: &str = "unix";

/// The proxies whose word on where a request comes from is taken.
///
/// `networks` are addresses, networks (`10.0.0.0/8`, `fd00::/8`), `loopback`, `private`, `link-local`, and `unix` for
/// whoever connects through a Unix socket. All of them write `header`, `x-forwarded-for` or `forwarded` (RFC 7239), and
/// let through nothing in it that they did not write or append to. Raises `ConfigurationError`.
#[pyclass(frozen, eq, module = "cattlegrid")]
#[derive(PartialEq)]
pub(crate) struct TrustedProxies {
    proxies: Proxies,
    unix: bool,
}

#[pymethods]
impl TrustedProxies {
    #[new]
    #[pyo3(signature = (networks = Vec::new(), *, header = "x-forwarded-for"))]
    #[pyo3(text_signature = "(networks=(), *, header='x-forwarded-for')")]
    fn new(networks: Vec<String>, header: &str) -> Result<Self, Error> {
        let header = ForwardingHeader::ALL
            .into_iter()
            .find(|known| known.name() == header)
            .ok_or_else(|| wrong("header", "give `x-forwarded-for` or `forwarded`"))?;
        let (unix, networks): (Vec<_>, Vec<_>) =
            networks.into_iter().partition(|entry| entry == UNIX);
        let networks = Networks::parse(networks).map_err(|error| wrong("networks", error))?;
        Ok(Self {
            proxies: Proxies::new(networks, header),
            unix: !unix.is_empty(),
        })
    }

    /// The header that they write, in small letters.
    #[getter]
    fn header(&self) -> String {
        self.proxies.header().name().to_string()
    }

    /// The client's address. None when nobody can tell.
    ///
    /// `peer` is the socket's other end, empty for a Unix socket. `forwarded` is the content of the header, several
    /// lines joined by commas; it counts only where `peer` is a trusted proxy.
    #[pyo3(signature = (peer, forwarded = None), text_signature = "($self, peer, forwarded='')")]
    fn client(
        &self,
        peer: &Bound<'_, PyAny>,
        forwarded: Option<&Bound<'_, PyString>>,
    ) -> Option<String> {
        // Why lossy: what is no text of Unicode is no address either.
        let forwarded = forwarded.map(|text| text.to_string_lossy());
        let lines = forwarded.as_deref().map(str::as_bytes).into_iter();
        let peer = bounded(peer, MAX_PEER_CHARS)?;
        let client = match peer.as_str() {
            "" if self.unix => self.proxies.client_behind(lines),
            _ => {
                let peer = address(&peer)?;
                let told = || self.proxies.client_behind(lines);
                let told = self.proxies.trusts(peer).then(told).flatten();
                Some(told.unwrap_or(peer))
            }
        };
        client.map(|client| client.to_string())
    }
}

const MAX_PEER_CHARS: usize = 64;

/// The address that a caller tells, if it is one.
pub(crate) fn told(client: &Bound<'_, PyAny>) -> Option<IpAddr> {
    address(&bounded(client, MAX_PEER_CHARS)?)
}

/// An address of a socket, which may name the interface of the link that it is on.
pub(crate) fn address(text: &str) -> Option<IpAddr> {
    let (address, _interface) = text.split_once('%').unwrap_or((text, ""));
    let address: IpAddr = address.parse().ok()?;
    Some(address.to_canonical())
}
