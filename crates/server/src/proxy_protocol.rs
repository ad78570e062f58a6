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
