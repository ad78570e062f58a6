"""Encrypted connections, and those that go through a proxy."""

from __future__ import annotations

import select
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Callable

import pytest
import trustme

from cattlegrid import ConfigurationError, Unavailable, Verifier

from .stand_in import Provider

Make = Callable[..., Verifier]


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever this machine has."""
    for name in ("ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def authority(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> trustme.CA:
    """The one authority whose certificates this machine trusts."""
    authority = trustme.CA()
    roots = tmp_path / "roots.pem"
    authority.cert_pem.write_to_path(str(roots))
    monkeypatch.setenv("SSL_CERT_FILE", str(roots))
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    return authority


def encrypted(authority: trustme.CA, host: str) -> Provider:
    """A provider with a certificate for `host`."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(host).configure_cert(tls)
    return Provider(tls)


@pytest.fixture
def trusted(authority: trustme.CA) -> Iterator[Provider]:
    """A provider with a certificate that is trusted."""
    provider = encrypted(authority, "127.0.0.1")
    yield provider
    provider.stop()


def test_a_trusted_provider_is_asked(make: Make, trusted: Provider) -> None:
    verifier = make(url=trusted.url)
    verifier.verify("one")
    verifier.verify("two")
    assert [form["response"] for form in trusted.asked] == ["one", "two"]


def test_a_certificate_of_another_host_is_no_good(make: Make, authority: trustme.CA) -> None:
    refuses(make, encrypted(authority, "captcha.example.org"))


@pytest.mark.usefixtures("authority")
def test_a_certificate_of_another_authority_is_no_good(make: Make) -> None:
    refuses(make, encrypted(trustme.CA(), "127.0.0.1"))


def refuses(make: Make, provider: Provider) -> None:
    """Nothing is said to this provider."""
    try:
        with pytest.raises(Unavailable, match="certificate") as unavailable:
            make(url=provider.url).verify("token")
        assert unavailable.value.code == "provider-unreachable"
        assert provider.asked == []
    finally:
        provider.stop()


def test_a_machine_without_roots_can_only_do_without_encryption(
    make: Make, provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "empty.pem"
    empty.touch()
    monkeypatch.setenv("SSL_CERT_FILE", str(empty))
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    with pytest.raises(ConfigurationError, match="ca-certificates"):
        make(url="https://127.0.0.1/siteverify")
    make(url=provider.url).verify("token")


class Tunnels(ThreadingTCPServer):
    """A proxy that connects its clients to where they want."""

    daemon_threads = True

    def __init__(self) -> None:
        self.to: list[str] = []
        super().__init__(("127.0.0.1", 0), Tunnel)


class Tunnel(StreamRequestHandler):
    server: Tunnels

    def handle(self) -> None:
        """One tunnel, to its end."""
        method, to, _ = self.rfile.readline().decode().split(" ")
        self.server.to.append(f"{method} {to}")
        while self.rfile.readline().strip():
            pass
        host, port = to.rsplit(":", 1)
        with socket.create_connection((host, int(port))) as other:
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            ends = {self.connection: other, other: self.connection}
            while True:
                for end in select.select(list(ends), [], [])[0]:
                    data = end.recv(65_536)
                    if not data:
                        return
                    ends[end].sendall(data)


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tunnels]:
    """A proxy that the environment names."""
    with Tunnels() as proxy:
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{proxy.server_address[1]}")
        yield proxy
        proxy.shutdown()
        thread.join()


def test_a_provider_is_asked_through_the_proxy(make: Make, trusted: Provider, proxy: Tunnels) -> None:
    make(url=trusted.url).verify("token")
    assert proxy.to == [f"CONNECT 127.0.0.1:{trusted.port}"]
    assert len(trusted.asked) == 1


def test_not_every_host_is_behind_the_proxy(
    make: Make, trusted: Provider, proxy: Tunnels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    make(url=trusted.url).verify("token")
    assert proxy.to == []


def test_a_proxy_does_not_get_to_read(make: Make, provider: Provider, proxy: Tunnels) -> None:
    make(url=provider.url).verify("token")
    assert proxy.to == []


def test_a_proxy_that_will_not_do_is_named(
    make: Make, trusted: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:1080")
    with pytest.raises(ConfigurationError, match="HTTPS_PROXY"):
        make(url=trusted.url)
