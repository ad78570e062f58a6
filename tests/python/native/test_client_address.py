"""Whose word is taken on where a request comes from."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cattlegrid import ConfigurationError, TrustedProxies

NOBODY = TrustedProxies()
NETWORKS = ["10.0.0.0/8", "192.0.2.1", "fd00::/8"]
PROXIES = TrustedProxies(NETWORKS)

addresses = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).filter(
    lambda address: getattr(address, "ipv4_mapped", None) is None
)
strangers = addresses.filter(
    lambda address: not any(address in ipaddress.ip_network(network) for network in NETWORKS)
)
proxies = st.one_of(st.ip_addresses(network="10.0.0.0/8"), st.ip_addresses(network="fd00::/8"))


@given(addresses, st.text())
def test_without_trusted_proxies_the_socket_alone_counts(peer: ipaddress.IPv4Address, forged: str) -> None:
    assert NOBODY.client(str(peer), forged) == str(peer)


@given(strangers, st.text())
def test_a_client_that_is_no_proxy_cannot_forge(peer: ipaddress.IPv4Address, forged: str) -> None:
    assert PROXIES.client(str(peer), forged) == str(peer)


@given(proxies, st.text(), strangers, st.lists(proxies, max_size=4))
def test_what_a_client_writes_before_its_own_address_changes_nothing(
    peer: ipaddress.IPv4Address,
    forged: str,
    client: ipaddress.IPv4Address,
    hops: list[ipaddress.IPv4Address],
) -> None:
    header = ", ".join([forged, str(client), *map(str, hops)])
    assert PROXIES.client(str(peer), header) == str(client)


@given(st.text(), st.text())
def test_nothing_raises_and_what_comes_out_is_an_address(peer: str, header: str) -> None:
    for trusted in (NOBODY, PROXIES, TrustedProxies(["0.0.0.0/0", "::/0", "unix"])):
        found = trusted.client(peer, header)
        assert found is None or ipaddress.ip_address(found)


@pytest.mark.parametrize(
    ("entry", "address"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:4711", "203.0.113.7"),
        (" 203.0.113.7\t", "203.0.113.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("2001:DB8:0::7", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("[::ffff:203.0.113.7]:80", "203.0.113.7"),
    ],
)
def test_addresses_are_read_as_proxies_write_them(entry: str, address: str) -> None:
    assert PROXIES.client("10.0.0.1", entry) == address


@pytest.mark.parametrize(
    "garbage",
    [
        "unknown",
        "_hidden",
        "fe80::7%eth0",
        "203.0.113",
        "203.0.113.7:port",
        "203.0.113.7:",
        "203.0.113.7%eth0",
        "[203.0.113.7",
        "[2001:db8::7]4711",
        "[2001:db8::7]:",
        "for=203.0.113.7",
        "203.0.113.7 198.51.100.1",
        "١٢٧.0.0.1",
        "2001:db8::7" + "0" * 100,
        "203.0.113.7\x00",
    ],
)
def test_garbage_ends_it_at_the_last_trusted_address(garbage: str) -> None:
    assert PROXIES.client("10.0.0.1", f"198.51.100.9, {garbage}, 10.0.0.2") == "10.0.0.2"


def test_empty_entries_are_passed_over() -> None:
    assert PROXIES.client("10.0.0.1", "203.0.113.7, , ,, 10.0.0.2,") == "203.0.113.7"


def test_a_socket_may_name_the_interface() -> None:
    assert NOBODY.client("fe80::7%eth0") == "fe80::7"


def test_forwarded_is_read_where_it_is_what_the_proxies_write() -> None:
    proxies = TrustedProxies(NETWORKS, header="forwarded")
    forwarded = 'for=198.51.100.9, for="[2001:db8::7]:4711";proto=https, for=10.0.0.2'
    assert proxies.header == "forwarded"
    assert proxies.client("10.0.0.1", forwarded) == "2001:db8::7"
    assert proxies.client("10.0.0.1", "203.0.113.7") == "10.0.0.1"


def test_a_header_of_proxies_alone_leads_to_the_first() -> None:
    assert PROXIES.client("10.0.0.1", "10.0.0.3, 10.0.0.2") == "10.0.0.3"


def test_a_mapped_peer_is_the_proxy_it_maps() -> None:
    assert PROXIES.client("::ffff:10.0.0.1", "203.0.113.7") == "203.0.113.7"


def test_a_unix_socket_is_trusted_where_it_is_named() -> None:
    assert PROXIES.client("", "203.0.113.7") is None
    assert TrustedProxies(["unix"]).client("", "203.0.113.7") == "203.0.113.7"
    assert TrustedProxies(["unix"]).client("", "") is None


def test_a_header_of_a_megabyte_is_read_from_its_end() -> None:
    header = "198.51.100.9, " * 80_000 + "203.0.113.7, 10.0.0.2"
    assert PROXIES.client("10.0.0.1", header) == "203.0.113.7"


@pytest.mark.parametrize("entry", ["10.0.0.1/8", "proxy.example", "", "10.0.0.0/33"])
def test_a_proxy_that_is_no_address_is_refused(entry: str) -> None:
    with pytest.raises(ConfigurationError, match=f"`{entry}` is no network"):
        TrustedProxies([entry])
