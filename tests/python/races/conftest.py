"""Databases of the races' own, on the servers that all tests share."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pymysql
import pytest


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[str]:
    """The URL of an empty database."""
    name = f"race_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield urlsplit(postgres_url)._replace(path=f"/{name}").geturl()
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def mariadb_database(mariadb_url: str) -> Iterator[str]:
    """The URL of an empty database."""
    name, url = f"race_{uuid.uuid4().hex}", urlsplit(mariadb_url)
    with pymysql.connect(
        host=url.hostname, port=url.port or 3306, user=url.username, password=url.password or ""
    ) as connection:
        connection.cursor().execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        yield url._replace(path=f"/{name}").geturl()
        connection.cursor().execute(f"DROP DATABASE {name}")
