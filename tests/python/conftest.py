"""The servers and programs that tests talk to, as `cargo xtask test python` starts and names them."""

from __future__ import annotations

import os

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
