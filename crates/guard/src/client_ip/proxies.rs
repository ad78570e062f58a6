//! Which proxies are trusted, and what they are trusted with.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, header};

use super::{forwarded, x_forwarded_for};
use crate::Networks;

/// How many proxies a request may have come through.
const MAX_PROXIES: usize = 32;

/// The header that trusted proxies write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ForwardingHeader {
    /// `X-Forwarded-For`, addresses separated by commas.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239), its `for` parameters.
    Forwarded,
}

impl ForwardingHeader {
    /// Both.
    pub const ALL: [Self; 2] = [Self::XForwardedFor, Self::Forwarded];

    /// The header's name.
    pub const fn name(self) -> HeaderName {
        match self {
            Self::XForwardedFor => HeaderName::from_static("x-forwarded-for"),
            Self::Forwarded => header::FORWARDED,
        }
    }
}

/// The proxies that are trusted to say whom they heard from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies {
    trusted: Networks,
    header: ForwardingHeader,
}

impl Proxies {
    /// Those in the networks `trusted`, which all write `header`, and let through nothing in it that they did not
    /// write or append to.
    pub const fn new(trusted: Networks, header: ForwardingHeader) -> Self {
        Self { trusted, header }
    }

    /// No proxy at all: the client is the socket's other end.
    pub fn none() -> Self {
        Self::default()
    }

    /// Whether the address is that of a trusted proxy.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.contains(address)
    }

    /// The networks.
    pub const fn trusted(&self) -> &Networks {
        &self.trusted
    }

    /// The header.
    pub const fn header(&self) -> ForwardingHeader {
        self.header
    }

    /// The client of a request with these headers, which came from `peer`.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        if !self.trusts(peer) {
            return peer;
        }
        let lines = headers.get_all(self.header.name()).into_iter();
        self.client_behind(lines.map(http::HeaderValue::as_bytes))
            .unwrap_or(peer)
    }

    /// The client of a request that a trusted proxy has handed over with these lines of the [header](Self::header), in
    /// their order: for a proxy without an address, as at the other end of a Unix socket. None if they name nobody.
    pub fn client_behind<'a>(
        &self,
        lines: impl DoubleEndedIterator<Item = &'a [u8]>,
    ) -> Option<IpAddr> {
        // Why from the right: each proxy has added to the end, so that what a stranger wrote comes last.
        let lines = lines.rev();
        match self.header {
            ForwardingHeader::XForwardedFor => {
                self.walk(lines.flat_map(x_forwarded_for::from_the_right))
            }
            ForwardingHeader::Forwarded => self.walk(lines.flat_map(forwarded::from_the_right)),
        }
    }

    /// Goes to whom the proxy heard from, and on for as long as that is a proxy that is trusted.
    fn walk(&self, heard_from: impl Iterator<Item = Option<IpAddr>>) -> Option<IpAddr> {
        let mut client = None;
        for address in heard_from.take(MAX_PROXIES) {
            let Some(address) = address else { break };
            client = Some(address);
            if !self.trusts(address) {
                break;
            }
        }
        client
    }
}
