"""The servers and programs that tests talk to, as `cargo xtask test python` starts and names them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Callable

import pytest
from hypothesis import HealthCheck, settings
from server import AnswerOf, Server, running

if TYPE_CHECKING:
    from playwright.sync_api import Browser

STARTS_WITHIN = 60.0

# Why: how long an example takes says something of the machine, and nothing of what is tested.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tests")


def _named(variable: str) -> str:
    """What the environment says; a missing thing is a failure and never a skipped test."""
    value = os.environ.get(variable)
    if not value:
        pytest.fail(f"{variable} is not set: run the tests with `cargo xtask test python`", pytrace=False)
    return value


@pytest.fixture(scope="session")
def redis_url() -> str:
    """Such as `redis://127.0.0.1:40123`."""
    return _named("CATTLEGRID_TEST_REDIS")


@pytest.fixture(scope="session")
def memcached_address() -> str:
    """Such as `127.0.0.1:40123`."""
    return _named("CATTLEGRID_TEST_MEMCACHED")


@pytest.fixture(scope="session")
def postgres_url() -> str:
    """Such as `postgres://user@127.0.0.1:40123/database`."""
    return _named("CATTLEGRID_TEST_POSTGRES")


@pytest.fixture(scope="session")
def mariadb_url() -> str:
    """Such as `mysql://user:password@127.0.0.1:40123/database`."""
    return _named("CATTLEGRID_TEST_MARIADB")


@pytest.fixture
def store_named(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str]:
    """The URL of a store that processes share: `store_named("redis")`, or as `stores` has them."""

    def url(name: str) -> str:
        if name == "sqlite":
            return f"sqlite:{tmp_path / 'spent.sqlite3'}"
        if name == "memcached":
            return f"memcached://{request.getfixturevalue('memcached_address')}"
        fixtures = {"redis": "redis_url", "postgresql": "postgres_url", "mariadb": "mariadb_url"}
        return str(request.getfixturevalue(fixtures[name]))

    return url


@pytest.fixture(scope="session")
def server_program() -> str:
    """The path of the program `cattlegrid`."""
    return _named("CATTLEGRID_TEST_BIN")


@pytest.fixture(scope="session")
def wheel_path() -> str:
    """The path of the wheel that is installed."""
    return _named("CATTLEGRID_TEST_WHEEL")


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser."""
    return _named("CHROMIUM")


@pytest.fixture(scope="session")
def nginx() -> str:
    """The path of the web server."""
    return _named("NGINX")


@pytest.fixture(scope="session")
def answer_of(server_program: str) -> AnswerOf:
    """Reads the answer in a challenge key, as whoever has its secret can: `answer_of(key, secret)`."""
    # Why: every variable that starts so is configuration to the program, which refuses what it does not know.
    others = {name: value for name, value in os.environ.items() if not name.startswith("CATTLEGRID_")}

    def read(key: str, secret: str) -> str:
        environ = {**others, "CATTLEGRID_SECRET": secret}
        opened = subprocess.run([server_program, "open", key], env=environ, check=True, capture_output=True)
        return str(json.loads(opened.stdout)["answer"])

    return read


@pytest.fixture(scope="module")
def server(
    server_program: str, answer_of: AnswerOf, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """The server, with nothing configured."""
    with running(server_program, answer_of, tmp_path_factory.mktemp("server")) as server:
        yield server


# Why: a session's would leave an event loop running under the asynchronous tests of other folders.
@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """Chromium, for all tests of a file."""
    from playwright.sync_api import sync_playwright

    quiet = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=quiet)
        yield browser
        browser.close()


# Why: Playwright runs an event loop in this thread, where Django would refuse to use its database.
@pytest.fixture(scope="module")
def django_beside_a_browser() -> Iterator[None]:
    """Lets tests of a file have a browser and a database of Django's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield


Served = AbstractContextManager[str]


@pytest.fixture(scope="session")
def served() -> Callable[..., Served]:
    """Runs a web server, and says where: `with served(lambda port: […], log, VARIABLE="value") as url: …`"""

    @contextmanager
    def run(command: Callable[[int], list[str]], log: Path, **environ: str) -> Iterator[str]:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        url = f"http://127.0.0.1:{port}"
        with log.open("w") as output:
            server = subprocess.Popen(
                command(port), env={**os.environ, **environ}, stdout=output, stderr=output
            )
            try:
                if not _answers(url, server):
                    pytest.fail(f"{server.args!r} does not answer; it said:\n{log.read_text()}")
                yield url
            finally:
                server.terminate()
                server.wait(STARTS_WITHIN)

    return run


@pytest.fixture
def under_gunicorn(served: Callable[..., Served], tmp_path: Path) -> Callable[..., Served]:
    """Serves an application with three processes of four threads each, and says where.

    `with under_gunicorn("module:application", folder, "--preload", VARIABLE="value") as url: …`
    """

    def serve(application: str, folder: Path, *options: str, **environ: str) -> Served:
        workers = ["--workers", "3", "--threads", "4", "--chdir", str(folder), *options]

        def command(port: int) -> list[str]:
            return [sys.executable, "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}", *workers]

        return served(command, tmp_path / "gunicorn.log", **environ)

    return serve


def _answers(url: str, server: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=STARTS_WITHIN).close()
        except urllib.error.HTTPError as error:
            error.close()
        except OSError:
            time.sleep(0.1)
            continue
        return True
    return False
