"""A server with sites of each dialect, also behind nginx with a certificate, and websites that use it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable

import httpx
import pytest
import trustme
from server import AnswerOf, Server, running

from .packages import Keys, Package, Provider

DIALECTS = ["hcaptcha", "recaptcha-v2", "recaptcha-v3", "turnstile"]
WEBSITES = Path(__file__).parent / "websites"
# Why without scores: the tests answer at once, and ask for one that only people have.
SITE = """
[[sites]]
key = "{key}"
secret = "the-secret-key-of-{key}"
dialect = "{dialect}"
token_ttl = "{ttl}"
behaviour.score = false
"""
NGINX = """
daemon off;
# Why: with one process there is no other user, who could not read what is the tests' own.
master_process off;
pid {folder}/nginx.pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {folder}/certificate.pem;
        ssl_certificate_key {folder}/certificate.pem;
        location / {{ proxy_pass {url}; }}
        location /below/ {{ proxy_pass {url}/; }}
    }}
}}
"""


def keys_of(site: str) -> Keys:
    """Those of the site with this key."""
    return Keys(site, f"the-secret-key-of-{site}")


def config() -> str:
    """Two sites of each dialect, one of them `hasty`: its tokens expire at once."""
    return "".join(
        SITE.format(key=key, dialect=dialect, ttl=ttl)
        for dialect in DIALECTS
        for key, ttl in ((dialect, "2m"), (f"{dialect}-hasty", "1s"))
    )


Run = Callable[[str], Any]


@pytest.fixture(scope="package")
def run(server_program: str, answer_of: AnswerOf, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Runs a server with all of the sites: `with run(more) as server: …`"""
    return lambda more: running(server_program, answer_of, tmp_path_factory.mktemp("server"), more + config())


@pytest.fixture(scope="package")
def cattlegrid(run: Run) -> Iterator[Server]:
    """The server, to which the providers' keys for tests are known."""
    with run("test_keys = true") as server:
        yield server


@pytest.fixture(scope="package")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, str]:
    """Who is trusted with certificates, and a file that says so."""
    authority = trustme.CA()
    roots = tmp_path_factory.mktemp("authority") / "roots.pem"
    authority.cert_pem.write_to_path(str(roots))
    return authority, str(roots)


@pytest.fixture(scope="package")
def behind_nginx(
    authority: tuple[trustme.CA, str],
    nginx: str,
    served: Callable[..., Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[Server], Any]:
    """Has a server answer at a second address: `with behind_nginx(server) as provider: …`"""

    @contextmanager
    def start(server: Server) -> Iterator[Provider]:
        folder = tmp_path_factory.mktemp("nginx")
        authority[0].issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(
            str(folder / "certificate.pem")
        )

        def command(port: int) -> list[str]:
            file = folder / "nginx.conf"
            file.write_text(NGINX.format(folder=folder, port=port, url=server.url))
            return [nginx, "-p", str(folder), "-e", "stderr", "-c", str(file)]

        with served(command, folder / "log") as url:
            yield Provider(server.url, url.removeprefix("http://"))

    return start


@pytest.fixture(scope="package")
def provider(behind_nginx: Callable[[Server], Any], cattlegrid: Server) -> Iterator[Provider]:
    """Where the server is."""
    with behind_nginx(cattlegrid) as provider:
        yield provider


@pytest.fixture(scope="package")
def provider_in_earnest(behind_nginx: Callable[[Server], Any], run: Run) -> Iterator[Provider]:
    """Where a server is to which no keys for tests are known."""
    with run("test_keys = false") as server, behind_nginx(server) as provider:
        yield provider


@dataclass(frozen=True)
class Website:
    """A site that uses a package."""

    url: str
    package: Package

    def send(self, token: str) -> str:
        """The page that a visitor sees who sends the form."""
        reply = httpx.post(self.url, data={self.package.field: token, "sent": ""})
        assert reply.status_code in {200, 400}, reply.text
        return reply.text


@pytest.fixture(scope="package")
def website(
    authority: tuple[trustme.CA, str],
    provider: Provider,
    served: Callable[..., Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[..., Website]]:
    """A site that uses a package with these keys, in a process of its own: `website(package, keys)`."""
    log = tmp_path_factory.mktemp("websites") / "log"
    with ExitStack() as processes:
        started: dict[tuple[object, ...], Website] = {}

        def start(package: Package, keys: Keys, provider: Provider = provider) -> Website:
            which = (package.name, keys, provider)
            if which not in started:
                module, view = package.website.split(":")
                wanted = {
                    "app": package.app,
                    "view": view,
                    "settings": package.settings(provider, keys),
                }
                command = [sys.executable, str(WEBSITES / "serve.py"), module]
                url = processes.enter_context(
                    served(
                        lambda port: [*command, str(port)],
                        log,
                        WEBSITE=json.dumps(wanted),
                        SSL_CERT_FILE=authority[1],
                    )
                )
                started[which] = Website(url, package)
            return started[which]

        yield start


@pytest.fixture(scope="package")
def expired(cattlegrid: Server) -> dict[str, str]:
    """A token of each dialect's hasty site that nobody has verified in time."""
    earned = {dialect: cattlegrid.earn(sitekey=f"{dialect}-hasty") for dialect in DIALECTS}
    last = max(datetime.fromisoformat(token["expires_at"]) for token in earned.values())
    while datetime.now(timezone.utc) <= last:
        time.sleep(0.1)
    return {dialect: str(token["token"]) for dialect, token in earned.items()}
