"""The servers and programs that tests talk to, as `cargo xtask test python` starts and names them."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Callable

import pytest


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
    """Such as `postgresql://user@127.0.0.1:40123/database`."""
    return _named("CATTLEGRID_TEST_POSTGRES")


@pytest.fixture(scope="session")
def mariadb_url() -> str:
    """Such as `mysql://user:password@127.0.0.1:40123/database`."""
    return _named("CATTLEGRID_TEST_MARIADB")


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
def answer_of(server_program: str) -> Callable[[str, str], str]:
    """Reads the answer in a challenge key, as whoever has its secret can: `answer_of(key, secret)`."""
    # Why: every variable that starts so is configuration to the program, which refuses what it does not know.
    others = {name: value for name, value in os.environ.items() if not name.startswith("CATTLEGRID_")}

    def read(key: str, secret: str) -> str:
        environ = {**others, "CATTLEGRID_SECRET": secret}
        opened = subprocess.run([server_program, "open", key], env=environ, check=True, capture_output=True)
        return str(json.loads(opened.stdout)["answer"])

    return read
