//! The header with which a proxy begins a connection, to say whom it has heard from: the PROXY protocol, version 2
//! (<https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt>).

use std::io;
use std::net::SocketAddr;

use ppp::v2::{Addresses, Command, Header, ParseError, Protocol};
use tokio::io::{AsyncRead, AsyncReadExt};

/// The bytes of a header before what it says its length is.
const START: usize = 16;
/// The most that may follow: more than two addresses and all that proxies add.
const MOST: usize = 2048;

/// The header of a connection that is nobody else's than its maker's.
pub(crate) const LOCAL: [u8; START] = *b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0";

/// Reads the header from the start of a connection, and nothing after it. There is no address in it where the proxy
/// speaks for itself, as for a health check (`LOCAL`).
///
/// # Errors
/// What the connection says, or that this is no such header. Version 1 is none.
pub(crate) async fn source(
    stream: &mut (impl AsyncRead + Unpin),
) -> io::Result<Option<SocketAddr>> {
    let mut header = vec![0; START];
    stream.read_exact(&mut header).await?;
    let length = match Header::try_from(header.as_slice()) {
        Ok(_) => 0,
        Err(ParseError::Partial(_, length)) => length,
        Err(error) => return Err(io::Error::other(error)),
    };
    if length > MOST {
        return Err(io::Error::other("the proxy's header is too long"));
    }
    header.resize(START + length, 0);
    stream.read_exact(&mut header[START..]).await?;
    let header = Header::try_from(header.as_slice()).map_err(io::Error::other)?;
    spoken_for(&header)
}

fn spoken_for(header: &Header<'_>) -> io::Result<Option<SocketAddr>> {
    match (header.command, header.protocol, header.addresses) {
        (Command::Local, _, _) => Ok(None),
        (Command::Proxy, Protocol::Stream, Addresses::IPv4(ends)) => {
            Ok(Some((ends.source_address, ends.source_port).into()))
        }
        (Command::Proxy, Protocol::Stream, Addresses::IPv6(ends)) => {
            Ok(Some((ends.source_address, ends.source_port).into()))
        }
        // Why not the proxy's own: it would count everybody whose address it does not tell as one.
        _ => Err(io::Error::other("the proxy names no address of a client")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tokio::runtime::Builder;

    use super::*;

    const SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";

    proptest! {
        /// Whatever comes: nothing panics, no more is read than the header, and only one that is whole names an address.
        #[test]
        fn no_more_than_a_header_is_read(
            start in prop_oneof![Just(SIGNATURE.to_vec()), prop::collection::vec(any::<u8>(), 0..20)],
            command in prop_oneof![Just(0x20_u8), Just(0x21), any::<u8>()],
            family in prop_oneof![Just(0x11_u8), Just(0x21), any::<u8>()],
            length in 0_u16..64,
            rest in prop::collection::vec(any::<u8>(), 0..80),
        ) {
            let bytes = [start.as_slice(), &[command, family], &length.to_be_bytes(), &rest].concat();
            let mut stream = bytes.as_slice();
            let runtime = Builder::new_current_thread().build().unwrap();
            if runtime.block_on(source(&mut stream)).is_ok() {
                prop_assert!(bytes.starts_with(SIGNATURE));
                let said = usize::from(u16::from_be_bytes([bytes[14], bytes[15]]));
                prop_assert_eq!(bytes.len() - stream.len(), START + said);
            }
        }
    }
}
