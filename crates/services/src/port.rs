//! Ports that two tests never get at the same time.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::ops::Range;

use crate::Error;

/// Below those that systems give to outgoing connections (from 32768 on Linux, 49152 elsewhere), which could come between.
const PORTS: Range<u16> = 10_000..32_768;

/// A TCP port of the loopback address that is its owner's alone, for as long as this value lives, whether or not a server
/// listens there.
#[derive(Debug)]
pub struct Port {
    number: u16,
    /// Why: held while nobody listens on the TCP port of the same number, it keeps other owners in any process away, and
    /// the system frees it whatever ends this process.
    _hold: UdpSocket,
}

impl Port {
    /// A port that nobody listens on.
    ///
    /// # Errors
    ///
    /// [`Error::NoPort`].
    pub fn free() -> Result<Self, Error> {
        let first = fastrand::u16(PORTS);
        (first..PORTS.end)
            .chain(PORTS.start..first)
            .find_map(|number| {
                let hold = UdpSocket::bind((Ipv4Addr::LOCALHOST, number)).ok()?;
                TcpListener::bind((Ipv4Addr::LOCALHOST, number)).ok()?;
                Some(Self {
                    number,
                    _hold: hold,
                })
            })
            .ok_or(Error::NoPort)
    }

    /// The port's number.
    pub fn number(&self) -> u16 {
        self.number
    }

    /// The loopback address with this port.
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.number).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_given_once() {
        let ports: Vec<Port> = (0..100).map(|_| Port::free().unwrap()).collect();
        let mut numbers: Vec<u16> = ports.iter().map(Port::number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), ports.len());
    }
}
