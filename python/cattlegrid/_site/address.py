"""Which address a request comes from, told by the socket and by nobody who is not trusted."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Union

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]
Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]

UNIX = "unix"
"""Names, among trusted proxies, whoever connects through a unix socket."""

_LONGEST = 64


@dataclass(frozen=True)
class TrustedProxies:
    """The proxies whose word on where a request comes from is taken."""

    networks: tuple[Network, ...] = ()
    unix: bool = False

    @classmethod
    def parse(cls, entries: Iterable[str]) -> TrustedProxies:
        """Reads addresses, networks (`10.0.0.0/8`, `fd00::/8`) and `unix`.

        Raises `ValueError` for anything else, network addresses with host bits included.
        """
        named = set(entries)
        networks = tuple(ipaddress.ip_network(entry) for entry in sorted(named - {UNIX}))
        return cls(networks, UNIX in named)

    def __contains__(self, address: Address | None) -> bool:
        """Whether a request from `address` (None: through a unix socket) is one of a trusted proxy."""
        if address is None:
            return self.unix
        return any(address in network for network in self.networks)


def client_address(remote_address: str, forwarded_for: str, trusted: TrustedProxies) -> str | None:
    """The address of the client: the right-most one that is not a trusted proxy's. None when nobody can tell.

    `remote_address` is the socket's, empty for a unix socket. `forwarded_for` is the content of
    `X-Forwarded-For`, several headers joined by commas. It is read from the right while the address so far is
    trusted, and not beyond an entry that is no address: all before that may be forged.
    """
    address = _parse(remote_address)
    if address is None and remote_address.strip():
        return None
    rest = forwarded_for
    while rest and address in trusted:
        rest, _, entry = rest.rpartition(",")
        forwarded = _parse(entry)
        if forwarded is None:
            break
        address = forwarded
    return None if address is None else str(address)


def _parse(text: str) -> Address | None:
    """An address as sockets and proxies write it: with or without brackets, port and zone."""
    text = text.strip()
    if len(text) > _LONGEST:
        return None
    if text.startswith("["):
        host, bracket, port = text[1:].partition("]")
        if not bracket or (port and not (port[0] == ":" and _is_port(port[1:]))):
            return None
    else:
        host, colon, port = text.partition(":")
        if not colon or ":" in port:
            host = text
        elif not _is_port(port):
            return None
    if ":" in host:
        host = host.partition("%")[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    # Why: a socket for both families shows IPv4 clients so, and they are to be the same as without it.
    return getattr(address, "ipv4_mapped", None) or address


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 5
